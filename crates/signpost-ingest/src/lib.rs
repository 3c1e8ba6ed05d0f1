//! Ingest without input or output: when a batch is full, what it writes, what is acknowledged.
//!
//! [`Engine::step`] takes what happened and answers what to do; [`Batch::decode`] and
//! [`Decoded::settle`] say which rows a batch is. Invariants: one batch in flight per partition;
//! a batch is a half-open interval of offsets that begins where the last one ended; of two contents
//! of one revision the earlier stands, the later is refused; the ledger comes after everything else.
//! Deliberately absent: sockets, clocks, retries, and any trait. What is here only ever marks:
//! deriving and publishing are the plain loops of the binary.

mod batch;
mod content;
mod engine;
mod settle;

pub use batch::{Batch, Decoded};
pub use engine::{Action, Engine, Input, Limits};
pub use settle::{Standing, Writes};
