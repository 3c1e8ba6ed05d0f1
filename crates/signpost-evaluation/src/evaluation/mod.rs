//! Did it work? The registered analysis, judged against places where nothing was done.
//!
//! One outcome of one intervention: the sites' sum over sum, its logarithm less that of the
//! comparison practices in the same months, an interrupted time series on the difference (level and
//! slope, AR(1) errors by REML), the effect at the registered horizon. The same on random groups of
//! as many comparison practices, each against the rest, at the same date; the verdict, its interval
//! and the detectable effect come from those (statistics.md 1.13).
//!
//! Rules, fixed before any data are seen:
//! - window: 36 months before the first site's first day; from the start (the first month in which
//!   every site is under intervention) to the horizon, or to twelve months where it is nearer; months
//!   in which only some sites had begun are left out;
//! - a practice takes part, treated or not, with data in 90 % of these months; a comparison practice
//!   also under no intervention and of half the smallest to twice the largest treated size;
//! - a month of a group counts when nine tenths of its usual denominator report;
//! - items: at least 5 a month before the start; a group with a month of none has 0.5 added to every
//!   month; other quantities with a month of nothing are refused;
//! - at least 39 placebos, else the sites' own series is all there is, and its words say so.

mod analysis;
mod draw;
mod finding;
mod series;
mod share;
mod verdict;
mod words;

use std::collections::BTreeSet;

use signpost_core::{Month, OrgCode};
use signpost_events::OutcomeRole;
use signpost_measures::Measure;
use signpost_statistics::placebo::{self, Calibrated, Estimate};

use crate::registration::{Intervention, Outcome};
use analysis::{Analysis, analyse};
use finding::Assessed;
pub use finding::{ChartPoint, CloudPoint, Finding, Headline, headline};
use series::{Member, Sums, Window, member, pool, sorted};
pub use share::{Share, calibrated_evidence, uncalibrated_evidence};
use verdict::Reached;
pub use verdict::Verdict;
pub(crate) use words::tidy;

/// What is known about one measure.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence<'a> {
    /// The measure.
    pub measure: &'a Measure,
    /// The month of the first value of every series.
    pub first_month: Month,
    /// Every practice, in any order.
    pub practices: Vec<PracticeSeries>,
    /// The last complete month; later values are not looked at.
    pub data_to: Month,
}

/// One practice's months, from [`Evidence::first_month`] on, in display units.
#[derive(Debug, Clone, PartialEq)]
pub struct PracticeSeries {
    /// The practice.
    pub code: OrgCode,
    /// Numerators; `None` where missing.
    pub numerator: Vec<Option<f64>>,
    /// Denominators; `None` where missing.
    pub denominator: Vec<Option<f64>>,
}

/// Evaluates one outcome. `excluded` are the practices under any intervention: they are never a
/// comparison. A secondary outcome among several is judged by [`evaluate_all`].
#[must_use]
pub fn evaluate(intervention: &Intervention, outcome: &Outcome, evidence: &Evidence<'_>, excluded: &BTreeSet<OrgCode>) -> Finding {
    assess(intervention, outcome, evidence, excluded).finished(None)
}

/// Evaluates every registered outcome, each with the evidence for its measure (none: not measured),
/// and corrects the secondary ones for their number (Holm 1979).
#[must_use]
pub fn evaluate_all(intervention: &Intervention, evidence: &[Evidence<'_>], excluded: &BTreeSet<OrgCode>) -> Vec<Finding> {
    let assessed: Vec<Assessed> = intervention
        .outcomes
        .iter()
        .map(|outcome| match evidence.iter().find(|evidence| evidence.measure.id == outcome.measure) {
            Some(evidence) => assess(intervention, outcome, evidence, excluded),
            None => Assessed::blank(intervention, outcome, &outcome.measure).ended(Reached::NotMeasured, "no data for this measure".into()),
        })
        .collect();
    let secondary = |assessed: &Assessed| (assessed.finding.role == OutcomeRole::Secondary).then_some(assessed.finding.p).flatten();
    let mut adjusted = holm(&assessed.iter().filter_map(secondary).collect::<Vec<_>>()).into_iter();
    assessed
        .into_iter()
        .map(|assessed| {
            let p = if secondary(&assessed).is_some() { adjusted.next() } else { None };
            assessed.finished(p)
        })
        .collect()
}

/// Holm's step-down adjustment, in the order given.
fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<(usize, f64)> = p.iter().copied().enumerate().collect();
    order.sort_by(|left, right| left.1.total_cmp(&right.1));
    let mut adjusted = vec![1.0; p.len()];
    let mut least = 0.0_f64;
    for (rank, (place, p)) in order.into_iter().enumerate() {
        #[allow(clippy::cast_precision_loss)] // a handful of outcomes
        let remaining = (adjusted.len() - rank) as f64;
        least = least.max((p * remaining).min(1.0));
        if let Some(slot) = adjusted.get_mut(place) {
            *slot = least;
        }
    }
    adjusted
}

fn assess(intervention: &Intervention, outcome: &Outcome, evidence: &Evidence<'_>, excluded: &BTreeSet<OrgCode>) -> Assessed {
    let mut assessed = Assessed::blank(intervention, outcome, &evidence.measure.title);
    let horizon = usize::from(outcome.horizon_months.max(1));
    let (Some(touched), Some(start)) = (intervention.first_touched_month(), intervention.complete_month()) else {
        return assessed.ended(Reached::TooLittle, "no site has started".into());
    };
    assessed.facts.due = Some(start.plus(i32::from(outcome.horizon_months.max(1)) - 1));
    let site_series = || sorted(evidence).into_iter().filter(|series| intervention.practices.contains_key(&series.code));
    if site_series().all(|series| series.numerator.iter().flatten().next().is_none()) {
        return assessed.ended(Reached::NotMeasured, "the sites have no data for this measure".into());
    }
    let Some(window) = Window::of(evidence, touched, start, horizon) else {
        return assessed.ended(Reached::TooLittle, format!("data begin in {}, after the start", evidence.first_month.long()));
    };
    let treated: Vec<Member<'_>> = site_series().filter_map(|series| member(series, &window)).collect();
    let is_excluded = |code: &OrgCode| excluded.contains(code) || intervention.practices.contains_key(code);
    let pool = pool(evidence, &window, &treated, &is_excluded);
    let scene = Scene::of(evidence, window, horizon, &treated, &pool);
    assessed.chart(&scene, intervention.start_month());
    assessed.left_out = intervention.practices.len().saturating_sub(treated.len());
    if !window.reaches(horizon) {
        return assessed.ended(Reached::TooEarly, "the registered horizon lies ahead".into());
    }
    if treated.is_empty() {
        return assessed.ended(Reached::TooLittle, "no site has data in nine of ten months".into());
    }
    match scene.compared(&format!("{}/{}", intervention.id, outcome.measure)) {
        Compared::Calibrated { analysis, cloud, calibrated } => assessed.calibrated(&scene, &analysis, &cloud, &calibrated),
        Compared::Alone { analysis, reason } => assessed.alone(&scene, &analysis, reason),
        Compared::Refused { reason } => assessed.ended(Reached::TooLittle, reason),
    }
}

/// The sites and their comparison on one calendar.
struct Scene<'a> {
    evidence: &'a Evidence<'a>,
    window: Window,
    horizon: usize,
    pool: &'a [Member<'a>],
    /// Treated practices.
    sites: usize,
    own: Sums,
    comparison: Sums,
}

/// The estimates of the placebo groups.
struct Cloud {
    estimates: Vec<Estimate>,
    /// Whether each group is a single practice.
    singles: bool,
}

enum Compared {
    Calibrated { analysis: Analysis, cloud: Cloud, calibrated: Calibrated },
    Alone { analysis: Analysis, reason: String },
    Refused { reason: String },
}

impl<'a> Scene<'a> {
    fn of(evidence: &'a Evidence<'a>, window: Window, horizon: usize, treated: &'a [Member<'a>], pool: &'a [Member<'a>]) -> Self {
        let months = window.months_of_calendar();
        Self {
            evidence,
            window,
            horizon,
            pool,
            sites: treated.len(),
            own: Sums::of(treated.iter(), months),
            comparison: Sums::of(pool.iter(), months),
        }
    }

    fn compared(&self, name: &str) -> Compared {
        let groups = draw::groups(name, self.pool.len(), self.sites);
        let cloud = Cloud { estimates: groups.iter().filter_map(|group| self.placebo(group)).collect(), singles: self.sites == 1 };
        let refused = if cloud.estimates.len() >= placebo::PLACEBOS_MIN {
            match analyse(self.evidence, &self.window, self.horizon, &self.own, Some(&self.comparison)) {
                Ok(analysis) => match placebo::calibrate(analysis.estimate(), &cloud.estimates) {
                    Ok(calibrated) => return Compared::Calibrated { analysis, cloud, calibrated },
                    Err(refusal) => refusal.to_string(),
                },
                Err(unfitted) => return Compared::Refused { reason: unfitted.to_string() },
            }
        } else {
            placebo::Refusal::TooFewPlacebos.to_string()
        };
        match analyse(self.evidence, &self.window, self.horizon, &self.own, None) {
            Ok(analysis) => Compared::Alone { analysis, reason: refused },
            Err(unfitted) => Compared::Refused { reason: unfitted.to_string() },
        }
    }

    /// The registered analysis on a group of comparison practices, against the rest of them.
    fn placebo(&self, group: &[usize]) -> Option<Estimate> {
        let members = group.iter().filter_map(|&place| self.pool.get(place));
        let own = Sums::of(members, self.comparison.months());
        let rest = self.comparison.without(&own);
        let analysis = analyse(self.evidence, &self.window, self.horizon, &own, Some(&rest)).ok()?;
        let estimate = analysis.estimate();
        // The cloud is drawn as it is judged: what has no statistic is in neither.
        (estimate.standard_error > 0.0 && (estimate.effect / estimate.standard_error).is_finite()).then_some(estimate)
    }
}

#[cfg(test)]
mod tests {
    use super::holm;

    #[test]
    fn holm_agrees_with_r() {
        // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (found, expected) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((found - expected).abs() < 1e-12, "{adjusted:?}");
        }
        assert!(holm(&[]).is_empty());
    }
}
