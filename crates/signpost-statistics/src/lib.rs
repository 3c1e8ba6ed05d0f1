//! Statistics for quality improvement, usable alone: numbers in, numbers out.
//!
//! Nothing here knows about opioids, organisations, clocks or storage. A method whose input is too
//! thin or degenerate answers with a reason, never with NaN, infinity or a panic.

pub mod cusum;
pub mod its;
pub mod placebo;
pub mod xmr;
