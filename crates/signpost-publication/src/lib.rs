//! What is shown, and when it may be shown.
//!
//! [`rows`] are the tables of a publication: everything that a page, a panel or an alert reads.
//! A publication is immutable and whole; it is switched to at once, and its digest says what it
//! holds. Deliberately absent: connections, clocks, and numbers nobody has declared complete.

pub mod rows;
