use std::collections::BTreeMap;

use signpost_events::Refusal;
use signpost_store::{
    InterventionEventRow, LedgerRow, ListSizeRow, MarkRow, MonthCompleteRow, OrganisationRow, RefusalRow, SnapshotKey, SnapshotRow,
};

use crate::batch::{list_size_key, month_key, snapshot_key};
use crate::{Batch, Decoded};

/// What stands in the store under the keys of a batch: key to content.
#[derive(Debug, Default)]
pub struct Standing {
    /// Under its snapshots.
    pub snapshots: BTreeMap<SnapshotKey, u128>,
    /// Under its list sizes.
    pub list_sizes: BTreeMap<SnapshotKey, u128>,
    /// Under its completed months.
    pub months: BTreeMap<SnapshotKey, u128>,
}

/// Everything a batch writes, in the order in which it is written.
#[derive(Debug)]
pub struct Writes {
    /// First the events ...
    pub snapshots: Vec<SnapshotRow>,
    /// ... of every kind ...
    pub list_sizes: Vec<ListSizeRow>,
    /// ... in any order ...
    pub organisations: Vec<OrganisationRow>,
    /// ... since derive can't look ...
    pub months_complete: Vec<MonthCompleteRow>,
    /// ... before the ledger says so;
    pub intervention_events: Vec<InterventionEventRow>,
    /// then what they touched;
    pub marks: Vec<MarkRow>,
    /// then what was refused, which also goes to the dead-letter topic and is acknowledged there;
    pub refusals: Vec<RefusalRow>,
    /// and last, that all of it is done.
    pub ledger: LedgerRow,
}

impl Decoded {
    /// Refuses what contradicts an earlier content of the same revision, and lists the writes.
    #[must_use]
    pub fn settle(mut self, batch: &Batch, epoch: u32, standing: Standing, worker: &str, build: &str) -> Writes {
        let mut refused = std::mem::take(&mut self.refusals);
        keep_first(&mut self.snapshots, standing.snapshots, snapshot_key, |row| (row.content, row.offset), &mut refused);
        keep_first(&mut self.list_sizes, standing.list_sizes, list_size_key, |row| (row.content, row.offset), &mut refused);
        keep_first(&mut self.months_complete, standing.months, month_key, |row| (row.content, row.offset), &mut refused);
        refused.sort_by_key(|(offset, _)| *offset);
        let marks = self
            .snapshots
            .iter()
            .map(|row| MarkRow {
                bucket: row.bucket,
                epoch,
                partition: row.partition,
                offset: row.offset,
                practice: row.practice.clone(),
                month: row.month,
                feed: row.feed.clone(),
                revision: row.revision,
            })
            .collect();
        let topic = &batch.partition.topic;
        let refusals: Vec<RefusalRow> = refused
            .into_iter()
            .map(|(offset, refusal)| RefusalRow {
                topic: topic.clone(),
                epoch,
                partition: batch.partition.number,
                offset,
                reason: refusal.code().to_owned(),
            })
            .collect();
        Writes {
            ledger: LedgerRow {
                topic: topic.clone(),
                epoch,
                partition: batch.partition.number,
                after: batch.after,
                through: batch.through,
                records: self.records,
                refused: u32::try_from(refusals.len()).unwrap_or(u32::MAX),
                checksum: self.checksum,
                worker: worker.to_owned(),
                build: build.to_owned(),
            },
            snapshots: self.snapshots,
            list_sizes: self.list_sizes,
            organisations: self.organisations,
            months_complete: self.months_complete,
            intervention_events: self.intervention_events,
            marks,
            refusals,
        }
    }
}

/// Keeps the rows whose content is the first of its key, in the store or in this batch.
fn keep_first<Row>(
    rows: &mut Vec<Row>,
    mut first: BTreeMap<SnapshotKey, u128>,
    key: impl Fn(&Row) -> SnapshotKey,
    content_and_offset: impl Fn(&Row) -> (u128, i64),
    refused: &mut Vec<(i64, Refusal)>,
) {
    rows.retain(|row| {
        let (content, offset) = content_and_offset(row);
        let stands = *first.entry(key(row)).or_insert(content) == content;
        if !stands {
            refused.push((offset, Refusal::RevisionConflict));
        }
        stands
    });
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use signpost_core::partition_of;
    use signpost_events::{Event, Line, Payload, Snapshot, encode};
    use signpost_kafka::{Partition, Record};

    use super::Standing;
    use crate::Batch;

    const PARTITIONS: u16 = 16;

    fn record(offset: i64, revision: u32, items: &[u32]) -> Record {
        let lines =
            items.iter().map(|&items| Line { bnf: "0407020A0BBAAAA".into(), name: "Durogesic".into(), quantity_thousandths: 5_000, items });
        let snapshot = Snapshot {
            practice: "L84018".parse().unwrap(),
            month: "2017-09".parse().unwrap(),
            feed: "epd".into(),
            revision,
            lines: lines.collect(),
        };
        let event =
            Event { id: "1".into(), source: "test".into(), time: jiff::Timestamp::UNIX_EPOCH, payload: Payload::Snapshot(snapshot) };
        Record { offset, key: b"L84018".to_vec(), payload: encode(&event).unwrap(), appended_ms: 0 }
    }

    fn batch(records: Vec<Record>) -> Batch {
        let number = partition_of("L84018", PARTITIONS);
        let through = records.last().unwrap().offset;
        Batch { partition: Partition { topic: "signpost.practice.v1".into(), number }, after: -1, through, records }
    }

    #[test]
    fn the_first_content_of_a_revision_stands_and_the_second_is_refused() {
        let batch = batch(vec![record(0, 1, &[1, 2]), record(1, 1, &[2, 1]), record(2, 1, &[3]), record(3, 2, &[3])]);
        let writes = batch.decode(1, PARTITIONS).settle(&batch, 1, Standing::default(), "w", "b");
        let kept: Vec<i64> = writes.snapshots.iter().map(|row| row.offset).collect();
        assert_eq!(kept, [0, 1, 3], "the same lines in another order are the same content");
        assert_eq!(writes.marks.len(), 3);
        assert_eq!(writes.refusals.len(), 1);
        assert_eq!((writes.refusals[0].offset, writes.refusals[0].reason.as_str()), (2, "revision_conflict"));
        assert_eq!((writes.ledger.records, writes.ledger.refused, writes.ledger.through), (4, 1, 3));
    }

    #[test]
    fn what_stands_in_the_store_came_first() {
        let earlier = batch(vec![record(0, 1, &[1])]);
        let decoded = earlier.decode(1, PARTITIONS);
        let standing = Standing {
            snapshots: decoded.snapshot_keys().into_iter().zip(decoded.snapshots.iter().map(|row| row.content)).collect(),
            ..Standing::default()
        };
        let later = batch(vec![record(7, 1, &[9])]);
        let writes = later.decode(1, PARTITIONS).settle(&later, 1, standing, "w", "b");
        assert!(writes.snapshots.is_empty() && writes.marks.is_empty());
        assert_eq!(writes.refusals[0].reason, "revision_conflict");
    }

    #[test]
    fn a_record_is_refused_for_what_is_wrong_with_it() {
        let mut wrong = batch(vec![record(0, 1, &[1]), record(1, 0, &[1]), record(2, 1, &[1])]);
        wrong.records[2].key = b"L84019".to_vec();
        wrong.records[0].payload.truncate(40);
        let writes = wrong.decode(1, PARTITIONS).settle(&wrong, 1, Standing::default(), "w", "b");
        let reasons: Vec<&str> = writes.refusals.iter().map(|row| row.reason.as_str()).collect();
        assert_eq!(reasons, ["malformed", "out_of_range", "wrong_key"]);
        let elsewhere = Batch {
            partition: Partition { number: wrong.partition.number ^ 1, ..wrong.partition.clone() },
            ..batch(vec![record(0, 1, &[1])])
        };
        let writes = elsewhere.decode(1, PARTITIONS).settle(&elsewhere, 1, Standing::default(), "w", "b");
        assert_eq!(writes.refusals[0].reason, "wrong_partition");
    }
}
