-- Publications: immutable, hidden, one partition each; and the views on the current one.
-- Written by the publisher in any order; shown all at once by one row in `current`.
-- A family is all measures over the same people. An insert names its publication once, by the
-- setting `log_comment`, instead of in every row.

CREATE TABLE IF NOT EXISTS signpost.published_measure (
    family LowCardinality(String) DEFAULT 'practice-month',
    publication String DEFAULT getSetting('log_comment'),
    measure String,
    position UInt16,
    title String,
    why_it_matters String,
    numerator String,
    denominator String,
    unit String,
    direction LowCardinality(String),
    disclosure LowCardinality(String),
    factor_set LowCardinality(String),
    standing LowCardinality(String),
    revision UInt32,
    source String,
    reviewer String,
    sql String
) ENGINE = MergeTree
PARTITION BY (family, publication)
ORDER BY (position);

CREATE TABLE IF NOT EXISTS signpost.published_organisation (
    family LowCardinality(String) DEFAULT 'practice-month',
    publication String DEFAULT getSetting('log_comment'),
    level LowCardinality(String),
    organisation String,
    name String,
    pcn String,
    sub_icb String,
    icb String,
    region String,
    practices UInt32
) ENGINE = MergeTree
PARTITION BY (family, publication)
ORDER BY (level, organisation);

CREATE TABLE IF NOT EXISTS signpost.published_measure_month (
    family LowCardinality(String) DEFAULT 'practice-month',
    publication String DEFAULT getSetting('log_comment'),
    measure LowCardinality(String),
    level LowCardinality(String),
    organisation String,
    month DateTime('UTC'),
    numerator_exact UInt128,
    denominator_exact UInt128,
    numerator Nullable(Float64),
    denominator Nullable(Float64),
    value Nullable(Float64),
    practices UInt32,
    practices_missing UInt32,
    opioid_items UInt64,
    unmapped_items UInt64,
    percentile Nullable(Float64)
) ENGINE = MergeTree
PARTITION BY (family, publication)
ORDER BY (measure, level, organisation, month);

CREATE TABLE IF NOT EXISTS signpost.published_spc (
    family LowCardinality(String) DEFAULT 'practice-month',
    publication String DEFAULT getSetting('log_comment'),
    measure LowCardinality(String),
    level LowCardinality(String),
    organisation String,
    month DateTime('UTC'),
    value Nullable(Float64),
    mean Nullable(Float64),
    lower Nullable(Float64),
    upper Nullable(Float64),
    rule LowCardinality(String),
    variation LowCardinality(String)
) ENGINE = MergeTree
PARTITION BY (family, publication)
ORDER BY (measure, level, organisation, month);

CREATE TABLE IF NOT EXISTS signpost.published_spc_summary (
    family LowCardinality(String) DEFAULT 'practice-month',
    publication String DEFAULT getSetting('log_comment'),
    measure LowCardinality(String),
    level LowCardinality(String),
    organisation String,
    latest_month Nullable(DateTime('UTC')),
    latest_value Nullable(Float64),
    mean Nullable(Float64),
    lower Nullable(Float64),
    upper Nullable(Float64),
    variation LowCardinality(String),
    words String,
    change_year_percent Nullable(Float64),
    points UInt32,
    status LowCardinality(String),
    reason String,
    rule_set LowCardinality(String)
) ENGINE = MergeTree
PARTITION BY (family, publication)
ORDER BY (measure, level, organisation);

CREATE TABLE IF NOT EXISTS signpost.published_decile (
    family LowCardinality(String) DEFAULT 'practice-month',
    publication String DEFAULT getSetting('log_comment'),
    measure LowCardinality(String),
    level LowCardinality(String),
    month DateTime('UTC'),
    organisations UInt32,
    deciles Array(Float64)
) ENGINE = MergeTree
PARTITION BY (family, publication)
ORDER BY (measure, level, month);

CREATE TABLE IF NOT EXISTS signpost.published_intervention (
    family LowCardinality(String) DEFAULT 'practice-month',
    publication String DEFAULT getSetting('log_comment'),
    intervention String,
    title String,
    kind LowCardinality(String),
    owner String,
    hypothesis String,
    start_month Nullable(DateTime('UTC')),
    sites Array(String),
    registration LowCardinality(String),
    status LowCardinality(String),
    verdict LowCardinality(String),
    sentence String
) ENGINE = MergeTree
PARTITION BY (family, publication)
ORDER BY (intervention);

CREATE TABLE IF NOT EXISTS signpost.published_effect (
    family LowCardinality(String) DEFAULT 'practice-month',
    publication String DEFAULT getSetting('log_comment'),
    intervention String,
    measure LowCardinality(String),
    role LowCardinality(String),
    direction LowCardinality(String),
    horizon_months UInt8,
    verdict LowCardinality(String),
    sentence String,
    reason String,
    effect_percent Nullable(Float64),
    lower_percent Nullable(Float64),
    upper_percent Nullable(Float64),
    detectable_percent Nullable(Float64),
    p Nullable(Float64),
    placebos UInt32,
    placebos_as_extreme UInt32,
    margin_percent Nullable(Float64),
    observed Nullable(Float64),
    expected Nullable(Float64),
    model_lower_percent Nullable(Float64),
    model_upper_percent Nullable(Float64),
    months_before UInt32,
    months_after UInt32,
    method String
) ENGINE = MergeTree
PARTITION BY (family, publication)
ORDER BY (intervention, measure, role);

CREATE TABLE IF NOT EXISTS signpost.published_its_point (
    family LowCardinality(String) DEFAULT 'practice-month',
    publication String DEFAULT getSetting('log_comment'),
    intervention String,
    measure LowCardinality(String),
    month DateTime('UTC'),
    under_intervention UInt8,
    observed Nullable(Float64),
    fitted Nullable(Float64),
    counterfactual Nullable(Float64),
    counterfactual_lower Nullable(Float64),
    counterfactual_upper Nullable(Float64),
    comparison Nullable(Float64)
) ENGINE = MergeTree
PARTITION BY (family, publication)
ORDER BY (intervention, measure, month);

CREATE TABLE IF NOT EXISTS signpost.published_placebo (
    family LowCardinality(String) DEFAULT 'practice-month',
    publication String DEFAULT getSetting('log_comment'),
    intervention String,
    measure LowCardinality(String),
    number UInt32,
    effect_percent Float64,
    statistic Float64
) ENGINE = MergeTree
PARTITION BY (family, publication)
ORDER BY (intervention, measure, number);

CREATE TABLE IF NOT EXISTS signpost.published_signal (
    family LowCardinality(String) DEFAULT 'practice-month',
    publication String DEFAULT getSetting('log_comment'),
    signal String,
    measure LowCardinality(String),
    level LowCardinality(String),
    organisation String,
    onset DateTime('UTC'),
    alarm DateTime('UTC'),
    state LowCardinality(String),
    closed Nullable(DateTime('UTC')),
    severity LowCardinality(String),
    expected Float64,
    observed Float64,
    latest Nullable(Float64),
    sentence String
) ENGINE = MergeTree
PARTITION BY (family, publication)
ORDER BY (signal);

CREATE TABLE IF NOT EXISTS signpost.published_freshness (
    family LowCardinality(String) DEFAULT 'practice-month',
    publication String DEFAULT getSetting('log_comment'),
    feed LowCardinality(String),
    complete_to Nullable(DateTime('UTC')),
    revision UInt32,
    practices UInt32,
    arriving UInt32,
    sentence String
) ENGINE = MergeTree
PARTITION BY (family, publication)
ORDER BY (feed);

CREATE TABLE IF NOT EXISTS signpost.published_data_quality (
    family LowCardinality(String) DEFAULT 'practice-month',
    publication String DEFAULT getSetting('log_comment'),
    finding LowCardinality(String),
    month DateTime('UTC'),
    subject String,
    detail String,
    count UInt64,
    share_percent Float64
) ENGINE = MergeTree
PARTITION BY (family, publication)
ORDER BY (finding, month, subject, detail);

CREATE TABLE IF NOT EXISTS signpost.publication (
    publication String,
    published_at DateTime('UTC'),
    first_month Nullable(DateTime('UTC')),
    last_month Nullable(DateTime('UTC')),
    digest String,
    synthetic UInt8,
    build String,
    positions String COMMENT 'what derive had passed, as topic/epoch/partition:position'
) ENGINE = MergeTree
ORDER BY publication
COMMENT 'A row per publication written: what each showed, for as long as it is kept.';

CREATE TABLE IF NOT EXISTS signpost.current (
    family LowCardinality(String),
    epoch UInt32,
    definitions UInt32 COMMENT 'revision of the measure library and of the rules',
    positions UInt64 COMMENT 'sum of derive''s positions: it rises with each of them',
    decisions UInt64 COMMENT 'decisions taken into account',
    publication String
) ENGINE = MergeTree
ORDER BY (family, epoch, definitions, positions, decisions, publication)
COMMENT 'The greatest row of a family is on show: a publisher that knows less cannot win.';

CREATE OR REPLACE VIEW published.measure DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT publication, measure, position, title, why_it_matters, numerator, denominator, unit, direction, disclosure, factor_set, standing, revision, source, reviewer, sql
FROM signpost.published_measure
WHERE (family, publication) IN (
    SELECT family, argMax(publication, (epoch, definitions, positions, decisions, publication))
    FROM signpost.current GROUP BY family
);

CREATE OR REPLACE VIEW published.organisation DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT publication, level, organisation, name, pcn, sub_icb, icb, region, practices
FROM signpost.published_organisation
WHERE (family, publication) IN (
    SELECT family, argMax(publication, (epoch, definitions, positions, decisions, publication))
    FROM signpost.current GROUP BY family
);

CREATE OR REPLACE VIEW published.measure_month DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT publication, measure, level, organisation, month, numerator_exact, denominator_exact, numerator, denominator, value, practices, practices_missing, opioid_items, unmapped_items, percentile
FROM signpost.published_measure_month
WHERE (family, publication) IN (
    SELECT family, argMax(publication, (epoch, definitions, positions, decisions, publication))
    FROM signpost.current GROUP BY family
);

CREATE OR REPLACE VIEW published.spc DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT publication, measure, level, organisation, month, value, mean, lower, upper, rule, variation
FROM signpost.published_spc
WHERE (family, publication) IN (
    SELECT family, argMax(publication, (epoch, definitions, positions, decisions, publication))
    FROM signpost.current GROUP BY family
);

CREATE OR REPLACE VIEW published.spc_summary DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT publication, measure, level, organisation, latest_month, latest_value, mean, lower, upper, variation, words, change_year_percent, points, status, reason, rule_set
FROM signpost.published_spc_summary
WHERE (family, publication) IN (
    SELECT family, argMax(publication, (epoch, definitions, positions, decisions, publication))
    FROM signpost.current GROUP BY family
);

CREATE OR REPLACE VIEW published.decile DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT publication, measure, level, month, organisations, deciles
FROM signpost.published_decile
WHERE (family, publication) IN (
    SELECT family, argMax(publication, (epoch, definitions, positions, decisions, publication))
    FROM signpost.current GROUP BY family
);

CREATE OR REPLACE VIEW published.intervention DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT publication, intervention, title, kind, owner, hypothesis, start_month, sites, registration, status, verdict, sentence
FROM signpost.published_intervention
WHERE (family, publication) IN (
    SELECT family, argMax(publication, (epoch, definitions, positions, decisions, publication))
    FROM signpost.current GROUP BY family
);

CREATE OR REPLACE VIEW published.effect DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT publication, intervention, measure, role, direction, horizon_months, verdict, sentence, reason, effect_percent, lower_percent, upper_percent, detectable_percent, p, placebos, placebos_as_extreme, margin_percent, observed, expected, model_lower_percent, model_upper_percent, months_before, months_after, method
FROM signpost.published_effect
WHERE (family, publication) IN (
    SELECT family, argMax(publication, (epoch, definitions, positions, decisions, publication))
    FROM signpost.current GROUP BY family
);

CREATE OR REPLACE VIEW published.its_point DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT publication, intervention, measure, month, under_intervention, observed, fitted, counterfactual, counterfactual_lower, counterfactual_upper, comparison
FROM signpost.published_its_point
WHERE (family, publication) IN (
    SELECT family, argMax(publication, (epoch, definitions, positions, decisions, publication))
    FROM signpost.current GROUP BY family
);

CREATE OR REPLACE VIEW published.placebo DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT publication, intervention, measure, number, effect_percent, statistic
FROM signpost.published_placebo
WHERE (family, publication) IN (
    SELECT family, argMax(publication, (epoch, definitions, positions, decisions, publication))
    FROM signpost.current GROUP BY family
);

CREATE OR REPLACE VIEW published.signal DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT publication, signal, measure, level, organisation, onset, alarm, state, closed, severity, expected, observed, latest, sentence
FROM signpost.published_signal
WHERE (family, publication) IN (
    SELECT family, argMax(publication, (epoch, definitions, positions, decisions, publication))
    FROM signpost.current GROUP BY family
);

CREATE OR REPLACE VIEW published.freshness DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT publication, feed, complete_to, revision, practices, arriving, sentence
FROM signpost.published_freshness
WHERE (family, publication) IN (
    SELECT family, argMax(publication, (epoch, definitions, positions, decisions, publication))
    FROM signpost.current GROUP BY family
);

CREATE OR REPLACE VIEW published.data_quality DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT publication, finding, month, subject, detail, count, share_percent
FROM signpost.published_data_quality
WHERE (family, publication) IN (
    SELECT family, argMax(publication, (epoch, definitions, positions, decisions, publication))
    FROM signpost.current GROUP BY family
);

CREATE OR REPLACE VIEW published.publication DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT publication, published_at, first_month, last_month, digest, synthetic, build
FROM signpost.publication
WHERE publication IN (
    SELECT argMax(publication, (epoch, definitions, positions, decisions, publication))
    FROM signpost.current GROUP BY family
)
LIMIT 1 BY publication;
