//! Sentences for a board (dashboards.md section 6): the change with its range and what it is
//! compared with; never a p-value, never a word that claims more than a comparison can.

use signpost_core::Month;
use signpost_events::Direction;

use super::verdict::Verdict;
use crate::registration::Registration;

/// What a sentence may speak of; changes are on the log scale.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Facts {
    pub(super) direction: Direction,
    pub(super) margin_percent: f64,
    pub(super) registration: Registration,
    /// The last month of the horizon.
    pub(super) due: Option<Month>,
    /// Why there is no more, or empty.
    pub(super) reason: String,
    pub(super) change: Option<Change>,
    /// Whether one side of the start has fewer than twelve months.
    pub(super) indicative: bool,
}

/// An estimated change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Change {
    pub(super) effect: f64,
    pub(super) lower: f64,
    pub(super) upper: f64,
    pub(super) against: Option<Against>,
}

/// What it was compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Against {
    pub(super) placebos: usize,
    pub(super) as_extreme: usize,
    /// Whether each placebo is a single place.
    pub(super) singles: bool,
    /// The smallest change told from chance in four of five cases, in thousandths of a log unit.
    pub(super) detectable_milli: u32,
}

/// The finding in one or two sentences.
pub(super) fn sentence(verdict: Verdict, facts: &Facts) -> String {
    let mut text = match facts.change {
        Some(change) if is_told(verdict) => told(verdict, &change, facts),
        _ => untold(verdict, facts),
    };
    if facts.indicative && facts.change.is_some() {
        text.push_str(" Indicative only: fewer than 12 months on one side of the start.");
    }
    if facts.registration == Registration::Exploratory {
        text.push_str(" Exploratory: registered after the start.");
    }
    text
}

fn is_told(verdict: Verdict) -> bool {
    !matches!(verdict, Verdict::TooEarly | Verdict::TooLittleData | Verdict::HarmNotMeasured)
}

fn untold(verdict: Verdict, facts: &Facts) -> String {
    match (verdict, facts.due) {
        (Verdict::TooEarly, Some(due)) => format!("Too early to say: it will be judged on data to {}.", due.long()),
        _ => format!("{}: {}.", capital(verdict.as_str()), facts.reason),
    }
}

fn told(verdict: Verdict, change: &Change, facts: &Facts) -> String {
    let moved = moved(change);
    let range = range(change.lower, change.upper);
    let margin = tidy(facts.margin_percent);
    match verdict {
        Verdict::Improvement | Verdict::Worsening => {
            format!("{moved} against what was expected; {}.", elsewhere(change))
        }
        Verdict::Worse => {
            let harm = if facts.direction == Direction::Lower { change.upper.exp_m1() } else { -change.lower.exp_m1() };
            let tolerable = if harm * 100.0 < facts.margin_percent {
                format!(", within the {margin} % registered as tolerable")
            } else {
                String::new()
            };
            format!("{moved} against what was expected{tolerable}: worse; {}.", elsewhere(change))
        }
        Verdict::MovedAsHoped | Verdict::MovedTheWrongWay => format!(
            "{}: {} against its own earlier course. With nothing to compare with, something else may have moved it.",
            if verdict == Verdict::MovedAsHoped { "Moved as hoped" } else { "Moved the wrong way" },
            small(&moved)
        ),
        Verdict::HarmExcluded => format!("Harm beyond the margin of {margin} % excluded: it could be {range}."),
        Verdict::HarmNotExcluded if !facts.reason.is_empty() => format!("Harm not excluded: {}.", facts.reason),
        Verdict::HarmNotExcluded => format!("Harm not excluded: it could be {range}; {margin} % was registered as tolerable."),
        _ if change.lower > 0.0 || change.upper < 0.0 => {
            format!("No clear change once the other secondary outcomes are allowed for: it could be {range}.")
        }
        _ => match change.against {
            Some(against) => format!(
                "No clear change: it could be {range}. This comparison tells a change of {} % from chance in four of five cases.",
                percent(against.detectable(facts.direction))
            ),
            None => format!("No clear change: it could be {range}; there is nothing to compare with."),
        },
    }
}

impl Against {
    /// The detectable change on the log scale, towards the hoped-for (or harmless) direction.
    pub(super) fn detectable(self, direction: Direction) -> f64 {
        let size = f64::from(self.detectable_milli) / 1000.0;
        if direction == Direction::Lower { -size } else { size }
    }
}

/// `Fell by 21 % (95 % range 14 to 27)`.
fn moved(change: &Change) -> String {
    // Where all comparable places drifted, the raw estimate may lie outside its calibrated range.
    let inside = (change.lower..=change.upper).contains(&change.effect);
    let effect = if inside { change.effect } else { f64::midpoint(change.lower, change.upper) };
    let verb = if effect < 0.0 { "Fell" } else { "Rose" };
    let (near, far) = if effect < 0.0 { (change.upper, change.lower) } else { (change.lower, change.upper) };
    if (near < 0.0) == (far < 0.0) {
        format!("{verb} by {} % (95 % range {} to {})", percent(effect), percent(near), percent(far))
    } else {
        format!("{verb} by {} % (it could be {})", percent(effect), range(change.lower, change.upper))
    }
}

/// `a change this large occurred in 3 of 180 comparable groups without the programme`.
fn elsewhere(change: &Change) -> String {
    let Some(against) = change.against else { return String::new() };
    let what = if against.singles { "places" } else { "groups" };
    let count = if against.as_extreme == 0 { "none".to_owned() } else { against.as_extreme.to_string() };
    format!("a change this large occurred in {count} of {} comparable {what} without the programme", against.placebos)
}

/// `a fall of 12 % or a rise of 4 %`.
fn range(lower: f64, upper: f64) -> String {
    match (lower < 0.0, upper > 0.0) {
        (true, true) => format!("a fall of {} % or a rise of {} %", percent(lower), percent(upper)),
        (true, false) => format!("a fall of {} to {} %", percent(upper), percent(lower)),
        _ => format!("a rise of {} to {} %", percent(lower), percent(upper)),
    }
}

/// The size of a change on the log scale, in per cent.
fn percent(log: f64) -> String {
    tidy(log.exp_m1().abs() * 100.0)
}

/// Whole per cents from 10, one decimal below.
pub(crate) fn tidy(percent: f64) -> String {
    let text = if percent >= 9.95 { format!("{percent:.0}") } else { format!("{percent:.1}") };
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

pub(super) fn small(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Against, Change, Facts, sentence};
    use crate::evaluation::Verdict;
    use crate::registration::Registration;
    use signpost_core::Month;
    use signpost_events::Direction;

    fn facts(lower: f64, effect: f64, upper: f64) -> Facts {
        // Per cents to logs: the sentence must give the per cents back.
        let log = |percent: f64| (percent / 100.0).ln_1p();
        let against = Against { placebos: 180, as_extreme: 3, singles: false, detectable_milli: 163 };
        Facts {
            direction: Direction::Lower,
            margin_percent: 10.0,
            registration: Registration::PreSpecified,
            due: Month::new(2025, 3).ok(),
            reason: String::new(),
            change: Some(Change { effect: log(effect), lower: log(lower), upper: log(upper), against: Some(against) }),
            indicative: false,
        }
    }

    #[test]
    fn sentences_say_size_range_and_comparison() {
        // 1 - exp(-0.163) is 15 %.
        for (verdict, facts, says) in [
            (
                Verdict::Improvement,
                facts(-27.0, -21.0, -14.0),
                "Fell by 21 % (95 % range 14 to 27) against what was expected; a change this large occurred in 3 of 180 comparable groups without the programme.",
            ),
            (
                Verdict::NoClearChange,
                facts(-12.0, -3.0, 4.0),
                "No clear change: it could be a fall of 12 % or a rise of 4 %. This comparison tells a change of 15 % from chance in four of five cases.",
            ),
            (
                Verdict::NoClearChange,
                facts(-12.0, -7.0, -2.0),
                "No clear change once the other secondary outcomes are allowed for: it could be a fall of 2 to 12 %.",
            ),
            (
                Verdict::Worse,
                facts(12.0, 18.0, 25.0),
                "Rose by 18 % (95 % range 12 to 25) against what was expected: worse; a change this large occurred in 3 of 180 comparable groups without the programme.",
            ),
            (
                Verdict::Worse,
                facts(1.0, 4.0, 8.0),
                "Rose by 4 % (95 % range 1 to 8) against what was expected, within the 10 % registered as tolerable: worse; a change this large occurred in 3 of 180 comparable groups without the programme.",
            ),
            (
                Verdict::HarmExcluded,
                facts(-3.0, 1.0, 6.5),
                "Harm beyond the margin of 10 % excluded: it could be a fall of 3 % or a rise of 6.5 %.",
            ),
            (
                Verdict::HarmNotExcluded,
                facts(-3.0, 5.0, 18.0),
                "Harm not excluded: it could be a fall of 3 % or a rise of 18 %; 10 % was registered as tolerable.",
            ),
            (
                Verdict::MovedAsHoped,
                facts(-27.0, -21.0, -14.0),
                "Moved as hoped: fell by 21 % (95 % range 14 to 27) against its own earlier course. With nothing to compare with, something else may have moved it.",
            ),
            (Verdict::TooEarly, facts(-27.0, -21.0, -14.0), "Too early to say: it will be judged on data to March 2025."),
        ] {
            assert_eq!(sentence(verdict, &facts), says);
        }
    }

    #[test]
    fn an_exploratory_finding_says_so_and_no_sentence_claims_too_much() {
        let mut facts = facts(-27.0, -21.0, -14.0);
        facts.registration = Registration::Exploratory;
        facts.indicative = true;
        for verdict in [Verdict::Improvement, Verdict::NoClearChange, Verdict::HarmNotExcluded, Verdict::TooEarly] {
            let text = sentence(verdict, &facts);
            assert!(text.ends_with("Exploratory: registered after the start."), "{text}");
            // The words that dashboards.md section 6 forbids.
            assert!(["proved", "significant", "saved"].iter().all(|word| !text.contains(word)), "{text}");
        }
    }
}
