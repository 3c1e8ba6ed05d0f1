//! Placebo calibration: a verdict that survives real data.
//!
//! The registered analysis also runs on every comparable place where nothing happened, at the same
//! date; what counts is how unusual the treated estimate is among those (statistics.md 1.13).
//! Statistic: effect over its standard error, so that small places don't dominate.
//! `p = (1 + number at least as extreme) / (1 + N)`, two-sided by the placebos' distance from their
//! median; the interval is the set of effects that this test would not reject.

use serde::{Deserialize, Serialize};

/// Fewest placebos for a verdict: with fewer, no p can fall to 0.05 two-sided with room to spare.
pub const PLACEBOS_MIN: usize = 39;

/// One estimate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The effect.
    pub effect: f64,
    /// Its model-based standard error.
    pub standard_error: f64,
}

/// Why there is no verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Fewer than [`PLACEBOS_MIN`] usable placebos.
    #[error("fewer than 39 comparable places")]
    TooFewPlacebos,
    /// The treated estimate is not usable.
    #[error("the estimate has no standard error")]
    NoEstimate,
}

/// A calibrated estimate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibrated {
    /// The effect.
    pub effect: f64,
    /// Effect over standard error.
    pub statistic: f64,
    /// Two-sided share of places as extreme, (1 + k) / (1 + N).
    pub p: f64,
    /// Share of places that fell at least as far (or rose, for a rise).
    pub p_one_sided: f64,
    /// Lower end of the calibrated 95 % interval.
    pub lower: f64,
    /// Upper end of it.
    pub upper: f64,
    /// The smallest fall or rise that a place of this precision shows in four of five cases.
    pub detectable: f64,
    /// Usable placebos, N.
    pub placebos: usize,
    /// Of these, those at least as extreme on either side, k.
    pub as_extreme: usize,
    /// Of these, those at least as extreme on the same side.
    pub as_extreme_same_side: usize,
}

/// Judges an estimate by its placebos.
///
/// # Errors
/// A [`Refusal`] when the treated estimate or too many placebos have no usable standard error.
pub fn calibrate(treated: Estimate, placebos: &[Estimate]) -> Result<Calibrated, Refusal> {
    let statistic = studentised(treated).ok_or(Refusal::NoEstimate)?;
    let mut cloud: Vec<f64> = placebos.iter().filter_map(|&placebo| studentised(placebo)).collect();
    if cloud.len() < PLACEBOS_MIN {
        return Err(Refusal::TooFewPlacebos);
    }
    cloud.sort_unstable_by(f64::total_cmp);
    let centre = quantile(&cloud, 0.5);
    let distance = (statistic - centre).abs();
    let as_extreme = cloud.iter().filter(|&&placebo| (placebo - centre).abs() >= distance).count();
    let same_side = |placebo: &&f64| if statistic >= centre { **placebo >= statistic } else { **placebo <= statistic };
    let as_extreme_same_side = cloud.iter().filter(same_side).count();
    let share = |count: usize| ratio(1 + count, 1 + cloud.len());
    // The test rejects an effect e when (effect - e) / se lies farther out than this.
    let mut distances: Vec<f64> = cloud.iter().map(|placebo| (placebo - centre).abs()).collect();
    distances.sort_unstable_by(f64::total_cmp);
    let reach = critical(&distances);
    let power_margin = quantile(&distances, 0.6).max(0.0);
    Ok(Calibrated {
        effect: treated.effect,
        statistic,
        p: share(as_extreme),
        p_one_sided: share(as_extreme_same_side),
        lower: treated.effect - (centre + reach) * treated.standard_error,
        upper: treated.effect - (centre - reach) * treated.standard_error,
        detectable: (reach + power_margin) * treated.standard_error,
        placebos: cloud.len(),
        as_extreme,
        as_extreme_same_side,
    })
}

/// The least distance whose p is at most 0.05: k placebos may lie as far out, (1 + k) / (1 + N) <= 0.05.
fn critical(distances: &[f64]) -> f64 {
    let mut allowed = 0;
    while ratio(2 + allowed, 1 + distances.len()) <= 0.05 {
        allowed += 1;
    }
    // With `allowed` placebos beyond it; ties count as extreme, so the limit is the next one inwards.
    distances.iter().rev().nth(allowed).copied().unwrap_or(f64::INFINITY)
}

fn studentised(estimate: Estimate) -> Option<f64> {
    let statistic = estimate.effect / estimate.standard_error;
    (estimate.standard_error > 0.0 && statistic.is_finite()).then_some(statistic)
}

#[allow(clippy::cast_precision_loss)] // counts of places
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// Quantile of sorted values by linear interpolation (R type 7).
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len().saturating_sub(1)) as f64;
    let below = place.floor() as usize;
    let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
    let low = at(below);
    let high = at((below + 1).min(sorted.len().saturating_sub(1)));
    low + (place - place.floor()) * (high - low)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Estimate, Refusal, calibrate};

    fn cloud(count: i32) -> Vec<Estimate> {
        (0..count).map(|number| Estimate { effect: f64::from(number - count / 2), standard_error: 1.0 }).collect()
    }

    #[test]
    fn p_counts_those_as_extreme_by_hand() {
        // 99 placebos at -49 ... 49, centre 0. Treated -48: those at -49, -48, 48, 49 are as extreme.
        let judged = calibrate(Estimate { effect: -48.0, standard_error: 1.0 }, &cloud(99)).unwrap();
        assert_eq!((judged.as_extreme, judged.placebos, judged.as_extreme_same_side), (4, 99, 2));
        assert!((judged.p - 0.05).abs() < 1e-12);
        // (1 + k) / 100 <= 0.05 allows 4 beyond: the fifth farthest distance is 47.
        assert!((judged.lower + 48.0 + 47.0).abs() < 1e-9 && (judged.upper + 48.0 - 47.0).abs() < 1e-9, "{judged:?}");
    }

    #[test]
    fn interval_and_p_agree() {
        for effect in [-60.0, -48.0, -47.0, -46.0, 0.0, 10.0, 47.0, 48.0] {
            let judged = calibrate(Estimate { effect, standard_error: 1.0 }, &cloud(99)).unwrap();
            assert_eq!(judged.p <= 0.05, judged.lower > 0.0 || judged.upper < 0.0, "{judged:?}");
        }
    }

    #[test]
    fn a_shared_drift_of_all_places_is_taken_out() {
        let shifted: Vec<Estimate> = cloud(99).iter().map(|placebo| Estimate { effect: placebo.effect - 30.0, ..*placebo }).collect();
        let judged = calibrate(Estimate { effect: -30.0, standard_error: 1.0 }, &shifted).unwrap();
        assert!(judged.p > 0.9 && judged.lower < 0.0 && judged.upper > 0.0);
    }

    #[test]
    fn too_few_placebos_or_no_estimate_are_refused() {
        let one = Estimate { effect: 1.0, standard_error: 1.0 };
        assert_eq!(calibrate(one, &cloud(38)).unwrap_err(), Refusal::TooFewPlacebos);
        let nothing = Estimate { effect: 1.0, standard_error: 0.0 };
        assert_eq!(calibrate(nothing, &cloud(99)).unwrap_err(), Refusal::NoEstimate);
        let broken = Estimate { effect: f64::NAN, standard_error: 1.0 };
        assert_eq!(calibrate(broken, &cloud(99)).unwrap_err(), Refusal::NoEstimate);
    }
}
