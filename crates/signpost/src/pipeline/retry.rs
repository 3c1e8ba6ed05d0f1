use std::time::{Duration, Instant};

use rand::Rng as _;
use signpost_store::StoreError;

use super::Workshop;

/// Longest wait between two tries.
const WAIT_MAX: Duration = Duration::from_secs(20);

impl Workshop {
    /// The same for an insert, whose time is measured, retries included.
    pub(crate) async fn insert<Doing>(&self, attempt: impl FnMut() -> Doing) -> Result<(), StoreError>
    where
        Doing: Future<Output = Result<(), StoreError>>,
    {
        let started = Instant::now();
        let done = self.persist(attempt).await;
        self.metrics.insert_seconds.observe(started.elapsed().as_secs_f64());
        done
    }

    /// Asks the store again for as long as trying can help: data are never dropped for an outage.
    ///
    /// Waits double from 100 ms to 20 s, each shortened at random by up to half, so that many
    /// workers don't come back at once. An error that trying can't mend comes back at once.
    pub(crate) async fn persist<T, Doing>(&self, mut attempt: impl FnMut() -> Doing) -> Result<T, StoreError>
    where
        Doing: Future<Output = Result<T, StoreError>>,
    {
        let mut wait = Duration::from_millis(100);
        loop {
            match attempt().await {
                Ok(done) => return Ok(done),
                Err(error) if error.kind().can_retry() && !self.is_ending() => {
                    self.metrics.store_retries.inc();
                    tracing::warn!(%error, wait_ms = wait.as_millis(), "trying again");
                    let share = rand::rng().random_range(0.5..1.0);
                    self.rest(wait.mul_f64(share)).await;
                    wait = (wait * 2).min(WAIT_MAX);
                }
                Err(error) => return Err(error),
            }
        }
    }
}
