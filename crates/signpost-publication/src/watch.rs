//! Signals of the measures for which lower is better, at networks and boards.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::OnceLock;

use sha2::{Digest as _, Sha256};
use signpost_core::{Level, Month};
use signpost_evaluation::signals::{Alarm, Rules, WatchInput, sentence, watch};
use signpost_measures::{Direction, Measure};

use crate::membership::Membership;
use crate::rows::{MeasureMonth, Signal};

/// Below these levels nobody is pushed; they have their charts.
const LEVELS: [Level; 2] = [Level::Pcn, Level::Icb];

/// Every signal of one measure; `rows` hold each organisation's months one after another.
pub(crate) fn signals(measure: &Measure, rows: &[MeasureMonth], membership: &Membership<'_>, calendar: &[Month]) -> Vec<Signal> {
    let (Some(&first), Some(&data_to)) = (calendar.first(), calendar.last()) else { return Vec::new() };
    if measure.direction != Direction::Lower {
        return Vec::new();
    }
    // The thresholds take a moment to solve for, and never change.
    static RULES: OnceLock<BTreeMap<&str, (Level, Rules)>> = OnceLock::new();
    let rules = RULES.get_or_init(|| LEVELS.into_iter().map(|level| (level.as_str(), (level, Rules::of(level)))).collect());
    let mut signals = Vec::new();
    for series in rows.chunks(calendar.len()) {
        let Some(row) = series.first() else { continue };
        let Some((level, rules)) = rules.get(row.level.as_str()) else { continue };
        let values: Vec<Option<f64>> = series.iter().map(|row| row.value).collect();
        let numerators: Vec<Option<f64>> = series.iter().map(|row| row.numerator).collect();
        let name = membership.name(*level, &row.organisation);
        for alarm in watch(&WatchInput { values: &values, numerators: &numerators, months_first: first }, rules) {
            let mut signal = signal(measure, row, &alarm, &name, rules, data_to, values.last().copied().flatten());
            signal.sentence.push_str(&since_action(&alarm, &values, first));
            signals.push(signal);
        }
    }
    signals
}

fn signal(measure: &Measure, row: &MeasureMonth, alarm: &Alarm, name: &str, rules: &Rules, data_to: Month, latest: Option<f64>) -> Signal {
    Signal {
        signal: id(&[&measure.id, &row.level, &row.organisation, &alarm.onset.to_string()]),
        measure: measure.id.clone(),
        level: row.level.clone(),
        organisation: row.organisation.clone(),
        onset: alarm.onset,
        alarm: alarm.alarm,
        state: if alarm.closed.is_some() { "closed" } else { "open" }.to_owned(),
        closed: alarm.closed,
        severity: alarm.severity.as_str().to_owned(),
        expected: alarm.expected,
        observed: alarm.observed,
        latest,
        sentence: sentence(alarm, measure, name, rules, data_to),
    }
}

/// A rise that was small when it was noticed says when it had grown enough to ask for action.
fn since_action(alarm: &Alarm, values: &[Option<f64>], first: Month) -> String {
    let grown = alarm.action_since.filter(|since| *since > alarm.alarm);
    let value = |month: Month| usize::try_from(month.since(first)).ok().and_then(|index| values.get(index)).copied().flatten();
    match grown.and_then(|since| value(since).map(|value| (since, value))) {
        Some((since, value)) => format!(
            " In {} it had grown to {:.0} % above that level: it asks for action since.",
            since.short(),
            100.0 * (value / alarm.expected - 1.0)
        ),
        None => String::new(),
    }
}

/// Sixteen hexadecimal digits of SHA-256 over what names a signal: measure, place, onset.
fn id(parts: &[&str]) -> String {
    let hash = Sha256::digest(parts.join("\u{1f}").as_bytes());
    hash.iter().take(8).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
