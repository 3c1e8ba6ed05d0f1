use std::collections::BTreeMap;

use signpost_core::{Month, OrgCode};
use signpost_evaluation::registration::Recorded;
use signpost_events::Organisation;
use signpost_measures::Library;

/// Everything that goes into a publication; the order of lists means nothing.
pub struct Input<'a> {
    /// The measures.
    pub library: &'a Library,
    /// Measure to the query that computes it.
    pub sql: BTreeMap<String, String>,
    /// The prescribing feed shown.
    pub feed: String,
    /// The newest complete revision of each month of that feed.
    pub complete: Vec<CompleteMonth>,
    /// Later months that have begun to arrive.
    pub arriving: Vec<Month>,
    /// The newest word on each organisation.
    pub organisations: Vec<Organisation>,
    /// Practice, month, registered patients.
    pub list_sizes: Vec<(OrgCode, Month, u32)>,
    /// Measure to the numbers of the practices listed in complete months.
    pub numbers: BTreeMap<String, Vec<PracticeNumber>>,
    /// Opioid items of the same practices.
    pub opioid_items: Vec<OpioidItems>,
    /// Products without a dose.
    pub unmapped: Vec<UnmappedProduct>,
    /// Every intervention event.
    pub interventions: Vec<Recorded>,
}

/// A month that its feed has declared whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompleteMonth {
    /// The month.
    pub month: Month,
    /// The revision that counts.
    pub revision: u32,
    /// Its practices; others are void that month.
    pub practices: Vec<OrgCode>,
}

/// Exact numerator and denominator of one practice in one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PracticeNumber {
    /// The practice.
    pub practice: OrgCode,
    /// The month.
    pub month: Month,
    /// In the measure's counting unit.
    pub numerator: u128,
    /// In its counting unit; `None` where it is the list size.
    pub denominator: Option<u128>,
}

/// Opioid items of one practice in one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpioidItems {
    /// The practice.
    pub practice: OrgCode,
    /// The month.
    pub month: Month,
    /// All opioid items.
    pub items: u64,
    /// Of these, items of products without a dose.
    pub unmapped: u64,
}

/// A product without a dose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmappedProduct {
    /// The month.
    pub month: Month,
    /// Its BNF code.
    pub bnf: String,
    /// Its name as published.
    pub name: String,
    /// Why it has no dose.
    pub reason: String,
    /// Items in the month.
    pub items: u64,
}
