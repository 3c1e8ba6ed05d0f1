use serde::Serialize;
use signpost_events::{Direction, OutcomeRole};

/// The verdict words of design.md section 6; everywhere the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[allow(missing_docs)] // each is its word
pub enum Verdict {
    Improvement,
    Worsening,
    NoClearChange,
    TooLittleData,
    MovedAsHoped,
    MovedTheWrongWay,
    TooEarly,
    Worse,
    HarmExcluded,
    HarmNotExcluded,
    HarmNotMeasured,
}

impl Verdict {
    /// The words shown and stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Improvement => "evidence of improvement",
            Self::Worsening => "evidence of worsening",
            Self::NoClearChange => "no clear change",
            Self::TooLittleData => "too little data to say",
            Self::MovedAsHoped => "moved as hoped, nothing to compare with",
            Self::MovedTheWrongWay => "moved the wrong way, nothing to compare with",
            Self::TooEarly => "too early to say",
            Self::Worse => "worse",
            Self::HarmExcluded => "harm beyond the margin excluded",
            Self::HarmNotExcluded => "harm not excluded",
            Self::HarmNotMeasured => "harm not measured",
        }
    }
}

/// How far the analysis came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Reached {
    /// The sites have no data for this measure.
    NotMeasured,
    /// Data too thin for the analysis.
    TooLittle,
    /// Before the registered horizon.
    TooEarly,
    /// An estimate with nothing to compare with; the model's interval, on the log scale.
    Alone {
        /// Its lower end.
        lower: f64,
        /// Its upper end.
        upper: f64,
    },
    /// An estimate judged by its placebos, on the log scale.
    Compared {
        /// Lower end of the calibrated interval.
        lower: f64,
        /// Upper end of it.
        upper: f64,
        /// Two-sided p, corrected for the number of secondaries where there are several.
        p: f64,
    },
}

/// Highest p of a verdict that names a change.
pub(super) const CHANCE: f64 = 0.05;

/// The verdict on an outcome; `margin_percent` is the tolerable harm of a balancing one.
pub(super) fn judge(role: OutcomeRole, direction: Direction, margin_percent: f64, reached: Reached) -> Verdict {
    // Towards harm is up from here on: the interval of the change in the direction not hoped for.
    let harmward = |lower: f64, upper: f64| match direction {
        Direction::Lower => (lower, upper),
        Direction::Higher => (-upper, -lower),
    };
    if role == OutcomeRole::Balancing {
        return match reached {
            Reached::NotMeasured => Verdict::HarmNotMeasured,
            Reached::TooEarly => Verdict::TooEarly,
            Reached::TooLittle | Reached::Alone { .. } => Verdict::HarmNotExcluded,
            Reached::Compared { lower, upper, p } => {
                let (least, most) = harmward(lower, upper);
                // A margin is in per cent of the expected value, up or down.
                let margin = match direction {
                    Direction::Lower => (margin_percent / 100.0).ln_1p(),
                    Direction::Higher => -(-margin_percent.min(99.999) / 100.0).ln_1p(),
                };
                if least > 0.0 && p <= CHANCE {
                    Verdict::Worse
                } else if most < margin {
                    Verdict::HarmExcluded
                } else {
                    Verdict::HarmNotExcluded
                }
            }
        };
    }
    match reached {
        Reached::NotMeasured | Reached::TooLittle => Verdict::TooLittleData,
        Reached::TooEarly => Verdict::TooEarly,
        Reached::Alone { lower, upper } => match harmward(lower, upper) {
            (_, most) if most < 0.0 => Verdict::MovedAsHoped,
            (least, _) if least > 0.0 => Verdict::MovedTheWrongWay,
            _ => Verdict::NoClearChange,
        },
        Reached::Compared { lower, upper, p } => match harmward(lower, upper) {
            (_, most) if most < 0.0 && p <= CHANCE => Verdict::Improvement,
            (least, _) if least > 0.0 && p <= CHANCE => Verdict::Worsening,
            _ => Verdict::NoClearChange,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{Reached, judge};
    use signpost_events::{Direction, OutcomeRole};

    /// design.md section 6 and statistics.md 1.13, as a table.
    #[test]
    fn words_are_those_of_the_design() {
        use Direction::{Higher, Lower};
        use OutcomeRole::{Balancing, Primary, Process, Secondary};
        let fell = Reached::Compared { lower: -0.3, upper: -0.1, p: 0.01 };
        let rose = Reached::Compared { lower: 0.1, upper: 0.3, p: 0.01 };
        let unclear = Reached::Compared { lower: -0.2, upper: 0.3, p: 0.6 };
        // After Holm, an interval that excludes 0 is not enough.
        let corrected = Reached::Compared { lower: -0.3, upper: -0.01, p: 0.08 };
        let steady = Reached::Compared { lower: -0.05, upper: 0.04, p: 0.8 };
        let slightly_up = Reached::Compared { lower: 0.01, upper: 0.05, p: 0.02 };
        for (role, direction, reached, words) in [
            (Primary, Lower, fell, "evidence of improvement"),
            (Primary, Higher, fell, "evidence of worsening"),
            (Secondary, Lower, rose, "evidence of worsening"),
            (Process, Higher, rose, "evidence of improvement"),
            (Primary, Lower, unclear, "no clear change"),
            (Secondary, Lower, corrected, "no clear change"),
            (Primary, Lower, Reached::TooLittle, "too little data to say"),
            (Primary, Lower, Reached::NotMeasured, "too little data to say"),
            (Primary, Lower, Reached::TooEarly, "too early to say"),
            (Balancing, Lower, Reached::TooEarly, "too early to say"),
            (Primary, Lower, Reached::Alone { lower: -0.3, upper: -0.1 }, "moved as hoped, nothing to compare with"),
            (Primary, Higher, Reached::Alone { lower: -0.3, upper: -0.1 }, "moved the wrong way, nothing to compare with"),
            (Primary, Lower, Reached::Alone { lower: 0.1, upper: 0.3 }, "moved the wrong way, nothing to compare with"),
            (Primary, Lower, Reached::Alone { lower: -0.1, upper: 0.3 }, "no clear change"),
            (Balancing, Lower, rose, "worse"),
            (Balancing, Lower, slightly_up, "worse"),
            (Balancing, Higher, fell, "worse"),
            (Balancing, Lower, fell, "harm beyond the margin excluded"),
            (Balancing, Lower, steady, "harm beyond the margin excluded"),
            (Balancing, Higher, steady, "harm beyond the margin excluded"),
            (Balancing, Lower, unclear, "harm not excluded"),
            (Balancing, Lower, Reached::TooLittle, "harm not excluded"),
            (Balancing, Lower, Reached::Alone { lower: 0.1, upper: 0.3 }, "harm not excluded"),
            (Balancing, Lower, Reached::NotMeasured, "harm not measured"),
        ] {
            assert_eq!(judge(role, direction, 10.0, reached).as_str(), words, "{role:?} {direction:?} {reached:?}");
        }
    }

    #[test]
    fn a_margin_is_counted_from_the_expected_value_on_either_side() {
        // ln 1.1 = 0.0953 and -ln 0.9 = 0.1054: a rise of up to 10 %, a fall of up to 10 %.
        let judged =
            |direction, lower, upper| judge(OutcomeRole::Balancing, direction, 10.0, Reached::Compared { lower, upper, p: 0.5 }).as_str();
        assert_eq!(judged(Direction::Lower, -0.1, 0.095), "harm beyond the margin excluded");
        assert_eq!(judged(Direction::Lower, -0.1, 0.096), "harm not excluded");
        assert_eq!(judged(Direction::Higher, -0.105, 0.1), "harm beyond the margin excluded");
        assert_eq!(judged(Direction::Higher, -0.106, 0.1), "harm not excluded");
    }
}
