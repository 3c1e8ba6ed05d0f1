//! Interventions with their answers, as rows.

use std::collections::{BTreeMap, BTreeSet};

use signpost_core::{Month, OrgCode};
use signpost_evaluation::evaluation::{Evidence, Finding, PracticeSeries, evaluate_all, headline};
use signpost_evaluation::registration::{Intervention, fold, treated_practices};
use signpost_events::{Direction, OutcomeRole};
use signpost_measures::Measure;

use crate::Input;
use crate::measure_months::PracticeTable;
use crate::membership::Membership;
use crate::rows;

/// The rows that interventions give.
#[derive(Default)]
pub(crate) struct Outcomes {
    pub(crate) interventions: Vec<rows::Intervention>,
    pub(crate) effects: Vec<rows::Effect>,
    pub(crate) points: Vec<rows::ItsPoint>,
    pub(crate) placebos: Vec<rows::Placebo>,
}

/// Evaluates every declared intervention on its registered outcomes.
pub(crate) fn outcomes(
    input: &Input<'_>,
    membership: &Membership<'_>,
    tables: &BTreeMap<&str, PracticeTable<'_>>,
    calendar: &[Month],
) -> Outcomes {
    let mut outcomes = Outcomes::default();
    let practices_of =
        |site: &OrgCode| -> Vec<OrgCode> { membership.practices_of(site).into_iter().filter_map(|code| code.parse().ok()).collect() };
    let interventions = fold(&input.interventions, &practices_of);
    let excluded = treated_practices(&interventions);
    let evidence = evidence(input, &interventions, tables, calendar);
    for intervention in &interventions {
        let findings = evaluate_all(intervention, &evidence, &excluded);
        outcomes.add(intervention, &findings);
    }
    outcomes
}

/// Every measure that some outcome names, over all practices.
fn evidence<'a>(
    input: &Input<'a>,
    interventions: &[Intervention],
    tables: &BTreeMap<&str, PracticeTable<'_>>,
    calendar: &[Month],
) -> Vec<Evidence<'a>> {
    let (Some(&first_month), Some(&data_to)) = (calendar.first(), calendar.last()) else { return Vec::new() };
    let named: BTreeSet<&str> = interventions.iter().flat_map(|one| one.outcomes.iter().map(|outcome| outcome.measure.as_str())).collect();
    let measures = input.library.iter().filter(|measure| named.contains(measure.id.as_str()));
    measures
        .filter_map(|measure| {
            let table = tables.get(measure.id.as_str())?;
            Some(Evidence { measure, first_month, practices: series(measure, table), data_to })
        })
        .collect()
}

fn series(measure: &Measure, table: &PracticeTable<'_>) -> Vec<PracticeSeries> {
    table
        .cells
        .iter()
        .filter_map(|(code, cells)| {
            Some(PracticeSeries {
                code: code.parse().ok()?,
                numerator: cells.iter().map(|cell| cell.map(|(numerator, _)| measure.shown_numerator(numerator))).collect(),
                denominator: cells.iter().map(|cell| cell.map(|(_, denominator)| measure.shown_denominator(denominator))).collect(),
            })
        })
        .collect()
}

impl Outcomes {
    fn add(&mut self, intervention: &Intervention, findings: &[Finding]) {
        let id = intervention.id.to_string();
        let headline = headline(intervention, findings);
        self.interventions.push(rows::Intervention {
            intervention: id.clone(),
            title: intervention.title.clone(),
            kind: intervention.kind.clone(),
            owner: intervention.owner.clone(),
            hypothesis: intervention.hypothesis.clone(),
            start_month: intervention.start_month(),
            sites: intervention.sites.iter().map(|site| site.code.to_string()).collect(),
            registration: intervention.registration.as_str().to_owned(),
            status: intervention.status().to_owned(),
            verdict: headline.verdict.as_str().to_owned(),
            sentence: headline.sentence,
        });
        for finding in findings {
            self.effects.push(effect(&id, finding));
            self.points.extend(finding.chart.iter().map(|point| rows::ItsPoint {
                intervention: id.clone(),
                measure: finding.measure.clone(),
                month: point.month,
                under_intervention: u8::from(point.under_intervention),
                observed: point.observed,
                fitted: point.fitted,
                counterfactual: point.counterfactual,
                counterfactual_lower: point.counterfactual_lower,
                counterfactual_upper: point.counterfactual_upper,
                comparison: point.comparison,
            }));
            self.placebos.extend(finding.cloud.iter().map(|point| rows::Placebo {
                intervention: id.clone(),
                measure: finding.measure.clone(),
                number: point.number,
                effect_percent: point.effect_percent,
                statistic: point.statistic,
            }));
        }
    }
}

fn effect(intervention: &str, finding: &Finding) -> rows::Effect {
    rows::Effect {
        intervention: intervention.to_owned(),
        measure: finding.measure.clone(),
        role: match finding.role {
            OutcomeRole::Primary => "primary",
            OutcomeRole::Secondary => "secondary",
            OutcomeRole::Process => "process",
            OutcomeRole::Balancing => "balancing",
        }
        .to_owned(),
        direction: match finding.direction {
            Direction::Lower => "lower",
            Direction::Higher => "higher",
        }
        .to_owned(),
        horizon_months: finding.horizon_months,
        verdict: finding.verdict.as_str().to_owned(),
        sentence: finding.sentence.clone(),
        reason: finding.reason.clone(),
        effect_percent: finding.effect_percent,
        lower_percent: finding.lower_percent,
        upper_percent: finding.upper_percent,
        detectable_percent: finding.detectable_percent,
        p: finding.p_adjusted.or(finding.p),
        placebos: finding.placebos,
        placebos_as_extreme: finding.placebos_as_extreme,
        margin_percent: finding.margin_percent,
        observed: finding.observed,
        expected: finding.expected,
        model_lower_percent: finding.model_lower_percent,
        model_upper_percent: finding.model_upper_percent,
        months_before: finding.months_before,
        months_after: finding.months_after,
        method: finding.method.clone(),
    }
}
