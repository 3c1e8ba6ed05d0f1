//! XmR charts against reference results of R NHSRplotthedots 0.2.2.
#![allow(clippy::indexing_slicing, clippy::print_stdout)]

use std::path::{Path, PathBuf};

use serde_json::Value;
use signpost_statistics::xmr::{self, Flag, Side};

type Anyhow = Box<dyn std::error::Error>;

/// The folder of worked examples, or a printed skip where it is absent.
fn examples() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/examples/statistics");
    if !folder.is_dir() {
        println!("skipped: {} is absent", folder.display());
        return None;
    }
    Some(folder)
}

fn number(value: &Value) -> Result<f64, Anyhow> {
    value.as_f64().ok_or_else(|| format!("not a number: {value}").into())
}

fn near(found: f64, expected: &Value) -> Result<(), Anyhow> {
    let expected = number(expected)?;
    let close = (found - expected).abs() <= 1e-9 + 1e-6 * expected.abs();
    if close { Ok(()) } else { Err(format!("found {found}, reference {expected}").into()) }
}

/// The word of the reference software for a flag.
fn word(flag: Option<(Flag, Side)>) -> &'static str {
    match flag {
        None => "Common Cause",
        Some((Flag::Outside, Side::High)) => "Above UCL",
        Some((Flag::Outside, Side::Low)) => "Below LCL",
        Some((Flag::Trend, Side::High)) => "7 Point Trend (Increasing)",
        Some((Flag::Trend, Side::Low)) => "7 Point Trend (Decreasing)",
        Some((Flag::TwoInThree, Side::High)) => "2 in 3 Above CL",
        Some((Flag::TwoInThree, Side::Low)) => "2 in 3 Below CL",
        Some((Flag::Shift, Side::High)) => "7 Points Above CL",
        Some((Flag::Shift, Side::Low)) => "7 Points Below CL",
    }
}

#[test]
fn charts_equal_the_reference() -> Result<(), Anyhow> {
    let Some(folder) = examples() else { return Ok(()) };
    for case in ["ex_xmr_1_stable", "ex_xmr_2_shift_rebased", "ex_xmr_3_outlier", "xmr_09_real_ae"] {
        let text = std::fs::read_to_string(folder.join(format!("{case}.expected.json")))?;
        let case_file: Value = serde_json::from_str(&text)?;
        let expected = &case_file["expected"];
        let points = &expected["points"];
        let list = |key: &str| points[key].as_array().cloned().unwrap_or_default();
        let values: Vec<Option<f64>> = list("value").iter().map(Value::as_f64).collect();
        let rebases: Vec<usize> = list("date")
            .iter()
            .enumerate()
            .filter(|(_, date)| case_file["request"]["rebase"].as_array().is_some_and(|dates| dates.contains(date)))
            .map(|(at, _)| at)
            .collect();

        let chart = xmr::chart(&values, &rebases);

        let segments = expected["segments"].as_array().cloned().unwrap_or_default();
        assert_eq!(chart.segments.len(), segments.len(), "{case}");
        for (segment, reference) in chart.segments.iter().zip(&segments) {
            let limits = segment.limits.map_err(|reason| format!("{case}: {reason:?}"))?;
            near(limits.mean, &reference["mean"])?;
            near(limits.mean_moving_range, &reference["mean_mr"])?;
            near(limits.lower, &reference["lpl"])?;
            near(limits.upper, &reference["upl"])?;
            near(limits.near_lower, &reference["near_lpl"])?;
            near(limits.near_upper, &reference["near_upl"])?;
        }
        let found: Vec<&str> = chart.flags.iter().map(|&flag| word(flag)).collect();
        let reference: Vec<Value> = list("special_cause_type");
        assert_eq!(found.len(), values.len(), "{case}");
        assert_eq!(found, reference.iter().filter_map(Value::as_str).collect::<Vec<_>>(), "{case}");
    }
    Ok(())
}

#[test]
fn degenerate_series_are_refused_with_a_reason() {
    let reason = |values: &[Option<f64>]| xmr::chart(values, &[]).segments.first().map(|segment| segment.limits);
    assert_eq!(reason(&[Some(1.0); 5]), Some(Err(xmr::NoLimits::TooFewPoints)));
    assert_eq!(reason(&[Some(1.0); 24]), Some(Err(xmr::NoLimits::TooFewDistinctValues)));
    let mut zeros = [Some(0.0); 24];
    zeros[10] = Some(2.0);
    assert_eq!(reason(&zeros), Some(Err(xmr::NoLimits::TooFewDistinctValues)));
    zeros[11] = Some(f64::NAN);
    assert_eq!(reason(&zeros), Some(Err(xmr::NoLimits::NotFinite)));
}
