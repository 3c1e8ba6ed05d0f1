//! The rows of a publication, one struct per table of the database `published`.
//!
//! Months are the first instant of the month in UTC (`DateTime('UTC')`), because a date read in
//! British Summer Time falls into the month before. What is unknown is `None`, never 0. Text is
//! empty where a thing does not apply.

use clickhouse::Row;
use serde::{Deserialize, Serialize};
use signpost_core::Month;

/// A month as the first second of it in UTC, which is how ClickHouse holds a `DateTime`.
mod month_start {
    use serde::{Deserialize, Deserializer, Serializer, de, ser};
    use signpost_core::Month;

    pub(super) fn seconds(month: Month) -> Option<u32> {
        u32::try_from(i64::from(month.first_day_since_epoch()) * 86_400).ok()
    }

    pub(super) fn month(seconds: u32) -> Option<Month> {
        i32::try_from(seconds / 86_400).ok().and_then(|day| Month::of_day_since_epoch(day).ok())
    }

    pub(super) fn serialize<S: Serializer>(value: &Month, serializer: S) -> Result<S::Ok, S::Error> {
        let start = seconds(*value).ok_or_else(|| ser::Error::custom("a month before 1970 or after 2105"))?;
        serializer.serialize_u32(start)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Month, D::Error> {
        month(u32::deserialize(deserializer)?).ok_or_else(|| de::Error::custom("not a month"))
    }

    /// The same for a month that may be unknown.
    pub(super) mod option {
        use serde::{Deserialize, Deserializer, Serialize, Serializer};
        use signpost_core::Month;

        pub(in super::super) fn serialize<S: Serializer>(value: &Option<Month>, serializer: S) -> Result<S::Ok, S::Error> {
            value.and_then(super::seconds).serialize(serializer)
        }

        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Month>, D::Error> {
            Ok(Option::<u32>::deserialize(deserializer)?.and_then(super::month))
        }
    }
}

/// A measure as defined when this was published.
#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
pub struct Measure {
    /// The measure's id, such as `opioidome`.
    pub measure: String,
    /// Its order on screens, from 0.
    pub position: u16,
    /// Its title.
    pub title: String,
    /// Why a board should care.
    pub why_it_matters: String,
    /// What is counted, in words.
    pub numerator: String,
    /// Per what, in words.
    pub denominator: String,
    /// The unit of its values, such as `mg per 1,000 patients`.
    pub unit: String,
    /// `lower`, `higher` or `none`: which way is better.
    pub direction: String,
    /// `open`: built on open data and shown whole.
    pub disclosure: String,
    /// The factor set, or empty where doses don't enter.
    pub factor_set: String,
    /// `main` measures have charts, signals and pages; `restated` ones are kept beside a main one.
    pub standing: String,
    /// Revision of the definition.
    pub revision: u32,
    /// Where the definition comes from.
    pub source: String,
    /// Who reviewed it.
    pub reviewer: String,
    /// The query that computes it at the practice-month grain.
    pub sql: String,
}

/// An organisation, with its current place in the NHS.
#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
pub struct Organisation {
    /// Its level: `practice`, `pcn`, `sub_icb`, `icb`, `region` or `england`.
    pub level: String,
    /// Its code.
    pub organisation: String,
    /// Its name; the code where no name is known.
    pub name: String,
    /// Its network, or empty.
    pub pcn: String,
    /// Its sub-ICB location, or empty.
    pub sub_icb: String,
    /// Its board, or empty.
    pub icb: String,
    /// Its region, or empty.
    pub region: String,
    /// How many practices it sums (1 for a practice).
    pub practices: u32,
}

/// A measure of one organisation in one month; a row for every month of the calendar.
#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
pub struct MeasureMonth {
    /// The measure.
    pub measure: String,
    /// The organisation's level.
    pub level: String,
    /// The organisation.
    pub organisation: String,
    /// The month.
    #[serde(with = "month_start")]
    pub month: Month,
    /// The exact numerator, in the measure's counting unit (1/10,000 microgram of OME, items, millionths of a DDD).
    pub numerator_exact: u128,
    /// The exact denominator, in its counting unit (patients, items).
    pub denominator_exact: u128,
    /// The numerator in its display unit (mg OME, items, DDD).
    pub numerator: Option<f64>,
    /// The denominator in its display unit (1,000 patients, items).
    pub denominator: Option<f64>,
    /// The ratio; unknown where the denominator is 0 or missing.
    pub value: Option<f64>,
    /// Practices summed.
    pub practices: u32,
    /// Practices that belong here but have no numerator or no denominator this month; not summed.
    pub practices_missing: u32,
    /// Opioid items of those practices.
    pub opioid_items: u64,
    /// Of these, items of products without a factor: the share that the total misses.
    pub unmapped_items: u64,
    /// Rank among organisations of this level this month, 0 (least) to 100 (most).
    pub percentile: Option<f64>,
}

/// One point of an XmR chart.
#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
pub struct Spc {
    /// The measure.
    pub measure: String,
    /// The organisation's level.
    pub level: String,
    /// The organisation.
    pub organisation: String,
    /// The month.
    #[serde(with = "month_start")]
    pub month: Month,
    /// The value.
    pub value: Option<f64>,
    /// The centre line.
    pub mean: Option<f64>,
    /// The lower process limit.
    pub lower: Option<f64>,
    /// The upper process limit.
    pub upper: Option<f64>,
    /// The rule that fired: `outside`, `trend`, `two_of_three`, `shift`, or empty.
    pub rule: String,
    /// `common_cause`, `improvement`, `concern`, `neutral_high` or `neutral_low`.
    pub variation: String,
}

/// What an XmR chart says, in one row.
#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
pub struct SpcSummary {
    /// The measure.
    pub measure: String,
    /// The organisation's level.
    pub level: String,
    /// The organisation.
    pub organisation: String,
    /// The newest month with a value.
    #[serde(with = "month_start::option")]
    pub latest_month: Option<Month>,
    /// Its value.
    pub latest_value: Option<f64>,
    /// The centre line of the last segment.
    pub mean: Option<f64>,
    /// Its lower process limit.
    pub lower: Option<f64>,
    /// Its upper process limit.
    pub upper: Option<f64>,
    /// Variation of the newest point, as in [`Spc::variation`]; empty when no limits were computed.
    pub variation: String,
    /// The same in words for a screen, such as `special cause: rising`.
    pub words: String,
    /// Change of the newest value from the same month a year before, in per cent.
    pub change_year_percent: Option<f64>,
    /// Points with a value.
    pub points: u32,
    /// `limits`, `trial limits` or `no limits`.
    pub status: String,
    /// Why there are no limits, or empty.
    pub reason: String,
    /// The rule set, such as `mdc-7/7-screened`.
    pub rule_set: String,
}

/// The spread of a measure over the organisations of one level, in one month.
#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
pub struct Decile {
    /// The measure.
    pub measure: String,
    /// The level of the organisations compared.
    pub level: String,
    /// The month.
    #[serde(with = "month_start")]
    pub month: Month,
    /// Organisations with a value.
    pub organisations: u32,
    /// The nine deciles, 10th first, by linear interpolation (R type 7).
    pub deciles: Vec<f64>,
}

/// A declared intervention, with its answer.
#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
pub struct Intervention {
    /// Its id.
    pub intervention: String,
    /// Its name.
    pub title: String,
    /// Its kind, such as `mdt_review`.
    pub kind: String,
    /// The accountable role or team.
    pub owner: String,
    /// What was expected, and why.
    pub hypothesis: String,
    /// The first full month under intervention at the earliest site.
    #[serde(with = "month_start::option")]
    pub start_month: Option<Month>,
    /// Codes of its sites, sorted.
    pub sites: Vec<String>,
    /// `pre-specified` or `exploratory`.
    pub registration: String,
    /// `running` or `closed`.
    pub status: String,
    /// The verdict on the primary outcome.
    pub verdict: String,
    /// One sentence for a board; names harm first.
    pub sentence: String,
}

/// The effect of an intervention on one registered outcome.
#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
pub struct Effect {
    /// The intervention.
    pub intervention: String,
    /// The measure.
    pub measure: String,
    /// `primary`, `secondary`, `process` or `balancing`.
    pub role: String,
    /// `lower` or `higher`: the hoped-for (or harmless) direction.
    pub direction: String,
    /// Months after the start at which the effect is judged.
    pub horizon_months: u8,
    /// The verdict word.
    pub verdict: String,
    /// The finding as a sentence.
    pub sentence: String,
    /// Why there is no verdict, or empty.
    pub reason: String,
    /// Effect at the horizon, in per cent of what was expected without the intervention.
    pub effect_percent: Option<f64>,
    /// Lower end of the calibrated 95 % interval, in per cent.
    pub lower_percent: Option<f64>,
    /// Upper end of it.
    pub upper_percent: Option<f64>,
    /// The smallest effect this comparison could tell from chance, in per cent.
    pub detectable_percent: Option<f64>,
    /// Share of places as extreme without the programme, (1 + k) / (1 + N).
    pub p: Option<f64>,
    /// Comparison places (or groups of places) at the same date.
    pub placebos: u32,
    /// Of these, those at least as extreme.
    pub placebos_as_extreme: u32,
    /// Largest tolerable harm in per cent; balancing outcomes.
    pub margin_percent: Option<f64>,
    /// Value at the horizon as observed.
    pub observed: Option<f64>,
    /// Value at the horizon as expected without the intervention.
    pub expected: Option<f64>,
    /// Lower end of the uncalibrated, model-based interval, in per cent.
    pub model_lower_percent: Option<f64>,
    /// Upper end of it.
    pub model_upper_percent: Option<f64>,
    /// Months with a value before the start.
    pub months_before: u32,
    /// Months with a value from the start.
    pub months_after: u32,
    /// The analysis in words: estimator, scale, comparison.
    pub method: String,
}

/// One month of the chart behind an effect.
#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
pub struct ItsPoint {
    /// The intervention.
    pub intervention: String,
    /// The measure.
    pub measure: String,
    /// The month.
    #[serde(with = "month_start")]
    pub month: Month,
    /// 1 from the first month under intervention.
    pub under_intervention: u8,
    /// The sites' value.
    pub observed: Option<f64>,
    /// The fitted line.
    pub fitted: Option<f64>,
    /// What was expected without the intervention (from the start month).
    pub counterfactual: Option<f64>,
    /// Lower end of its model-based 95 % interval.
    pub counterfactual_lower: Option<f64>,
    /// Upper end of it.
    pub counterfactual_upper: Option<f64>,
    /// The same measure over all comparison practices.
    pub comparison: Option<f64>,
}

/// One estimate of the placebo cloud.
#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
pub struct Placebo {
    /// The intervention.
    pub intervention: String,
    /// The measure.
    pub measure: String,
    /// 0 is the treated estimate, the others are comparison groups.
    pub number: u32,
    /// Effect at the horizon in per cent.
    pub effect_percent: f64,
    /// Effect over its standard error.
    pub statistic: f64,
}

/// A signal: something rose and was not chance.
#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
pub struct Signal {
    /// Its id, from measure, organisation and onset.
    pub signal: String,
    /// The measure.
    pub measure: String,
    /// The organisation's level.
    pub level: String,
    /// The organisation.
    pub organisation: String,
    /// When it began to rise.
    #[serde(with = "month_start")]
    pub onset: Month,
    /// When it became certain enough to tell.
    #[serde(with = "month_start")]
    pub alarm: Month,
    /// `open` or `closed`.
    pub state: String,
    /// When it ended, if it did.
    #[serde(with = "month_start::option")]
    pub closed: Option<Month>,
    /// `action` or `watch`.
    pub severity: String,
    /// The value expected at the alarm.
    pub expected: f64,
    /// The value at the alarm.
    pub observed: f64,
    /// The newest value.
    pub latest: Option<f64>,
    /// What people were told, frozen at opening.
    pub sentence: String,
}

/// How fresh a feed is.
#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
pub struct Freshness {
    /// The feed.
    pub feed: String,
    /// Its newest complete month.
    #[serde(with = "month_start::option")]
    pub complete_to: Option<Month>,
    /// Revision of that month.
    pub revision: u32,
    /// Practices in it.
    pub practices: u32,
    /// Later months that have begun to arrive and are not shown yet.
    pub arriving: u32,
    /// One sentence for a banner.
    pub sentence: String,
}

/// One finding on the data themselves.
#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
pub struct DataQuality {
    /// `unmapped product`, `no list size`, `unknown organisation` or `missing practice`.
    pub finding: String,
    /// The month it was found in.
    #[serde(with = "month_start")]
    pub month: Month,
    /// What it is about: a product's BNF code, an organisation's code.
    pub subject: String,
    /// Its name, or the reason.
    pub detail: String,
    /// Items, or practices, concerned.
    pub count: u64,
    /// Their share of all opioid items, or of all practices, in per cent.
    pub share_percent: f64,
}

/// The publication on show.
#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
pub struct Publication {
    /// Its id.
    pub publication: String,
    /// When it was written, in seconds since 1970.
    pub published_at: u32,
    /// First month shown.
    #[serde(with = "month_start::option")]
    pub first_month: Option<Month>,
    /// Last month shown.
    #[serde(with = "month_start::option")]
    pub last_month: Option<Month>,
    /// SHA-256 over the content of every table, run columns left out.
    pub digest: String,
    /// 1 when the feed is synthetic: every page must say so.
    pub synthetic: u8,
    /// The build that wrote it.
    pub build: String,
}
