//! Versioned sets of conversion factors (`data/op*.toml`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::product::{Route, Substance};

/// Name of the factor set that is used where none is named.
pub const DEFAULT_FACTOR_SET: &str = "op2024";

/// One published table of oral morphine equivalents, by opioid and route.
///
/// A stored number names its factor set: two sets give different totals for the same lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactorSet {
    /// Name, such as `op2024`.
    pub name: String,
    /// What it is, in one sentence.
    pub title: String,
    /// Where the numbers come from.
    pub source: String,
    /// Who checked them for clinical use.
    pub reviewer: String,
    /// Day of the source's version, `YYYY-MM-DD`.
    pub date: String,
    factors: BTreeMap<(Substance, Route), u32>,
}

/// Why a factor set can't be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FactorSetError {
    /// No set has this name.
    #[error("factor set `{name}` is not known: use one of {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names that exist, comma separated.
        known: String,
    },
    /// The embedded data are broken; the crate's own tests prevent it.
    #[error("embedded factor set is not valid: {0}")]
    Embedded(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    title: String,
    source: String,
    reviewer: String,
    date: String,
    factor: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    substance: Substance,
    routes: Vec<Route>,
    /// In 1/10,000 of a milligram of oral morphine per milligram.
    ten_thousandths: u32,
}

static SETS: LazyLock<Result<Vec<FactorSet>, FactorSetError>> =
    LazyLock::new(|| [include_str!("../data/op2024.toml"), include_str!("../data/op2020.toml")].iter().map(|text| parse(text)).collect());

fn parse(text: &str) -> Result<FactorSet, FactorSetError> {
    let file: File = toml::from_str(text).map_err(|error| FactorSetError::Embedded(error.to_string()))?;
    let mut factors = BTreeMap::new();
    for row in &file.factor {
        for route in &row.routes {
            if factors.insert((row.substance, *route), row.ten_thousandths).is_some() {
                let twice = format!("{}: {:?} {route:?} is listed twice", file.name, row.substance);
                return Err(FactorSetError::Embedded(twice));
            }
        }
    }
    let File { name, title, source, reviewer, date, .. } = file;
    Ok(FactorSet { name, title, source, reviewer, date, factors })
}

impl FactorSet {
    /// The set of that name.
    ///
    /// # Errors
    /// [`FactorSetError::Unknown`] with the names that exist.
    pub fn named(name: &str) -> Result<&'static Self, FactorSetError> {
        let sets = SETS.as_ref().map_err(Clone::clone)?;
        sets.iter().find(|set| set.name == name).ok_or_else(|| FactorSetError::Unknown {
            name: name.to_owned(),
            known: sets.iter().map(|set| set.name.as_str()).collect::<Vec<_>>().join(", "),
        })
    }

    /// Every embedded set, the default first.
    pub fn all() -> &'static [Self] {
        SETS.as_deref().unwrap_or_default()
    }

    /// Milligrams of oral morphine per milligram, in 1/10,000; `None` where the source lists none.
    pub fn factor(&self, substance: Substance, route: Route) -> Option<u32> {
        self.factors.get(&(substance, route)).copied()
    }

    /// Every factor, by opioid and route.
    pub fn factors(&self) -> impl Iterator<Item = (Substance, Route, u32)> + '_ {
        self.factors.iter().map(|((substance, route), factor)| (*substance, *route, *factor))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn both_sets_load_and_the_default_is_first() {
        assert!(SETS.is_ok(), "{SETS:?}");
        let names: Vec<_> = FactorSet::all().iter().map(|set| set.name.as_str()).collect();
        assert_eq!(names, [DEFAULT_FACTOR_SET, "op2020"]);
        for set in FactorSet::all() {
            assert_eq!(set.reviewer, "unreviewed: awaiting clinical sign-off");
            assert!(set.date.len() == 10 && set.source.contains('@'), "{}", set.name);
        }
    }

    #[test]
    fn sets_differ_where_their_sources_do() {
        // domain.md section 2, rows in bold.
        let now = FactorSet::named("op2024").unwrap();
        let before = FactorSet::named("op2020").unwrap();
        let pair = |substance, route| (now.factor(substance, route), before.factor(substance, route));
        assert_eq!(pair(Substance::Oxycodone, Route::Oral), (Some(15_000), Some(20_000)));
        assert_eq!(pair(Substance::Oxycodone, Route::Injection), (Some(30_000), Some(20_000)));
        assert_eq!(pair(Substance::Diamorphine, Route::Injection), (Some(33_000), Some(30_000)));
        assert_eq!(pair(Substance::Tramadol, Route::Injection), (Some(2_000), Some(1_000)));
        assert_eq!(pair(Substance::Papaveretum, Route::Injection), (Some(6_700), Some(10_000)));
        assert_eq!(pair(Substance::Dextromoramide, Route::Oral), (Some(20_000), Some(40_000)));
        assert_eq!(pair(Substance::Opium, Route::Oral), (None, None));
    }

    #[test]
    fn an_unknown_name_lists_the_known() {
        let error = FactorSet::named("op2099").unwrap_err();
        assert_eq!(error.to_string(), "factor set `op2099` is not known: use one of op2024, op2020");
    }
}
