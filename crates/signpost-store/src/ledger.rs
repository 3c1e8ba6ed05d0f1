use std::collections::BTreeMap;

use clickhouse::Row;
use serde::Deserialize;

use crate::client::literal;
use crate::{LedgerRow, Store, StoreError};

/// How far something has come: `(topic, epoch, partition)` to the last offset passed.
pub type Positions = BTreeMap<(String, u32, u16), i64>;

#[derive(Row, Deserialize)]
struct Interval {
    topic: String,
    epoch: u32,
    partition: u16,
    after: i64,
    through: i64,
}

/// The end of the union of half-open intervals `(after, through]` that begins at `start`.
///
/// Intervals may overlap (a rebalance, a worker that came back from the dead); a gap ends the union.
#[must_use]
pub fn contiguous_end(start: i64, intervals: &mut [(i64, i64)]) -> i64 {
    intervals.sort_unstable();
    intervals.iter().fold(start, |end, &(after, through)| if after <= end { end.max(through) } else { end })
}

impl Store {
    /// Acknowledges a batch; everything in it was written before.
    ///
    /// # Errors
    /// When the store does.
    pub async fn write_ledger(&self, row: LedgerRow) -> Result<(), StoreError> {
        self.insert("write the ledger", "signpost.ledger", &[row]).await
    }

    /// How far ingest has come in one partition; -1 before its first batch.
    ///
    /// # Errors
    /// When the store does.
    pub async fn ledger_position(&self, topic: &str, epoch: u32, partition: u16) -> Result<i64, StoreError> {
        let filter = format!("l.epoch = {epoch} AND l.topic = {} AND l.partition = {partition}", literal(topic));
        let positions = self.union("signpost.ledger AS l", &filter, &Positions::new()).await?;
        Ok(positions.values().next().copied().unwrap_or(-1))
    }

    /// How far ingest has come in every partition that lies beyond `derived`, the positions of
    /// derive; partitions without news are left out.
    ///
    /// # Errors
    /// When the store does.
    pub async fn ledger_beyond(&self, derived: &Positions) -> Result<Positions, StoreError> {
        // A partition that derive has never seen joins as 0, so positions are compared plus one.
        let source = "signpost.ledger AS l LEFT JOIN ( \
                 SELECT topic, epoch, partition, max(position) + 1 AS next FROM signpost.derived GROUP BY topic, epoch, partition \
             ) AS d ON l.topic = d.topic AND l.epoch = d.epoch AND l.partition = d.partition";
        self.union(source, "l.through >= d.next", derived).await
    }

    /// How far ingest has come in every partition.
    ///
    /// # Errors
    /// When the store does.
    pub async fn ledger_positions(&self) -> Result<Positions, StoreError> {
        self.union("signpost.ledger AS l", "1", &Positions::new()).await
    }

    async fn union(&self, source: &str, filter: &str, known: &Positions) -> Result<Positions, StoreError> {
        let sql = format!(
            "SELECT toString(l.topic) AS topic, l.epoch AS epoch, l.partition AS partition, l.after AS after, l.through AS through \
             FROM {source} WHERE {filter}"
        );
        let intervals: Vec<Interval> = self.fetch_all("read the ledger", &sql).await?;
        let mut by_partition: BTreeMap<(String, u32, u16), Vec<(i64, i64)>> = BTreeMap::new();
        for interval in intervals {
            let key = (interval.topic, interval.epoch, interval.partition);
            by_partition.entry(key).or_default().push((interval.after, interval.through));
        }
        let end = |(key, mut intervals): ((String, u32, u16), Vec<(i64, i64)>)| {
            let start = known.get(&key).copied().unwrap_or(-1);
            let end = contiguous_end(start, &mut intervals);
            (end > start).then_some((key, end))
        };
        Ok(by_partition.into_iter().filter_map(end).collect())
    }

    /// The greatest epoch the ledger knows, or `None`.
    ///
    /// # Errors
    /// When the store does.
    pub async fn greatest_epoch(&self) -> Result<Option<u32>, StoreError> {
        self.fetch_one::<Option<u32>>("read the ledger", "SELECT maxOrNull(epoch) FROM signpost.ledger").await
    }
}

#[cfg(test)]
mod tests {
    use super::contiguous_end;

    #[test]
    fn a_position_is_the_end_of_the_contiguous_union() {
        // By hand: overlaps join, a gap after 9 hides what lies behind it.
        assert_eq!(contiguous_end(-1, &mut [(4, 9), (-1, 4), (2, 6), (11, 20)]), 9);
        assert_eq!(contiguous_end(-1, &mut [(0, 4)]), -1);
        assert_eq!(contiguous_end(5, &mut [(-1, 3), (3, 5), (5, 7)]), 7);
        assert_eq!(contiguous_end(-1, &mut []), -1);
    }
}
