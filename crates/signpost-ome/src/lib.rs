//! What one prescribed product holds and what it weighs in oral morphine equivalents (OME).
//!
//! A BNF presentation code and its published name become a [`Product`] (substance, route, release,
//! opioid content per counted unit); a [`FactorSet`] turns content into OME; a [`Threshold`] says
//! whether the product counts as high dose. [`classify`] answers all of it in one parse.
//! OME is for analysis of prescribing, never for switching a patient between opioids.
//!
//! Invariants:
//! - Integers only. Content is in nanograms, quantity in thousandths of a unit, factors in 1/10,000,
//!   and OME in 1/10,000 microgram; every sum of lines is therefore exact and order-free.
//! - An opioid that can't be read or has no factor is an [`Unmapped`] with its reason, never zero.
//! - Combination products count their opioid part only.
//! - Factors and exceptions are data with source, reviewer and date (folder `data`).
//!
//! Deliberately absent: doses per day, dates, patients, prices, unit conversion of free text, and
//! choosing a factor set (the caller names one, so that a stored number can name it too).
//!
//! Scope, as in the published total-OME measure of 2020 and its real lines: BNF 0407020 (opioid
//! analgesics), the opioid combinations of 0407010, ibuprofen with codeine (1001010J0) and 1501043
//! (opioids of anaesthesia). Out of scope: 0410 (dependence) and opioids given for cough, diarrhoea
//! or migraine in other sections, such as codeine linctus 0309010C0.
#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing)]

mod amount;
mod classify;
mod exceptions;
mod factors;
mod gabapentinoid;
mod label;
mod product;
mod scope;
mod threshold;
mod unmapped;

pub use amount::{OME_PER_MILLIGRAM, line_ome};
pub use classify::{Classification, Kind, classify};
pub use factors::{DEFAULT_FACTOR_SET, FactorSet, FactorSetError};
pub use gabapentinoid::{DailyDose, ddd_micro};
pub use product::{OnceDailyBrand, Product, Release, Route, Substance, product};
pub use scope::BNF_PREFIXES;
pub use threshold::{Threshold, high_dose, is_regular};
pub use unmapped::Unmapped;
