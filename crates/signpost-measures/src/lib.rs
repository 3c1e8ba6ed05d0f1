//! Measures as data: one TOML file per measure, read into a [`Measure`].
//!
//! A file picks a quantity, filters and a denominator from closed lists; signpost-store renders the
//! query. Another measure of these kinds is another file; a new *kind* of quantity is Rust, here.
//! Every [`Measure`] that exists has passed every check, so nothing downstream validates again.
//! Deliberately absent: SQL, doses (signpost-ome), and who may see a number (signpost-publication).

mod definition;
mod library;

pub use definition::{Denominator, Direction, Disclosure, Filter, Measure, MeasureError, Quantity, Standing, Total};
pub use library::Library;
