//! The events signpost understands: CloudEvents 1.0, structured JSON.
//!
//! [`decode`] is the only way in: what it returns is within every limit and internally consistent,
//! and what it refuses it refuses with a [`Refusal`] that never repeats the payload. [`encode`]
//! is the only way out. Deliberately absent: Kafka, storage, and any judgement that needs a second
//! event (order, duplicates, completeness).

mod decode;
mod envelope;
mod intervention;
mod practice;
mod refusal;

pub use decode::{decode, encode};
pub use envelope::{Event, Payload, Topic};
pub use intervention::{Closed, Declared, Direction, InterventionId, OutcomeRegistered, OutcomeRole, SiteStarted, SiteStopped};
pub use practice::{Line, ListSize, MonthComplete, Organisation, Snapshot};
pub use refusal::Refusal;

/// Largest payload accepted, in bytes.
pub const PAYLOAD_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most lines in one snapshot.
pub const LINES_MAX: usize = 20_000;
/// Most practices listed by one "month complete".
pub const PRACTICES_MAX: usize = 50_000;
/// Longest free text, in bytes.
pub const TEXT_BYTES_MAX: usize = 4_000;
/// Longest name of a product or organisation, in bytes.
pub const NAME_BYTES_MAX: usize = 300;
