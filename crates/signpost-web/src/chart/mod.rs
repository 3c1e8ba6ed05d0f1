//! Charts as inline SVG. Each has a title and a description; a table stands beneath it on the page.

mod its;
mod placebo;
mod scale;
mod spark;
mod spc;

pub(crate) use its::its;
pub(crate) use placebo::placebo;
pub(crate) use spark::spark;
pub(crate) use spc::spc;
