use maud::{Markup, html};
use signpost_publication::rows::Spc;

use crate::shell::{BLUE, GREY};

/// The last three years of a measure, at the size of a word.
#[allow(clippy::cast_precision_loss)] // months
pub(crate) fn spark(points: &[Spc]) -> Markup {
    let recent = points.get(points.len().saturating_sub(36)..).unwrap_or_default();
    let values: Vec<f64> = recent.iter().filter_map(|point| point.value).collect();
    let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)));
    if values.len() < 2 || high <= low {
        return html! { span class="common" { "–" } };
    }
    let place =
        |index: usize, value: f64| (3.0 + 124.0 * index as f64 / (recent.len() - 1) as f64, 27.0 - 24.0 * (value - low) / (high - low));
    let mut path = String::new();
    let mut pen_down = false;
    for (index, point) in recent.iter().enumerate() {
        match point.value {
            Some(value) => {
                let (x, y) = place(index, value);
                path.push_str(&format!("{}{x:.1} {y:.1}", if pen_down { 'L' } else { 'M' }));
                pen_down = true;
            }
            None => pen_down = false,
        }
    }
    let end = recent.iter().enumerate().rev().find_map(|(index, point)| point.value.map(|value| place(index, value)));
    html! {
        svg class="spark" viewBox="0 0 130 30" role="img" {
            title { "Last " (recent.len()) " months" }
            desc { "A line of the monthly values; the dot is the newest." }
            path d=(path) fill="none" stroke=(GREY) stroke-width="1.6" {}
            @if let Some((x, y)) = end { circle cx=(format!("{x:.1}")) cy=(format!("{y:.1}")) r="3" fill=(BLUE) {} }
        }
    }
}
