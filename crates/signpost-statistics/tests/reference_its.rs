//! Interrupted time series against R (stats, sandwich, nlme, prais); the versions stand in each file.
#![allow(clippy::indexing_slicing, clippy::print_stdout)]

use std::path::{Path, PathBuf};

use serde_json::Value;
use signpost_statistics::its::{Effect, Fit, Method, Request, fit};

type Anyhow = Box<dyn std::error::Error>;

/// Closed forms, and iterated ones (README of the examples).
const CLOSED: f64 = 1e-6;
const ITERATED: f64 = 1e-4;

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

fn near(what: &str, found: f64, expected: &Value, tolerance: f64) -> Result<(), Anyhow> {
    let expected = number(expected)?;
    let close = (found - expected).abs() <= 1e-9 + tolerance * expected.abs();
    if close { Ok(()) } else { Err(format!("{what}: found {found}, reference {expected}").into()) }
}

struct Case {
    values: Vec<Option<f64>>,
    interruption: usize,
    fourier_pairs: usize,
    lag: usize,
    expected: Value,
}

fn case(folder: &Path, name: &str) -> Result<Case, Anyhow> {
    let reference: Value = serde_json::from_str(&std::fs::read_to_string(folder.join(format!("{name}.expected.json")))?)?;
    let data = std::fs::read_to_string(folder.join(format!("{name}.csv")))?;
    let values = data.lines().skip(1).map(|line| Ok(Some(line.split(',').nth(1).ok_or("no value")?.trim().parse::<f64>()?)));
    let integer = |value: &Value| value.as_u64().and_then(|value| usize::try_from(value).ok()).ok_or("not an integer");
    Ok(Case {
        values: values.collect::<Result<_, Anyhow>>()?,
        interruption: integer(&reference["expected"]["t0"][0])? - 1,
        fourier_pairs: integer(&reference["request"]["fourier_k"])?,
        lag: integer(&reference["request"]["lag"])?,
        expected: reference["expected"].clone(),
    })
}

fn fitted(case: &Case, method: Method) -> Result<Fit, Anyhow> {
    let request =
        Request { values: case.values.clone(), interruption: case.interruption, method, fourier_pairs: case.fourier_pairs, period: 12.0 };
    Ok(fit(&request)?)
}

fn coefficients(fit: &Fit, expected: &Value, tolerance: f64) -> Result<(), Anyhow> {
    let names = ["(Intercept)", "t", "level1", "slope1", "sin1", "cos1", "sin2", "cos2"];
    assert_eq!(expected["coef"].as_object().map(serde_json::Map::len), Some(fit.coefficients.len()));
    for (name, coefficient) in names.iter().zip(&fit.coefficients) {
        near(name, coefficient.estimate, &expected["coef"][name], tolerance)?;
        near(&format!("se {name}"), coefficient.standard_error, &expected["se"][name], tolerance)?;
    }
    Ok(())
}

fn effects(fit: &Fit, expected: &Value, tolerance: f64) -> Result<usize, Anyhow> {
    let effects = expected["effects"].as_object().ok_or("no effects")?;
    for (name, effect) in effects {
        let k = name.rsplit_once('k').ok_or("no k")?.1.parse()?;
        let Effect { estimate, standard_error, lower, upper, p, counterfactual, counterfactual_standard_error, relative } = fit.effect(k);
        near(name, estimate, &effect["effect"], tolerance)?;
        near("se", standard_error, &effect["se"], tolerance)?;
        near("lower", lower, &effect["ci"][0], tolerance * 10.0)?;
        near("upper", upper, &effect["ci"][1], tolerance * 10.0)?;
        // A tail probability magnifies an error of t; relative 1e-4 of t is about 1e-2 of p far out.
        near("p", p, &effect["p"], tolerance * 100.0)?;
        near("counterfactual", counterfactual, &effect["counterfactual"], tolerance)?;
        near("se of the counterfactual", counterfactual_standard_error, &effect["counterfactual_se"], tolerance)?;
        if let Some(relative) = relative {
            near("relative", 100.0 * relative.estimate, &effect["relative_pct"], tolerance)?;
            near("se of relative", 100.0 * relative.standard_error, &effect["relative_se_pct"], tolerance)?;
            near("relative lower", 100.0 * relative.lower, &effect["relative_ci_pct"][0], tolerance * 10.0)?;
        }
    }
    Ok(effects.len())
}

const CASES: [&str; 3] = ["ex_its_1_ar1", "ex_its_2_seasonal", "its_08_prop99"];

#[test]
fn ordinary_and_newey_west_equal_the_reference() -> Result<(), Anyhow> {
    let Some(folder) = examples() else { return Ok(()) };
    for name in CASES {
        let case = case(&folder, name)?;
        let ordinary = fitted(&case, Method::Ols)?;
        coefficients(&ordinary, &case.expected["ols"], CLOSED).map_err(|error| format!("{name}: {error}"))?;
        near("sigma", ordinary.sigma, &case.expected["ols"]["sigma"], CLOSED)?;
        near("durbin-watson", ordinary.durbin_watson, &case.expected["diagnostics"]["durbin_watson"], CLOSED)?;
        let newey_west = fitted(&case, Method::NeweyWest { lag: Some(case.lag) })?;
        coefficients(&newey_west, &case.expected["ols_newey_west"], CLOSED).map_err(|error| format!("{name}: {error}"))?;
        assert!(effects(&newey_west, &case.expected["ols_newey_west"], CLOSED)? >= 3);
    }
    Ok(())
}

#[test]
fn reml_with_ar1_errors_equals_the_reference() -> Result<(), Anyhow> {
    let Some(folder) = examples() else { return Ok(()) };
    for name in CASES {
        let case = case(&folder, name)?;
        let reml = fitted(&case, Method::RemlAr1)?;
        let expected = &case.expected["gls_ar1_reml"];
        if reml.at_boundary {
            // On data whose likelihood rises to phi = 1 there is no estimate to agree on: it is said aloud.
            assert_eq!(name, "its_08_prop99");
            assert!(reml.is_near_unit_root() && number(&expected["phi"])? > 0.95);
            continue;
        }
        let phi = number(&expected["phi"])?;
        assert!((reml.phi - phi).abs() < 1e-3, "{name}: phi {} reference {phi}", reml.phi);
        coefficients(&reml, expected, ITERATED).map_err(|error| format!("{name}: {error}"))?;
        assert!(effects(&reml, expected, ITERATED).map_err(|error| format!("{name}: {error}"))? >= 3);
    }
    Ok(())
}

#[test]
fn prais_winsten_equals_the_reference() -> Result<(), Anyhow> {
    let Some(folder) = examples() else { return Ok(()) };
    for name in CASES {
        let case = case(&folder, name)?;
        let found = fitted(&case, Method::PraisWinsten)?;
        let expected = &case.expected["prais_winsten"];
        assert!((found.phi - number(&expected["rho"])?).abs() < 1e-3, "{name}: rho {}", found.phi);
        coefficients(&found, expected, ITERATED).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}
