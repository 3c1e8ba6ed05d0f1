//! One-sided CUSUM: `C = max(0, C + z - k)`, a signal while `C > h` (statistics.md 1.11).
//!
//! Run lengths come from the integral equation of the statistic, solved by a Markov chain on a
//! grid, and assume independent standard normal values: real series need more (1.11).

/// The path of the statistic over standardised values; a missing value leaves it where it is.
#[must_use]
pub fn upper(values: &[Option<f64>], reference: f64) -> Vec<f64> {
    let mut sum = 0.0_f64;
    values
        .iter()
        .map(|value| {
            if let Some(value) = value.filter(|value| value.is_finite()) {
                sum = (sum + value - reference).max(0.0);
            }
            sum
        })
        .collect()
}

/// Average run length from zero when values are standard normal with mean `shift`.
///
/// Gauss-Seidel is not needed: the chain has 200 states, and its linear system is solved directly.
#[must_use]
pub fn average_run_length(reference: f64, threshold: f64, shift: f64) -> f64 {
    const STATES: usize = 200;
    #[allow(clippy::cast_precision_loss)]
    let width = 2.0 * threshold / (2.0 * STATES as f64 - 1.0);
    // State 0 is C = 0 (all values up to width / 2); state i is centred on i * width.
    let mut system = vec![vec![0.0; STATES + 1]; STATES];
    for (from, row) in system.iter_mut().enumerate() {
        #[allow(clippy::cast_precision_loss)]
        let at = from as f64 * width;
        for (to, cell) in row.iter_mut().take(STATES).enumerate() {
            #[allow(clippy::cast_precision_loss)]
            let centre = to as f64 * width;
            let high = normal(centre + width / 2.0 - at + reference - shift);
            let low = if to == 0 { 0.0 } else { normal(centre - width / 2.0 - at + reference - shift) };
            *cell = f64::from(u8::from(from == to)) - (high - low);
        }
        if let Some(last) = row.last_mut() {
            *last = 1.0;
        }
    }
    solved(system).and_then(|lengths| lengths.first().copied()).unwrap_or(f64::INFINITY)
}

/// The threshold h at which values in control give one false signal in `run_length` on average.
#[must_use]
pub fn threshold_for_run_length(reference: f64, run_length: f64) -> f64 {
    let (mut low, mut high) = (0.1, 20.0);
    while high - low > 1e-7 {
        let middle = f64::midpoint(low, high);
        if average_run_length(reference, middle, 0.0) < run_length {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

fn normal(value: f64) -> f64 {
    0.5 * statrs::function::erf::erfc(-value / std::f64::consts::SQRT_2)
}

/// Gaussian elimination with partial pivoting; the last column is the right side.
#[allow(clippy::indexing_slicing)] // square by construction
fn solved(mut system: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    let size = system.len();
    for column in 0..size {
        let pivot = (column..size).max_by(|&a, &b| system[a][column].abs().total_cmp(&system[b][column].abs()))?;
        if system[pivot][column].abs() < 1e-300 {
            return None;
        }
        system.swap(column, pivot);
        let (above, below) = system.split_at_mut(column + 1);
        let leading = above.last()?;
        for row in below {
            let factor = row[column] / leading[column];
            if factor != 0.0 {
                row.iter_mut().zip(leading).skip(column).for_each(|(cell, lead)| *cell -= factor * lead);
            }
        }
    }
    let mut solution = vec![0.0; size];
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size).map(|column| system[row][column] * solution[column]).sum();
        solution[row] = (system[row][size] - known) / system[row][row];
    }
    Some(solution)
}

#[cfg(test)]
mod tests {
    use super::{average_run_length, threshold_for_run_length, upper};

    #[test]
    fn run_lengths_are_those_of_the_r_package_spc() {
        // statistics.md 1.11: h by R spc for run lengths of 370, 1,000, 5,000 and 20,000 at k = 0.5,
        // and the run length to a shift of 0.5, 1 and 1.5 standard deviations.
        for (run_length, threshold, shifted) in [
            (370.0, 4.095, [27.7, 8.6, 4.8]),
            (1_000.0, 5.071, [38.9, 10.5, 5.8]),
            (5_000.0, 6.669, [61.4, 13.7, 7.4]),
            (20_000.0, 8.053, [85.0, 16.5, 8.8]),
        ] {
            let found = threshold_for_run_length(0.5, run_length);
            assert!((found - threshold).abs() < 2e-3, "{run_length}: {found}");
            for (shift, expected) in [0.5, 1.0, 1.5].into_iter().zip(shifted) {
                let length = average_run_length(0.5, threshold, shift);
                assert!((length - expected).abs() <= 0.06 + 0.006 * expected, "{run_length} {shift}: {length}");
            }
        }
    }

    #[test]
    fn the_path_is_that_of_hand_arithmetic() {
        let path = upper(&[Some(1.0), Some(-2.0), None, Some(3.0), Some(1.5), Some(f64::NAN)], 0.5);
        assert_eq!(path, [0.5, 0.0, 0.0, 2.5, 3.5, 3.5]);
    }
}
