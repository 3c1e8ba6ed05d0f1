//! What is shown: from practice numbers to the tables of a publication, by one pure function.
//!
//! [`compile`] takes everything that is known and gives everything that is shown; [`rows`] are the
//! tables that pages, panels and alerts read. Invariants: only months that their feed declared
//! complete; missing is never zero; sums are over exact integers, floats begin at display; the same
//! input in any order gives the same tables to the bit. All measures so far are built on open data
//! and pass whole; disclosure control will stand between [`compile`]'s sums and its rows.
//! Deliberately absent: connections, clocks, and anything computed by a panel.

mod charts;
mod input;
mod measure_months;
mod membership;
mod outcomes;
mod quality;
pub mod rows;
mod spread;
mod tables;
mod watch;

pub use input::{CompleteMonth, Input, OpioidItems, PracticeNumber, UnmappedProduct};
pub use tables::{Tables, compile};
