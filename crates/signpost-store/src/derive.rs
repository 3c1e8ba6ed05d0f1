use crate::{Positions, PracticeMonthRow, SnapshotRow, Store, StoreError};
use clickhouse::Row;
use serde::{Deserialize, Serialize};

/// How far derive has come in one partition.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs)] // the columns of signpost.derived
pub struct DerivedPosition {
    pub topic: String,
    pub epoch: u32,
    pub partition: u16,
    pub position: i64,
}

impl Store {
    /// How far derive has come, in every epoch.
    ///
    /// # Errors
    /// When the store does.
    pub async fn derived_positions(&self) -> Result<Positions, StoreError> {
        let sql = "SELECT topic, epoch, partition, max(derived.position) AS position \
                   FROM signpost.derived GROUP BY topic, epoch, partition";
        let rows: Vec<DerivedPosition> = self.fetch_all("read derive's positions", sql).await?;
        Ok(rows.into_iter().map(|row| ((row.topic, row.epoch, row.partition), row.position)).collect())
    }

    /// Records how far derive has come; everything up to there was written before.
    ///
    /// # Errors
    /// When the store does.
    pub async fn write_derived(&self, positions: &Positions) -> Result<(), StoreError> {
        let rows: Vec<DerivedPosition> = positions
            .iter()
            .map(|((topic, epoch, partition), &position)| DerivedPosition {
                topic: topic.clone(),
                epoch: *epoch,
                partition: *partition,
                position,
            })
            .collect();
        self.insert("write derive's positions", "signpost.derived", &rows).await
    }

    /// The snapshots that stand under the marks in `(from, to]` of the given partitions of one
    /// epoch, whose buckets fall into ClickHouse partition `part` (0 to 15).
    ///
    /// # Errors
    /// When the store does.
    pub async fn marked_snapshots(&self, part: u16, epoch: u32, windows: &[(u16, i64, i64)]) -> Result<Vec<SnapshotRow>, StoreError> {
        if windows.is_empty() {
            return Ok(Vec::new());
        }
        let windows: Vec<String> = windows
            .iter()
            .map(|(partition, from, to)| format!("(partition = {partition} AND offset > {from} AND offset <= {to})"))
            .collect();
        let sql = format!(
            "SELECT bucket, practice, month, feed, revision, bnf, name, quantity, items, content, epoch, partition, offset, version \
             FROM signpost.snapshot FINAL \
             WHERE bucket % 16 = {part} AND (bucket, practice, month, feed, revision) IN ( \
                 SELECT bucket, practice, month, feed, revision FROM signpost.mark \
                 WHERE bucket % 16 = {part} AND epoch = {epoch} AND ({}))",
            windows.join(" OR ")
        );
        self.fetch_all("read marked snapshots", &sql).await
    }

    /// Writes derived practice-months; all of one ClickHouse partition.
    ///
    /// # Errors
    /// When the store does.
    pub async fn write_practice_months(&self, rows: &[PracticeMonthRow]) -> Result<(), StoreError> {
        self.insert("write practice-months", "signpost.practice_month", rows).await
    }
}
