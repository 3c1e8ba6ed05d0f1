use std::collections::BTreeMap;

use maud::{Markup, html};
use signpost_publication::rows::Placebo;

use super::scale::{LEFT, RIGHT, Scale};
use crate::shell::{BLUE, GREY};
use crate::words::{number, percent};

/// The cloud of comparison places with the treated one: each dot is the same analysis somewhere.
pub(crate) fn placebo(points: &[Placebo]) -> Markup {
    let scale = Scale::of(points.iter().map(|point| point.statistic));
    let place = |value: f64| scale.place(value, LEFT, RIGHT);
    let treated = points.iter().find(|point| point.number == 0);
    let mut columns: BTreeMap<i64, u32> = BTreeMap::new();
    let dots: Vec<(f64, f64)> = points
        .iter()
        .filter(|point| point.number != 0)
        .map(|point| {
            // Dots in one column of ten pixels are stacked.
            #[allow(clippy::cast_possible_truncation)] // a place in the picture
            let column = (place(point.statistic) / 10.0).round() as i64;
            let height = columns.entry(column).or_default();
            *height += 1;
            #[allow(clippy::cast_precision_loss)]
            (column as f64 * 10.0, 158.0 - f64::from(*height) * 9.0)
        })
        .collect();
    let tallest = columns.values().max().copied().unwrap_or(0);
    let top = (150.0 - f64::from(tallest) * 9.0).min(20.0);
    html! {
        svg viewBox=(format!("0 {:.0} 900 {:.0}", top - 26.0, 226.0 - top)) role="img" aria-labelledby="placebo-title placebo-desc" {
            title id="placebo-title" { "The same analysis in comparable places without the programme" }
            desc id="placebo-desc" {
                (dots.len()) " dots, one per comparison; the line is the places with the programme"
                @if let Some(treated) = treated { ", at " (number(Some(treated.statistic))) " standard errors" } "."
            }
            line x1=(LEFT) x2=(RIGHT) y1="160" y2="160" stroke=(GREY) stroke-width="1" {}
            @for tick in &scale.ticks {
                text x=(format!("{:.1}", place(*tick))) y="178" text-anchor="middle" font-size="13" fill=(GREY) { (number(Some(*tick))) }
            }
            text x=(LEFT) y="196" font-size="13" fill=(GREY) { "Effect in standard errors: to the left it fell, to the right it rose" }
            @for (x, y) in &dots { circle cx=(format!("{x:.1}")) cy=(format!("{y:.1}")) r="4" fill=(GREY) fill-opacity="0.75" {} }
            @if let Some(treated) = treated {
                @let x = place(treated.statistic);
                line x1=(format!("{x:.1}")) x2=(format!("{x:.1}")) y1=(format!("{top:.1}")) y2="160" stroke=(BLUE) stroke-width="3" {}
                text x=(format!("{:.1}", x.clamp(LEFT + 80.0, RIGHT - 80.0))) y=(format!("{:.1}", top - 8.0)) text-anchor="middle" font-size="14" font-weight="600" fill=(BLUE) { "With the programme: " (percent(Some(treated.effect_percent))) }
            }
        }
    }
}
