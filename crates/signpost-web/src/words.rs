//! Numbers and states as people read them.

use maud::{Markup, html};
use signpost_core::Month;

/// Three figures that mean something, with thousands set off; a dash where nothing is known.
pub(crate) fn number(value: Option<f64>) -> String {
    let Some(value) = value.filter(|value| value.is_finite()) else { return "no data".to_owned() };
    let digits = if value.abs() >= 99.95 {
        0
    } else if value.abs() >= 9.995 {
        1
    } else {
        2
    };
    grouped(&format!("{value:.digits$}"))
}

/// A whole number with its thousands set off.
pub(crate) fn count(value: u64) -> String {
    grouped(&value.to_string())
}

fn grouped(text: &str) -> String {
    let (sign, rest) = text.strip_prefix('-').map_or(("", text), |rest| ("−", rest));
    let (whole, fraction) = rest.split_once('.').map_or((rest, String::new()), |(whole, fraction)| (whole, format!(".{fraction}")));
    let mut out = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    format!("{sign}{out}{fraction}")
}

/// `+4 %`, `−12 %`, or a dash.
pub(crate) fn percent(value: Option<f64>) -> String {
    match value.filter(|value| value.is_finite()) {
        None => "–".to_owned(),
        Some(value) if value >= 0.0 => format!("+{value:.0} %"),
        Some(value) => format!("−{:.0} %", -value),
    }
}

pub(crate) fn month(month: Option<Month>) -> String {
    month.map_or_else(|| "not known".to_owned(), Month::short)
}

/// Shape, word and colour of a point's variation.
pub(crate) fn variation(variation: &str, words: &str) -> Markup {
    let (shape, class) = match variation {
        "concern" => ("▲", "concern"),
        "improvement" => ("▼", "improvement"),
        "neutral_high" => ("▲", "neutral"),
        "neutral_low" => ("▼", "neutral"),
        "common_cause" => ("●", "common"),
        _ => ("○", "common"),
    };
    html! { span class=(format!("state {class}")) { span aria-hidden="true" { (shape) } " " (words) } }
}

/// A verdict with its shape and colour.
pub(crate) fn verdict(verdict: &str) -> Markup {
    let (shape, class) = match verdict {
        "evidence of improvement" | "harm beyond the margin excluded" => ("▼", "improvement"),
        "evidence of worsening" | "worse" => ("▲", "concern"),
        "harm not excluded" | "moved the wrong way, nothing to compare with" => ("◆", "neutral"),
        _ => ("●", "common"),
    };
    html! { strong class=(format!("state {class}")) { span aria-hidden="true" { (shape) } " " (verdict) } }
}

/// The level as people call it.
pub(crate) fn level(level: &str) -> &str {
    match level {
        "practice" => "Practice",
        "pcn" => "Primary care network",
        "sub_icb" => "Sub-ICB location",
        "icb" => "Integrated care board",
        "region" => "Region",
        _ => "England",
    }
}

#[cfg(test)]
mod tests {
    use super::{count, number, percent};

    #[test]
    fn numbers_read_well() {
        assert_eq!(number(Some(32_534.529)), "32,535");
        assert_eq!(number(Some(1.297)), "1.30");
        assert_eq!(number(Some(-45.67)), "−45.7");
        assert_eq!(number(None), "no data");
        assert_eq!(number(Some(f64::NAN)), "no data");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!((percent(Some(4.2)).as_str(), percent(Some(-12.0)).as_str()), ("+4 %", "−12 %"));
    }
}
