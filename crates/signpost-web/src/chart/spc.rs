use maud::{Markup, html};
use signpost_core::Month;
use signpost_publication::rows::{Measure, Spc};

use super::scale::{BOTTOM, HEIGHT, LEFT, RIGHT, Scale, TOP, WIDTH, axes, labels, path, x};
use crate::shell::{BLUE, GREY, INK, ORANGE, PURPLE};
use crate::words::number;

/// The XmR chart of one measure of one organisation.
pub(crate) fn spc(measure: &Measure, place: &str, points: &[Spc]) -> Markup {
    let all = points.iter().flat_map(|point| [point.value, point.lower.filter(|lower| *lower >= 0.0), point.upper]).flatten();
    let scale = Scale::of(all);
    let months: Vec<Month> = points.iter().map(|point| point.month).collect();
    let series = |of: fn(&Spc) -> Option<f64>| points.iter().map(of).collect::<Vec<_>>();
    let values = series(|point| point.value);
    let last = points.last();
    let special = points.iter().filter(|point| !matches!(point.variation.as_str(), "" | "common_cause")).count();
    let mean = last.and_then(|point| point.mean);
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-labelledby="spc-title spc-desc" {
            title id="spc-title" { (measure.title) ", " (place) }
            desc id="spc-desc" { "Monthly values with mean " (number(mean)) " and process limits; " (special) " of " (points.len()) " points are special cause." }
            (axes(&scale, &months, &measure.unit))
            @if let (Some(lower), Some(upper)) = (last.and_then(|point| point.lower), last.and_then(|point| point.upper)) {
                @let top = scale.y(upper.min(scale.high)).max(TOP);
                @let bottom = scale.y(lower.max(scale.low)).min(BOTTOM);
                rect x=(LEFT) width=(RIGHT - LEFT) y=(top) height=((bottom - top).max(0.0)) fill="#12436d" fill-opacity="0.06" {}
            }
            @for (of, dash) in [(series(|point| point.lower.filter(|lower| *lower >= 0.0)), "7 5"), (series(|point| point.upper), "7 5"), (series(|point| point.mean), "none")] {
                path d=(path(&of, &scale)) fill="none" stroke=(GREY) stroke-width="1.4" stroke-dasharray=(dash) {}
            }
            path d=(path(&values, &scale)) fill="none" stroke=(INK) stroke-width="1.8" {}
            @for (index, point) in points.iter().enumerate() {
                @if let Some(value) = point.value { (mark(&point.variation, x(index, points.len()), scale.y(value))) }
            }
            (labels(ends(last, &scale)))
        }
    }
}

fn ends(last: Option<&Spc>, scale: &Scale) -> Vec<(f64, String, &'static str)> {
    let Some(last) = last else { return Vec::new() };
    let label =
        |value: Option<f64>, text: &str, color| value.map(|value| (scale.y(value), format!("{text} {}", number(Some(value))), color));
    [
        label(last.upper, "Upper limit", GREY),
        label(last.mean, "Mean", GREY),
        label(last.lower.filter(|lower| *lower >= 0.0), "Lower limit", GREY),
        label(last.value, "Latest", INK),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A point: its shape says as much as its colour.
fn mark(variation: &str, x: f64, y: f64) -> Markup {
    let triangle = |up: bool| {
        let tip = if up { y - 7.0 } else { y + 7.0 };
        let base = if up { y + 5.0 } else { y - 5.0 };
        format!("M{x:.1} {tip:.1}L{:.1} {base:.1}L{:.1} {base:.1}Z", x - 6.0, x + 6.0)
    };
    html! {
        @match variation {
            "concern" => { path d=(triangle(true)) fill=(ORANGE) {} }
            "improvement" => { path d=(triangle(false)) fill=(BLUE) {} }
            "neutral_high" => { path d=(triangle(true)) fill=(PURPLE) {} }
            "neutral_low" => { path d=(triangle(false)) fill=(PURPLE) {} }
            _ => { circle cx=(format!("{x:.1}")) cy=(format!("{y:.1}")) r="3" fill=(GREY) {} }
        }
    }
}
