use serde::Serialize;
use signpost_core::Month;
use signpost_events::{Direction, InterventionId, OutcomeRole};
use signpost_statistics::placebo::Calibrated;

use super::analysis::Analysis;
use super::verdict::{Reached, Verdict, judge};
use super::words::{Against, Change, Facts, sentence, small};
use super::{Cloud, Scene};
use crate::kinds::MARGIN_PERCENT;
use crate::registration::{Intervention, Outcome, Registration};

/// The answer on one outcome: plain numbers and words, never NaN.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The intervention.
    pub intervention: InterventionId,
    /// The measure.
    pub measure: String,
    /// Its title.
    pub title: String,
    /// What the outcome is for.
    pub role: OutcomeRole,
    /// The hoped-for (or harmless) direction.
    pub direction: Direction,
    /// Months after the start at which the effect is judged.
    pub horizon_months: u8,
    /// Largest tolerable harm in per cent; balancing outcomes.
    pub margin_percent: Option<f64>,
    /// Whether it was registered before the start.
    pub registration: Registration,
    /// The verdict.
    pub verdict: Verdict,
    /// The finding as a sentence.
    pub sentence: String,
    /// Why there is no calibrated verdict, or empty.
    pub reason: String,
    /// Effect at the horizon, in per cent of what was expected.
    pub effect_percent: Option<f64>,
    /// Lower end of the calibrated 95 % interval, in per cent.
    pub lower_percent: Option<f64>,
    /// Upper end of it.
    pub upper_percent: Option<f64>,
    /// The smallest change in the hoped-for direction told from chance in four of five cases, in per cent.
    pub detectable_percent: Option<f64>,
    /// Share of places or groups as extreme, (1 + k) / (1 + N).
    pub p: Option<f64>,
    /// The same after Holm's correction; secondary outcomes judged together.
    pub p_adjusted: Option<f64>,
    /// Comparison places or groups at the same date.
    pub placebos: u32,
    /// Of these, those at least as extreme on either side.
    pub placebos_as_extreme: u32,
    /// The sites' value at the horizon, in the measure's unit.
    pub observed: Option<f64>,
    /// What was expected of it without the intervention.
    pub expected: Option<f64>,
    /// Lower end of the model-based 95 % interval of the effect, in per cent; not calibrated.
    pub model_lower_percent: Option<f64>,
    /// Upper end of it.
    pub model_upper_percent: Option<f64>,
    /// Months with a value in the analysis, before the intervention.
    pub months_before: u32,
    /// The same from the start.
    pub months_after: u32,
    /// The analysis in words.
    pub method: String,
    /// The chart: every month of the evidence.
    pub chart: Vec<ChartPoint>,
    /// The placebo cloud, the treated estimate first (number 0); empty without calibration.
    pub cloud: Vec<CloudPoint>,
}

/// One month of the chart, in the measure's unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ChartPoint {
    /// The month.
    pub month: Month,
    /// Whether a site is under intervention for all of it.
    pub under_intervention: bool,
    /// The sites' value.
    pub observed: Option<f64>,
    /// The fitted line; none outside the analysis.
    pub fitted: Option<f64>,
    /// What was expected without the intervention, from the first site's first day.
    pub counterfactual: Option<f64>,
    /// Lower end of its model-based 95 % interval.
    pub counterfactual_lower: Option<f64>,
    /// Upper end of it.
    pub counterfactual_upper: Option<f64>,
    /// The comparison practices' value.
    pub comparison: Option<f64>,
}

/// One estimate of the cloud.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CloudPoint {
    /// 0 is the treated estimate.
    pub number: u32,
    /// Effect at the horizon in per cent.
    pub effect_percent: f64,
    /// Effect over its standard error.
    pub statistic: f64,
}

/// The answer on an intervention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Headline {
    /// The verdict on the primary outcome.
    pub verdict: Verdict,
    /// For a board; names harm first.
    pub sentence: String,
}

/// The headline of an intervention's findings.
#[must_use]
pub fn headline(intervention: &Intervention, findings: &[Finding]) -> Headline {
    let told = |finding: &Finding| format!("{}: {}", finding.title, small(&finding.sentence));
    let mut sentences: Vec<String> =
        findings.iter().filter(|finding| finding.verdict == Verdict::Worse).map(|finding| format!("Harm: {}", told(finding))).collect();
    let primary = findings.iter().find(|finding| finding.role == OutcomeRole::Primary);
    sentences.push(primary.map_or_else(|| "No primary outcome is registered, so there is no verdict.".to_owned(), told));
    if !intervention.outcomes.iter().any(|outcome| outcome.role == OutcomeRole::Balancing) {
        sentences.push("No balancing outcome is registered: harm was not looked for.".to_owned());
    }
    Headline { verdict: primary.map_or(Verdict::TooLittleData, |finding| finding.verdict), sentence: sentences.join(" ") }
}

/// A finding on its way, and how far it came.
pub(super) struct Assessed {
    pub(super) finding: Finding,
    pub(super) facts: Facts,
    /// Practices of the sites that take no part for want of data.
    pub(super) left_out: usize,
    reached: Reached,
}

/// A change on the log scale as per cent; `None` if it is beyond all measure.
fn percent(log: f64) -> Option<f64> {
    Some(log.exp_m1() * 100.0).filter(|percent| percent.is_finite())
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl Assessed {
    pub(super) fn blank(intervention: &Intervention, outcome: &Outcome, title: &str) -> Self {
        let balancing = outcome.role == OutcomeRole::Balancing;
        let margin_percent = outcome.margin_percent.or(balancing.then_some(MARGIN_PERCENT));
        Self {
            finding: Finding {
                intervention: intervention.id.clone(),
                measure: outcome.measure.clone(),
                title: title.to_owned(),
                role: outcome.role,
                direction: outcome.direction,
                horizon_months: outcome.horizon_months,
                margin_percent,
                registration: outcome.registration,
                verdict: Verdict::TooLittleData,
                sentence: String::new(),
                reason: String::new(),
                effect_percent: None,
                lower_percent: None,
                upper_percent: None,
                detectable_percent: None,
                p: None,
                p_adjusted: None,
                placebos: 0,
                placebos_as_extreme: 0,
                observed: None,
                expected: None,
                model_lower_percent: None,
                model_upper_percent: None,
                months_before: 0,
                months_after: 0,
                method: String::new(),
                chart: Vec::new(),
                cloud: Vec::new(),
            },
            facts: Facts {
                direction: outcome.direction,
                margin_percent: margin_percent.unwrap_or(MARGIN_PERCENT),
                registration: outcome.registration,
                due: None,
                reason: String::new(),
                change: None,
                indicative: false,
            },
            left_out: 0,
            reached: Reached::TooLittle,
        }
    }

    /// Ends without an estimate.
    pub(super) fn ended(mut self, reached: Reached, reason: String) -> Self {
        self.reached = reached;
        self.finding.reason.clone_from(&reason);
        self.facts.reason = reason;
        self
    }

    /// The chart's observed and comparison lines, which need no model.
    pub(super) fn chart(&mut self, scene: &Scene<'_>, under_from: Option<Month>) {
        let own = scene.own.values(scene.evidence);
        let comparison = scene.comparison.values(scene.evidence);
        self.finding.chart = scene
            .evidence
            .first_month
            .through(scene.evidence.data_to)
            .zip(own.into_iter().zip(comparison))
            .map(|(month, (observed, comparison))| ChartPoint {
                month,
                under_intervention: under_from.is_some_and(|from| month >= from),
                observed,
                fitted: None,
                counterfactual: None,
                counterfactual_lower: None,
                counterfactual_upper: None,
                comparison,
            })
            .collect();
    }

    /// Ends with an estimate that is judged by its placebos.
    pub(super) fn calibrated(mut self, scene: &Scene<'_>, analysis: &Analysis, cloud: &Cloud, calibrated: &Calibrated) -> Self {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // thousandths, at most a few thousand
        let detectable_milli = (calibrated.detectable * 1000.0).round().clamp(0.0, 1e6) as u32;
        let against =
            Against { placebos: calibrated.placebos, as_extreme: calibrated.as_extreme, singles: cloud.singles, detectable_milli };
        let (lower, upper) = (calibrated.lower, calibrated.upper);
        self.facts.change = Some(Change { effect: calibrated.effect, lower, upper, against: Some(against) });
        self.reached = Reached::Compared { lower, upper, p: calibrated.p };
        let finding = &mut self.finding;
        finding.lower_percent = percent(lower);
        finding.upper_percent = percent(upper);
        let hopeful = if finding.direction == Direction::Lower { -calibrated.detectable } else { calibrated.detectable };
        finding.detectable_percent = percent(hopeful).map(f64::abs);
        finding.p = Some(calibrated.p);
        finding.placebos = count(calibrated.placebos);
        finding.placebos_as_extreme = count(calibrated.as_extreme);
        let treated = analysis.estimate();
        finding.cloud = std::iter::once(&treated)
            .chain(&cloud.estimates)
            .zip(0_u32..)
            .filter_map(|(estimate, number)| {
                let statistic = estimate.effect / estimate.standard_error;
                percent(estimate.effect).map(|effect_percent| CloudPoint { number, effect_percent, statistic })
            })
            .collect();
        let groups = if cloud.singles {
            format!("{} comparison practices", calibrated.placebos)
        } else {
            format!("{} random groups of {} comparison practices", calibrated.placebos, scene.sites)
        };
        let comparison = format!(
            " less that of {} comparison practices; judged against the same analysis of {groups} at the same date",
            scene.pool.len()
        );
        self.fitted(scene, analysis, &comparison, true);
        self
    }

    /// Ends with an estimate that has nothing to be compared with.
    pub(super) fn alone(mut self, scene: &Scene<'_>, analysis: &Analysis, reason: String) -> Self {
        let (lower, upper) = (analysis.effect.lower, analysis.effect.upper);
        self.facts.change = Some(Change { effect: analysis.effect.estimate, lower, upper, against: None });
        self.fitted(scene, analysis, "; no comparison, so the interval is the model's own", false);
        let reason = format!("nothing to compare with: {reason}");
        self.ended(Reached::Alone { lower, upper }, reason)
    }

    /// What every fitted model tells.
    fn fitted(&mut self, scene: &Scene<'_>, analysis: &Analysis, comparison: &str, compared: bool) {
        self.facts.indicative = analysis.fit.indicative;
        let finding = &mut self.finding;
        finding.effect_percent = percent(analysis.effect.estimate);
        finding.model_lower_percent = percent(analysis.effect.lower);
        finding.model_upper_percent = percent(analysis.effect.upper);
        finding.months_before = count(analysis.months_before);
        finding.months_after = count(analysis.months_after);
        let window = scene.window;
        let base = if compared { scene.comparison.logs(scene.evidence, &window).unwrap_or_default() } else { Vec::new() };
        let back = |month: usize, log: f64| {
            let base = if compared { base.get(month).copied().flatten() } else { Some(0.0) };
            base.map(|base| (log + base).exp()).filter(|value| value.is_finite())
        };
        let points = analysis.fit.points(window.end - window.first);
        for ((month, chart), point) in finding.chart.iter_mut().enumerate().skip(window.first).zip(points) {
            let rolling_in = (window.touched..window.start).contains(&month);
            chart.fitted = if rolling_in { None } else { back(month, point.fitted) };
            if month >= window.touched {
                chart.counterfactual = back(month, point.counterfactual);
                chart.counterfactual_lower = back(month, point.lower);
                chart.counterfactual_upper = back(month, point.upper);
            }
        }
        let at_horizon = finding.chart.get(window.start + scene.horizon - 1);
        finding.observed = at_horizon.and_then(|point| point.observed);
        finding.expected = at_horizon.and_then(|point| point.counterfactual);
        let errors = if analysis.fit.indicative {
            "ordinary errors".to_owned()
        } else {
            format!("AR(1) errors by REML (correlation {:.2})", analysis.fit.phi)
        };
        let mut method = format!(
            "interrupted time series, level and slope, {errors}, on the logarithm of the value of {} practices{comparison}; {} months before, {} after",
            scene.sites, finding.months_before, finding.months_after
        );
        if window.start > window.touched {
            method.push_str(&format!("; {} months of roll-in left out", window.start - window.touched));
        }
        if self.left_out > 0 {
            method.push_str(&format!("; {} practices of the sites left out for want of data", self.left_out));
        }
        finding.method = method;
    }

    /// The verdict and its sentence; `p_adjusted` where several secondary outcomes share chance.
    pub(super) fn finished(self, p_adjusted: Option<f64>) -> Finding {
        let Self { mut finding, facts, reached, .. } = self;
        let reached = match (reached, p_adjusted) {
            (Reached::Compared { lower, upper, .. }, Some(p)) => Reached::Compared { lower, upper, p },
            (reached, _) => reached,
        };
        finding.p_adjusted = p_adjusted;
        finding.verdict = judge(finding.role, finding.direction, facts.margin_percent, reached);
        finding.sentence = sentence(finding.verdict, &facts);
        finding
    }
}
