//! Least squares for a handful of columns, on the stack: a national run fits hundreds of thousands.

/// Most columns of a model: four, and three pairs of seasonality.
pub(super) const COLUMNS_MAX: usize = 10;

type Matrix = [[f64; COLUMNS_MAX]; COLUMNS_MAX];

/// One row of a regression.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) x: [f64; COLUMNS_MAX],
    pub(super) columns: usize,
    pub(super) y: f64,
}

impl Row {
    /// `(self - by * other) * scale`, in every cell.
    pub(super) fn whitened(&self, other: &Self, by: f64, scale: f64) -> Self {
        let mut row = *self;
        for (cell, earlier) in row.x.iter_mut().zip(&other.x) {
            *cell = (*cell - by * earlier) * scale;
        }
        row.y = (self.y - by * other.y) * scale;
        row
    }

    pub(super) fn scaled(&self, scale: f64) -> Self {
        let mut row = *self;
        row.x.iter_mut().for_each(|cell| *cell *= scale);
        row.y *= scale;
        row
    }

    pub(super) fn residual(&self, coefficients: &[f64]) -> f64 {
        self.y - self.x.iter().zip(coefficients).map(|(cell, coefficient)| cell * coefficient).sum::<f64>()
    }
}

/// A solved regression.
#[derive(Debug, Clone)]
pub(super) struct Solved {
    pub(super) coefficients: Vec<f64>,
    /// Residual sum of squares.
    pub(super) rss: f64,
    /// The inverse of X'X.
    pub(super) inverse: Vec<Vec<f64>>,
    /// The logarithm of the determinant of X'X.
    pub(super) log_determinant: f64,
    pub(super) rows: usize,
}

/// Solves by the normal equations and a Cholesky factor; `None` when columns depend on each other.
#[allow(clippy::indexing_slicing)] // every index is below `columns`, which is at most COLUMNS_MAX
pub(super) fn solve(rows: &[Row]) -> Option<Solved> {
    let columns = rows.first()?.columns;
    if rows.len() <= columns {
        return None;
    }
    let mut products: Matrix = [[0.0; COLUMNS_MAX]; COLUMNS_MAX];
    let mut right = [0.0; COLUMNS_MAX];
    for row in rows {
        for i in 0..columns {
            for (cell, other) in products[i].iter_mut().zip(&row.x).take(i + 1) {
                *cell += row.x[i] * other;
            }
            right[i] += row.x[i] * row.y;
        }
    }
    let factor = cholesky(&products, columns)?;
    let log_determinant = (0..columns).map(|i| 2.0 * factor[i][i].ln()).sum();
    let coefficients = back_substituted(&factor, &right, columns);
    let rss = rows.iter().map(|row| row.residual(&coefficients).powi(2)).sum();
    let inverse = (0..columns)
        .map(|column| {
            let mut unit = [0.0; COLUMNS_MAX];
            unit[column] = 1.0;
            back_substituted(&factor, &unit, columns)
        })
        .collect();
    Some(Solved { coefficients, rss, inverse, log_determinant, rows: rows.len() })
}

#[allow(clippy::indexing_slicing)]
fn cholesky(products: &Matrix, columns: usize) -> Option<Matrix> {
    let mut factor: Matrix = [[0.0; COLUMNS_MAX]; COLUMNS_MAX];
    for i in 0..columns {
        for j in 0..=i {
            let known: f64 = (0..j).map(|m| factor[i][m] * factor[j][m]).sum();
            let rest = products[i][j] - known;
            if i == j {
                // A pivot lost to rounding: the column is a combination of the others.
                if rest.is_nan() || rest <= 1e-11 * products[i][i] {
                    return None;
                }
                factor[i][i] = rest.sqrt();
            } else {
                factor[i][j] = rest / factor[j][j];
            }
        }
    }
    Some(factor)
}

#[allow(clippy::indexing_slicing)]
fn back_substituted(factor: &Matrix, right: &[f64; COLUMNS_MAX], columns: usize) -> Vec<f64> {
    let mut half = [0.0; COLUMNS_MAX];
    for i in 0..columns {
        let known: f64 = (0..i).map(|m| factor[i][m] * half[m]).sum();
        half[i] = (right[i] - known) / factor[i][i];
    }
    let mut solution = vec![0.0; columns];
    for i in (0..columns).rev() {
        let known: f64 = (i + 1..columns).map(|m| factor[m][i] * solution[m]).sum();
        solution[i] = (half[i] - known) / factor[i][i];
    }
    solution
}
