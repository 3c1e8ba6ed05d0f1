//! Names that the rules cannot read, each with its reason and source (`data/exceptions.toml`).

use std::sync::LazyLock;

use serde::Deserialize;

use crate::product::{Release, Route, Substance};
use crate::unmapped::Unmapped;

/// One row of the table: which names, why, whence, and either a reading or a refusal.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exception {
    /// Beginning of the BNF code, or a whole generic code that stands for all its brands too.
    bnf: String,
    /// Normalised text that the name must contain; empty for any name.
    #[serde(default)]
    name: String,
    #[cfg_attr(not(test), allow(dead_code))]
    reason: String,
    #[cfg_attr(not(test), allow(dead_code))]
    source: String,
    read: Option<Reading>,
    refuse: Option<Unmapped>,
}

/// The content that a name stands for.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reading {
    pub(crate) substance: Substance,
    pub(crate) route: Route,
    pub(crate) release: Release,
    /// Per unit; per hour where hours of wear are given.
    pub(crate) nanograms: u64,
    pub(crate) wear_hours: Option<u16>,
}

impl Exception {
    fn covers(&self, bnf: &str) -> bool {
        bnf.starts_with(&self.bnf) || generic(&self.bnf).is_some_and(|own| generic(bnf) == Some(own))
    }

    /// The reading, or the reason for which the name is refused.
    pub(crate) fn reading(&self) -> Result<Reading, Unmapped> {
        self.read.ok_or(self.refuse.unwrap_or(Unmapped::AmbiguousStrength))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    exception: Vec<Exception>,
}

// A table that does not parse is empty here: the tests refuse it before it can be released.
static TABLE: LazyLock<Table> = LazyLock::new(|| toml::from_str(include_str!("../data/exceptions.toml")).unwrap_or_default());

/// The row for a presentation, by code and [normalised](crate::label::normalised) name.
pub(crate) fn find(bnf: &str, name: &str) -> Option<&'static Exception> {
    TABLE.exception.iter().find(|row| row.covers(bnf) && name.contains(&row.name))
}

/// Chemical and last two letters: what the BNF code says that a brand is equal to.
fn generic(bnf: &str) -> Option<(&str, &str)> {
    Some((bnf.get(..9)?, bnf.get(13..15)?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_row_says_what_why_and_whence() {
        let table: Table = toml::from_str(include_str!("../data/exceptions.toml")).unwrap();
        assert!(!table.exception.is_empty());
        for row in &table.exception {
            assert!(row.bnf.len() >= 9, "{row:?}");
            assert!(row.reason.len() > 10 && row.source.len() > 10, "{row:?}");
            assert!(row.read.is_some() != row.refuse.is_some(), "{row:?}");
            assert_eq!(row.name, crate::label::normalised(&row.name), "{row:?}");
        }
    }
}
