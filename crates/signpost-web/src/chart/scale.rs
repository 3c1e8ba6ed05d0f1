use maud::{Markup, html};
use signpost_core::Month;

use crate::shell::GREY;
use crate::words::number;

/// Where the plot lies in the picture.
pub(crate) const WIDTH: f64 = 900.0;
pub(crate) const HEIGHT: f64 = 330.0;
pub(crate) const LEFT: f64 = 64.0;
pub(crate) const RIGHT: f64 = 770.0;
pub(crate) const TOP: f64 = 18.0;
pub(crate) const BOTTOM: f64 = 286.0;

/// A linear scale with round ticks.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scale {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) ticks: Vec<f64>,
}

impl Scale {
    /// Holds all values, from 0 where that costs less than half of the height.
    pub(crate) fn of(values: impl Iterator<Item = f64>) -> Self {
        let (mut low, mut high) = values
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        if !low.is_finite() {
            (low, high) = (0.0, 1.0);
        }
        if low > 0.0 && low < 0.5 * high {
            low = 0.0;
        }
        if (high - low).abs() < 1e-12 * high.abs().max(1e-300) || high <= low {
            high = low + low.abs().max(1.0) * 0.1;
        }
        let step = round_step((high - low) / 5.0);
        let first = (low / step).floor();
        let last = (high / step).ceil();
        let mut ticks = Vec::new();
        let mut place = first;
        while place <= last && ticks.len() < 12 {
            ticks.push(place * step);
            place += 1.0;
        }
        Self { low: first * step, high: last * step, ticks }
    }

    /// From the value to a place between two ends of the picture.
    pub(crate) fn place(&self, value: f64, from: f64, to: f64) -> f64 {
        from + (value - self.low) / (self.high - self.low) * (to - from)
    }

    pub(crate) fn y(&self, value: f64) -> f64 {
        self.place(value, BOTTOM, TOP)
    }
}

fn round_step(rough: f64) -> f64 {
    let power = 10f64.powf(rough.log10().floor());
    let share = rough / power;
    power
        * if share <= 1.0 {
            1.0
        } else if share <= 2.0 {
            2.0
        } else if share <= 5.0 {
            5.0
        } else {
            10.0
        }
}

/// The place of the `index`-th of `count` months.
#[allow(clippy::cast_precision_loss)] // months
pub(crate) fn x(index: usize, count: usize) -> f64 {
    LEFT + (index as f64 + 0.5) / count.max(1) as f64 * (RIGHT - LEFT)
}

/// A path through what is known; a gap where a month is unknown.
pub(crate) fn path(values: &[Option<f64>], scale: &Scale) -> String {
    let mut path = String::new();
    let mut pen_down = false;
    for (index, value) in values.iter().enumerate() {
        match value.filter(|value| value.is_finite()) {
            Some(value) => {
                let command = if pen_down { 'L' } else { 'M' };
                path.push_str(&format!("{command}{:.1} {:.1}", x(index, values.len()), scale.y(value)));
                pen_down = true;
            }
            None => pen_down = false,
        }
    }
    path
}

/// Horizontal lines with their values, months beneath.
pub(crate) fn axes(scale: &Scale, months: &[Month], unit: &str) -> Markup {
    let every = if months.len() > 48 {
        12
    } else if months.len() > 18 {
        6
    } else {
        2
    };
    html! {
        @for tick in &scale.ticks {
            line x1=(LEFT) x2=(RIGHT) y1=(scale.y(*tick)) y2=(scale.y(*tick)) stroke="#d3d9de" stroke-width="1" {}
            text x=(LEFT - 8.0) y=(scale.y(*tick) + 4.5) text-anchor="end" font-size="13" fill=(GREY) { (number(Some(*tick))) }
        }
        @for (index, month) in months.iter().enumerate().filter(|(index, _)| index % every == 0) {
            text x=(x(index, months.len())) y=(BOTTOM + 20.0) text-anchor="middle" font-size="13" fill=(GREY) { (month.short()) }
        }
        text x=(LEFT) y=(HEIGHT - 6.0) font-size="13" fill=(GREY) { (unit) }
    }
}

/// Labels at the right end, pushed apart so that none covers another.
pub(crate) fn labels(mut wanted: Vec<(f64, String, &'static str)>) -> Markup {
    const GAP: f64 = 16.0;
    wanted.sort_by(|left, right| left.0.total_cmp(&right.0));
    let mut last = TOP - GAP;
    for label in &mut wanted {
        label.0 = label.0.max(last + GAP);
        last = label.0;
    }
    let over = (last - BOTTOM).max(0.0);
    html! {
        @for (y, text, color) in wanted {
            text x=(RIGHT + 8.0) y=(y - over + 4.5) font-size="13" fill=(color) { (text) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Scale, path};

    #[test]
    fn scales_hold_their_values_on_round_ticks() {
        let scale = Scale::of([1.3, 2.7, 3.4].into_iter());
        assert_eq!((scale.low, scale.high, scale.ticks.len()), (0.0, 4.0, 5));
        let narrow = Scale::of([95.0, 103.0].into_iter());
        assert!(narrow.low <= 95.0 && narrow.high >= 103.0 && narrow.low > 80.0);
        for odd in [vec![], vec![5.0], vec![0.0, 0.0], vec![f64::NAN], vec![-2.0, 3.0], vec![1e-9, 1e9]] {
            let scale = Scale::of(odd.into_iter());
            assert!(scale.low < scale.high && scale.ticks.iter().all(|tick| tick.is_finite()));
        }
    }

    #[test]
    fn a_gap_is_a_gap() {
        let scale = Scale::of([1.0, 2.0].into_iter());
        let drawn = path(&[Some(1.0), Some(2.0), None, Some(f64::NAN), Some(1.0)], &scale);
        assert_eq!((drawn.matches('M').count(), drawn.matches('L').count()), (2, 1));
        assert!(!drawn.contains("NaN"));
    }
}
