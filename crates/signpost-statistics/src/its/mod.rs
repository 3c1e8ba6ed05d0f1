//! Interrupted time series: did the level or the slope change, and by how much after k periods?
//!
//! Model (statistics.md 1.6; the first post period counts as 1): with t the calendar index from 1
//! and T the first period under intervention,
//! `y = b0 + b1 t + b2 L + b3 (t - T) L + seasonality + e`, `L = 1` from T on.
//! The effect at k is `b2 + b3 (k - 1)`: unlike b2 it does not depend on where the slope is centred.
//! Default errors are AR(1) by REML on the calendar, so that missing periods are handled.

mod design;
mod estimate;
mod least_squares;

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use design::Design;
use estimate::Estimated;

/// How the errors are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Generalised least squares with AR(1) errors by restricted maximum likelihood (nlme `gls`).
    RemlAr1,
    /// Ordinary least squares.
    Ols,
    /// Ordinary least squares with Newey-West errors: Bartlett weights, this many lags, n/(n-k).
    NeweyWest {
        /// Lags; `None` takes floor(4 (n/100)^(2/9)).
        lag: Option<usize>,
    },
    /// Prais-Winsten, iterated (R `prais`).
    PraisWinsten,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The series on a full calendar; missing stays `None`.
    pub values: Vec<Option<f64>>,
    /// Periods before the intervention: the index of the first period under it, from 0.
    pub interruption: usize,
    /// How the errors are treated.
    pub method: Method,
    /// Pairs of sine and cosine for seasonality; 0 for none.
    pub fourier_pairs: usize,
    /// Periods in a year.
    pub period: f64,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Fewer than six values on one side: a run chart is all that can be shown.
    #[error("fewer than 6 values before or after the start")]
    TooFewValues,
    /// A value is not a finite number.
    #[error("a value is not a finite number")]
    NotFinite,
    /// Nothing varies around the lines, or the columns are not independent.
    #[error("the values leave nothing to estimate an error from")]
    Degenerate,
    /// Seasonality was asked for with fewer than 24 values before the start.
    #[error("seasonality needs 24 values before the start")]
    TooFewForSeasonality,
}

/// One coefficient.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Coefficient {
    /// Its estimate.
    pub estimate: f64,
    /// Its standard error.
    pub standard_error: f64,
}

/// The effect at one period after the start.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// The effect, in the unit of the series.
    pub estimate: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Lower end of its 95 % interval, t(n - k).
    pub lower: f64,
    /// Upper end of it.
    pub upper: f64,
    /// Two-sided p, t(n - k).
    pub p: f64,
    /// What was expected without the intervention.
    pub counterfactual: f64,
    /// Its standard error.
    pub counterfactual_standard_error: f64,
    /// The effect over the counterfactual; none when that is closer to 0 than five standard errors.
    pub relative: Option<Relative>,
}

/// A relative effect, by the delta method.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Relative {
    /// Effect over counterfactual.
    pub estimate: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Lower end of its 95 % interval.
    pub lower: f64,
    /// Upper end of it.
    pub upper: f64,
}

/// One period of the fitted chart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The fitted line.
    pub fitted: f64,
    /// Expected without the intervention; the fitted line before it.
    pub counterfactual: f64,
    /// Lower end of the counterfactual's 95 % interval.
    pub lower: f64,
    /// Upper end of it.
    pub upper: f64,
}

/// A fitted series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// Intercept, slope, level change, slope change, then sine and cosine of each pair.
    pub coefficients: Vec<Coefficient>,
    /// Correlation of neighbouring errors; 0 for ordinary least squares.
    pub phi: f64,
    /// Whether phi stopped at the edge of its range (-0.95 to 0.99): the fit says little then.
    pub at_boundary: bool,
    /// Whether fewer than 12 values stand on one side: ordinary least squares was used instead of
    /// REML, and the result is indicative only.
    pub indicative: bool,
    /// Standard deviation of the errors.
    pub sigma: f64,
    /// Values used.
    pub values: usize,
    /// Degrees of freedom, n - k.
    pub degrees: usize,
    /// Durbin-Watson of the ordinary residuals; shown, never used to choose the method.
    pub durbin_watson: f64,
    design: Design,
    covariance: Vec<Vec<f64>>,
}

/// Fewest values on one side for any model.
const VALUES_MIN: usize = 6;
/// Fewest values on one side for REML.
const REML_MIN: usize = 12;
/// Fewest values before the start for seasonality.
const SEASONAL_MIN: usize = 24;

/// Fits the model.
///
/// # Errors
/// A [`Refusal`] when the values are too few, not finite, or don't vary.
pub fn fit(request: &Request) -> Result<Fit, Refusal> {
    let side = |values: Option<&[Option<f64>]>| values.unwrap_or_default().iter().flatten().count();
    let before = side(request.values.get(..request.interruption.min(request.values.len())));
    let after = side(request.values.get(request.interruption.min(request.values.len())..));
    if request.values.iter().flatten().any(|value| !value.is_finite()) {
        return Err(Refusal::NotFinite);
    }
    if before.min(after) < VALUES_MIN {
        return Err(Refusal::TooFewValues);
    }
    if request.fourier_pairs > 0 && before < SEASONAL_MIN {
        return Err(Refusal::TooFewForSeasonality);
    }
    let indicative = before.min(after) < REML_MIN;
    let method = if indicative && request.method == Method::RemlAr1 { Method::Ols } else { request.method };
    let design = Design { interruption: request.interruption, fourier_pairs: request.fourier_pairs, period: request.period };
    let observations = design.observations(&request.values);
    let ordinary = estimate::ordinary(&observations).ok_or(Refusal::Degenerate)?;
    let durbin_watson = estimate::durbin_watson(&observations, &ordinary);
    let estimated = match method {
        Method::Ols => Some(ordinary),
        Method::NeweyWest { lag } => estimate::newey_west(&observations, &ordinary, lag),
        Method::PraisWinsten => estimate::prais_winsten(&observations, &ordinary),
        Method::RemlAr1 => estimate::reml(&observations),
    };
    let Estimated { coefficients, covariance, phi, at_boundary, sigma } = estimated.ok_or(Refusal::Degenerate)?;
    let (coefficients, covariance) = design.uncentred(&coefficients, &covariance);
    let finite = covariance.iter().flatten().chain(&coefficients).all(|value| value.is_finite());
    if !finite || !sigma.is_finite() {
        return Err(Refusal::Degenerate);
    }
    Ok(Fit {
        coefficients: coefficients
            .iter()
            .zip(covariance.iter().enumerate())
            .map(|(&estimate, (index, row))| Coefficient {
                estimate,
                standard_error: row.get(index).copied().unwrap_or(0.0).max(0.0).sqrt(),
            })
            .collect(),
        phi,
        at_boundary,
        indicative,
        sigma,
        values: observations.len(),
        degrees: observations.len() - coefficients.len(),
        durbin_watson,
        design,
        covariance,
    })
}

impl Fit {
    /// The effect in the k-th period from the start, counted from 1.
    #[must_use]
    pub fn effect(&self, k: usize) -> Effect {
        let change = self.design.change(k, self.coefficients.len());
        let expected = self.design.counterfactual(self.design.interruption + k - 1, self.coefficients.len());
        let (estimate, counterfactual) = (self.value(&change), self.value(&expected));
        let standard_error = self.covariance(&change, &change).max(0.0).sqrt();
        let counterfactual_standard_error = self.covariance(&expected, &expected).max(0.0).sqrt();
        let quantile = self.quantile();
        let reliable = counterfactual.abs() >= 5.0 * counterfactual_standard_error && counterfactual != 0.0;
        let relative = reliable.then(|| {
            let ratio = estimate / counterfactual;
            let gradient: Vec<f64> =
                change.iter().zip(&expected).map(|(change, expected)| (change - ratio * expected) / counterfactual).collect();
            let standard_error = self.covariance(&gradient, &gradient).max(0.0).sqrt();
            Relative { estimate: ratio, standard_error, lower: ratio - quantile * standard_error, upper: ratio + quantile * standard_error }
        });
        Effect {
            estimate,
            standard_error,
            lower: estimate - quantile * standard_error,
            upper: estimate + quantile * standard_error,
            p: self.two_sided(estimate / standard_error),
            counterfactual,
            counterfactual_standard_error,
            relative,
        }
    }

    /// The fitted chart over `periods` periods from the first.
    #[must_use]
    pub fn points(&self, periods: usize) -> Vec<Point> {
        let quantile = self.quantile();
        let coefficients = self.coefficients.len();
        (0..periods)
            .map(|index| {
                let expected = self.design.counterfactual(index, coefficients);
                let counterfactual = self.value(&expected);
                let error = self.covariance(&expected, &expected).max(0.0).sqrt();
                let fitted = match (index + 1).checked_sub(self.design.interruption) {
                    Some(k @ 1..) => counterfactual + self.value(&self.design.change(k, coefficients)),
                    _ => counterfactual,
                };
                Point { fitted, counterfactual, lower: counterfactual - quantile * error, upper: counterfactual + quantile * error }
            })
            .collect()
    }

    /// Whether the errors hang together so closely that the fit can't tell a change from a drift.
    #[must_use]
    pub fn is_near_unit_root(&self) -> bool {
        self.phi > 0.9
    }

    fn value(&self, contrast: &[f64]) -> f64 {
        self.coefficients.iter().zip(contrast).map(|(coefficient, weight)| coefficient.estimate * weight).sum()
    }

    fn covariance(&self, left: &[f64], right: &[f64]) -> f64 {
        let row = |row: &Vec<f64>| row.iter().zip(right).map(|(value, weight)| value * weight).sum::<f64>();
        self.covariance.iter().zip(left).map(|(values, weight)| weight * row(values)).sum()
    }

    fn student(&self) -> Option<StudentsT> {
        #[allow(clippy::cast_precision_loss)] // at most a few thousand
        StudentsT::new(0.0, 1.0, self.degrees as f64).ok()
    }

    fn quantile(&self) -> f64 {
        self.student().map_or(1.959_963_985, |student| student.inverse_cdf(0.975))
    }

    fn two_sided(&self, t: f64) -> f64 {
        self.student().map_or(f64::NAN, |student| 2.0 * student.cdf(-t.abs()))
    }
}
