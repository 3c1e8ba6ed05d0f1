//! The gaps between two durable writes, by name. A worker told to hold in one stops there for good,
//! so that a test can end it exactly there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Every gap, in the order of the flow.
pub(crate) const GAPS: [&str; 16] = [
    "snapshots",
    "list_sizes",
    "organisations",
    "months_complete",
    "intervention_events",
    "marks",
    "refusals",
    "dead_letters",
    "ledger",
    "practice_months",
    "derived",
    "hidden_tables",
    "digest",
    "decisions",
    "publication",
    "old_publications",
];

/// Passes gaps, and holds in one of them if told to.
#[derive(Clone, Default)]
pub(crate) struct Gaps {
    hold: Option<Arc<Hold>>,
}

struct Hold {
    gap: &'static str,
    passes_left: AtomicU64,
}

impl Gaps {
    /// Holds at the `nth` passing (from 1) of a gap, written `GAP:NTH`.
    pub(crate) fn holding_at(text: &str) -> Result<Self, String> {
        let (name, nth) = text.split_once(':').unwrap_or((text, "1"));
        let gap = GAPS.into_iter().find(|gap| *gap == name);
        match (gap, nth.parse::<u64>()) {
            (Some(gap), Ok(nth @ 1..)) => Ok(Self { hold: Some(Arc::new(Hold { gap, passes_left: AtomicU64::new(nth) })) }),
            _ => Err(format!("write GAP:NTH, where GAP is one of {}", GAPS.join(", "))),
        }
    }

    /// After a durable write, before the next.
    pub(crate) async fn pass(&self, gap: &'static str) {
        debug_assert!(GAPS.contains(&gap), "{gap} is not listed");
        let Some(hold) = self.hold.as_ref().filter(|hold| hold.gap == gap) else { return };
        if hold.passes_left.fetch_sub(1, Ordering::SeqCst) == 1 {
            tracing::warn!(gap, "holding here until ended");
            std::future::pending::<()>().await;
        }
    }
}
