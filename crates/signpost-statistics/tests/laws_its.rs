//! Laws of the interrupted time series: shift, scale, gaps, and a reason for every refusal.

use signpost_statistics::its::{Fit, Method, Refusal, Request, fit};

/// A small generator of repeatable noise (Numerical Recipes' constants).
struct Noise(u32);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(self.0 >> 8) / f64::from(1 << 24) - 0.5
    }
}

fn series(seed: u32, step: f64) -> Vec<Option<f64>> {
    let mut noise = Noise(seed);
    let mut error = 0.0;
    (0..60)
        .map(|index| {
            error = 0.4 * error + noise.next();
            Some(50.0 + 0.1 * f64::from(index) + error + if index >= 36 { step } else { 0.0 })
        })
        .collect()
}

fn request(values: Vec<Option<f64>>, method: Method) -> Request {
    Request { values, interruption: 36, method, fourier_pairs: 0, period: 12.0 }
}

fn fitted(values: Vec<Option<f64>>) -> Fit {
    fit(&request(values, Method::RemlAr1)).unwrap_or_else(|error| panic!("{error}"))
}

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() <= 1e-6 * (1.0 + left.abs().max(right.abs()))
}

#[test]
fn a_shifted_and_scaled_series_has_the_scaled_effect() {
    for seed in 1..40 {
        let base = fitted(series(seed, -5.0)).effect(12);
        for (shift, scale) in [(1_000.0, 1.0), (0.0, 1e9), (-3.0, 1e-6)] {
            let moved = series(seed, -5.0).into_iter().map(|value| value.map(|value| shift + scale * value)).collect();
            let effect = fitted(moved).effect(12);
            assert!(close(effect.estimate, scale * base.estimate), "seed {seed}: {} {}", effect.estimate, base.estimate);
            assert!(close(effect.standard_error, scale * base.standard_error), "seed {seed}");
        }
    }
}

#[test]
fn a_known_step_is_found_and_a_gap_does_not_move_the_calendar() {
    for seed in 1..40 {
        let whole = fitted(series(seed, -5.0)).effect(12);
        let mut gapped = series(seed, -5.0);
        for index in [3, 17, 40, 41, 59] {
            if let Some(value) = gapped.get_mut(index) {
                *value = None;
            }
        }
        let gapped = fitted(gapped);
        assert_eq!(gapped.values, 55);
        assert!((gapped.effect(12).estimate - whole.estimate).abs() < 1.0, "seed {seed}");
        assert!((whole.estimate + 5.0).abs() < 2.0, "seed {seed}: {}", whole.estimate);
    }
}

#[test]
fn every_input_has_a_result_or_a_reason() {
    let methods =
        [Method::RemlAr1, Method::Ols, Method::NeweyWest { lag: None }, Method::NeweyWest { lag: Some(500) }, Method::PraisWinsten];
    let inputs: Vec<(Vec<Option<f64>>, Option<Refusal>)> = vec![
        (vec![], Some(Refusal::TooFewValues)),
        (vec![Some(1.0)], Some(Refusal::TooFewValues)),
        (vec![Some(1.0); 60], Some(Refusal::Degenerate)),
        ((0..60).map(|index| Some(f64::from(index))).collect(), Some(Refusal::Degenerate)),
        (series(1, 0.0).into_iter().map(|value| value.map(|value| value * f64::NAN)).collect(), Some(Refusal::NotFinite)),
        (series(1, 0.0).into_iter().map(|value| value.map(|_| f64::INFINITY)).collect(), Some(Refusal::NotFinite)),
        (series(1, 0.0).into_iter().take(40).collect(), Some(Refusal::TooFewValues)),
        (series(2, 0.0).into_iter().map(|value| value.map(|value| value * 1e9)).collect(), None),
    ];
    for (values, refusal) in inputs {
        for method in methods {
            let result = fit(&request(values.clone(), method));
            assert_eq!(result.as_ref().err().copied(), refusal, "{method:?}");
            if let Ok(fit) = result {
                let effect = fit.effect(12);
                assert!([effect.estimate, effect.standard_error, effect.p, effect.lower].iter().all(|value| value.is_finite()));
                assert!(fit.points(60).iter().all(|point| point.fitted.is_finite() && point.lower <= point.upper));
            }
        }
    }
}

#[test]
fn few_values_after_the_start_are_indicative_only() {
    let values: Vec<_> = series(3, 0.0).into_iter().take(44).collect();
    let fit = fitted(values);
    assert!(fit.indicative && fit.phi == 0.0);
}
