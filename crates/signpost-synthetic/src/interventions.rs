use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use signpost_core::{Month, OrgCode};
use signpost_events::{Declared, Direction, Event, InterventionId, OutcomeRegistered, OutcomeRole, Payload, SiteStarted};

use crate::Shape;
use crate::places::Practice;

/// What an intervention truly did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// Opioid items fell by [`Truth::FALL`] from the start.
    Fall,
    /// Nothing.
    Nothing,
    /// They fell, and gabapentinoids rose by [`Truth::HARM`].
    FallWithHarm,
}

impl Truth {
    /// The true fall.
    pub const FALL: f64 = 0.20;
    /// The true rise of the balancing measure.
    pub const HARM: f64 = 0.30;
}

/// An invented intervention.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its id.
    pub id: &'static str,
    /// What it truly did.
    pub truth: Truth,
    /// Its practices.
    pub sites: BTreeSet<OrgCode>,
    /// The first full month under intervention.
    pub start: Month,
    pub(crate) shape: Shape,
    title: &'static str,
    kind: &'static str,
    hypothesis: &'static str,
    networks: [&'static str; 2],
}

/// Months before the end at which the interventions start: the horizon and two more.
const MONTHS_AFTER: i32 = 14;
const HORIZON: u8 = 12;

pub(crate) fn plans(practices: &[Practice], shape: Shape) -> Vec<Plan> {
    let start = shape.first_month().plus(i32::try_from(shape.months).unwrap_or(0) - MONTHS_AFTER);
    // Networks 1 and 2 have 12 practices together, 3 has 7, 4 and 5 have 14; the sixth is nobody's site: it rises.
    let plan = |id, truth, title, kind, hypothesis, networks: [&'static str; 2]| Plan {
        id,
        truth,
        sites: practices
            .iter()
            .filter(|practice| networks.contains(&practice.pcn.as_str()))
            .map(|practice| practice.code.clone())
            .collect(),
        start,
        shape,
        title,
        kind,
        hypothesis,
        networks,
    };
    vec![
        plan(
            "invented-mdt-reviews",
            Truth::Fall,
            "Invented: MDT reviews of people on high doses",
            "mdt_review",
            "Reviewing everyone on 90 mg a day or more with a pain specialist and a pharmacist will lower opioid prescribing by a fifth.",
            ["SYNPCN0101", "SYNPCN0102"],
        ),
        plan(
            "invented-training",
            Truth::Nothing,
            "Invented: an afternoon of training",
            "training",
            "One afternoon of training for every prescriber will lower opioid prescribing.",
            ["SYNPCN0103", "SYNPCN0103"],
        ),
        plan(
            "invented-taper-guideline",
            Truth::FallWithHarm,
            "Invented: taper guideline",
            "guideline",
            "A taper guideline adopted by every practice will lower opioid prescribing without moving people to gabapentinoids.",
            ["SYNPCN0104", "SYNPCN0105"],
        ),
    ]
}

impl Plan {
    /// Its declaration, a month before the start.
    pub(crate) fn events(&self) -> Vec<Event> {
        let Ok(intervention) = self.id.parse::<InterventionId>() else { return Vec::new() };
        let time = midnight(self.start.plus(-1));
        let outcome = |measure: &str, role, margin_percent| {
            Payload::OutcomeRegistered(OutcomeRegistered {
                intervention: intervention.clone(),
                measure: measure.to_owned(),
                role,
                direction: Direction::Lower,
                horizon_months: HORIZON,
                margin_percent,
            })
        };
        let declared = Payload::Declared(Declared {
            intervention: intervention.clone(),
            title: self.title.to_owned(),
            kind: self.kind.to_owned(),
            owner: "Invented medicines optimisation team".to_owned(),
            hypothesis: self.hypothesis.to_owned(),
        });
        let mut payloads = vec![
            declared,
            outcome("opioidome", OutcomeRole::Primary, None),
            outcome("opioidper1000_90", OutcomeRole::Secondary, None),
            outcome("gabapentinoid_ddd", OutcomeRole::Balancing, Some(10.0)),
        ];
        let networks: BTreeSet<&str> = self.networks.into_iter().collect();
        let day = Date::new(i16::try_from(self.start.year()).unwrap_or(2000), i8::try_from(self.start.number()).unwrap_or(1), 1);
        for site in networks.into_iter().filter_map(|network| network.parse().ok()) {
            if let Ok(on) = day {
                payloads.push(Payload::SiteStarted(SiteStarted { intervention: intervention.clone(), site, on }));
            }
        }
        payloads
            .into_iter()
            .enumerate()
            .map(|(number, payload)| Event { id: format!("{}/{number}", self.id), source: "signpost/synthetic".to_owned(), time, payload })
            .collect()
    }
}

/// The first instant of a month.
fn midnight(month: Month) -> Timestamp {
    Timestamp::from_second(i64::from(month.first_day_since_epoch()) * 86_400).unwrap_or(Timestamp::UNIX_EPOCH)
}
