//! What stands is what was recorded first, and early.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use signpost_core::{Month, OrgCode};
use signpost_evaluation::registration::{Intervention, Recorded, Registration, first_full_month, fold, treated_practices};
use signpost_events::{Closed, Declared, Direction, OutcomeRegistered, OutcomeRole, Payload, SiteStarted, SiteStopped};

fn declared() -> Payload {
    Payload::Declared(Declared {
        intervention: "redwood-mdt".parse().unwrap(),
        title: "MDT review".into(),
        kind: "mdt_review".into(),
        owner: "Redwood".into(),
        hypothesis: "fewer".into(),
    })
}

fn outcome(measure: &str, role: OutcomeRole, horizon_months: u8) -> Payload {
    Payload::OutcomeRegistered(OutcomeRegistered {
        intervention: "redwood-mdt".parse().unwrap(),
        measure: measure.into(),
        role,
        direction: Direction::Lower,
        horizon_months,
        margin_percent: None,
    })
}

fn started(site: &str, on: &str) -> Payload {
    Payload::SiteStarted(SiteStarted { intervention: "redwood-mdt".parse().unwrap(), site: site.parse().unwrap(), on: on.parse().unwrap() })
}

fn stopped(site: &str, on: &str) -> Payload {
    Payload::SiteStopped(SiteStopped { intervention: "redwood-mdt".parse().unwrap(), site: site.parse().unwrap(), on: on.parse().unwrap() })
}

/// Events with their times, in the order of recording.
fn recorded(events: &[(Payload, &str)]) -> Vec<Recorded> {
    events.iter().zip(0..).map(|((payload, at), order)| Recorded { payload: payload.clone(), at: at.parse().unwrap(), order }).collect()
}

/// A network of two practices; a practice is itself.
fn practices_of(code: &OrgCode) -> Vec<OrgCode> {
    let practices: &[&str] = match code.as_str() {
        "U12345" => &["A00001", "A00002"],
        "A00002" => &["A00002"],
        "A00003" => &["A00003"],
        _ => &[],
    };
    practices.iter().map(|code| code.parse().unwrap()).collect()
}

fn folded(events: &[(Payload, &str)]) -> Intervention {
    let mut all = fold(&recorded(events), &practices_of);
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

const EARLY: &str = "2024-03-01T09:00:00Z";

#[test]
fn everything_before_the_first_day_in_london_is_pre_specified() {
    // 1 April 2024 began in London, in summer time, at 23:00 UTC on 31 March.
    for (at, registration) in [
        (EARLY, Registration::PreSpecified),
        ("2024-03-31T22:59:59Z", Registration::PreSpecified),
        ("2024-03-31T23:00:00Z", Registration::Exploratory),
        ("2025-01-01T00:00:00Z", Registration::Exploratory),
    ] {
        for late in 0..3 {
            let time = |place| if place == late { at } else { EARLY };
            let found = folded(&[
                (declared(), time(0)),
                (outcome("opioidome", OutcomeRole::Primary, 12), time(1)),
                (started("U12345", "2024-04-01"), time(2)),
            ]);
            assert_eq!((found.registration, found.outcomes[0].registration), (registration, registration), "{at} {late}");
        }
    }
    // In winter London keeps UTC.
    let winter =
        |at| folded(&[(declared(), EARLY), (outcome("opioidome", OutcomeRole::Primary, 12), at), (started("U12345", "2025-01-10"), EARLY)]);
    assert_eq!(winter("2025-01-09T23:59:59Z").registration, Registration::PreSpecified);
    assert_eq!(winter("2025-01-10T00:00:00Z").registration, Registration::Exploratory);
}

#[test]
fn a_late_outcome_is_exploratory_and_leaves_the_others_what_they_are() {
    let found = folded(&[
        (declared(), EARLY),
        (outcome("opioidome", OutcomeRole::Primary, 12), EARLY),
        (started("U12345", "2024-04-01"), EARLY),
        (outcome("opioidper1000_90", OutcomeRole::Secondary, 12), "2024-09-01T00:00:00Z"),
    ]);
    let each: Vec<_> = found.outcomes.iter().map(|outcome| outcome.registration).collect();
    assert_eq!(each, [Registration::PreSpecified, Registration::Exploratory]);
    assert_eq!(found.registration.as_str(), "exploratory");
}

#[test]
fn the_first_registration_stands_and_later_ones_are_listed() {
    let found = folded(&[
        (declared(), EARLY),
        (outcome("opioidome", OutcomeRole::Primary, 12), EARLY),
        (outcome("opioidome", OutcomeRole::Primary, 12), EARLY), // a repeated message changes nothing
        (started("U12345", "2024-04-01"), EARLY),
        (outcome("opioidome", OutcomeRole::Secondary, 6), "2024-03-02T00:00:00Z"),
        (outcome("opioidper1000_90", OutcomeRole::Primary, 12), "2024-03-03T00:00:00Z"),
        (started("U12345", "2024-06-01"), "2024-03-04T00:00:00Z"),
        (stopped("U12345", "2025-04-01"), "2025-04-01T00:00:00Z"),
        (stopped("U12345", "2025-05-01"), "2025-05-01T00:00:00Z"),
        (stopped("A00003", "2025-05-01"), "2025-05-01T00:00:00Z"),
    ]);
    assert_eq!(found.outcomes.len(), 1);
    assert_eq!((found.outcomes[0].role, found.outcomes[0].horizon_months), (OutcomeRole::Primary, 12));
    assert_eq!(found.sites[0].start.to_string(), "2024-04-01");
    assert_eq!(found.sites[0].stop.map(|stop| stop.to_string()).as_deref(), Some("2025-04-01"));
    assert_eq!(found.registration, Registration::PreSpecified);
    let amendments: Vec<&str> = found.amendments.iter().map(|amendment| amendment.what.as_str()).collect();
    assert_eq!(
        amendments,
        [
            "outcome opioidome: from primary, lower, 12 months to secondary, lower, 6 months",
            "outcome opioidper1000_90: a second primary outcome",
            "site U12345: start from 2024-04-01 to 2024-06-01",
            "site U12345: another stop, on 2025-05-01",
            "site A00003: a stop on 2025-05-01 without a start",
        ]
    );
}

#[test]
fn the_order_of_arrival_and_repeats_change_nothing() {
    let events = recorded(&[
        (declared(), EARLY),
        (outcome("opioidome", OutcomeRole::Primary, 12), EARLY),
        (started("U12345", "2024-04-01"), EARLY),
        (started("A00002", "2024-02-20"), EARLY),
        (outcome("opioidome", OutcomeRole::Primary, 9), "2024-05-02T00:00:00Z"),
    ]);
    let expected = fold(&events, &practices_of);
    for turn in 0..events.len() {
        let mut shuffled = events.clone();
        shuffled.rotate_left(turn);
        shuffled.reverse();
        shuffled.extend(events.clone());
        assert_eq!(fold(&shuffled, &practices_of), expected);
    }
}

#[test]
fn sites_become_practices_from_their_first_full_month() {
    for (day, full) in [("2024-04-01", "2024-04"), ("2024-04-02", "2024-05"), ("2024-12-31", "2025-01")] {
        assert_eq!(first_full_month(day.parse().unwrap()), Some(month(full)), "{day}");
    }
    let found = folded(&[
        (declared(), EARLY),
        (started("U12345", "2024-04-01"), EARLY),
        (started("A00002", "2024-02-20"), EARLY),
        (started("A00003", "2024-06-15"), EARLY),
        (started("X99999", "2024-04-01"), EARLY),
    ]);
    let practices: Vec<(String, String)> = found.practices.iter().map(|(code, month)| (code.to_string(), month.to_string())).collect();
    let expected = [("A00001", "2024-04"), ("A00002", "2024-03"), ("A00003", "2024-07")];
    assert_eq!(practices, expected.map(|(code, month)| (code.to_owned(), month.to_owned())));
    assert_eq!(found.start_month(), Some(month("2024-03")));
    assert_eq!(found.first_touched_month(), Some(month("2024-02")));
    assert_eq!(found.complete_month(), Some(month("2024-07")));
    assert_eq!(treated_practices(&[found]).len(), 3);
}

#[test]
fn what_nobody_declared_waits_and_a_closing_is_kept() {
    let late = [(outcome("opioidome", OutcomeRole::Primary, 12), EARLY), (started("U12345", "2024-04-01"), EARLY)];
    assert!(fold(&recorded(&late), &practices_of).is_empty());
    let closed = Payload::Closed(Closed {
        intervention: "redwood-mdt".parse().unwrap(),
        on: "2025-06-01".parse().unwrap(),
        lesson: "reviews need a pharmacist".into(),
    });
    let found = folded(&[(declared(), EARLY), (closed.clone(), "2025-06-01T00:00:00Z"), (closed, "2025-06-02T00:00:00Z")]);
    assert_eq!((found.status(), found.amendments.len()), ("closed", 0));
    assert_eq!(found.conclusion.unwrap().lesson, "reviews need a pharmacist");
}
