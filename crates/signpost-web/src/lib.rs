//! Pages for people: the overview, a report per intervention, a page per measure.
//!
//! Server-rendered HTML with inline SVG: nothing needs a script, every chart has a text beside it,
//! every state has a shape, a word and a colour. Invariants: pages read `published` only; what a
//! request names is looked up, never echoed into SQL or HTML unescaped; where data are synthetic,
//! every page says so. Deliberately absent: authentication (the proxy in front), and any number
//! that is not in the publication.

mod chart;
mod intervention;
mod measure;
mod missing;
mod overview;
mod shell;
mod site;
mod words;

pub use site::routes;
