//! The only SQL of signpost: migrations, rows, queries.
//!
//! Invariants: every insert is one block into one partition with its settings pinned, and says
//! "done" only after the server did; every write may be repeated, and may be made by two workers
//! at once, without changing what is read. Deliberately absent: Kafka, what a row means, and when
//! to write it.

mod client;
mod derive;
mod error;
mod events;
mod ledger;
mod measures;
mod migrate;
mod publish;
mod published;
mod rows;
mod status;

pub use client::{Store, StoreSettings};
pub use derive::DerivedPosition;
pub use error::StoreError;
pub use ledger::{Positions, contiguous_end};
pub use measures::{MeasureQuery, NumberRow, UnmappedRow, measure_sql};
pub use migrate::{MIGRATIONS, Migrated};
pub use publish::{Current, PublicationKey};
pub use published::Published;
pub use rows::{
    DecisionRow, InterventionEventRow, LedgerRow, ListSizeRow, MarkRow, MonthCompleteRow, OrganisationRow, PracticeMonthRow, RefusalRow,
    SnapshotKey, SnapshotRow, earliest_stands, latest_stands,
};
pub use status::{LedgerSummary, RefusalCount};
