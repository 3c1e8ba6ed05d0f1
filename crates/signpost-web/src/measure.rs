//! One page per measure: why it matters, how it is computed, where to get it.

use std::fmt::Write as _;

use maud::{Markup, html};
use signpost_publication::rows::{Measure, MeasureMonth};
use signpost_store::Published;

use crate::missing::Missing;
use crate::words::level;

pub(crate) async fn find(published: &Published, id: &str) -> Result<Measure, Missing> {
    let measures = published.measures().await?;
    measures.into_iter().find(|measure| measure.measure == id).ok_or(Missing::Thing("There is no such measure; the overview lists all."))
}

pub(crate) fn body(measure: &Measure) -> Markup {
    let better = match measure.direction.as_str() {
        "lower" => "Lower is better.",
        "higher" => "Higher is better.",
        _ => "Neither more nor less is better by itself.",
    };
    html! {
        h1 { (measure.title) }
        p class="lead" { (measure.why_it_matters) }
        section {
            h2 { "How it is computed" }
            dl class="facts" {
                dt { "Counted" } dd { (measure.numerator) }
                dt { "Per" } dd { (measure.denominator) }
                dt { "Unit" } dd { (measure.unit) }
                dt { "Direction" } dd { (better) }
                @if !measure.factor_set.is_empty() { dt { "Conversion factors" } dd { (measure.factor_set) } }
                dt { "Source" } dd { (measure.source) }
                dt { "Reviewed by" } dd { (measure.reviewer) }
                dt { "Definition" } dd { (measure.measure) ", revision " (measure.revision) }
            }
            details { summary { "The query, at the practice-month grain" } pre { (measure.sql) } }
        }
        section {
            h2 { "Download" }
            p { "Every month and organisation of a level, as CSV:" }
            ul { @for name in ["practice", "pcn", "sub_icb", "icb", "region", "england"] {
                li { a href=(format!("/measures/{}/{name}.csv", measure.measure)) { (level(name)) } }
            } }
        }
        p { a href=(format!("/?measure={}", measure.measure)) { "Its chart on the overview" } }
    }
}

pub(crate) fn csv(rows: &[MeasureMonth]) -> String {
    let mut text = String::from(
        "measure,level,organisation,month,numerator,denominator,value,practices,practices_missing,opioid_items,unmapped_items\n",
    );
    let cell = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    for row in rows {
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{},{},{},{},{}",
            row.measure,
            row.level,
            row.organisation,
            row.month,
            cell(row.numerator),
            cell(row.denominator),
            cell(row.value),
            row.practices,
            row.practices_missing,
            row.opioid_items,
            row.unmapped_items
        );
    }
    text
}
