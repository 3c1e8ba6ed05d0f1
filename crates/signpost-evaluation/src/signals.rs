//! What is rising, and is it more than chance?
//!
//! A one-sided CUSUM (k = 0.5) of one organisation's series against its first 24 months, behind the
//! gates of dashboards.md section 5. A pure function of the whole series: fewer months give the
//! same alarms up to there, so a replay or a late restart tells nothing new. Acknowledgement and
//! re-basing are decisions of people and live elsewhere.

use serde::Serialize;
use signpost_core::{Level, Month};
use signpost_measures::{Measure, Quantity};

use crate::evaluation::tidy;

/// Months with a value that make the baseline (statistics.md 1.11: with 12, one in 17 series in
/// control would alarm within a year).
const BASELINE: usize = 24;
/// Allowance of the CUSUM in standard deviations: tuned to a rise of one.
pub const ALLOWANCE: f64 = 0.5;
/// A month this many standard deviations up needs no second one.
const JUMP: f64 = 4.0;
/// Consecutive calm months that close an alarm, and how calm, in standard deviations.
const CALM_MONTHS: usize = 3;
const CALM: f64 = 0.5;
/// 1.4826 times the median absolute deviation estimates a normal standard deviation.
const MAD_SCALE: f64 = 1.4826;
/// Mean moving range of two over this estimates it too (d2 of XmR charts).
const RANGE_SCALE: f64 = 1.128;

/// One organisation's series of one measure, on a full calendar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WatchInput<'a> {
    /// Values; `None` where missing.
    pub values: &'a [Option<f64>],
    /// Numerators in display units; `None` where missing.
    pub numerators: &'a [Option<f64>],
    /// The month of the first value.
    pub months_first: Month,
}

/// When an alarm is raised, and how loud.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// Months between false alarms on average, were the series pure chance around its baseline.
    pub run_length_months: f64,
    /// The threshold h of the CUSUM that gives this run length.
    pub threshold: f64,
    /// Least rise above the baseline's mean at the alarm, in per cent.
    pub rise_percent_min: f64,
    /// Least numerator at the alarm: small counts wobble. Meant for items; other quantities pass.
    pub numerator_min: f64,
    /// Whether an alarm may ask for action; practices are told in the digest only.
    pub action: bool,
}

impl Rules {
    /// The rules of a level: the more organisations it has, the rarer a false alarm of each.
    #[must_use]
    pub fn of(level: Level) -> Self {
        // Run lengths and thresholds of R's spc (statistics.md 1.11); a test solves them again.
        let (run_length_months, threshold) = match level {
            Level::Practice | Level::Pcn => (20_000.0, 8.053),
            Level::SubIcb => (5_000.0, 6.669),
            Level::Icb | Level::Region | Level::England => (1_000.0, 5.071),
        };
        Self { run_length_months, threshold, rise_percent_min: 10.0, numerator_min: 20.0, action: level != Level::Practice }
    }
}

/// How loud an alarm is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// One gate is missed: for the digest.
    Watch,
    /// Every gate is passed: someone is told.
    Action,
}

impl Severity {
    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Watch => "watch",
            Self::Action => "action",
        }
    }
}

/// A rise that is not chance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Alarm {
    /// When it began: the first month of the climb of the CUSUM.
    pub onset: Month,
    /// When it was certain enough to tell.
    pub alarm: Month,
    /// The third calm month in a row, if it ended.
    pub closed: Option<Month>,
    /// The baseline's mean.
    pub expected: f64,
    /// The value at the alarm.
    pub observed: f64,
    /// The numerator beyond what was expected, summed from onset to alarm.
    pub excess: Option<f64>,
    /// How loud it is at the end of the series.
    pub severity: Severity,
    /// Since when it has asked for action: the alarm, or a later month in which a small rise had grown.
    pub action_since: Option<Month>,
    /// First and last month of the baseline.
    pub baseline: (Month, Month),
}

/// A series in control.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Baseline {
    mean: f64,
    sd: f64,
    /// Index of its last month.
    last: usize,
    first: usize,
}

/// The alarms of a series, oldest first; at most the last is open. None without 24 months of
/// baseline that vary.
#[must_use]
pub fn watch(input: &WatchInput<'_>, rules: &Rules) -> Vec<Alarm> {
    let Some(baseline) = baseline(input.values) else { return Vec::new() };
    let mut watcher = Watcher { input, rules, baseline, sum: 0.0, climb: 0, above: 0, calm: 0, alarms: Vec::new() };
    for (month, value) in input.values.iter().enumerate().skip(baseline.last + 1) {
        // A missing month neither climbs nor calms.
        if let Some(value) = value.filter(|value| value.is_finite()) {
            watcher.step(month, value);
        }
    }
    watcher.alarms
}

#[allow(clippy::cast_precision_loss)] // 24 months
fn baseline(values: &[Option<f64>]) -> Option<Baseline> {
    let finite = |(month, value): (usize, &Option<f64>)| value.filter(|value| value.is_finite()).map(|value| (month, value));
    let first: Vec<(usize, f64)> = values.iter().enumerate().filter_map(finite).take(BASELINE).collect();
    if first.len() < BASELINE {
        return None;
    }
    let mean = first.iter().map(|(_, value)| value).sum::<f64>() / first.len() as f64;
    let mut distances: Vec<f64> = first.iter().map(|(_, value)| (value - mean).abs()).collect();
    distances.sort_unstable_by(f64::total_cmp);
    let middle = distances.get(BASELINE / 2 - 1..=BASELINE / 2)?;
    let by_median = MAD_SCALE * middle.iter().sum::<f64>() / 2.0;
    let ranges: f64 = first.windows(2).filter_map(|pair| Some((pair.get(1)?.1 - pair.first()?.1).abs())).sum();
    let by_ranges = ranges / (BASELINE - 1) as f64 / RANGE_SCALE;
    // The larger of two robust estimates: an underestimate is what floods people with alarms.
    let sd = by_median.max(by_ranges);
    (sd > 1e-9 * mean.abs() && mean > 0.0).then_some(Baseline { mean, sd, last: first.last()?.0, first: first.first()?.0 })
}

struct Watcher<'a> {
    input: &'a WatchInput<'a>,
    rules: &'a Rules,
    baseline: Baseline,
    sum: f64,
    /// Index of the month in which the present climb began.
    climb: usize,
    /// Months running above the threshold.
    above: usize,
    /// Months running that were calm.
    calm: usize,
    alarms: Vec<Alarm>,
}

impl Watcher<'_> {
    fn step(&mut self, month: usize, value: f64) {
        let z = (value - self.baseline.mean) / self.baseline.sd;
        if self.sum <= 0.0 {
            self.climb = month;
        }
        self.sum = (self.sum + z - ALLOWANCE).max(0.0);
        self.above = if self.sum > self.rules.threshold { self.above + 1 } else { 0 };
        self.calm = if z < CALM { self.calm + 1 } else { 0 };
        if self.alarms.last().is_some_and(|alarm| alarm.closed.is_none()) {
            self.follow(month, value);
        } else if self.above >= 2 || (self.above == 1 && z > JUMP) {
            self.open(month, value);
        }
    }

    /// An open alarm grows louder, or closes.
    fn follow(&mut self, month: usize, value: f64) {
        let at = self.month(month);
        let severity = self.severity(month, value);
        let calm = self.calm >= CALM_MONTHS;
        let Some(alarm) = self.alarms.last_mut() else { return };
        if calm {
            alarm.closed = Some(at);
            self.sum = 0.0;
            self.above = 0;
        } else if severity == Some(Severity::Action) && alarm.action_since.is_none() {
            alarm.severity = Severity::Action;
            alarm.action_since = Some(at);
        }
    }

    fn open(&mut self, month: usize, value: f64) {
        // Above the threshold on a month that is itself calm: the rise is over, not new.
        if self.calm > 0 {
            return;
        }
        let Some(severity) = self.severity(month, value) else { return };
        let alarm = self.month(month);
        self.alarms.push(Alarm {
            onset: self.month(self.climb),
            alarm,
            closed: None,
            expected: self.baseline.mean,
            observed: value,
            excess: self.excess(month),
            severity,
            action_since: (severity == Severity::Action).then_some(alarm),
            baseline: (self.month(self.baseline.first), self.month(self.baseline.last)),
        });
    }

    /// Loudness by the gates missed: none, one, or too many to tell anyone.
    fn severity(&self, month: usize, value: f64) -> Option<Severity> {
        let material = value >= self.baseline.mean * (1.0 + self.rules.rise_percent_min / 100.0);
        let numerator = self.input.numerators.get(month).copied().flatten();
        let counted = numerator.is_some_and(|numerator| numerator >= self.rules.numerator_min);
        match (material, counted) {
            (true, true) if self.rules.action => Some(Severity::Action),
            (false, false) => None,
            _ => Some(Severity::Watch),
        }
    }

    /// Numerators from the climb to this month, less what the baseline's value would have made them.
    fn excess(&self, month: usize) -> Option<f64> {
        let months = self.climb..=month;
        let excess = |month: usize| {
            let value = self.input.values.get(month).copied().flatten().filter(|value| *value > 0.0)?;
            let numerator = self.input.numerators.get(month).copied().flatten()?;
            Some(numerator * (1.0 - self.baseline.mean / value))
        };
        Some(months.filter_map(excess).sum::<f64>()).filter(|excess| excess.is_finite() && *excess > 0.0)
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // months of a calendar
    fn month(&self, index: usize) -> Month {
        self.input.months_first.plus(index as i32)
    }
}

/// What people are told when an alarm opens; to be frozen then. `organisation` is its name,
/// `data_to` the last complete month.
#[must_use]
pub fn sentence(alarm: &Alarm, measure: &Measure, organisation: &str, rules: &Rules, data_to: Month) -> String {
    let rise = (alarm.observed / alarm.expected - 1.0) * 100.0;
    let more = match (measure.numerator.quantity, alarm.excess) {
        (Quantity::Items, Some(excess)) if excess >= 1.0 => format!(", about {excess:.0} more items than expected"),
        _ => String::new(),
    };
    format!(
        "{organisation}: {} rose from {} to {} {} ({} to {}), {} % above its level of {} to {}{more}. \
         Chance alone would do this about once in {} months at one organisation, oftener where months hang together. Data to {}, may be revised.",
        measure.title,
        shown(alarm.expected),
        shown(alarm.observed),
        measure.unit,
        alarm.onset.short(),
        alarm.alarm.short(),
        tidy(rise),
        alarm.baseline.0.short(),
        alarm.baseline.1.short(),
        thousands(rules.run_length_months),
        data_to.short(),
    )
}

/// Three digits that matter.
fn shown(value: f64) -> String {
    if value >= 99.95 {
        thousands(value)
    } else if value >= 9.995 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// A whole number with its thousands set off.
fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
