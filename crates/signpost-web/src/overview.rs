//! The overview: ten seconds for a leadership team.

use std::collections::BTreeMap;

use maud::{Markup, html};
use signpost_publication::rows::{DataQuality, Intervention, Measure, Organisation, Signal, Spc, SpcSummary};
use signpost_store::Published;

use crate::chart;
use crate::missing::Missing;
use crate::words::{count, level, month, number, percent, variation, verdict};

/// Everything on the overview.
pub(crate) struct View {
    measures: Vec<Measure>,
    measure: Measure,
    places: Vec<Organisation>,
    place: Organisation,
    summaries: Vec<SpcSummary>,
    charts: BTreeMap<String, Vec<Spc>>,
    below: &'static str,
    ranked: Vec<(Organisation, SpcSummary)>,
    interventions: Vec<Intervention>,
    signals: Vec<(Signal, String)>,
    quality: Vec<DataQuality>,
}

/// Most rows of a ranking on the page.
const RANKED_MAX: usize = 15;

pub(crate) async fn read(published: &Published, asked: &BTreeMap<String, String>) -> Result<View, Missing> {
    let measures: Vec<Measure> = published.measures().await?.into_iter().filter(|measure| measure.standing == "main").collect();
    let measure = chosen(&measures, asked.get("measure"), |measure| &measure.measure)
        .ok_or(Missing::Thing("There is no such measure; the overview lists all."))?
        .clone();
    let places = published.organisations().await?;
    let interventions = published.interventions().await?;
    let place = place(&places, &interventions, asked)?;
    let summaries = published.summaries_of(&place.level, &place.organisation).await?;
    let mut charts = BTreeMap::new();
    for one in &measures {
        charts.insert(one.measure.clone(), published.spc(&one.measure, &place.level, &place.organisation).await?);
    }
    let below = below(&place.level);
    let mut ranked: Vec<(Organisation, SpcSummary)> = published
        .summaries_at(&measure.measure, below)
        .await?
        .into_iter()
        .filter_map(|summary| {
            let one = places.iter().find(|one| one.level == below && one.organisation == summary.organisation)?;
            is_within(one, &place).then(|| (one.clone(), summary))
        })
        .collect();
    ranked.sort_by(|left, right| {
        let value = |row: &(Organisation, SpcSummary)| row.1.latest_value.unwrap_or(f64::NEG_INFINITY);
        value(right).total_cmp(&value(left)).then(left.0.organisation.cmp(&right.0.organisation))
    });
    let signals = published.signals().await?.into_iter().filter(|signal| signal.state == "open");
    let signals = signals
        .filter_map(|signal| {
            let one = places.iter().find(|one| one.level == signal.level && one.organisation == signal.organisation)?;
            (is_within(one, &place) || one.organisation == place.organisation).then(|| (signal, one.name.clone()))
        })
        .collect();
    let quality = published.data_quality().await?;
    let newest = quality.iter().map(|row| row.month).max();
    Ok(View {
        quality: quality.into_iter().filter(|row| Some(row.month) == newest).collect(),
        places: places.into_iter().filter(|one| matches!(one.level.as_str(), "england" | "region" | "icb" | "pcn")).collect(),
        measures,
        measure,
        place,
        summaries,
        charts,
        below,
        ranked,
        interventions,
        signals,
    })
}

fn chosen<'a, T>(all: &'a [T], asked: Option<&String>, id: impl Fn(&T) -> &String) -> Option<&'a T> {
    match asked.filter(|asked| !asked.is_empty()) {
        Some(asked) => all.iter().find(|one| id(one) == asked),
        None => all.first(),
    }
}

/// The place asked for; else the board of the first intervention; else the first board.
fn place(places: &[Organisation], interventions: &[Intervention], asked: &BTreeMap<String, String>) -> Result<Organisation, Missing> {
    let unknown = Missing::Thing("There is no such organisation; choose one on the overview.");
    if let Some(code) = asked.get("org").filter(|code| !code.is_empty()) {
        // A form gives level and code in one word; links may give them apart.
        let (level, code) = match code.split_once(':') {
            Some((level, code)) => (Some(level), code),
            None => (asked.get("level").map(String::as_str), code.as_str()),
        };
        let found = places.iter().find(|one| one.organisation == code && level.is_none_or(|level| level == one.level));
        return found.cloned().ok_or(unknown);
    }
    let site = interventions.iter().flat_map(|one| &one.sites).find_map(|site| places.iter().find(|one| one.organisation == *site));
    let board = site.and_then(|site| places.iter().find(|one| one.level == "icb" && one.organisation == site.icb));
    let fallback = ["icb", "sub_icb", "england", "practice"].into_iter().find_map(|level| places.iter().find(|one| one.level == level));
    board.or(fallback).cloned().ok_or(unknown)
}

/// The level that is ranked beneath a place.
fn below(level: &str) -> &'static str {
    match level {
        "england" | "region" => "icb",
        "icb" => "pcn",
        _ => "practice",
    }
}

fn is_within(one: &Organisation, place: &Organisation) -> bool {
    let code = &place.organisation;
    match place.level.as_str() {
        "england" => true,
        "region" => one.region == *code,
        "icb" => one.icb == *code,
        "sub_icb" => one.sub_icb == *code,
        "pcn" => one.pcn == *code,
        _ => one.organisation == *code,
    }
}

pub(crate) fn body(view: &View) -> Markup {
    let place = &view.place;
    html! {
        h1 { (place.name) }
        p { (level(&place.level)) ", " (count(u64::from(place.practices))) " practices" }
        (pick(view))
        (measures_table(view))
        (chart_section(view))
        (ranking(view))
        (interventions(view))
        div class="two" { (signals(view)) (quality(view)) }
    }
}

fn pick(view: &View) -> Markup {
    html! {
        form class="pick" method="get" action="/" {
            div { label for="org" { "Organisation" } select id="org" name="org" {
                @for one in &view.places {
                    option value=(format!("{}:{}", one.level, one.organisation)) selected[one.level == view.place.level && one.organisation == view.place.organisation] { (one.name) }
                }
            } }
            div { label for="measure" { "Measure in the chart" } select id="measure" name="measure" {
                @for one in &view.measures { option value=(one.measure) selected[one.measure == view.measure.measure] { (one.title) } }
            } }
            button type="submit" { "Show" }
        }
    }
}

fn link(view: &View, level: &str, code: &str, measure: &str) -> String {
    let _ = view;
    format!("/?level={level}&org={code}&measure={measure}")
}

fn measures_table(view: &View) -> Markup {
    html! {
        section id="measures" {
            h2 { "Which measures need attention?" }
            div class="scroll" { table {
                thead { tr { th { "Measure" } th { "What the chart says" } th class="n" { "Latest" } th class="n" { "Mean" } th class="n" { "In a year" } th { "3 years" } } }
                tbody { @for measure in &view.measures { @if let Some(row) = view.summaries.iter().find(|row| row.measure == measure.measure) {
                    tr class=(if measure.measure == view.measure.measure { "on" } else { "" }) {
                        td { a href=(link(view, &view.place.level, &view.place.organisation, &measure.measure)) { (measure.title) } br; span class="common" { (measure.unit) } }
                        td { (variation(&row.variation, &row.words)) @if !row.reason.is_empty() { " (" (row.reason) ")" } }
                        td class="n" { (number(row.latest_value)) } td class="n" { (number(row.mean)) } td class="n" { (percent(row.change_year_percent)) }
                        td { @if let Some(points) = view.charts.get(&measure.measure) { (chart::spark(points)) } }
                    }
                } } }
            } }
        }
    }
}

fn chart_section(view: &View) -> Markup {
    let measure = &view.measure;
    let none = Vec::new();
    let points = view.charts.get(&measure.measure).unwrap_or(&none);
    let summary = view.summaries.iter().find(|row| row.measure == measure.measure);
    html! {
        section {
            h2 { (measure.title) ": up, down or just wobbling?" }
            @if let Some(row) = summary { p { (variation(&row.variation, &row.words)) ", " (month(row.latest_month)) ": " (number(row.latest_value)) " " (measure.unit) "." } }
            figure {
                div class="wide" { (chart::spc(measure, &view.place.name, points)) }
                figcaption {
                    "Limits: the mean of all " @if let Some(row) = summary { (row.points) " " } "months plus and minus 2.66 mean moving ranges (" @if let Some(row) = summary { (row.rule_set) ", " (row.status) } "). ▲▼ mark special cause; ● is the usual wobble. "
                    a href=(format!("/measures/{}", measure.measure)) { "Why it matters, and how it is computed" }
                }
            }
            details { summary { "The months as a table" } div class="scroll" { table {
                thead { tr { th { "Month" } th class="n" { "Value" } th class="n" { "Mean" } th class="n" { "Limits" } th { "Rule" } } }
                tbody { @for point in points.iter().rev() { tr {
                    td { (point.month.short()) } td class="n" { (number(point.value)) } td class="n" { (number(point.mean)) }
                    td class="n" { (number(point.lower)) " to " (number(point.upper)) } td { (point.rule.replace('_', " ")) }
                } } }
            } } }
        }
    }
}

fn ranking(view: &View) -> Markup {
    html! {
        section {
            h2 { "Where is it highest?" }
            @if view.ranked.is_empty() { p { "Nothing to rank beneath this organisation." } } @else {
                div class="scroll" { table {
                    caption { (view.measure.title) ", " (view.measure.unit) @if view.ranked.len() > RANKED_MAX { "; the highest " (RANKED_MAX) " of " (view.ranked.len()) } }
                    thead { tr { th { (level(view.below)) } th class="n" { "Latest" } th class="n" { "Mean" } th class="n" { "In a year" } th { "What its chart says" } } }
                    tbody { @for (one, row) in view.ranked.iter().take(RANKED_MAX) { tr {
                        td { a href=(link(view, &one.level, &one.organisation, &view.measure.measure)) { (one.name) } }
                        td class="n" { (number(row.latest_value)) } td class="n" { (number(row.mean)) } td class="n" { (percent(row.change_year_percent)) }
                        td { (variation(&row.variation, &row.words)) }
                    } } }
                } }
            }
        }
    }
}

fn interventions(view: &View) -> Markup {
    html! {
        section id="interventions" {
            h2 { "Are our interventions working?" }
            @if view.interventions.is_empty() { p { "None is declared. Declare one before it starts: what is registered later is exploratory." } }
            @for one in &view.interventions {
                div class=(format!("item {}", if one.sentence.starts_with("Harm") { "concern" } else if one.verdict == "evidence of improvement" { "improvement" } else { "" })) {
                    h3 { a href=(format!("/interventions/{}", one.intervention)) { (one.title) } }
                    p { (verdict(&one.verdict)) " " span class="badge" { (one.registration) } " from " (month(one.start_month)) }
                    p { (one.sentence) }
                }
            }
        }
    }
}

fn signals(view: &View) -> Markup {
    html! {
        section {
            h2 { "What is rising?" }
            @if view.signals.is_empty() { p { "No open signal here." } }
            @for (signal, name) in &view.signals {
                div class=(if signal.severity == "action" { "item concern" } else { "item neutral" }) {
                    h3 { (name) } p { span class="badge" { (signal.severity) } " since " (month(Some(signal.alarm))) } p { (signal.sentence) }
                }
            }
        }
    }
}

fn quality(view: &View) -> Markup {
    html! {
        section {
            h2 { "Can these numbers be trusted?" }
            @if view.quality.is_empty() { p { "Nothing is amiss in the newest month: every opioid has a dose, every practice a list size." } } @else {
                p { "In " (month(view.quality.first().map(|row| row.month))) ":" }
                ul { @for row in view.quality.iter().take(12) {
                    li { (row.finding) ": " (row.subject) ", " (row.detail)
                        @if row.finding == "unmapped product" { ": " (count(row.count)) " items, " (format!("{:.3}", row.share_percent)) " % of opioid items are missing from the total" } "." }
                } }
                @if view.quality.len() > 12 { p { "and " (view.quality.len() - 12) " more." } }
            }
        }
    }
}
