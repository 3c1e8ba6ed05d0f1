//! How often untreated practices would be called changed: the reason why verdicts are calibrated.

use std::collections::BTreeSet;

use signpost_core::{Month, OrgCode};
use signpost_statistics::placebo;

use super::Evidence;
use super::analysis::analyse;
use super::series::{Member, Sums, Window, member, sorted};
use super::verdict::CHANCE;

/// How many untreated practices an analysis called changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Practices in which a change was called.
    pub called: u32,
    /// Practices in which the analysis ran.
    pub tried: u32,
    /// Practices with too little data for it.
    pub refused: u32,
}

/// The share of untreated practices in which plain interrupted time series (log value, level and
/// slope, AR(1) by REML, no comparison, every month there is) calls a change `horizon_months` after
/// `start`, at 5 %.
#[must_use]
pub fn uncalibrated_evidence(evidence: &Evidence<'_>, start: Month, horizon_months: u8, excluded: &BTreeSet<OrgCode>) -> Share {
    let horizon = usize::from(horizon_months.max(1));
    let mut share = Share { called: 0, tried: 0, refused: 0 };
    for_each_untreated(evidence, start, horizon, excluded, |window, member| {
        let own = Sums::of(std::iter::once(member), window.months_of_calendar());
        match analyse(evidence, window, horizon, &own, None) {
            Ok(analysis) => {
                share.tried += 1;
                share.called += u32::from(analysis.effect.p <= CHANCE);
            }
            Err(_) => share.refused += 1,
        }
    });
    share
}

/// The same series once calibrated: each untreated practice against the rest, judged by all others.
#[must_use]
pub fn calibrated_evidence(evidence: &Evidence<'_>, start: Month, horizon_months: u8, excluded: &BTreeSet<OrgCode>) -> Share {
    let horizon = usize::from(horizon_months.max(1));
    let mut share = Share { called: 0, tried: 0, refused: 0 };
    let mut members = Vec::new();
    let mut window_of_all = None;
    for_each_untreated(evidence, start, horizon, excluded, |window, member| {
        window_of_all = Some(*window);
        members.push(Member { series: member.series, usual: member.usual });
    });
    let Some(window) = window_of_all else { return share };
    let all = Sums::of(members.iter(), window.months_of_calendar());
    let estimates: Vec<_> = members
        .iter()
        .filter_map(|member| {
            let own = Sums::of(std::iter::once(member), window.months_of_calendar());
            analyse(evidence, &window, horizon, &own, Some(&all.without(&own))).ok()
        })
        .map(|analysis| analysis.estimate())
        .collect();
    share.refused = u32::try_from(members.len() - estimates.len()).unwrap_or(u32::MAX);
    for (place, &treated) in estimates.iter().enumerate() {
        let others: Vec<_> = estimates.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, &estimate)| estimate).collect();
        if let Ok(calibrated) = placebo::calibrate(treated, &others) {
            share.tried += 1;
            share.called += u32::from(calibrated.p <= CHANCE);
        }
    }
    share
}

fn for_each_untreated<'a>(
    evidence: &'a Evidence<'_>,
    start: Month,
    horizon: usize,
    excluded: &BTreeSet<OrgCode>,
    mut visit: impl FnMut(&Window, &Member<'a>),
) {
    let Some(window) = Window::whole(evidence, start).filter(|window| window.reaches(horizon)) else { return };
    for series in sorted(evidence) {
        if let Some(member) = (!excluded.contains(&series.code)).then(|| member(series, &window)).flatten() {
            visit(&window, &member);
        }
    }
}
