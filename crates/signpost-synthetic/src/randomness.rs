use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// A stream of its own for everything that is drawn.
pub(crate) struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of a seed and two numbers that name what is drawn.
    pub(crate) fn new(seed: u64, kind: u64, number: u64) -> Self {
        let mut stream = ChaCha8Rng::seed_from_u64(seed);
        stream.set_stream((kind << 40) | number);
        Self(stream)
    }

    /// Between 0 and 1.
    pub(crate) fn share(&mut self) -> f64 {
        self.0.random_range(0.0..1.0)
    }

    /// Standard normal, as twelve uniforms less six: sums alone, so the same on every machine.
    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.share()).sum::<f64>() - 6.0
    }

    /// A count around `mean`, with its square root as deviation.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // small, and not below 0
    pub(crate) fn count(&mut self, mean: f64) -> u32 {
        if mean < 8.0 {
            // Knuth's method needs one exponential and few draws here.
            let limit = (-mean).exp();
            let mut product = self.share();
            let mut count = 0;
            while product > limit && count < 100 {
                product *= self.share();
                count += 1;
            }
            count
        } else {
            (mean + mean.sqrt() * self.normal() + 0.5).max(0.0) as u32
        }
    }
}
