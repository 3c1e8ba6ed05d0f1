use serde::{Deserialize, Serialize};
use signpost_core::{Level, Month, OrgCode};

/// All prescribing lines of one practice in one month, from one source: a whole, never a delta.
///
/// A practice that reported nothing of interest sends an empty one, so that zero and missing differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The practice.
    pub practice: OrgCode,
    /// The month of prescribing.
    pub month: Month,
    /// The feed, such as `epd`.
    pub feed: String,
    /// Revision of the month's file, from 1; the newest complete revision counts.
    pub revision: u32,
    /// The lines a measure may need.
    pub lines: Vec<Line>,
}

/// One presentation as prescribed in one quantity: ITEMS prescriptions of QUANTITY each, added up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// BNF presentation code, 15 characters (11 for appliances).
    pub bnf: String,
    /// Presentation name as published.
    pub name: String,
    /// Total quantity over all items, in thousandths of a unit.
    pub quantity_thousandths: u64,
    /// Prescription items.
    pub items: u32,
}

/// Patients registered with a practice at the start of a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListSize {
    /// The practice.
    pub practice: OrgCode,
    /// The month at whose start the list was counted.
    pub month: Month,
    /// Revision of the month's file, from 1.
    pub revision: u32,
    /// Registered patients.
    pub patients: u32,
}

/// What an organisation is called and belongs to, as of a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// Its code.
    pub code: OrgCode,
    /// Its level.
    pub level: Level,
    /// Its published name.
    pub name: String,
    /// The month from which this is the newest word; a later month wins.
    pub as_of: Month,
    /// NHS prescribing setting; 4 is a general practice. Practices only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setting: Option<u8>,
    /// Its primary care network, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pcn: Option<OrgCode>,
    /// Its sub-ICB location, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_icb: Option<OrgCode>,
    /// Its integrated care board, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icb: Option<OrgCode>,
    /// Its region, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<OrgCode>,
}

/// A feed's word that a month is whole: these practices, at this revision, up to these positions.
///
/// It holds once everything up to `positions` is derived. Practices not listed are void that month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonthComplete {
    /// The feed, such as `epd`.
    pub feed: String,
    /// The month.
    pub month: Month,
    /// Revision of the month's file, from 1.
    pub revision: u32,
    /// Every practice of the month, sorted.
    pub practices: Vec<OrgCode>,
    /// Last acknowledged offset of each partition that received a snapshot: `(partition, offset)`.
    pub positions: Vec<(u16, i64)>,
}
