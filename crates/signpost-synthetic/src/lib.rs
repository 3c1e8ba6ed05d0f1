//! A seeded region with known true effects, inside a seeded England.
//!
//! Everything in it is invented and says so: codes begin with `SYN`, names with `Invented`. Lines
//! look like real ones (presentations, quantities and items as in the English Prescribing Dataset of
//! September 2017); series drift, bend and wobble as real ones do, so that a plain interrupted time
//! series calls evidence in many places where nothing happened. Invariants: the same seed and shape
//! give the same events; a practice's randomness is its own, so that a larger England holds the same
//! region. Deliberately absent: Kafka, doses, and any claim about real places.

mod interventions;
mod lines;
mod places;
mod presentations;
mod randomness;
mod series;

pub use interventions::{Plan, Truth};
pub use places::Shape;

use signpost_core::{Month, OrgCode};
use signpost_events::{Event, ListSize, Organisation, Payload, Snapshot};

use places::Practice;
use series::Climate;

/// The feed of invented prescribing.
pub const FEED: &str = "synthetic";
/// The board to look at.
pub const FOCUS_ICB: &str = "SYNICB01";

/// An invented England.
pub struct World {
    shape: Shape,
    seed: u64,
    practices: Vec<Practice>,
    climate: Climate,
    plans: Vec<Plan>,
}

impl World {
    /// The England of this seed.
    #[must_use]
    pub fn generate(seed: u64, shape: Shape) -> Self {
        let practices = places::practices(seed, shape);
        let plans = interventions::plans(&practices, shape);
        Self { climate: Climate::new(seed, shape.months), shape, seed, practices, plans }
    }

    /// Its months, in order.
    pub fn months(&self) -> impl Iterator<Item = Month> {
        let first = self.shape.first_month();
        (0..).map(move |index| first.plus(index)).take(self.shape.months)
    }

    /// Its organisations: practices, networks, sub-ICB locations, boards, regions.
    #[must_use]
    pub fn organisations(&self) -> Vec<Organisation> {
        places::organisations(&self.practices, self.shape.first_month())
    }

    /// Its practices' codes, sorted.
    #[must_use]
    pub fn practice_codes(&self) -> Vec<OrgCode> {
        self.practices.iter().map(|practice| practice.code.clone()).collect()
    }

    /// Every practice's list size in a month.
    #[must_use]
    pub fn list_sizes(&self, month: Month) -> Vec<ListSize> {
        let index = self.index(month);
        self.practices
            .iter()
            .map(|practice| ListSize { practice: practice.code.clone(), month, revision: 1, patients: practice.patients(index) })
            .collect()
    }

    /// Every practice's prescribing in a month.
    #[must_use]
    pub fn snapshots(&self, month: Month) -> Vec<Snapshot> {
        let index = self.index(month);
        self.practices
            .iter()
            .map(|practice| Snapshot {
                practice: practice.code.clone(),
                month,
                feed: FEED.to_owned(),
                revision: 1,
                lines: lines::lines(self.seed, practice, &self.climate, &self.plans, month, index),
            })
            .collect()
    }

    /// The interventions, with what they truly did.
    #[must_use]
    pub fn plans(&self) -> &[Plan] {
        &self.plans
    }

    /// The events that declare the interventions; each happened before its start.
    #[must_use]
    pub fn declarations(&self) -> Vec<Event> {
        self.plans.iter().flat_map(Plan::events).collect()
    }

    /// The network whose high-dose items truly rise, and since when.
    #[must_use]
    pub fn rise(&self) -> (OrgCode, Month) {
        (places::rising_pcn(), self.shape.first_month().plus(places::rise_index(self.shape)))
    }

    fn index(&self, month: Month) -> usize {
        usize::try_from(month.since(self.shape.first_month())).unwrap_or(0)
    }

    /// An event with a repeatable name and time.
    #[must_use]
    pub fn event(payload: Payload, name: String) -> Event {
        Event { id: name, source: "signpost/synthetic".to_owned(), time: jiff::Timestamp::UNIX_EPOCH, payload }
    }
}
