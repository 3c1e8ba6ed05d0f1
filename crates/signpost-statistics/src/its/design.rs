use serde::{Deserialize, Serialize};

use super::least_squares::{COLUMNS_MAX, Row};

/// The columns of the model. Inside, time is counted from the start of the intervention: sums of
/// products stay small, and nothing is lost to rounding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Design {
    pub(super) interruption: usize,
    pub(super) fourier_pairs: usize,
    pub(super) period: f64,
}

/// A value with its time and its columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Observation {
    pub(super) time: usize,
    pub(super) row: Row,
}

impl Design {
    fn columns(&self) -> usize {
        (4 + 2 * self.fourier_pairs).min(COLUMNS_MAX)
    }

    #[allow(clippy::cast_precision_loss)] // calendar indices
    pub(super) fn observations(&self, values: &[Option<f64>]) -> Vec<Observation> {
        let present = values.iter().enumerate().filter_map(|(index, value)| value.map(|value| (index, value)));
        present
            .map(|(index, value)| {
                let since = index as f64 - self.interruption as f64;
                let after = if index >= self.interruption { 1.0 } else { 0.0 };
                let mut x = [0.0; COLUMNS_MAX];
                let seasons = self.seasons(index);
                let cells = [1.0, since, after, since * after].into_iter().chain(seasons);
                for (cell, value) in x.iter_mut().zip(cells) {
                    *cell = value;
                }
                Observation { time: index, row: Row { x, columns: self.columns(), y: value } }
            })
            .collect()
    }

    #[allow(clippy::cast_precision_loss)]
    fn seasons(&self, index: usize) -> Vec<f64> {
        let t = index as f64 + 1.0;
        (1..=self.fourier_pairs)
            .flat_map(|pair| {
                let angle = 2.0 * std::f64::consts::PI * pair as f64 * t / self.period;
                [angle.sin(), angle.cos()]
            })
            .collect()
    }

    /// Coefficients and covariance with time counted from 1 at the first period.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn uncentred(&self, coefficients: &[f64], covariance: &[Vec<f64>]) -> (Vec<f64>, Vec<Vec<f64>>) {
        // Only the intercept moves: b0 = a0 - shift * b1, where since = t - shift.
        let shift = self.interruption as f64 + 1.0;
        let mut moved = coefficients.to_vec();
        if let (Some(first), Some(slope)) = (moved.first().copied(), moved.get(1).copied())
            && let Some(cell) = moved.first_mut()
        {
            *cell = first - shift * slope;
        }
        let at = |row: usize, column: usize| covariance.get(row).and_then(|cells| cells.get(column)).copied().unwrap_or(0.0);
        let size = coefficients.len();
        let moved_covariance = (0..size)
            .map(|row| {
                (0..size)
                    .map(|column| match (row, column) {
                        (0, 0) => at(0, 0) - 2.0 * shift * at(0, 1) + shift * shift * at(1, 1),
                        (0, other) | (other, 0) => at(0, other) - shift * at(1, other),
                        _ => at(row, column),
                    })
                    .collect()
            })
            .collect();
        (moved, moved_covariance)
    }

    /// The contrast of the effect in the k-th period.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn change(&self, k: usize, columns: usize) -> Vec<f64> {
        let mut contrast = vec![0.0; columns];
        for (cell, value) in contrast.iter_mut().skip(2).zip([1.0, k as f64 - 1.0]) {
            *cell = value;
        }
        contrast
    }

    /// The contrast of what was expected at an index without the intervention.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn counterfactual(&self, index: usize, columns: usize) -> Vec<f64> {
        let cells = [1.0, index as f64 + 1.0, 0.0, 0.0].into_iter().chain(self.seasons(index));
        cells.take(columns).collect()
    }
}
