use std::collections::BTreeMap;

use clickhouse::Row;
use serde::Deserialize;
use signpost_core::Month;

use crate::client::literal;
use crate::{
    InterventionEventRow, ListSizeRow, MarkRow, MonthCompleteRow, OrganisationRow, RefusalRow, SnapshotKey, SnapshotRow, Store, StoreError,
};

/// A content that stands under a key.
#[derive(Row, Deserialize)]
struct Standing {
    bucket: u16,
    practice_key: String,
    #[serde(with = "crate::rows::day")]
    month: Month,
    feed_key: String,
    revision: u32,
    content: u128,
}

impl Standing {
    fn key(&self) -> SnapshotKey {
        SnapshotKey {
            bucket: self.bucket,
            practice: self.practice_key.clone(),
            month: self.month,
            feed: self.feed_key.clone(),
            revision: self.revision,
        }
    }
}

impl Store {
    /// Writes the snapshots of one batch.
    ///
    /// # Errors
    /// When the store does.
    pub async fn write_snapshots(&self, rows: &[SnapshotRow]) -> Result<(), StoreError> {
        self.insert("write snapshots", "signpost.snapshot", rows).await
    }

    /// Writes the list sizes of one batch.
    ///
    /// # Errors
    /// When the store does.
    pub async fn write_list_sizes(&self, rows: &[ListSizeRow]) -> Result<(), StoreError> {
        self.insert("write list sizes", "signpost.list_size", rows).await
    }

    /// Writes the organisations of one batch.
    ///
    /// # Errors
    /// When the store does.
    pub async fn write_organisations(&self, rows: &[OrganisationRow]) -> Result<(), StoreError> {
        self.insert("write organisations", "signpost.organisation", rows).await
    }

    /// Writes the completed months of one batch.
    ///
    /// # Errors
    /// When the store does.
    pub async fn write_months_complete(&self, rows: &[MonthCompleteRow]) -> Result<(), StoreError> {
        self.insert("write completed months", "signpost.month_complete", rows).await
    }

    /// Writes the intervention events of one batch.
    ///
    /// # Errors
    /// When the store does.
    pub async fn write_intervention_events(&self, rows: &[InterventionEventRow]) -> Result<(), StoreError> {
        self.insert("write intervention events", "signpost.intervention_event", rows).await
    }

    /// Writes the marks of one batch: what derive must look at.
    ///
    /// # Errors
    /// When the store does.
    pub async fn write_marks(&self, rows: &[MarkRow]) -> Result<(), StoreError> {
        self.insert("write marks", "signpost.mark", rows).await
    }

    /// Writes the refusals of one batch.
    ///
    /// # Errors
    /// When the store does.
    pub async fn write_refusals(&self, rows: &[RefusalRow]) -> Result<(), StoreError> {
        self.insert("write refusals", "signpost.refusal", rows).await
    }

    /// The content that stands under each of these snapshots, where there is one.
    ///
    /// # Errors
    /// When the store does.
    pub async fn standing_snapshots(&self, keys: &[SnapshotKey]) -> Result<BTreeMap<SnapshotKey, u128>, StoreError> {
        self.standing("signpost.snapshot", "practice", "toString(feed)", keys).await
    }

    /// The same for list sizes, whose keys have an empty feed.
    ///
    /// # Errors
    /// When the store does.
    pub async fn standing_list_sizes(&self, keys: &[SnapshotKey]) -> Result<BTreeMap<SnapshotKey, u128>, StoreError> {
        self.standing("signpost.list_size", "practice", "''", keys).await
    }

    /// The same for completed months, whose keys have an empty practice.
    ///
    /// # Errors
    /// When the store does.
    pub async fn standing_months(&self, keys: &[SnapshotKey]) -> Result<BTreeMap<SnapshotKey, u128>, StoreError> {
        self.standing("signpost.month_complete", "''", "toString(feed)", keys).await
    }

    async fn standing(
        &self,
        table: &str,
        practice: &str,
        feed: &str,
        keys: &[SnapshotKey],
    ) -> Result<BTreeMap<SnapshotKey, u128>, StoreError> {
        let mut standing = BTreeMap::new();
        for chunk in keys.chunks(2_000) {
            let tuples: Vec<String> = chunk
                .iter()
                .map(|key| {
                    let (practice, feed) = (literal(&key.practice), literal(&key.feed));
                    format!("({},{practice},'{}-01',{feed},{})", key.bucket, key.month, key.revision)
                })
                .collect();
            let sql = format!(
                "SELECT bucket, {practice} AS practice_key, month, {feed} AS feed_key, revision, argMax(content, version) AS content \
                 FROM {table} WHERE (bucket, practice_key, month, feed_key, revision) IN ({}) \
                 GROUP BY bucket, practice_key, month, feed_key, revision",
                tuples.join(",")
            );
            let found: Vec<Standing> = self.fetch_all("look up earlier revisions", &sql).await?;
            standing.extend(found.into_iter().map(|row| (row.key(), row.content)));
        }
        Ok(standing)
    }
}
