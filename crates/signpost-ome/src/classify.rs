//! Everything that a line of prescribing needs to know about its product, in one parse.

use crate::amount::line_ome;
use crate::factors::FactorSet;
use crate::gabapentinoid::{self, DailyDose};
use crate::label;
use crate::product::{self, Product};
use crate::threshold::{Threshold, high_dose, is_regular};
use crate::unmapped::Unmapped;

/// What a presentation is to the measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An opioid in scope with its content.
    Opioid(Product),
    /// An opioid in scope that could not be read: count it, name it, show it.
    UnmappedOpioid(Unmapped),
    /// Pregabalin or gabapentin with its content.
    Gabapentinoid(DailyDose),
    /// Pregabalin or gabapentin that could not be read.
    UnmappedGabapentinoid(Unmapped),
    /// An opioid given for dependence (BNF 0410): excluded by rule.
    Dependence,
    /// None of these.
    NotOpioid,
}

/// The answers for one presentation; compute once per code and name, then use for every line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Classification {
    /// What it is.
    pub kind: Kind,
    /// Counts in the denominator of `opioidspercent`; see [`is_regular`].
    pub regular: bool,
    /// High dose at 90 mg a day; see [`high_dose`].
    pub high90: bool,
    /// High dose at 120 mg a day.
    pub high120: bool,
}

/// Classifies a presentation by its BNF code and its name as published.
pub fn classify(bnf: &str, name: &str) -> Classification {
    let kind = kind(bnf, name);
    let opioid = if let Kind::Opioid(product) = &kind { Some(product) } else { None };
    Classification {
        kind,
        regular: opioid.is_some_and(is_regular),
        high90: opioid.is_some_and(|product| high_dose(product, Threshold::Mg90)),
        high120: opioid.is_some_and(|product| high_dose(product, Threshold::Mg120)),
    }
}

fn kind(bnf: &str, name: &str) -> Kind {
    let name = label::normalised(name);
    match gabapentinoid::read(bnf, &name) {
        Some(Ok(dose)) => return Kind::Gabapentinoid(dose),
        Some(Err(reason)) => return Kind::UnmappedGabapentinoid(reason),
        None => {}
    }
    match product::read(bnf, &name) {
        Ok(product) => Kind::Opioid(product),
        Err(Unmapped::NotAnOpioid) => Kind::NotOpioid,
        Err(Unmapped::Dependence) => Kind::Dependence,
        Err(reason) => Kind::UnmappedOpioid(reason),
    }
}

impl Classification {
    /// True for an opioid in scope, read or not: the lines and items that "opioid" counts.
    pub fn is_opioid(&self) -> bool {
        matches!(self.kind, Kind::Opioid(_) | Kind::UnmappedOpioid(_))
    }

    /// Whether the product counts as high dose at the threshold.
    pub fn high(&self, threshold: Threshold) -> bool {
        match threshold {
            Threshold::Mg90 => self.high90,
            Threshold::Mg120 => self.high120,
        }
    }

    /// Oral morphine equivalent of a line in 1/10,000 microgram, from its total quantity in
    /// thousandths of a unit. `Ok(None)` if the line is no opioid in scope.
    ///
    /// # Errors
    /// The reason for which an opioid line has none, [`Unmapped::NoFactor`] among them; the caller
    /// counts and names it.
    pub fn ome(&self, factors: &FactorSet, quantity_thousandths: u64) -> Result<Option<u64>, Unmapped> {
        let product = match self.kind {
            Kind::Opioid(product) => product,
            Kind::UnmappedOpioid(reason) => return Err(reason),
            _ => return Ok(None),
        };
        let factor = factors.factor(product.substance, product.route).ok_or(Unmapped::NoFactor)?;
        line_ome(product.nanograms_per_unit, factor, quantity_thousandths).map(Some).ok_or(Unmapped::OutOfRange)
    }

    /// Millionths of a defined daily dose of a line of pregabalin or gabapentin. `Ok(None)` if the
    /// line is neither.
    ///
    /// # Errors
    /// The reason for which a line of either has none.
    pub fn ddd_micro(&self, quantity_thousandths: u64) -> Result<Option<u64>, Unmapped> {
        match self.kind {
            Kind::Gabapentinoid(dose) => dose.micro(quantity_thousandths).map(Some).ok_or(Unmapped::OutOfRange),
            Kind::UnmappedGabapentinoid(reason) => Err(reason),
            _ => Ok(None),
        }
    }
}
