use clickhouse::Row;
use serde::Deserialize;

use crate::{Store, StoreError};

/// What the ledger says of one topic.
#[derive(Debug, Clone, PartialEq, Eq, Row, Deserialize)]
pub struct LedgerSummary {
    /// The topic.
    pub topic: String,
    /// The newest epoch.
    pub epoch: u32,
    /// Batches written in it.
    pub batches: u64,
    /// Records in them; a batch done twice counts twice.
    pub records: u64,
}

/// Dead letters of one reason.
#[derive(Debug, Clone, PartialEq, Eq, Row, Deserialize)]
pub struct RefusalCount {
    /// The reason code.
    pub reason: String,
    /// Records refused for it.
    pub count: u64,
}

impl Store {
    /// The ledger by topic, newest epoch only.
    ///
    /// # Errors
    /// When the store does.
    pub async fn ledger_summary(&self) -> Result<Vec<LedgerSummary>, StoreError> {
        let sql = "SELECT toString(topic) AS topic, epoch, count() AS batches, sum(records) AS records \
                   FROM signpost.ledger WHERE epoch = (SELECT max(epoch) FROM signpost.ledger) \
                   GROUP BY topic, epoch ORDER BY topic";
        self.fetch_all("sum up the ledger", sql).await
    }

    /// Workers that have written batches, in order of name.
    ///
    /// # Errors
    /// When the store does.
    pub async fn workers(&self) -> Result<Vec<String>, StoreError> {
        self.fetch_all("list workers", "SELECT DISTINCT worker FROM signpost.ledger ORDER BY worker").await
    }

    /// Dead letters by reason.
    ///
    /// # Errors
    /// When the store does.
    pub async fn refusals(&self) -> Result<Vec<RefusalCount>, StoreError> {
        let sql = "SELECT toString(reason) AS reason, count() AS count FROM signpost.refusal FINAL GROUP BY reason ORDER BY reason";
        self.fetch_all("count dead letters", sql).await
    }
}
