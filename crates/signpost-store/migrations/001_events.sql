-- Events as consumed, and how far. Replacing tables keep the row of the greatest version: the
-- writes of two workers, or of one worker twice, commute and are harmless.
-- ClickHouse partition = bucket mod 16, so that a batch from one Kafka partition is one block.

CREATE TABLE IF NOT EXISTS signpost.snapshot (
    bucket UInt16,
    practice String,
    month Date,
    feed LowCardinality(String),
    revision UInt32,
    bnf Array(String),
    name Array(String),
    quantity Array(UInt64),
    items Array(UInt32),
    content UInt128 COMMENT 'first half of SHA-256 over the lines',
    epoch UInt32,
    partition UInt16,
    offset Int64,
    version UInt64 COMMENT 'greater for an earlier position: of two contents of one revision the earlier stands'
) ENGINE = ReplacingMergeTree(version)
PARTITION BY bucket % 16
ORDER BY (bucket, practice, month, feed, revision);

CREATE TABLE IF NOT EXISTS signpost.list_size (
    bucket UInt16,
    practice String,
    month Date,
    revision UInt32,
    patients UInt32,
    content UInt128,
    epoch UInt32,
    partition UInt16,
    offset Int64,
    version UInt64
) ENGINE = ReplacingMergeTree(version)
PARTITION BY bucket % 16
ORDER BY (bucket, practice, month, revision);

CREATE TABLE IF NOT EXISTS signpost.organisation (
    bucket UInt16,
    code String,
    level LowCardinality(String),
    name String,
    as_of Date,
    setting UInt8 COMMENT '0: not given',
    pcn String,
    sub_icb String,
    icb String,
    region String,
    content UInt128,
    version UInt64 COMMENT 'greater for a later month, then for a later position'
) ENGINE = ReplacingMergeTree(version)
PARTITION BY bucket % 16
ORDER BY (bucket, code, level, content)
COMMENT 'Each source knows some fields of an organisation: a read takes the newest known value of each.';

CREATE TABLE IF NOT EXISTS signpost.month_complete (
    bucket UInt16,
    feed LowCardinality(String),
    month Date,
    revision UInt32,
    practices Array(String),
    partitions Array(UInt16) COMMENT 'of these partitions of the practice topic ...',
    offsets Array(Int64) COMMENT '... derive must have passed these offsets',
    content UInt128 COMMENT 'over the practices alone: a re-import has other positions',
    epoch UInt32,
    partition UInt16,
    offset Int64,
    version UInt64
) ENGINE = ReplacingMergeTree(version)
PARTITION BY bucket % 16
ORDER BY (bucket, feed, month, revision);

CREATE TABLE IF NOT EXISTS signpost.intervention_event (
    bucket UInt16,
    intervention String,
    content UInt128,
    kind LowCardinality(String),
    payload String COMMENT 'the event data as JSON',
    event_time DateTime64(3, 'UTC'),
    appended DateTime64(3, 'UTC') COMMENT 'the broker''s append time',
    epoch UInt32,
    partition UInt16,
    offset Int64,
    version UInt64
) ENGINE = ReplacingMergeTree(version)
PARTITION BY bucket % 16
ORDER BY (bucket, intervention, content);

CREATE TABLE IF NOT EXISTS signpost.mark (
    bucket UInt16,
    epoch UInt32,
    partition UInt16,
    offset Int64,
    practice String,
    month Date,
    feed LowCardinality(String),
    revision UInt32
) ENGINE = ReplacingMergeTree
PARTITION BY bucket % 16
ORDER BY (epoch, partition, offset)
COMMENT 'What ingest touched: derive works through it.';

CREATE TABLE IF NOT EXISTS signpost.refusal (
    topic LowCardinality(String),
    epoch UInt32,
    partition UInt16,
    offset Int64,
    reason LowCardinality(String)
) ENGINE = ReplacingMergeTree
ORDER BY (topic, epoch, partition, offset)
COMMENT 'Dead letters by position and reason: never a payload.';

CREATE TABLE IF NOT EXISTS signpost.ledger (
    topic LowCardinality(String),
    epoch UInt32,
    partition UInt16,
    after Int64 COMMENT 'last offset before the batch, -1 before the first',
    through Int64 COMMENT 'last offset of the batch',
    records UInt32,
    refused UInt32,
    checksum UInt64,
    worker String,
    build String,
    at DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = MergeTree
ORDER BY (topic, epoch, partition, after, through)
COMMENT 'A row per batch, written last: a position is the end of the contiguous union.';

CREATE TABLE IF NOT EXISTS signpost.practice_month (
    bucket UInt16,
    practice String,
    month Date,
    feed LowCardinality(String),
    revision UInt32,
    factor_set LowCardinality(String),
    rules UInt32 COMMENT 'revision of the dose rules',
    bnf Array(String),
    items Array(UInt64),
    ome Array(UInt64) COMMENT '1/10,000 microgram of oral morphine',
    ddd Array(UInt64) COMMENT 'millionths',
    opioid Array(Bool),
    regular Array(Bool),
    high_90 Array(Bool),
    high_120 Array(Bool),
    unmapped Array(String) COMMENT 'why an opioid line has no dose: empty when it has one',
    name Array(String),
    version UInt64
) ENGINE = ReplacingMergeTree(version)
PARTITION BY bucket % 16
ORDER BY (bucket, practice, month, feed, revision, factor_set, rules);

CREATE TABLE IF NOT EXISTS signpost.derived (
    topic LowCardinality(String),
    epoch UInt32,
    partition UInt16,
    position Int64
) ENGINE = ReplacingMergeTree(position)
ORDER BY (topic, epoch, partition)
COMMENT 'How far derive has come: greatest wins.';

CREATE TABLE IF NOT EXISTS signpost.decision (
    subject String COMMENT 'what it is about, such as a signal id',
    kind LowCardinality(String) COMMENT 'signal opened',
    sentence String,
    author String,
    publication String COMMENT 'it counts only if this publication became current',
    at DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = MergeTree
ORDER BY (subject, kind, at)
COMMENT 'Decisions are appended, never recomputed: the first of its kind on a subject stands.';
