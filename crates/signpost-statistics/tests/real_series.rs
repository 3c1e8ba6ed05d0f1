//! The 191 real series of English CCGs (OpenPrescribing, 2015 to 2020): what charts, regression and
//! calibration say where nothing was declared. Expected shares: statistics.md 1.13.
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::Path;

use signpost_statistics::its::{Method, Request, fit};
use signpost_statistics::placebo::{Estimate, calibrate};
use signpost_statistics::xmr;

type Anyhow = Box<dyn std::error::Error>;

/// Rate per CCG on the calendar of all months; `None` where a CCG has none.
fn rates(file: &str) -> Result<Option<Vec<Vec<Option<f64>>>>, Anyhow> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/ccg").join(file);
    if !path.is_file() {
        println!("skipped: {} is absent", path.display());
        return Ok(None);
    }
    let text = std::fs::read_to_string(path)?;
    let mut months = BTreeMap::new();
    let mut rows = Vec::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let [month, code, numerator, denominator] = cells.as_slice() else { return Err("four columns".into()) };
        let (numerator, denominator): (f64, f64) = (numerator.parse()?, denominator.parse()?);
        months.insert((*month).to_owned(), 0);
        rows.push(((*month).to_owned(), (*code).to_owned(), (denominator > 0.0).then(|| numerator / denominator)));
    }
    for (index, place) in months.values_mut().enumerate() {
        *place = index;
    }
    let mut series: BTreeMap<String, Vec<Option<f64>>> = BTreeMap::new();
    for (month, code, rate) in rows {
        let cells = series.entry(code).or_insert_with(|| vec![None; months.len()]);
        if let Some(cell) = months.get(&month).and_then(|&index| cells.get_mut(index)) {
            *cell = rate;
        }
    }
    Ok(Some(series.into_values().collect()))
}

/// Log rates; a month without an item has none, and counts as missing.
fn logs(series: &[Option<f64>]) -> Vec<Option<f64>> {
    series.iter().map(|rate| rate.filter(|rate| *rate > 0.0).map(f64::ln)).collect()
}

/// The effect at 12 months of a start after `before` months, with its p.
fn effect(series: &[Option<f64>], before: usize) -> Result<(Estimate, f64), String> {
    let request = Request { values: logs(series), interruption: before, method: Method::RemlAr1, fourier_pairs: 0, period: 12.0 };
    let effect = fit(&request).map_err(|refusal| refusal.to_string())?.effect(12);
    Ok((Estimate { effect: effect.estimate, standard_error: effect.standard_error }, effect.p))
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole as f64
}

fn check(file: &str, uncalibrated: (f64, f64)) -> Result<(), Anyhow> {
    let Some(all) = rates(file)? else { return Ok(()) };
    assert_eq!(all.len(), 191);
    let charted = all.iter().filter(|series| xmr::chart(series, &[]).segments.iter().all(|segment| segment.limits.is_ok())).count();
    println!("{file}: {charted} of 191 charts have limits");
    assert_eq!(charted, 191);
    for before in [24, 30, 36] {
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        let mut estimates = Vec::new();
        for series in &all {
            match effect(series, before) {
                Ok((estimate, p)) => {
                    assert!(estimate.effect.is_finite() && estimate.standard_error.is_finite() && p.is_finite());
                    estimates.push((estimate, p));
                }
                Err(reason) => *reasons.entry(reason).or_default() += 1,
            }
        }
        let refused = percent(191 - estimates.len(), 191);
        assert!(refused <= 5.0, "{refused} % refused: {reasons:?}");
        let evidence = percent(estimates.iter().filter(|(_, p)| *p < 0.05).count(), estimates.len());
        let calibrated = estimates
            .iter()
            .enumerate()
            .filter(|(own, (treated, _))| {
                let others = estimates.iter().enumerate().filter(|(other, _)| other != own).map(|(_, (estimate, _))| *estimate);
                calibrate(*treated, &others.collect::<Vec<_>>()).is_ok_and(|judged| judged.p <= 0.05)
            })
            .count();
        let calibrated = percent(calibrated, estimates.len());
        println!(
            "{file}, {before} months before: evidence {evidence:.1} % uncalibrated, {calibrated:.1} % calibrated, {refused:.1} % refused {reasons:?}"
        );
        // The published shares are whole per cents.
        assert!((uncalibrated.0..=uncalibrated.1).contains(&evidence.round()), "{evidence}");
        assert!(calibrated <= 6.0, "{calibrated}");
    }
    Ok(())
}

#[test]
fn total_ome() -> Result<(), Anyhow> {
    check("opioidome.csv", (52.0, 80.0))
}

#[test]
fn high_dose_items() -> Result<(), Anyhow> {
    check("opioidper1000.csv", (30.0, 66.0))
}
