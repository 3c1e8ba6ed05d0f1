//! Why a presentation has no oral morphine equivalent.

use serde::{Deserialize, Serialize};

/// The reason why a presentation, or a line of it, has no oral morphine equivalent.
///
/// The first two are answers (the line is none of ours); all others are gaps that the caller must
/// count and name, because leaving such a line out in silence would understate every total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unmapped {
    /// Not an opioid in scope (see the crate's scope).
    #[error("not an opioid in scope")]
    NotAnOpioid,
    /// BNF 0410: opioids given for substance dependence are excluded by rule.
    #[error("prescribed for dependence (BNF 0410), excluded by rule")]
    Dependence,
    /// In an opioid section, but neither the code nor the name says which opioid.
    #[error("opioid section, but the substance is not known: add its BNF chemical code")]
    UnknownSubstance,
    /// The name carries no strength that can be read.
    #[error("no strength in the name: add an exception with its source")]
    NoStrength,
    /// The name carries strengths that can be read in more than one way.
    #[error("strength can be read in more than one way: add an exception with its source")]
    AmbiguousStrength,
    /// The strength is clear, but not what one unit of the quantity is.
    #[error("unit of the quantity is not clear from the name: add an exception with its source")]
    AmbiguousUnit,
    /// Neither dose form nor route can be read from the name.
    #[error("dose form is not known: add an exception with its source")]
    UnknownForm,
    /// A patch whose hours of wear are not known.
    #[error("patch with unknown hours of wear: add its strength to the wear table")]
    UnknownWearTime,
    /// The product is read, but the factor set lists no factor for its substance and route.
    #[error("factor set has no factor for this substance and route")]
    NoFactor,
    /// Content, quantity or result does not fit 64 bits.
    #[error("amount too large for 64 bits: check the quantity")]
    OutOfRange,
}

impl Unmapped {
    /// True if an opioid in scope went uncounted, so that the caller must count and name the line.
    pub fn is_gap(self) -> bool {
        !matches!(self, Self::NotAnOpioid | Self::Dependence)
    }

    /// A stable kebab-case word for stored rows and metric labels.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAnOpioid => "not-an-opioid",
            Self::Dependence => "dependence",
            Self::UnknownSubstance => "unknown-substance",
            Self::NoStrength => "no-strength",
            Self::AmbiguousStrength => "ambiguous-strength",
            Self::AmbiguousUnit => "ambiguous-unit",
            Self::UnknownForm => "unknown-form",
            Self::UnknownWearTime => "unknown-wear-time",
            Self::NoFactor => "no-factor",
            Self::OutOfRange => "out-of-range",
        }
    }
}
