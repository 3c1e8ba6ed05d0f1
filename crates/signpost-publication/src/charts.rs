//! XmR charts of every measure and organisation, from the values that are shown.

use signpost_core::Month;
use signpost_measures::{Direction, Measure};
use signpost_statistics::xmr::{self, Chart, Flag, NoLimits, Side};

use crate::rows::{MeasureMonth, Spc, SpcSummary};

/// The rule set of signpost-statistics.
const RULE_SET: &str = "mdc-7/7-screened";

/// Charts and summaries of one measure; `rows` hold each organisation's months one after another.
pub(crate) fn charts(measure: &Measure, rows: &[MeasureMonth], months: usize) -> (Vec<Spc>, Vec<SpcSummary>) {
    let mut points = Vec::with_capacity(rows.len());
    let mut summaries = Vec::new();
    for series in rows.chunks(months.max(1)) {
        let Some(first) = series.first() else { continue };
        let values: Vec<Option<f64>> = series.iter().map(|row| row.value).collect();
        let chart = xmr::chart(&values, &[]);
        let limits = chart.segments.last().and_then(|segment| segment.limits.as_ref().ok().copied());
        for (row, flag) in series.iter().zip(&chart.flags) {
            points.push(Spc {
                measure: row.measure.clone(),
                level: row.level.clone(),
                organisation: row.organisation.clone(),
                month: row.month,
                value: row.value,
                mean: limits.map(|limits| limits.mean),
                lower: limits.map(|limits| limits.lower),
                upper: limits.map(|limits| limits.upper),
                rule: flag.map_or("", |(flag, _)| rule(flag)).to_owned(),
                variation: if limits.is_some() && row.value.is_some() { variation(measure.direction, *flag) } else { "" }.to_owned(),
            });
        }
        summaries.push(summary(measure, first, series, &chart));
    }
    (points, summaries)
}

fn summary(measure: &Measure, first: &MeasureMonth, series: &[MeasureMonth], chart: &Chart) -> SpcSummary {
    let newest = series.iter().enumerate().rev().find(|(_, row)| row.value.is_some());
    let segment = chart.segments.last();
    let limits = segment.and_then(|segment| segment.limits.as_ref().ok().copied());
    let flag = newest.and_then(|(index, _)| chart.flags.get(index)).copied().flatten();
    let latest_value = newest.and_then(|(_, row)| row.value);
    SpcSummary {
        measure: first.measure.clone(),
        level: first.level.clone(),
        organisation: first.organisation.clone(),
        latest_month: newest.map(|(_, row)| row.month),
        latest_value,
        mean: limits.map(|limits| limits.mean),
        lower: limits.map(|limits| limits.lower),
        upper: limits.map(|limits| limits.upper),
        variation: if limits.is_some() { variation(measure.direction, flag) } else { "" }.to_owned(),
        words: if limits.is_some() { words(measure.direction, flag) } else { "limits not computed".to_owned() },
        change_year_percent: newest.and_then(|(index, row)| change_in_a_year(series, index, row.month, latest_value)),
        points: u32::try_from(series.iter().filter(|row| row.value.is_some()).count()).unwrap_or(u32::MAX),
        status: match segment {
            Some(segment) if segment.limits.is_ok() && segment.trial => "trial limits",
            Some(segment) if segment.limits.is_ok() => "limits",
            _ => "no limits",
        }
        .to_owned(),
        reason: segment.and_then(|segment| segment.limits.as_ref().err()).map_or("", |reason| why(*reason)).to_owned(),
        rule_set: RULE_SET.to_owned(),
    }
}

fn change_in_a_year(series: &[MeasureMonth], index: usize, month: Month, latest: Option<f64>) -> Option<f64> {
    let before = series.get(index.checked_sub(12)?).filter(|row| month.since(row.month) == 12)?.value?;
    let change = 100.0 * (latest? / before - 1.0);
    change.is_finite().then_some(change)
}

fn rule(flag: Flag) -> &'static str {
    match flag {
        Flag::Outside => "outside",
        Flag::Trend => "trend",
        Flag::TwoInThree => "two_of_three",
        Flag::Shift => "shift",
    }
}

fn variation(direction: Direction, flag: Option<(Flag, Side)>) -> &'static str {
    match (direction, flag.map(|(_, side)| side)) {
        (_, None) => "common_cause",
        (Direction::Lower, Some(Side::Low)) | (Direction::Higher, Some(Side::High)) => "improvement",
        (Direction::Lower, Some(Side::High)) | (Direction::Higher, Some(Side::Low)) => "concern",
        (Direction::None, Some(Side::High)) => "neutral_high",
        (Direction::None, Some(Side::Low)) => "neutral_low",
    }
}

fn words(direction: Direction, flag: Option<(Flag, Side)>) -> String {
    let Some((flag, side)) = flag else { return "common cause: the usual wobble".to_owned() };
    let way = match (flag, side) {
        (Flag::Trend, Side::High) => "rising for seven months",
        (Flag::Trend, Side::Low) => "falling for seven months",
        (Flag::Shift, Side::High) => "seven months above the mean",
        (Flag::Shift, Side::Low) => "seven months below the mean",
        (Flag::Outside, Side::High) => "above the upper limit",
        (Flag::Outside, Side::Low) => "below the lower limit",
        (Flag::TwoInThree, Side::High) => "close to the upper limit",
        (Flag::TwoInThree, Side::Low) => "close to the lower limit",
    };
    let judged = match variation(direction, Some((flag, side))) {
        "improvement" => "improvement",
        "concern" => "concern",
        _ => "special cause",
    };
    format!("{judged}: {way}")
}

fn why(reason: NoLimits) -> &'static str {
    match reason {
        NoLimits::TooFewPoints => "fewer than six months",
        NoLimits::TooFewDistinctValues => "too few different values",
        NoLimits::NotFinite => "a value is not a number",
    }
}
