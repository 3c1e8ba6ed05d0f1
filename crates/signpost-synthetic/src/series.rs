//! What moves the series: the country's drift and bends, each practice's own, and the calendar.

use crate::randomness::Stream;

/// What all places share.
pub(crate) struct Climate {
    opioid: Vec<f64>,
    gabapentinoid: Vec<f64>,
}

/// What is one practice's own.
pub(crate) struct Temper {
    /// Log level of its opioid and gabapentinoid prescribing against the country's.
    pub(crate) level: (f64, f64),
    opioid: Vec<f64>,
    gabapentinoid: Vec<f64>,
}

/// Log deviation of the country: a slow trend whose slope bends every couple of years, as national
/// guidance and supply do.
const NATIONAL_SLOPE: f64 = -0.003;
const NATIONAL_BEND: f64 = 0.006;
/// A practice bends too, and wanders around its own line: enough that a plain interrupted time series
/// calls evidence in a quarter or more of places where nothing happened, as it does on real ones.
const OWN_BEND: f64 = 0.007;
const WANDER: f64 = 0.022;
const WANDER_KEPT: f64 = 0.6;

/// Log deviation on a slope that bends: at each month, with a chance of one in eighteen, the slope
/// is drawn anew.
fn bending(stream: &mut Stream, months: usize, slope: f64, bend: f64) -> Vec<f64> {
    let mut now = slope + bend * stream.normal();
    let mut sum = 0.0;
    (0..months)
        .map(|_| {
            if stream.share() < 1.0 / 18.0 {
                now = slope + bend * stream.normal();
            }
            sum += now;
            sum
        })
        .collect()
}

/// Errors that hang together from month to month.
fn wandering(stream: &mut Stream, months: usize) -> Vec<f64> {
    let mut error = WANDER * stream.normal();
    (0..months)
        .map(|_| {
            error = WANDER_KEPT * error + WANDER * stream.normal();
            error
        })
        .collect()
}

fn added(left: Vec<f64>, right: Vec<f64>) -> Vec<f64> {
    left.into_iter().zip(right).map(|(left, right)| left + right).collect()
}

impl Climate {
    pub(crate) fn new(seed: u64, months: usize) -> Self {
        let mut stream = Stream::new(seed, 0, 0);
        Self {
            opioid: bending(&mut stream, months, NATIONAL_SLOPE, NATIONAL_BEND),
            gabapentinoid: bending(&mut stream, months, 0.002, NATIONAL_BEND),
        }
    }
}

impl Temper {
    pub(crate) fn new(stream: &mut Stream, months: usize) -> Self {
        let level = (0.22 * stream.normal(), 0.22 * stream.normal());
        let mut own = || {
            let bends = bending(stream, months, 0.0, OWN_BEND);
            let wander = wandering(stream, months);
            added(bends, wander)
        };
        Self { level, opioid: own(), gabapentinoid: own() }
    }
}

/// Factor on a practice's opioid items (or gabapentinoid ones) in a month.
pub(crate) fn factor(climate: &Climate, temper: &Temper, opioid: bool, index: usize) -> f64 {
    let (shared, own, level) = if opioid {
        (&climate.opioid, &temper.opioid, temper.level.0)
    } else {
        (&climate.gabapentinoid, &temper.gabapentinoid, temper.level.1)
    };
    let at = |series: &Vec<f64>| series.get(index).copied().unwrap_or(0.0);
    (at(shared) + at(own) + level).exp()
}
