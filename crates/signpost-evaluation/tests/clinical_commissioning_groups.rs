//! The 191 real series of England's CCGs: how often is a change called where nothing was declared,
//! and how often is a fall found that was put in?

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::print_stdout)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use signpost_core::{Month, OrgCode};
use signpost_evaluation::evaluation::{Evidence, PracticeSeries, calibrated_evidence, uncalibrated_evidence};
use signpost_measures::{Library, Measure};

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

/// One file of `shared/data/ccg`: month, code, numerator, denominator.
fn read(file: &str) -> Option<(Month, Month, Vec<PracticeSeries>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/ccg").join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: shared/data/ccg/{file}");
        return None;
    };
    let mut rows: BTreeMap<OrgCode, BTreeMap<Month, (f64, f64)>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let (Ok(numerator), Ok(denominator)) = (cells[2].parse(), cells[3].parse()) else { continue };
        rows.entry(cells[1].parse().unwrap()).or_default().insert(month(&cells[0][..7]), (numerator, denominator));
    }
    let first = *rows.values().flat_map(BTreeMap::keys).min().unwrap();
    let last = *rows.values().flat_map(BTreeMap::keys).max().unwrap();
    let series = rows.into_iter().map(|(code, months)| {
        let pick = |value: fn(&(f64, f64)) -> f64| first.through(last).map(|month| months.get(&month).map(value)).collect();
        PracticeSeries { code, numerator: pick(|pair| pair.0), denominator: pick(|pair| pair.1) }
    });
    Some((first, last, series.collect()))
}

fn shares(file: &str, measure: &Measure, starts: &[&str]) -> Option<Vec<(f64, f64)>> {
    let (first_month, data_to, practices) = read(file)?;
    assert_eq!(practices.len(), 191);
    let evidence = Evidence { measure, first_month, practices, data_to };
    Some(
        starts
            .iter()
            .map(|start| {
                let plain = uncalibrated_evidence(&evidence, month(start), 12, &BTreeSet::new());
                let judged = calibrated_evidence(&evidence, month(start), 12, &BTreeSet::new());
                println!("{file} {start}: plain {plain:?}, calibrated {judged:?}");
                assert!(plain.refused * 20 <= 191 && judged.refused * 20 <= 191, "more than 5 % refused");
                (f64::from(plain.called) / f64::from(plain.tried), f64::from(judged.called) / f64::from(judged.tried))
            })
            .collect(),
    )
}

/// statistics.md 1.13: 52 to 80 % (OME) and 30 to 66 % (high-dose items) by plain ITS with 24 to 36
/// months before, in whole per cents, so they are compared as such; at most 6 % once calibrated at
/// the same date. The last holds almost by construction, because each
/// place is judged by the others: it guards the wiring, not the method.
#[test]
fn plain_analysis_calls_evidence_where_nothing_was_declared_and_calibration_does_not() {
    let library = Library::standard().unwrap();
    let cases = [("opioidome.csv", "opioidome", 52.0..=80.0), ("opioidper1000.csv", "opioidper1000_120", 30.0..=66.0)];
    for (file, measure, found_before) in cases {
        let Some(shares) = shares(file, library.get(measure).unwrap(), &["2016-12", "2017-06", "2017-12"]) else { return };
        for (plain, calibrated) in shares {
            assert!(found_before.contains(&(plain * 100.0).round()), "{file}: {plain}");
            assert!(calibrated <= 0.06, "{file}: {calibrated}");
        }
    }
}
