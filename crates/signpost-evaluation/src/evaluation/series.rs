use std::collections::BTreeSet;

use signpost_core::{Month, OrgCode};
use signpost_measures::{Denominator, Quantity};

use super::{Evidence, PracticeSeries};

/// Most months before the start that the model sees: real series bend, and an older past says
/// little about the present.
const BEFORE_MAX: usize = 36;
/// Months from the start that the model sees at least, once there are as many: with an earlier
/// horizon the window grows to these, with a later one it ends at the horizon, for ever.
const AFTER_MIN: usize = 12;
/// Least share of the window's months in which a practice has numerator and denominator.
const COMPLETE: f64 = 0.9;
/// Least share of a group's usual denominator that reports in a month, for the month to count.
const REPORTING: f64 = 0.9;
/// A comparison practice is at most this many times smaller or larger than the treated ones.
const SIZE_FACTOR: f64 = 2.0;
/// Least items a month on average before the start (statistics.md 1.6).
const ITEMS_MIN: f64 = 5.0;
/// Added to every month of a group that has a month without any item, so that a logarithm exists.
const CONTINUITY: f64 = 0.5;

/// The months that the analysis sees, as indices of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    /// The first month seen.
    pub(super) first: usize,
    /// The first month touched by the intervention; from here to the start nothing is fitted.
    pub(super) touched: usize,
    /// The start: the first month in which every site is under intervention.
    pub(super) start: usize,
    /// One past the last month seen.
    pub(super) end: usize,
    /// Months in the calendar.
    calendar: usize,
}

impl Window {
    /// The window of an analysis, or `None` when the start lies before the calendar.
    pub(super) fn of(evidence: &Evidence<'_>, touched: Month, start: Month, horizon: usize) -> Option<Self> {
        let index = |month: Month| usize::try_from(month.since(evidence.first_month)).ok();
        let calendar = index(evidence.data_to)? + 1;
        let (touched, start) = (index(touched)?.min(calendar), index(start)?.min(calendar));
        let end = calendar.min(start + horizon.max(AFTER_MIN));
        Some(Self { first: touched.saturating_sub(BEFORE_MAX), touched, start, end, calendar })
    }

    /// Every month of the calendar, as an analysis sees it that registers no window.
    pub(super) fn whole(evidence: &Evidence<'_>, start: Month) -> Option<Self> {
        let window = Self::of(evidence, start, start, 0)?;
        Some(Self { first: 0, end: window.calendar, ..window })
    }

    /// Whether the data go to the horizon.
    pub(super) fn reaches(self, horizon: usize) -> bool {
        self.start + horizon <= self.calendar
    }

    /// Months from the first of the calendar to the last complete one.
    pub(super) fn months_of_calendar(self) -> usize {
        self.calendar
    }

    fn months(self) -> usize {
        self.end - self.first
    }
}

/// Sums over practices, month by month.
#[derive(Debug, Clone)]
pub(super) struct Sums {
    numerator: Vec<f64>,
    denominator: Vec<f64>,
    /// The usual denominator of those that report.
    reporting: Vec<f64>,
    /// The usual denominator of all.
    usual: f64,
}

/// Why a group has no series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Thin {
    /// Fewer than five items a month.
    #[error("fewer than 5 items a month before the start")]
    FewItems,
    /// A month of nothing in a quantity that is not a count.
    #[error("a month with nothing prescribed, of which no ratio can be formed")]
    Nothing,
}

/// A practice that may take part.
pub(super) struct Member<'a> {
    pub(super) series: &'a PracticeSeries,
    /// Mean denominator over the window's months before the intervention.
    pub(super) usual: f64,
}

/// Numerator and denominator of a practice in a month, where both are usable.
fn pair(series: &PracticeSeries, month: usize) -> Option<(f64, f64)> {
    let at = |values: &[Option<f64>]| values.get(month).copied().flatten().filter(|value| value.is_finite());
    let (numerator, denominator) = (at(&series.numerator)?, at(&series.denominator)?);
    (numerator >= 0.0 && denominator > 0.0).then_some((numerator, denominator))
}

/// The practice as a member, when it has data in 90 % of the window's months, before as after.
#[allow(clippy::cast_precision_loss)] // months
pub(super) fn member<'a>(series: &'a PracticeSeries, window: &Window) -> Option<Member<'a>> {
    let present = (window.first..window.end).filter(|&month| pair(series, month).is_some()).count();
    let before: Vec<f64> =
        (window.first..window.touched).filter_map(|month| pair(series, month)).map(|(_, denominator)| denominator).collect();
    let complete = present as f64 >= COMPLETE * window.months() as f64;
    (complete && !before.is_empty()).then(|| Member { series, usual: before.iter().sum::<f64>() / before.len() as f64 })
}

/// The comparison practices: not under any intervention, complete enough, and of comparable size
/// before the start. Size is the denominator; the outcome's own level is never matched on, because
/// that makes a fall out of nothing (statistics.md 1.13). Sorted by code.
pub(super) fn pool<'a>(
    evidence: &'a Evidence<'_>,
    window: &Window,
    treated: &[Member<'_>],
    excluded: &dyn Fn(&OrgCode) -> bool,
) -> Vec<Member<'a>> {
    let smallest = treated.iter().map(|member| member.usual).fold(f64::INFINITY, f64::min) / SIZE_FACTOR;
    let largest = treated.iter().map(|member| member.usual).fold(0.0, f64::max) * SIZE_FACTOR;
    sorted(evidence)
        .into_iter()
        .filter(|series| !excluded(&series.code))
        .filter_map(|series| member(series, window))
        .filter(|member| (smallest..=largest).contains(&member.usual))
        .collect()
}

/// The practices of the evidence, each once, sorted by code: the order of input changes nothing.
pub(super) fn sorted<'a>(evidence: &'a Evidence<'_>) -> Vec<&'a PracticeSeries> {
    let mut practices: Vec<&PracticeSeries> = evidence.practices.iter().collect();
    practices.sort_by(|left, right| left.code.cmp(&right.code));
    let mut seen = BTreeSet::new();
    practices.retain(|series| seen.insert(&series.code));
    practices
}

impl Sums {
    /// Sum over sum of practices, over the first `months` of the calendar.
    pub(super) fn of<'a>(members: impl Iterator<Item = &'a Member<'a>>, months: usize) -> Self {
        let mut sums = Self { numerator: vec![0.0; months], denominator: vec![0.0; months], reporting: vec![0.0; months], usual: 0.0 };
        for member in members {
            sums.usual += member.usual;
            let cells = sums.numerator.iter_mut().zip(&mut sums.denominator).zip(&mut sums.reporting).enumerate();
            for (month, ((numerator, denominator), reporting)) in cells {
                if let Some((more, of)) = pair(member.series, month) {
                    *numerator += more;
                    *denominator += of;
                    *reporting += member.usual;
                }
            }
        }
        sums
    }

    /// Months of the calendar.
    pub(super) fn months(&self) -> usize {
        self.numerator.len()
    }

    /// These sums without a part of their practices.
    pub(super) fn without(&self, part: &Self) -> Self {
        let less = |whole: &[f64], part: &[f64]| whole.iter().zip(part).map(|(whole, part)| (whole - part).max(0.0)).collect();
        Self {
            numerator: less(&self.numerator, &part.numerator),
            denominator: less(&self.denominator, &part.denominator),
            reporting: less(&self.reporting, &part.reporting),
            usual: self.usual - part.usual,
        }
    }

    /// The ratio of a month, with `extra` added to the numerator; unknown where too few report.
    fn ratio(&self, month: usize, extra: f64) -> Option<f64> {
        let at = |values: &[f64]| values.get(month).copied();
        let (numerator, denominator, reporting) = (at(&self.numerator)?, at(&self.denominator)?, at(&self.reporting)?);
        let enough = denominator > 0.0 && reporting >= REPORTING * self.usual;
        enough.then(|| (numerator + extra) / denominator)
    }

    /// The measure's value in each month, in its own unit.
    pub(super) fn values(&self, evidence: &Evidence<'_>) -> Vec<Option<f64>> {
        (0..self.numerator.len()).map(|month| self.ratio(month, 0.0).map(|ratio| ratio * per(evidence))).collect()
    }

    /// The logarithm of the measure's value in each month of the window (`None` outside it).
    ///
    /// # Errors
    /// When the numbers are too small for a ratio of months.
    #[allow(clippy::cast_precision_loss)] // months
    pub(super) fn logs(&self, evidence: &Evidence<'_>, window: &Window) -> Result<Vec<Option<f64>>, Thin> {
        let counted = evidence.measure.numerator.quantity == Quantity::Items;
        let seen = |range: std::ops::Range<usize>| range.filter_map(|month| self.ratio(month, 0.0).and(self.numerator.get(month).copied()));
        let before: Vec<f64> = seen(window.first..window.touched).collect();
        if counted && before.iter().sum::<f64>() < ITEMS_MIN * before.len() as f64 {
            return Err(Thin::FewItems);
        }
        let has_nothing = seen(window.first..window.end).any(|numerator| numerator <= 0.0);
        if has_nothing && !counted {
            return Err(Thin::Nothing);
        }
        let extra = if has_nothing { CONTINUITY } else { 0.0 };
        let log = |month| self.ratio(month, extra).map(|ratio| (ratio * per(evidence)).ln());
        Ok((0..self.numerator.len()).map(|month| if (window.first..window.end).contains(&month) { log(month) } else { None }).collect())
    }
}

/// What a measure's ratio is multiplied by.
fn per(evidence: &Evidence<'_>) -> f64 {
    if matches!(evidence.measure.denominator, Denominator::Percent(_)) { 100.0 } else { 1.0 }
}
