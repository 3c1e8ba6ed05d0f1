use maud::{Markup, html};
use signpost_core::Month;
use signpost_publication::rows::{ItsPoint, Measure};

use super::scale::{BOTTOM, HEIGHT, Scale, TOP, WIDTH, axes, labels, path, x};
use crate::shell::{BLUE, GREEN, GREY, INK, ORANGE};
use crate::words::number;

/// The interrupted time series behind an effect.
pub(crate) fn its(measure: &Measure, points: &[ItsPoint]) -> Markup {
    let all = points
        .iter()
        .flat_map(|point| {
            [point.observed, point.fitted, point.counterfactual, point.counterfactual_lower, point.counterfactual_upper, point.comparison]
        })
        .flatten();
    let scale = Scale::of(all);
    let months: Vec<Month> = points.iter().map(|point| point.month).collect();
    let series = |of: &dyn Fn(&ItsPoint) -> Option<f64>| points.iter().map(of).collect::<Vec<_>>();
    let before = series(&|point| point.fitted.filter(|_| point.under_intervention == 0));
    let after = series(&|point| point.fitted.filter(|_| point.under_intervention == 1));
    let expected = series(&|point| point.counterfactual);
    let start = points.iter().position(|point| point.under_intervention == 1);
    let observed = points.iter().rev().find_map(|point| point.observed);
    let last_expected = points.iter().rev().find_map(|point| point.counterfactual);
    let last = |values: &[Option<f64>]| values.iter().rev().find_map(|value| *value);
    let label = |value: Option<f64>, text: &str, color| value.map(|value| (scale.y(value), text.to_owned(), color));
    let comparison = series(&|point| point.comparison);
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-labelledby="its-title its-desc" {
            title id="its-title" { (measure.title) " before and after the start" }
            desc id="its-desc" { "Observed values end at " (number(observed)) "; without the intervention " (number(last_expected)) " was expected." }
            (axes(&scale, &months, &measure.unit))
            path d=(band(points, &scale)) fill=(ORANGE) fill-opacity="0.13" {}
            @if let Some(start) = start {
                @let at = (x(start, points.len()) + x(start.saturating_sub(1), points.len())) / 2.0;
                line x1=(at) x2=(at) y1=(TOP) y2=(BOTTOM) stroke=(INK) stroke-width="1.2" stroke-dasharray="2 4" {}
                text x=(at - 6.0) y=(TOP + 10.0) text-anchor="end" font-size="13" fill=(INK) { "Start" }
            }
            path d=(path(&comparison, &scale)) fill="none" stroke=(GREEN) stroke-width="1.4" stroke-dasharray="2 3" {}
            path d=(path(&before, &scale)) fill="none" stroke=(GREY) stroke-width="2" {}
            path d=(path(&expected, &scale)) fill="none" stroke=(ORANGE) stroke-width="2" stroke-dasharray="8 5" {}
            path d=(path(&after, &scale)) fill="none" stroke=(BLUE) stroke-width="2.4" {}
            @for (index, point) in points.iter().enumerate() {
                @if let Some(value) = point.observed {
                    circle cx=(format!("{:.1}", x(index, points.len()))) cy=(format!("{:.1}", scale.y(value))) r="2.8" fill=(INK) {}
                }
            }
            (labels([
                label(last(&after), "Fitted after", BLUE),
                label(last_expected, "Expected without", ORANGE),
                label(last(&comparison), "Comparison", GREEN),
                label(observed, "● Observed", INK),
            ].into_iter().flatten().collect()))
        }
    }
}

/// The area between the ends of the counterfactual's interval.
fn band(points: &[ItsPoint], scale: &Scale) -> String {
    let known: Vec<(f64, f64, f64)> = points
        .iter()
        .enumerate()
        .filter_map(|(index, point)| {
            Some((x(index, points.len()), scale.y(point.counterfactual_lower?), scale.y(point.counterfactual_upper?)))
        })
        .collect();
    let mut path = String::new();
    for (index, (x, lower, _)) in known.iter().enumerate() {
        path.push_str(&format!("{}{x:.1} {lower:.1}", if index == 0 { 'M' } else { 'L' }));
    }
    for (x, _, upper) in known.iter().rev() {
        path.push_str(&format!("L{x:.1} {upper:.1}"));
    }
    if !path.is_empty() {
        path.push('Z');
    }
    path
}
