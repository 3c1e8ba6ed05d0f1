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

    /// How far ingest has come in every partition of an epoch, from the position `-1` on.
    ///
    /// # Errors
    /// When the store does.
    pub async fn ledger_positions(&self, epoch: u32) -> Result<Positions, StoreError> {
        self.ledger_beyond(epoch, &Positions::new()).await
    }

    /// The same, for one partition.
    ///
    /// # Errors
    /// When the store does.
    pub async fn ledger_position(&self, topic: &str, epoch: u32, partition: u16) -> Result<i64, StoreError> {
        let filter = format!("epoch = {epoch} AND topic = {} AND partition = {partition}", literal(topic));
        let positions = self.union(&filter, &Positions::new()).await?;
        Ok(positions.values().next().copied().unwrap_or(-1))
    }

    /// The same, reading only what lies beyond the known positions.
    ///
    /// # Errors
    /// When the store does.
    pub async fn ledger_beyond(&self, epoch: u32, known: &Positions) -> Result<Positions, StoreError> {
        let mut filter = format!("epoch = {epoch}");
        if let Some(least) = known.values().min() {
            // The least position bounds them all; the rest is skipped below.
            filter.push_str(&format!(" AND through >= {least}"));
        }
        self.union(&filter, known).await
    }

    async fn union(&self, filter: &str, known: &Positions) -> Result<Positions, StoreError> {
        let sql = format!("SELECT topic, epoch, partition, after, through FROM signpost.ledger WHERE {filter}");
        let intervals: Vec<Interval> = self.fetch_all("read the ledger", &sql).await?;
        let mut by_partition: BTreeMap<(String, u32, u16), Vec<(i64, i64)>> = BTreeMap::new();
        for interval in intervals {
            let key = (interval.topic, interval.epoch, interval.partition);
            by_partition.entry(key).or_default().push((interval.after, interval.through));
        }
        let mut positions = known.clone();
        for (key, mut intervals) in by_partition {
            let start = known.get(&key).copied().unwrap_or(-1);
            positions.insert(key, contiguous_end(start, &mut intervals));
        }
        Ok(positions)
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
