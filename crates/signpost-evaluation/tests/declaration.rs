//! A lead's file becomes events, or one line that says what to do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::BTreeSet;

use signpost_core::ErrorKind;
use signpost_evaluation::declaration::{check_sites, read};
use signpost_evaluation::kinds::KINDS;
use signpost_events::{Event, OutcomeRole, Payload, decode, encode};
use signpost_measures::Library;

const GOOD: &str = r#"id = "redwood-mdt"
title = "MDT review in Redwood"
kind = "mdt_review"
owner = "Redwood PCN pharmacy team"
hypothesis = "Reviews lower high-dose prescribing by a fifth."

[[site]]
code = "U12345"
start = 2024-04-01
end = 2025-03-31

[[site]]
code = "L84018"
start = "2024-05-15"

[[outcome]]
measure = "gabapentinoid_ddd"
role = "balancing"
direction = "lower"
horizon_months = 12
margin_percent = 15

[[outcome]]
measure = "opioidper1000_90"
role = "primary"
direction = "lower"
horizon_months = 12
"#;

fn library() -> Library {
    Library::standard().unwrap()
}

fn outcomes(payloads: &[Payload]) -> Vec<(String, OutcomeRole, Option<f64>)> {
    payloads
        .iter()
        .filter_map(|payload| match payload {
            Payload::OutcomeRegistered(data) => Some((data.measure.clone(), data.role, data.margin_percent)),
            _ => None,
        })
        .collect()
}

#[test]
fn a_file_becomes_events_that_the_decoder_takes() {
    let payloads = read("redwood.toml", GOOD, &library()).unwrap();
    let kinds: Vec<&str> = payloads.iter().map(|payload| payload.kind().trim_start_matches("signpost.intervention.")).collect();
    assert_eq!(
        kinds,
        ["declared.v1", "outcome-registered.v1", "outcome-registered.v1", "site-started.v1", "site-started.v1", "site-stopped.v1"]
    );
    assert_eq!(
        outcomes(&payloads),
        [("opioidper1000_90".to_owned(), OutcomeRole::Primary, None), ("gabapentinoid_ddd".to_owned(), OutcomeRole::Balancing, Some(15.0))]
    );
    // The file names the last day, the event the first day without.
    let Some(Payload::SiteStopped(stopped)) = payloads.last() else { panic!("no stop") };
    assert_eq!((stopped.site.as_str(), stopped.on.to_string().as_str()), ("U12345", "2025-04-01"));
    for payload in payloads {
        let event = Event { id: "1".into(), source: "test".into(), time: "2024-01-01T00:00:00Z".parse().unwrap(), payload };
        let key = event.payload.key().to_owned();
        let bytes = encode(&event).unwrap();
        let again = decode(key.as_bytes(), &bytes).unwrap();
        assert_eq!(again, event);
    }
}

#[test]
fn templates_fill_in_and_give_way() {
    let head = &GOOD[..GOOD.find("[[outcome]]").unwrap()];
    for kind in &KINDS {
        let payloads = read("t.toml", &head.replace("mdt_review", kind.id), &library()).unwrap();
        let names: Vec<String> = outcomes(&payloads).into_iter().map(|(measure, ..)| measure).collect();
        let template: Vec<&str> = kind.outcomes.iter().map(|outcome| outcome.measure).collect();
        assert_eq!(names, template, "{}", kind.id);
    }
    let with_template = GOOD.replace("[[site]]\ncode = \"U", "template = true\n[[site]]\ncode = \"U");
    let all = read("t.toml", &with_template.replace("\ntemplate", "template"), &library()).unwrap();
    // The file's margin replaces the template's; the template adds the secondary outcome.
    assert_eq!(
        outcomes(&all),
        [
            ("opioidper1000_90".to_owned(), OutcomeRole::Primary, None),
            ("opioidome".to_owned(), OutcomeRole::Secondary, None),
            ("gabapentinoid_ddd".to_owned(), OutcomeRole::Balancing, Some(15.0))
        ]
    );
    let no_margin = read("t.toml", &GOOD.replace("margin_percent = 15\n", ""), &library()).unwrap();
    assert_eq!(outcomes(&no_margin)[1].2, Some(10.0));
}

#[test]
fn every_fault_is_one_line_with_its_place_and_what_to_do() {
    let cases = [
        // A typo in a key, at each depth.
        ("owner =", "ownr =", "t.toml:4: unknown field `ownr`", "`owner`"),
        ("start = 2024-04-01", "strat = 2024-04-01", "t.toml:9: unknown field `strat`", "`start`"),
        ("margin_percent = 15", "margin_pct = 15", "t.toml:21: unknown field `margin_pct`", "`margin_percent`"),
        ("[[site]]\ncode = \"U12345\"", "[[sites]]\ncode = \"U12345\"", "unknown field `sites`", "`site`"),
        ("owner = \"Redwood PCN pharmacy team\"\n", "", "missing field `owner`", "add it"),
        ("role = \"primary\"", "role = \"primry\"", "unknown variant `primry`", "`primary`"),
        ("horizon_months = 12\nmargin", "horizon_months = \"12\"\nmargin", "t.toml:20:", "expected i64"),
        ("title = \"MDT", "title = MDT", "t.toml:2:", ""),
        ("id = \"redwood-mdt\"", "id = \"Redwood MDT\"", "t.toml:1: id:", "lower-case"),
        ("title = \"MDT review in Redwood\"", "title = \" \"", "t.toml:2: title: 0 bytes", "write 1 to 300"),
        ("mdt_review", "mdt_reveiw", "t.toml:3: kind: \"mdt_reveiw\" is not known", "did you mean mdt_review?"),
        ("mdt_review", "yoga", "write one of mdt_review, discharge_communication", "away_from_long_term"),
        ("\"L84018\"", "\"l84018\"", "t.toml:13: site \"l84018\"", "capital letters"),
        ("\"L84018\"", "\"U12345\"", "t.toml:13: site U12345: it is already declared on line 8", "keep one"),
        ("start = 2024-04-01", "start = 2024-4-1", "t.toml:9:", ""),
        ("start = \"2024-05-15\"", "start = \"15/05/2024\"", "t.toml:14: start: 15/05/2024 is not a date", "2024-04-01"),
        ("start = 2024-04-01", "start = 2024-02-30", "t.toml:9:", ""),
        ("start = \"2024-05-15\"", "start = 2024-05-15T09:00:00", "t.toml:14: start: 2024-05-15T09:00:00 is not a date", "write a day"),
        ("start = 2024-04-01", "start = 1924-04-01", "t.toml:9: start: 1924-04-01 is outside", "check the year"),
        ("end = 2025-03-31", "end = 2100-03-31", "t.toml:10: end: 2100-03-31 is outside", "check the year"),
        (
            "end = 2025-03-31",
            "end = 2024-03-31",
            "t.toml:10: site U12345: its end 2024-03-31 is before its start 2024-04-01",
            "correct one",
        ),
        (
            "gabapentinoid_ddd",
            "gabapentinoid_dd",
            "t.toml:17: measure: \"gabapentinoid_dd\" is not known",
            "did you mean gabapentinoid_ddd?",
        ),
        ("gabapentinoid_ddd", "sleep", "write one of opioidper1000_90, opioidspercent_90, opioidome", "opioidome_op2020"),
        ("gabapentinoid_ddd", "opioidper1000_90", "t.toml:24: measure opioidper1000_90: it is already an outcome", "keep one"),
        ("role = \"primary\"", "role = \"secondary\"", "t.toml: 0 primary outcomes", "exactly one"),
        ("role = \"balancing\"", "role = \"primary\"", "t.toml:21: margin_percent: only a balancing", "role = \"balancing\""),
        ("horizon_months = 12\nmargin", "horizon_months = 0\nmargin", "t.toml:20: horizon_months: 0 is outside", "1 to 60"),
        ("horizon_months = 12\nmargin", "horizon_months = 61\nmargin", "t.toml:20: horizon_months: 61 is outside", "1 to 60"),
        ("margin_percent = 15", "margin_percent = 101", "t.toml:21: margin_percent: 101 is outside", "0 to 100"),
        ("margin_percent = 15", "margin_percent = nan", "t.toml:21: margin_percent: NaN is outside", "0 to 100"),
    ];
    for (from, to, says, and) in cases {
        assert!(GOOD.contains(from), "{from}");
        let error = read("t.toml", &GOOD.replacen(from, to, 1), &library()).expect_err(to);
        assert_eq!(error.kind(), ErrorKind::Data);
        let line = error.to_string();
        assert!(line.contains(says) && line.contains(and), "{to}: {line}");
        assert!(!line.contains('\n') && line.len() < 700, "{line}");
    }
    let two = GOOD.replace("margin_percent = 15\n", "").replace("role = \"balancing\"", "role = \"primary\"");
    let line = read("t.toml", &two, &library()).unwrap_err().to_string();
    assert!(line.starts_with("t.toml: 2 primary outcomes (gabapentinoid_ddd, opioidper1000_90)"), "{line}");
    let without_sites = format!("{}{}", &GOOD[..GOOD.find("[[site]]").unwrap()], &GOOD[GOOD.find("[[outcome]]").unwrap()..]);
    let line = read("t.toml", &without_sites, &library()).unwrap_err().to_string();
    assert_eq!(line, "t.toml: no site: add [[site]] with code and start");
    let line = read("t.toml", &"#\n".repeat(600_000), &library()).unwrap_err().to_string();
    assert!(line.contains("is this the right file?"), "{line}");
}

#[test]
fn an_unknown_site_is_named_with_the_one_meant() {
    let payloads = read("t.toml", GOOD, &library()).unwrap();
    let codes = |codes: &[&str]| codes.iter().map(|code| code.parse().unwrap()).collect::<BTreeSet<_>>();
    check_sites(&payloads, &codes(&["U12345", "L84018", "L84073"])).unwrap();
    let line = check_sites(&payloads, &codes(&["U12345", "L84019"])).unwrap_err().to_string();
    assert_eq!(line, "unknown site L84018 (did you mean L84019?): correct the code, or import the list of practices that has it");
}
