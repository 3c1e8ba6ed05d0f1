use signpost_statistics::its::{self, Effect, Fit, Method, Request};
use signpost_statistics::placebo::Estimate;

use super::Evidence;
use super::series::{Sums, Thin, Window};

/// The registered analysis: interrupted time series with level and slope, AR(1) errors by REML.
pub(super) struct Analysis {
    pub(super) fit: Fit,
    /// The effect at the horizon, on the log scale.
    pub(super) effect: Effect,
    pub(super) months_before: usize,
    pub(super) months_after: usize,
}

/// Why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfitted {
    /// The numbers are too small.
    #[error(transparent)]
    Thin(#[from] Thin),
    /// The series is too short, or doesn't vary.
    #[error(transparent)]
    Refused(#[from] its::Refusal),
}

/// Runs it on the logarithm of a group's value, less that of the comparison where there is one:
/// shared seasons and shocks cancel (statistics.md 1.7).
pub(super) fn analyse(
    evidence: &Evidence<'_>,
    window: &Window,
    horizon: usize,
    group: &Sums,
    comparison: Option<&Sums>,
) -> Result<Analysis, Unfitted> {
    let mut values = group.logs(evidence, window)?;
    if let Some(comparison) = comparison {
        let others = comparison.logs(evidence, window)?;
        values = values.into_iter().zip(others).map(|(own, other)| Some(own? - other?)).collect();
    }
    // Months in which only some sites had begun belong to neither side.
    values.iter_mut().take(window.start).skip(window.touched).for_each(|value| *value = None);
    let seen: Vec<Option<f64>> = values.into_iter().take(window.end).skip(window.first).collect();
    let interruption = window.start - window.first;
    let count = |values: Option<&[Option<f64>]>| values.unwrap_or_default().iter().flatten().count();
    let (months_before, months_after) = (count(seen.get(..interruption)), count(seen.get(interruption..)));
    let request = Request { values: seen, interruption, method: Method::RemlAr1, fourier_pairs: 0, period: 12.0 };
    let fit = its::fit(&request)?;
    let effect = fit.effect(horizon.max(1));
    Ok(Analysis { fit, effect, months_before, months_after })
}

impl Analysis {
    pub(super) fn estimate(&self) -> Estimate {
        Estimate { effect: self.effect.estimate, standard_error: self.effect.standard_error }
    }
}
