//! The estimators: ordinary, Newey-West, Prais-Winsten, REML with AR(1) errors.

use super::design::Observation;
use super::least_squares::{Row, Solved, solve};

/// What every estimator gives.
#[derive(Debug, Clone)]
pub(super) struct Estimated {
    pub(super) coefficients: Vec<f64>,
    pub(super) covariance: Vec<Vec<f64>>,
    pub(super) phi: f64,
    pub(super) at_boundary: bool,
    pub(super) sigma: f64,
}

/// The range in which phi is looked for.
const PHI: (f64, f64) = (-0.95, 0.99);

#[allow(clippy::cast_precision_loss)] // a few thousand rows
fn variance(solved: &Solved) -> Option<f64> {
    let variance = solved.rss / (solved.rows - solved.coefficients.len()) as f64;
    let size = solved.coefficients.iter().map(|coefficient| coefficient.abs()).fold(0.0, f64::max);
    // Residuals that are rounding noise carry no information about an error.
    (variance.is_finite() && variance.sqrt() > 1e-12 * (1.0 + size)).then_some(variance)
}

fn scaled(inverse: &[Vec<f64>], factor: f64) -> Vec<Vec<f64>> {
    inverse.iter().map(|row| row.iter().map(|cell| cell * factor).collect()).collect()
}

fn finished(solved: Solved, phi: f64, at_boundary: bool) -> Option<Estimated> {
    let variance = variance(&solved)?;
    let covariance = scaled(&solved.inverse, variance);
    Some(Estimated { coefficients: solved.coefficients, covariance, phi, at_boundary, sigma: variance.sqrt() })
}

fn rows(observations: &[Observation]) -> Vec<Row> {
    observations.iter().map(|observation| observation.row).collect()
}

pub(super) fn ordinary(observations: &[Observation]) -> Option<Estimated> {
    finished(solve(&rows(observations))?, 0.0, false)
}

fn residuals(observations: &[Observation], coefficients: &[f64]) -> Vec<f64> {
    observations.iter().map(|observation| observation.row.residual(coefficients)).collect()
}

pub(super) fn durbin_watson(observations: &[Observation], ordinary: &Estimated) -> f64 {
    let residuals = residuals(observations, &ordinary.coefficients);
    let steps: f64 = residuals.iter().zip(residuals.iter().skip(1)).map(|(earlier, later)| (later - earlier).powi(2)).sum();
    steps / residuals.iter().map(|residual| residual * residual).sum::<f64>()
}

/// Newey-West: the meat is S0 + sum of (1 - l/(L+1)) (Sl + Sl'), by row order, times n/(n-k).
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub(super) fn newey_west(observations: &[Observation], ordinary: &Estimated, lag: Option<usize>) -> Option<Estimated> {
    let n = observations.len();
    let lag = lag.unwrap_or_else(|| (4.0 * (n as f64 / 100.0).powf(2.0 / 9.0)).floor() as usize).min(n - 1);
    let columns = ordinary.coefficients.len();
    let scores: Vec<Vec<f64>> = observations
        .iter()
        .map(|observation| {
            let residual = observation.row.residual(&ordinary.coefficients);
            observation.row.x.iter().take(columns).map(|cell| cell * residual).collect()
        })
        .collect();
    let mut meat = vec![vec![0.0; columns]; columns];
    for distance in 0..=lag {
        let weight = 1.0 - distance as f64 / (lag as f64 + 1.0);
        for (later, earlier) in scores.iter().skip(distance).zip(&scores) {
            for (row, a) in meat.iter_mut().zip(later.iter().zip(earlier)) {
                for (cell, b) in row.iter_mut().zip(later.iter().zip(earlier)) {
                    // At distance 0 both terms are the same one; beyond it the transpose is added.
                    *cell += weight * if distance == 0 { a.0 * b.0 } else { a.0 * b.1 + a.1 * b.0 };
                }
            }
        }
    }
    let inverse = solve(&rows(observations))?.inverse;
    let correction = n as f64 / (n - columns) as f64;
    let covariance = scaled(&product(&product(&inverse, &meat), &inverse), correction);
    Some(Estimated { covariance, ..ordinary.clone() })
}

fn product(left: &[Vec<f64>], right: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let width = right.first().map_or(0, Vec::len);
    left.iter()
        .map(|row| {
            (0..width)
                .map(|column| row.iter().zip(right).map(|(cell, other)| cell * other.get(column).copied().unwrap_or(0.0)).sum())
                .collect()
        })
        .collect()
}

/// Prais-Winsten, iterated until rho moves by less than 1e-6; by row order, as R's `prais`.
pub(super) fn prais_winsten(observations: &[Observation], ordinary: &Estimated) -> Option<Estimated> {
    let mut coefficients = ordinary.coefficients.clone();
    let mut rho = 0.0;
    for _ in 0..100 {
        let residuals = residuals(observations, &coefficients);
        let cross: f64 = residuals.iter().zip(residuals.iter().skip(1)).map(|(earlier, later)| earlier * later).sum();
        let squares: f64 = residuals.iter().take(residuals.len() - 1).map(|residual| residual * residual).sum();
        let next = (cross / squares).clamp(PHI.0, PHI.1);
        let whitened = whiten_by_row(observations, next);
        let solved = solve(&whitened)?;
        coefficients.clone_from(&solved.coefficients);
        if (next - rho).abs() < 1e-6 {
            return finished(solved, next, next == PHI.1 || next == PHI.0);
        }
        rho = next;
    }
    None
}

fn whiten_by_row(observations: &[Observation], rho: f64) -> Vec<Row> {
    let first = observations.first().map(|first| first.row.scaled((1.0 - rho * rho).sqrt()));
    let rest = observations.iter().zip(observations.iter().skip(1)).map(|(earlier, later)| later.row.whitened(&earlier.row, rho, 1.0));
    first.into_iter().chain(rest).collect()
}

/// Whitens by calendar distance: the correlation of errors d periods apart is phi^d.
fn whiten(observations: &[Observation], phi: f64) -> (Vec<Row>, f64) {
    let mut log_weights = 0.0;
    let first = observations.first().map(|first| first.row);
    let rest = observations.iter().zip(observations.iter().skip(1)).map(|(earlier, later)| {
        let distance = i32::try_from(later.time - earlier.time).unwrap_or(i32::MAX);
        let by = phi.powi(distance);
        let kept = 1.0 - by * by;
        log_weights += kept.ln();
        later.row.whitened(&earlier.row, by, 1.0 / kept.sqrt())
    });
    let rows: Vec<Row> = first.into_iter().chain(rest).collect();
    (rows, log_weights)
}

/// The restricted likelihood of phi, without its constant.
#[allow(clippy::cast_precision_loss)]
fn restricted(observations: &[Observation], phi: f64) -> f64 {
    let (rows, log_weights) = whiten(observations, phi);
    match solve(&rows) {
        Some(solved) if solved.rss > 0.0 => {
            let degrees = (solved.rows - solved.coefficients.len()) as f64;
            -0.5 * (degrees * solved.rss.ln() + log_weights + solved.log_determinant)
        }
        _ => f64::NEG_INFINITY,
    }
}

/// REML: a coarse grid first, since the likelihood can have two peaks, then a golden section.
pub(super) fn reml(observations: &[Observation]) -> Option<Estimated> {
    const STEPS: usize = 24;
    const GOLDEN: f64 = 0.618_033_988_749_895;
    #[allow(clippy::cast_precision_loss)]
    let at = |step: usize| PHI.0 + (PHI.1 - PHI.0) * step as f64 / STEPS as f64;
    let peak = (0..=STEPS).max_by(|&left, &right| restricted(observations, at(left)).total_cmp(&restricted(observations, at(right))))?;
    let (mut low, mut high) = (at(peak.saturating_sub(1)), at((peak + 1).min(STEPS)));
    let (mut inner_low, mut inner_high) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
    let (mut value_low, mut value_high) = (restricted(observations, inner_low), restricted(observations, inner_high));
    while high - low > 1e-8 {
        if value_low > value_high {
            (high, inner_high, value_high) = (inner_high, inner_low, value_low);
            inner_low = high - GOLDEN * (high - low);
            value_low = restricted(observations, inner_low);
        } else {
            (low, inner_low, value_low) = (inner_low, inner_high, value_high);
            inner_high = low + GOLDEN * (high - low);
            value_high = restricted(observations, inner_high);
        }
    }
    let phi = f64::midpoint(low, high);
    let at_boundary = (phi - PHI.0).abs() < 1e-4 || (PHI.1 - phi).abs() < 1e-4;
    finished(solve(&whiten(observations, phi).0)?, phi, at_boundary)
}
