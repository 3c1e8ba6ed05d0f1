//! The kinds of intervention, each with a template of outcomes.
//!
//! One kind for each strategy of the programmes that signpost serves (domain.md section 1); "outcomes
//! set beforehand" is left out, because here it is a rule for all. Templates hold what open
//! practice-month data can answer; patient-level measures join them when such feeds exist.

use signpost_events::{Direction, OutcomeRole};

/// A kind of intervention.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kind {
    /// The word in a declaration, such as `mdt_review`.
    pub id: &'static str,
    /// The same for a reader.
    pub title: &'static str,
    /// Its default outcomes, the primary first.
    pub outcomes: &'static [TemplateOutcome],
}

/// A default outcome; a balancing one tolerates [`MARGIN_PERCENT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TemplateOutcome {
    /// The measure's id.
    pub measure: &'static str,
    /// What it is for.
    pub role: OutcomeRole,
    /// Which way is hoped for, or harmless.
    pub direction: Direction,
    /// Months after the start at which it is judged.
    pub horizon_months: u8,
}

/// Tolerable harm of a balancing outcome that states none, in per cent of the expected value.
pub const MARGIN_PERCENT: f64 = 10.0;

const fn outcome(measure: &'static str, role: OutcomeRole) -> TemplateOutcome {
    TemplateOutcome { measure, role, direction: Direction::Lower, horizon_months: 12 }
}

/// For strategies aimed at people on high doses.
const HIGH_DOSE: &[TemplateOutcome] = &[
    outcome("opioidper1000_90", OutcomeRole::Primary),
    outcome("opioidome", OutcomeRole::Secondary),
    outcome("gabapentinoid_ddd", OutcomeRole::Balancing),
];
/// For strategies aimed at all prescribing, starts included.
const ALL_OPIOIDS: &[TemplateOutcome] = &[
    outcome("opioidome", OutcomeRole::Primary),
    outcome("opioidper1000_90", OutcomeRole::Secondary),
    outcome("gabapentinoid_ddd", OutcomeRole::Balancing),
];
/// For strategies that change how, not how much, is prescribed to those who stay on opioids.
const SHARE: &[TemplateOutcome] = &[
    outcome("opioidspercent_90", OutcomeRole::Primary),
    outcome("opioidome", OutcomeRole::Secondary),
    outcome("gabapentinoid_ddd", OutcomeRole::Balancing),
];

/// Every kind, in the order of the programme's strategies.
pub const KINDS: [Kind; 15] = [
    Kind { id: "mdt_review", title: "multidisciplinary clinical review", outcomes: HIGH_DOSE },
    Kind { id: "discharge_communication", title: "stop dates and plans on discharge", outcomes: ALL_OPIOIDS },
    Kind { id: "prevent_initiation", title: "fewer avoidable starts", outcomes: ALL_OPIOIDS },
    Kind { id: "care_plan", title: "personalised care plans", outcomes: ALL_OPIOIDS },
    Kind { id: "shared_decision", title: "shared decision making", outcomes: HIGH_DOSE },
    Kind { id: "self_management", title: "supported self-management", outcomes: ALL_OPIOIDS },
    Kind { id: "training", title: "training of professionals", outcomes: ALL_OPIOIDS },
    Kind { id: "patient_education", title: "education of patients", outcomes: ALL_OPIOIDS },
    Kind { id: "standard_practice", title: "taper or post-operative guideline", outcomes: SHARE },
    Kind { id: "priority_population", title: "review of a prioritised population", outcomes: HIGH_DOSE },
    Kind { id: "system_mapping", title: "mapping of the system", outcomes: ALL_OPIOIDS },
    Kind { id: "shared_good_practice", title: "good practice taken over from elsewhere", outcomes: ALL_OPIOIDS },
    Kind { id: "care_fragmentation", title: "one prescriber per person", outcomes: HIGH_DOSE },
    Kind { id: "consultation_time", title: "longer consultations", outcomes: HIGH_DOSE },
    Kind { id: "away_from_long_term", title: "away from long-term opioid therapy", outcomes: ALL_OPIOIDS },
];

/// The kind of this id.
#[must_use]
pub fn kind(id: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.id == id)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{KINDS, kind};
    use signpost_events::OutcomeRole;
    use signpost_measures::Library;

    #[test]
    fn every_template_has_known_measures_one_primary_and_a_balancing_outcome() {
        let library = Library::standard().unwrap();
        for each in &KINDS {
            assert_eq!(kind(each.id), Some(each), "two kinds have the id {}", each.id);
            assert!(each.outcomes.iter().all(|outcome| library.get(outcome.measure).is_some()), "{}", each.id);
            let count = |role| each.outcomes.iter().filter(|outcome| outcome.role == role).count();
            assert_eq!((count(OutcomeRole::Primary), count(OutcomeRole::Balancing)), (1, 1), "{}", each.id);
        }
    }
}
