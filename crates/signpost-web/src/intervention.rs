//! The outcome report: the answer first, then what was promised, what was seen, and its limits.

use std::fmt::Write as _;

use maud::{Markup, html};
use signpost_publication::rows::{Effect, Intervention, ItsPoint, Measure, Placebo};
use signpost_store::Published;

use crate::chart;
use crate::missing::Missing;
use crate::words::{month, number, percent, verdict};

/// Everything about one intervention.
pub(crate) struct Report {
    pub(crate) intervention: Intervention,
    effects: Vec<Effect>,
    points: Vec<ItsPoint>,
    placebos: Vec<Placebo>,
    measures: Vec<Measure>,
    sites: Vec<String>,
}

pub(crate) async fn read(published: &Published, id: &str) -> Result<Report, Missing> {
    let interventions = published.interventions().await?;
    let intervention = interventions.into_iter().find(|one| one.intervention == id);
    let intervention = intervention.ok_or(Missing::Thing("There is no such intervention; the overview lists all."))?;
    let mut effects = published.effects(Some(&intervention.intervention)).await?;
    let order = ["primary", "secondary", "process", "balancing"];
    effects.sort_by_key(|effect| order.iter().position(|role| *role == effect.role));
    let organisations = published.organisations().await?;
    let name = |code: &String| {
        let found = organisations.iter().find(|one| one.organisation == *code);
        found.map_or_else(|| code.clone(), |one| format!("{} ({code})", one.name))
    };
    Ok(Report {
        sites: intervention.sites.iter().map(name).collect(),
        points: published.its_points(&intervention.intervention).await?,
        placebos: published.placebos(&intervention.intervention).await?,
        measures: published.measures().await?,
        intervention,
        effects,
    })
}

impl Report {
    fn title(&self, measure: &str) -> String {
        self.measures.iter().find(|one| one.measure == measure).map_or_else(|| measure.to_owned(), |one| one.title.clone())
    }
}

pub(crate) fn body(report: &Report) -> Markup {
    let one = &report.intervention;
    let primary = report.effects.iter().find(|effect| effect.role == "primary");
    html! {
        p { a href="/#interventions" { "All interventions" } }
        h1 { (one.title) }
        p { (verdict(&one.verdict)) " " span class="badge" { (one.registration) } " " span class="badge" { (one.status) } }
        p class="lead" { (one.sentence) }
        @if let Some(effect) = primary { (key_numbers(effect)) }
        section {
            h2 { "What was done, and why" }
            dl class="facts" {
                dt { "Expected" } dd { (one.hypothesis) }
                dt { "Kind" } dd { (one.kind.replace('_', " ")) }
                dt { "Accountable" } dd { (one.owner) }
                dt { "First full month" } dd { (month(one.start_month)) }
                dt { "Sites" } dd { (report.sites.join(", ")) }
            }
        }
        section {
            h2 { "What was promised to be measured" }
            p { "Registered " (if one.registration == "pre-specified" { "before the start: what counts was chosen before anything was known." } else { "after the start: exploratory, for ever." }) }
            div class="scroll" { table {
                thead { tr { th { "Role" } th { "Measure" } th { "Hoped for" } th class="n" { "Judged after" } th { "Verdict" } } }
                tbody { @for effect in &report.effects { tr {
                    td { (effect.role) } td { (report.title(&effect.measure)) }
                    td { (effect.direction) @if let Some(margin) = effect.margin_percent { ", harm beyond " (margin) " % matters" } }
                    td class="n" { (effect.horizon_months) " months" } td { (verdict(&effect.verdict)) }
                } } }
            } }
        }
        @for effect in &report.effects { (outcome(report, effect)) }
        section {
            h2 { "Limits of this evidence" }
            ul {
                li { "Items prescribed by whole practices: nobody's dose, nobody's pain, nobody's reason is known here." }
                li { "The comparison takes out what all places share. What happened at these sites alone, at the same time, it can't tell from the programme." }
                li { "Cancer and palliative prescribing is included." }
                @if one.registration != "pre-specified" { li { "The outcomes were registered after the start: they may have been chosen for their result." } }
            }
            @if let Some(effect) = primary { p { "Method: " (effect.method) "." } }
            p { a href=(format!("/interventions/{}/series.csv", one.intervention)) { "Download every series of this page (CSV)" } }
        }
    }
}

fn key_numbers(effect: &Effect) -> Markup {
    html! {
        section { h2 { "Key numbers" } dl class="key" {
            div { dt { "Effect after " (effect.horizon_months) " months" } dd { (percent(effect.effect_percent)) } }
            div { dt { "Calibrated 95 % range" } dd { (percent(effect.lower_percent)) " to " (percent(effect.upper_percent)) } }
            div { dt { "As large without the programme" } dd { (effect.placebos_as_extreme) " of " (effect.placebos) } }
            div { dt { "Smallest change it could tell" } dd { (effect.detectable_percent.map_or_else(|| "–".to_owned(), |percent| format!("{percent:.0} %"))) } }
            div { dt { "Months before and after" } dd { (effect.months_before) " and " (effect.months_after) } }
        } }
    }
}

fn outcome(report: &Report, effect: &Effect) -> Markup {
    let points: Vec<ItsPoint> = report.points.iter().filter(|point| point.measure == effect.measure).cloned().collect();
    let cloud: Vec<Placebo> = report.placebos.iter().filter(|point| point.measure == effect.measure).cloned().collect();
    let measure = report.measures.iter().find(|one| one.measure == effect.measure);
    html! {
        section {
            h2 { (report.title(&effect.measure)) " – " (effect.role) " outcome" }
            p { (verdict(&effect.verdict)) }
            p { (effect.sentence) @if !effect.reason.is_empty() { " (" (effect.reason) ")" } }
            @if let Some(measure) = measure { @if !points.is_empty() {
                figure {
                    div class="wide" { (chart::its(measure, &points)) }
                    figcaption { "Dots: the sites' months. Lines: fitted before and after; dashed: expected without the intervention, with its model-based 95 % band; dotted: comparison practices." }
                }
                details { summary { "The months as a table" } (months_table(&points)) }
            } }
            @if cloud.len() > 1 {
                h3 { "The same analysis where nothing was done" }
                figure {
                    div class="wide" { (chart::placebo(&cloud)) }
                    figcaption { (effect.placebos_as_extreme) " of " (effect.placebos) " comparable groups without the programme moved as much. That, not a model, is what the verdict rests on." }
                }
            }
        }
    }
}

fn months_table(points: &[ItsPoint]) -> Markup {
    html! { div class="scroll" { table {
        thead { tr { th { "Month" } th class="n" { "Observed" } th class="n" { "Fitted" } th class="n" { "Expected without" } th class="n" { "Comparison" } } }
        tbody { @for point in points { tr {
            td { (point.month.short()) } td class="n" { (number(point.observed)) } td class="n" { (number(point.fitted)) }
            td class="n" { @if point.counterfactual.is_some() { (number(point.counterfactual)) } } td class="n" { (number(point.comparison)) }
        } } }
    } } }
}

pub(crate) fn csv(report: &Report) -> String {
    let mut text = String::from(
        "measure,month,under_intervention,observed,fitted,counterfactual,counterfactual_lower,counterfactual_upper,comparison\n",
    );
    let cell = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    for point in &report.points {
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{},{},{}",
            point.measure,
            point.month,
            point.under_intervention,
            cell(point.observed),
            cell(point.fitted),
            cell(point.counterfactual),
            cell(point.counterfactual_lower),
            cell(point.counterfactual_upper),
            cell(point.comparison)
        );
    }
    text
}
