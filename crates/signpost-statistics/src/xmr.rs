//! XmR (individuals) charts with Making Data Count rules.
//!
//! Rule set `mdc-7/7-screened`, the conventions of NHSRplotthedots 0.2.2: limits are
//! mean ± 2.66 × mean moving range, with one screening pass that drops moving ranges of
//! 3.267 × their mean or more (Nelson 1982). Rules restart at each re-base.

use serde::{Deserialize, Serialize};

/// Distance of the process limits from the mean, in mean moving ranges.
const LIMIT: f64 = 2.66;
/// Moving ranges at or above this multiple of their mean are screened out, once.
const SCREEN: f64 = 3.267;
/// Points in a trend, and in a shift.
const RUN: usize = 7;
/// Below this many points in a segment the limits are trial limits.
const FIRM_POINTS: usize = 13;
/// Below this many points no limits are drawn.
const TRIAL_POINTS: usize = 6;

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Improvement {
    /// Lower values are better.
    Decrease,
    /// Higher values are better.
    Increase,
    /// Neither way is better.
    Neutral,
}

/// Why a point stands out; the first rule that matches names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// Outside a process limit.
    Outside,
    /// Part of seven points moving the same way.
    Trend,
    /// One of two in three beyond a near limit on one side.
    TwoInThree,
    /// Part of seven points on one side of the mean.
    Shift,
}

/// The side on which a special cause lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Higher, or increasing.
    High,
    /// Lower, or decreasing.
    Low,
}

/// Mean and limits of one segment, in the unit of the series.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Mean of the segment.
    pub mean: f64,
    /// Mean moving range after screening.
    pub mean_moving_range: f64,
    /// Lower process limit; may be negative for a measure that cannot be.
    pub lower: f64,
    /// Upper process limit.
    pub upper: f64,
    /// Lower near (two sigma) limit.
    pub near_lower: f64,
    /// Upper near (two sigma) limit.
    pub near_upper: f64,
}

/// Why limits cannot be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoLimits {
    /// Fewer than six points: a run chart only.
    TooFewPoints,
    /// More than half of the points have one value, or nothing moves.
    TooFewDistinctValues,
    /// A value is not a finite number.
    NotFinite,
}

/// One segment of a chart: the points from one re-base (included) up to the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Index of its first point in the series.
    pub start: usize,
    /// Non-missing points.
    pub points: usize,
    /// The limits, or why there are none.
    pub limits: Result<Limits, NoLimits>,
    /// Whether the limits rest on fewer than 13 points.
    pub trial: bool,
}

/// A chart of a series on a full calendar; `flags` has one entry per point of the series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    /// The segments, in order.
    pub segments: Vec<Segment>,
    /// The special cause of each point, if any.
    pub flags: Vec<Option<(Flag, Side)>>,
}

/// Chart of `values` (missing stays `None`), re-based at the given indices.
#[must_use]
pub fn chart(values: &[Option<f64>], rebases: &[usize]) -> Chart {
    let mut starts: Vec<usize> = rebases.iter().copied().filter(|&at| at > 0 && at < values.len()).collect();
    starts.push(0);
    starts.sort_unstable();
    starts.dedup();
    let mut result = Chart { segments: Vec::new(), flags: Vec::with_capacity(values.len()) };
    for (position, &start) in starts.iter().enumerate() {
        let end = starts.get(position + 1).copied().unwrap_or(values.len());
        let part = values.get(start..end).unwrap_or_default();
        let points = part.iter().flatten().count();
        let limits = limits(part);
        result.flags.extend(match &limits {
            Ok(limits) => flags(part, limits),
            Err(_) => vec![None; part.len()],
        });
        result.segments.push(Segment { start, points, trial: points < FIRM_POINTS, limits });
    }
    result
}

fn limits(part: &[Option<f64>]) -> Result<Limits, NoLimits> {
    let present: Vec<f64> = part.iter().flatten().copied().collect();
    if present.iter().any(|value| !value.is_finite()) {
        return Err(NoLimits::NotFinite);
    }
    if present.len() < TRIAL_POINTS {
        return Err(NoLimits::TooFewPoints);
    }
    if most_frequent(&present) * 2 > present.len() {
        return Err(NoLimits::TooFewDistinctValues);
    }
    let moving: Vec<f64> = part
        .windows(2)
        .filter_map(|pair| match pair {
            [Some(before), Some(after)] => Some((after - before).abs()),
            _ => None,
        })
        .collect();
    let cut = SCREEN * mean(&moving);
    let kept: Vec<f64> = moving.into_iter().filter(|&range| range < cut).collect();
    let mean_moving_range = mean(&kept);
    if kept.len() < 2 || mean_moving_range <= 0.0 {
        return Err(NoLimits::TooFewDistinctValues);
    }
    let mean = mean(&present);
    let (far, near) = (LIMIT * mean_moving_range, LIMIT * mean_moving_range * 2.0 / 3.0);
    let limits = Limits { mean, mean_moving_range, lower: mean - far, upper: mean + far, near_lower: mean - near, near_upper: mean + near };
    if limits.lower.is_finite() && limits.upper.is_finite() { Ok(limits) } else { Err(NoLimits::NotFinite) }
}

fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

fn most_frequent(values: &[f64]) -> usize {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.chunk_by(|a, b| a == b).map(<[f64]>::len).max().unwrap_or(0)
}

/// Special causes of one segment, missing points skipped.
fn flags(part: &[Option<f64>], limits: &Limits) -> Vec<Option<(Flag, Side)>> {
    let places: Vec<usize> = (0..part.len()).filter(|&at| matches!(part.get(at), Some(Some(_)))).collect();
    let values: Vec<f64> = part.iter().flatten().copied().collect();
    let found = [outside(&values, limits), trend(&values), two_in_three(&values, limits), shift(&values, limits.mean)];
    let mut flags = vec![None; part.len()];
    for (at, &place) in places.iter().enumerate() {
        if let Some(slot) = flags.get_mut(place) {
            *slot = found.iter().find_map(|rule| rule.get(at).copied().flatten());
        }
    }
    flags
}

fn outside(values: &[f64], limits: &Limits) -> Vec<Option<(Flag, Side)>> {
    values
        .iter()
        .map(|&value| match value {
            _ if value > limits.upper => Some((Flag::Outside, Side::High)),
            _ if value < limits.lower => Some((Flag::Outside, Side::Low)),
            _ => None,
        })
        .collect()
}

fn trend(values: &[f64]) -> Vec<Option<(Flag, Side)>> {
    let mark = |window: &[f64]| {
        let moves = || window.windows(2).filter_map(|pair| Some(pair.get(1)? - pair.first()?));
        match () {
            () if moves().all(|step| step > 0.0) => Some(Side::High),
            () if moves().all(|step| step < 0.0) => Some(Side::Low),
            () => None,
        }
    };
    runs(values, Flag::Trend, mark)
}

fn shift(values: &[f64], mean: f64) -> Vec<Option<(Flag, Side)>> {
    let mark = |window: &[f64]| match () {
        () if window.iter().all(|&value| value > mean) => Some(Side::High),
        () if window.iter().all(|&value| value < mean) => Some(Side::Low),
        () => None,
    };
    runs(values, Flag::Shift, mark)
}

/// Flags every point of each run of seven that `mark` names.
fn runs(values: &[f64], flag: Flag, mark: impl Fn(&[f64]) -> Option<Side>) -> Vec<Option<(Flag, Side)>> {
    let mut flags = vec![None; values.len()];
    for (start, window) in values.windows(RUN).enumerate() {
        if let Some(side) = mark(window) {
            flags.iter_mut().skip(start).take(RUN).for_each(|slot| *slot = Some((flag, side)));
        }
    }
    flags
}

/// A point beyond the process limit does not count towards the two.
fn two_in_three(values: &[f64], limits: &Limits) -> Vec<Option<(Flag, Side)>> {
    let near_high = |value: f64| value > limits.near_upper && value <= limits.upper;
    let near_low = |value: f64| value < limits.near_lower && value >= limits.lower;
    let mut flags = vec![None; values.len()];
    for (start, window) in values.windows(3).enumerate() {
        let high = window.iter().all(|&value| value > limits.mean) && window.iter().filter(|&&v| near_high(v)).count() >= 2;
        let low = window.iter().all(|&value| value < limits.mean) && window.iter().filter(|&&v| near_low(v)).count() >= 2;
        for (slot, &value) in flags.iter_mut().skip(start).zip(window) {
            if high && near_high(value) {
                *slot = Some((Flag::TwoInThree, Side::High));
            } else if low && near_low(value) {
                *slot = Some((Flag::TwoInThree, Side::Low));
            }
        }
    }
    flags
}
