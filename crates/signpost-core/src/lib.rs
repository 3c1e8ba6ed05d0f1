//! Words every other crate shares: months, organisations, buckets, positions, classes of error.
//!
//! Invariants: a value of these types is always valid (parsed once, at the edge). Nothing here
//! reads a clock, a file or the network, and nothing here knows a measure or a drug.

mod bucket;
mod error;
mod month;
mod organisation;

pub use bucket::{BUCKETS, Bucket, partition_of};
pub use error::ErrorKind;
pub use month::{Month, MonthError};
pub use organisation::{Level, OrgCode, OrgCodeError};
