//! The log: a consumer that owns its positions, and a producer that waits to be told.
//!
//! Invariants: a partition starts where the ledger ends, never where Kafka's committed offset says;
//! a revoked partition is let go only after what was in flight is written; a record's partition is
//! its key's bucket, whatever the producer's library would choose. Deliberately absent: what a
//! record means, and when a batch is full (signpost-ingest).

mod connection;
mod consumer;
mod error;
mod producer;

pub use connection::{Connection, KafkaSettings};
pub use consumer::{Assignment, Command, Consumer, FromLog, Partition, Record, Start};
pub use error::KafkaFailure;
pub use producer::{Acknowledged, Producer};
