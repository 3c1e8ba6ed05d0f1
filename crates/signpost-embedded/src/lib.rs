//! ClickHouse and Kafka inside: engines for the demo, for development and for tests.
//!
//! [`clickhouse`] is the real ClickHouse engine (`libchdb.so`, loaded at run time) behind a small
//! server that speaks ClickHouse's HTTP protocol, so that the official client runs unmodified;
//! [`mock_kafka`] is librdkafka's own mock broker in a process of its own; [`kafka`] starts a real
//! Apache Kafka from its jars. One binary is enough: [`host`] turns a process into an engine, and
//! [`engine::start_clickhouse`] and [`mock_kafka::start`] start such processes.
//!
//! Invariants: everything listens on the loopback alone; an engine ends with the process that
//! started it, however that ends; one server per data folder, and [`clickhouse::running_server`]
//! says which; one statement per request; data are never run as SQL; an answer is whole or fails.
//! Deliberately absent: users and roles, replication, sessions, external tables, encryption; flushing
//! to disk after each insert (rows survive the process, not the machine); durability of the mock
//! broker, which forgets everything when it ends.
#![allow(clippy::disallowed_methods)]

pub mod clickhouse;
pub mod engine;
pub mod kafka;
pub mod mock_kafka;

mod process;

pub use engine::host;
pub use process::{EngineError, EngineProcess};
