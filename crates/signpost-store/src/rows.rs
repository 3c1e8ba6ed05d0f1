//! The rows of the event tables; names and types are those of `migrations/001_events.sql`.

use clickhouse::Row;
use serde::{Deserialize, Serialize};
use signpost_core::Month;

/// The version of a row of which the *earliest* position stands: greater for an earlier one.
///
/// 20 bits of epoch and 44 of offset; both far beyond what a topic reaches.
#[must_use]
pub fn earliest_stands(epoch: u32, offset: i64) -> u64 {
    u64::MAX - place(epoch, offset)
}

/// The version of a row of which the greatest month stands, then the latest position.
#[must_use]
pub fn latest_stands(as_of: Month, epoch: u32, offset: i64) -> u64 {
    // 12 bits of months since 1900, 12 of epoch, 40 of offset.
    let months = u64::try_from((as_of.year() - 1900) * 12 + i32::from(as_of.number()) - 1).unwrap_or(0);
    (months << 52) | (u64::from(epoch & 0xfff) << 40) | (u64::try_from(offset).unwrap_or(0) & 0xff_ffff_ffff)
}

fn place(epoch: u32, offset: i64) -> u64 {
    (u64::from(epoch) << 44) | u64::try_from(offset).unwrap_or(0)
}

/// A month as ClickHouse holds a `Date`: days since 1970.
pub(crate) mod day {
    use serde::{Deserialize, Deserializer, Serializer, de, ser};
    use signpost_core::Month;

    pub(crate) fn serialize<S: Serializer>(value: &Month, serializer: S) -> Result<S::Ok, S::Error> {
        let day = u16::try_from(value.first_day_since_epoch());
        serializer.serialize_u16(day.map_err(|_| ser::Error::custom("a month before 1970 or after 2148"))?)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Month, D::Error> {
        let day = u16::deserialize(deserializer)?;
        Month::of_day_since_epoch(i32::from(day)).map_err(de::Error::custom)
    }
}

/// A prescribing snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs)] // each column is described in the migration
pub struct SnapshotRow {
    pub bucket: u16,
    pub practice: String,
    #[serde(with = "day")]
    pub month: Month,
    pub feed: String,
    pub revision: u32,
    pub bnf: Vec<String>,
    pub name: Vec<String>,
    pub quantity: Vec<u64>,
    pub items: Vec<u32>,
    pub content: u128,
    pub epoch: u32,
    pub partition: u16,
    pub offset: i64,
    pub version: u64,
}

/// What names a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Row, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct SnapshotKey {
    pub bucket: u16,
    pub practice: String,
    #[serde(with = "day")]
    pub month: Month,
    pub feed: String,
    pub revision: u32,
}

/// A list size.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ListSizeRow {
    pub bucket: u16,
    pub practice: String,
    #[serde(with = "day")]
    pub month: Month,
    pub revision: u32,
    pub patients: u32,
    pub content: u128,
    pub epoch: u32,
    pub partition: u16,
    pub offset: i64,
    pub version: u64,
}

/// An organisation.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct OrganisationRow {
    pub bucket: u16,
    pub code: String,
    pub level: String,
    pub name: String,
    #[serde(with = "day")]
    pub as_of: Month,
    pub setting: u8,
    pub pcn: String,
    pub sub_icb: String,
    pub icb: String,
    pub region: String,
    pub content: u128,
    pub version: u64,
}

/// A feed's word that a month is whole.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct MonthCompleteRow {
    pub bucket: u16,
    pub feed: String,
    #[serde(with = "day")]
    pub month: Month,
    pub revision: u32,
    pub practices: Vec<String>,
    pub partitions: Vec<u16>,
    pub offsets: Vec<i64>,
    pub content: u128,
    pub epoch: u32,
    pub partition: u16,
    pub offset: i64,
    pub version: u64,
}

/// An event of an intervention; times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct InterventionEventRow {
    pub bucket: u16,
    pub intervention: String,
    pub content: u128,
    pub kind: String,
    pub payload: String,
    pub event_time: i64,
    pub appended: i64,
    pub epoch: u32,
    pub partition: u16,
    pub offset: i64,
    pub version: u64,
}

/// What ingest touched.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct MarkRow {
    pub bucket: u16,
    pub epoch: u32,
    pub partition: u16,
    pub offset: i64,
    pub practice: String,
    #[serde(with = "day")]
    pub month: Month,
    pub feed: String,
    pub revision: u32,
}

/// A dead letter, by position and reason.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct RefusalRow {
    pub topic: String,
    pub epoch: u32,
    pub partition: u16,
    pub offset: i64,
    pub reason: String,
}

/// A batch, written after everything in it.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct LedgerRow {
    pub topic: String,
    pub epoch: u32,
    pub partition: u16,
    pub after: i64,
    pub through: i64,
    pub records: u32,
    pub refused: u32,
    pub checksum: u64,
    pub worker: String,
    pub build: String,
}

/// One practice-month under one factor set, line by line.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PracticeMonthRow {
    pub bucket: u16,
    pub practice: String,
    #[serde(with = "day")]
    pub month: Month,
    pub feed: String,
    pub revision: u32,
    pub factor_set: String,
    pub rules: u32,
    pub bnf: Vec<String>,
    pub items: Vec<u64>,
    pub ome: Vec<u64>,
    pub ddd: Vec<u64>,
    pub opioid: Vec<bool>,
    pub regular: Vec<bool>,
    pub high_90: Vec<bool>,
    pub high_120: Vec<bool>,
    pub unmapped: Vec<String>,
    pub name: Vec<String>,
    pub version: u64,
}

/// A decision, appended once.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DecisionRow {
    pub subject: String,
    pub kind: String,
    pub sentence: String,
    pub author: String,
    pub publication: String,
}

/// A number of one practice in one month, before anything is joined to it.
#[derive(Debug, Clone, PartialEq, Eq, Row, Deserialize)]
#[allow(missing_docs)]
pub(crate) struct RawNumber {
    pub(crate) practice: String,
    #[serde(with = "day")]
    pub(crate) month: Month,
    pub(crate) numerator: u128,
    pub(crate) denominator: u128,
}

/// A month, alone.
#[derive(Debug, Clone, PartialEq, Eq, Row, Deserialize)]
pub(crate) struct RawMonth {
    #[serde(with = "day")]
    pub(crate) month: Month,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{earliest_stands, latest_stands};

    #[test]
    fn versions_order_as_their_names_say() {
        assert!(earliest_stands(1, 5) > earliest_stands(1, 6));
        assert!(earliest_stands(1, 1_000_000) > earliest_stands(2, 0));
        let month = |text: &str| text.parse().unwrap();
        assert!(latest_stands(month("2017-10"), 1, 0) > latest_stands(month("2017-09"), 9, 99));
        assert!(latest_stands(month("2017-09"), 2, 0) > latest_stands(month("2017-09"), 1, 99));
        assert!(latest_stands(month("2017-09"), 1, 100) > latest_stands(month("2017-09"), 1, 99));
    }
}
