//! A seeded region: practices that differ in size and level, share seasons and shocks, drift on
//! their own and bend; and interventions with a truth that is put in.

#![allow(unreachable_pub)] // one module of several tests

use std::collections::{BTreeMap, BTreeSet};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use signpost_core::{Month, OrgCode};
use signpost_evaluation::evaluation::{Evidence, PracticeSeries};
use signpost_evaluation::registration::{Intervention, Outcome, Registration, Site};
use signpost_events::{Direction, OutcomeRole};
use signpost_measures::Measure;

pub const MONTHS: usize = 60;

pub fn first_month() -> Month {
    "2020-01".parse().unwrap()
}

pub fn last_month() -> Month {
    first_month().plus(MONTHS as i32 - 1)
}

pub fn code(number: usize) -> OrgCode {
    format!("A{number:05}").parse().unwrap()
}

/// A standard normal draw (Box and Muller 1958).
fn normal(random: &mut ChaCha8Rng) -> f64 {
    let mut uniform = || (random.next_u32() as f64 + 0.5) / 4_294_967_296.0;
    (-2.0 * uniform().ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos()
}

/// `count` practices with `per_thousand` items a month on average; those below `treated` are
/// multiplied by `effect` from month `from` on.
pub fn practices(seed: u64, count: usize, per_thousand: f64, treated: usize, from: usize, effect: f64) -> Vec<PracticeSeries> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let shared: Vec<f64> = (0..MONTHS).map(|_| 0.03 * normal(&mut random)).collect();
    (0..count)
        .map(|number| {
            let thousands = 8.0 * (0.3 * normal(&mut random)).exp();
            let level = per_thousand * (0.3 * normal(&mut random)).exp();
            let (drift, bend, at) = (0.003 * normal(&mut random), 0.006 * normal(&mut random), random.next_u32() as usize % MONTHS);
            let mut error = 0.0;
            let numerator = (0..MONTHS)
                .map(|month| {
                    error = 0.4 * error + 0.05 * normal(&mut random);
                    let season = 0.05 * (std::f64::consts::TAU * month as f64 / 12.0).sin();
                    let bent = bend * month.saturating_sub(at) as f64;
                    let log = level.ln() + drift * month as f64 + bent + season + shared[month] + error;
                    let truth = if number < treated && month >= from { effect } else { 1.0 };
                    let mean = thousands * log.exp() * truth;
                    // A Poisson count by its normal approximation: the means are above 20.
                    Some((mean + mean.sqrt() * normal(&mut random)).round().max(0.0))
                })
                .collect();
            PracticeSeries { code: code(number), numerator, denominator: vec![Some(thousands); MONTHS] }
        })
        .collect()
}

pub fn evidence<'a>(measure: &'a Measure, practices: Vec<PracticeSeries>) -> Evidence<'a> {
    Evidence { measure, first_month: first_month(), practices, data_to: last_month() }
}

pub fn outcome(measure: &str, role: OutcomeRole) -> Outcome {
    let margin_percent = (role == OutcomeRole::Balancing).then_some(10.0);
    Outcome {
        measure: measure.into(),
        role,
        direction: Direction::Lower,
        horizon_months: 12,
        margin_percent,
        registration: Registration::PreSpecified,
    }
}

/// An intervention in the first `treated` practices, each a site from the first of month `from`.
pub fn intervention(treated: usize, from: usize, outcomes: Vec<Outcome>) -> Intervention {
    let start = first_month().plus(from as i32);
    let sites = (0..treated).map(|number| Site { code: code(number), start: format!("{start}-01").parse().unwrap(), stop: None });
    Intervention {
        id: "redwood-mdt".parse().unwrap(),
        title: "MDT review".into(),
        kind: "mdt_review".into(),
        owner: "Redwood".into(),
        hypothesis: "fewer".into(),
        sites: sites.collect(),
        practices: (0..treated).map(|number| (code(number), start)).collect::<BTreeMap<_, _>>(),
        outcomes,
        registration: Registration::PreSpecified,
        amendments: Vec::new(),
        conclusion: None,
    }
}

pub fn excluded(intervention: &Intervention) -> BTreeSet<OrgCode> {
    intervention.practices.keys().cloned().collect()
}
