//! Metrics and logs: every name in one place, positions and counts only.
//!
//! Invariant: no label takes a value from a payload; labels are topics, reason codes, measures and
//! feeds, all of them from closed lists. Deliberately absent: a server (the binary has it).

mod log;
mod metrics;

pub use log::{LogFormat, start_log};
pub use metrics::Metrics;
