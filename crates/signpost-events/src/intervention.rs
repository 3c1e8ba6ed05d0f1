use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use signpost_core::OrgCode;

/// An intervention's id: 3 to 64 lower-case letters, digits and hyphens, a letter first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct InterventionId(String);

impl InterventionId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for InterventionId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let starts = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
        if (3..=64).contains(&text.len()) && starts && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err("not an intervention id: write 3 to 64 lower-case letters, digits and hyphens, a letter first".into())
        }
    }
}

impl TryFrom<String> for InterventionId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<InterventionId> for String {
    fn from(id: InterventionId) -> Self {
        id.0
    }
}

impl fmt::Display for InterventionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// An intervention is declared: what, by whom, and what is expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// Its id.
    pub intervention: InterventionId,
    /// Its name on screens.
    pub title: String,
    /// Its kind, such as `mdt_review`; see the templates of signpost-evaluation.
    pub kind: String,
    /// The accountable role or team; never a patient.
    pub owner: String,
    /// What is expected to happen, and why.
    pub hypothesis: String,
}

/// An outcome is registered for an intervention.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomeRegistered {
    /// The intervention.
    pub intervention: InterventionId,
    /// The measure's id.
    pub measure: String,
    /// What the outcome is for.
    pub role: OutcomeRole,
    /// Which way is hoped for (primary, secondary, process) or harmless (balancing).
    pub direction: Direction,
    /// Months after the start at which the effect is judged, 1 to 60.
    pub horizon_months: u8,
    /// Largest harm that is tolerable, in per cent of the expected value; balancing outcomes only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin_percent: Option<f64>,
}

/// The role of an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeRole {
    /// The one outcome that carries the verdict.
    Primary,
    /// Reported beside it, corrected for their number.
    Secondary,
    /// Whether the intervention was delivered.
    Process,
    /// What must not get worse.
    Balancing,
}

/// The hoped-for direction of an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Lower is better.
    Lower,
    /// Higher is better.
    Higher,
}

/// A site starts delivering an intervention; the sites of a declaration are frozen by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteStarted {
    /// The intervention.
    pub intervention: InterventionId,
    /// The practice, network or board.
    pub site: OrgCode,
    /// The first day of delivery; the first full month after it counts as under intervention.
    pub on: Date,
}

/// A site stops delivering an intervention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteStopped {
    /// The intervention.
    pub intervention: InterventionId,
    /// The practice, network or board.
    pub site: OrgCode,
    /// The first day without it.
    pub on: Date,
}

/// An intervention is closed, with what was learnt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closed {
    /// The intervention.
    pub intervention: InterventionId,
    /// The day of closing.
    pub on: Date,
    /// What was learnt.
    pub lesson: String,
}
