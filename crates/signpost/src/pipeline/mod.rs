//! The three loops, each with its own durable position. Data moves one way: ingest marks, derive
//! turns marks into practice-months, publish turns practice-months into what is shown.

pub(crate) mod derive;
pub(crate) mod ingest;
pub(crate) mod publish;

mod alerts;
mod completeness;
mod gap;
mod retry;

pub(crate) use gap::{GAPS, Gaps};

use std::sync::Arc;

use signpost_measures::Library;
use signpost_store::Store;
use signpost_telemetry::Metrics;
use tokio::sync::watch;

use crate::configuration::Configuration;

/// What every loop works with.
#[derive(Clone)]
pub(crate) struct Workshop {
    pub(crate) configuration: Arc<Configuration>,
    pub(crate) library: Arc<Library>,
    pub(crate) store: Store,
    pub(crate) metrics: Metrics,
    pub(crate) worker: String,
    pub(crate) gaps: Gaps,
    /// Turns true when it is time to end.
    pub(crate) ending: watch::Receiver<bool>,
}

/// What is written into ledgers and publications to say who computed them.
pub(crate) const BUILD: &str = env!("CARGO_PKG_VERSION");

impl Workshop {
    /// Whether it is time to end.
    pub(crate) fn is_ending(&self) -> bool {
        *self.ending.borrow()
    }

    /// Waits, but not beyond the end.
    pub(crate) async fn rest(&self, time: std::time::Duration) {
        let mut ending = self.ending.clone();
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            _ = ending.wait_for(|ending| *ending) => {}
        }
    }
}
