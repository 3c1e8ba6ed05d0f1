use std::collections::BTreeMap;

use signpost_kafka::{Partition, Record};

use crate::Batch;

/// When a batch is full, and how much may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Records in one batch.
    pub batch_records_max: usize,
    /// Bytes of payload in one batch.
    pub batch_bytes_max: usize,
    /// Bytes of payload waiting in all partitions together, beyond which partitions are paused.
    pub waiting_bytes_max: usize,
}

/// What happened.
#[derive(Debug)]
pub enum Input {
    /// A partition is ours, read on after this offset.
    Assigned(Partition, i64),
    /// A partition is taken back.
    Revoked(Partition),
    /// A record came.
    Record(Partition, Record),
    /// Nothing came for a moment: what waits may go.
    Idle,
    /// The batch in flight of this partition is written and acknowledged.
    Written(Partition),
    /// Start nothing new; what is in flight ends.
    Drain,
}

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Action {
    /// Write this batch, then say [`Input::Written`].
    Write(Batch),
    /// Read no more of this partition for now.
    Pause(Partition),
    /// Go on with this partition.
    Resume(Partition),
    /// Nothing of this revoked partition is in flight any more.
    Released(Partition),
}

/// The state of every partition of one worker.
#[derive(Debug)]
pub struct Engine {
    limits: Limits,
    lanes: BTreeMap<Partition, Lane>,
    waiting_bytes: usize,
    draining: bool,
}

/// One partition.
#[derive(Debug, Default)]
struct Lane {
    /// The last offset written or in flight.
    position: i64,
    waiting: Vec<Record>,
    waiting_bytes: usize,
    in_flight: bool,
    paused: bool,
    revoked: bool,
}

impl Engine {
    /// A worker with no partitions.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, lanes: BTreeMap::new(), waiting_bytes: 0, draining: false }
    }

    /// Takes in what happened.
    #[must_use]
    pub fn step(&mut self, input: Input) -> Vec<Action> {
        match input {
            Input::Assigned(partition, position) => {
                // A lane that still has a batch in flight was revoked and came back: its records are
                // read again from the ledger's position, which is harmless.
                self.forget(&partition);
                self.lanes.insert(partition, Lane { position, ..Lane::default() });
                Vec::new()
            }
            Input::Revoked(partition) => self.revoke(partition),
            Input::Record(partition, record) => self.take(partition, record),
            Input::Idle => self.dispatch(0),
            Input::Written(partition) => self.written(&partition),
            Input::Drain => {
                self.draining = true;
                let partitions: Vec<Partition> = self.lanes.keys().cloned().collect();
                for partition in partitions {
                    self.drop_waiting(&partition);
                }
                Vec::new()
            }
        }
    }

    /// Whether nothing is in flight.
    #[must_use]
    pub fn is_still(&self) -> bool {
        self.lanes.values().all(|lane| !lane.in_flight)
    }

    /// Bytes waiting.
    #[must_use]
    pub fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
    }

    fn take(&mut self, partition: Partition, record: Record) -> Vec<Action> {
        let full = self.limits;
        let Some(lane) = self.lanes.get_mut(&partition) else { return Vec::new() };
        let last = lane.waiting.last().map_or(lane.position, |record| record.offset);
        // Offsets may skip (transactions, compaction) but never go back, except after a rebalance.
        if self.draining || lane.revoked || record.offset <= last {
            return Vec::new();
        }
        lane.waiting_bytes += record.payload.len();
        self.waiting_bytes += record.payload.len();
        lane.waiting.push(record);
        let lane_is_full = lane.waiting.len() >= full.batch_records_max || lane.waiting_bytes >= full.batch_bytes_max;
        let mut actions = if lane_is_full { self.start(&partition) } else { Vec::new() };
        if self.waiting_bytes >= full.waiting_bytes_max {
            actions.extend(self.dispatch(0));
            if let Some(lane) = self.lanes.get_mut(&partition)
                && !lane.paused
            {
                lane.paused = true;
                actions.push(Action::Pause(partition));
            }
        }
        actions
    }

    fn written(&mut self, partition: &Partition) -> Vec<Action> {
        let Some(lane) = self.lanes.get_mut(partition) else { return Vec::new() };
        lane.in_flight = false;
        if lane.revoked {
            self.forget(partition);
            return vec![Action::Released(partition.clone())];
        }
        let mut actions = if lane.waiting.len() >= self.limits.batch_records_max { self.start(partition) } else { Vec::new() };
        if self.waiting_bytes < self.limits.waiting_bytes_max / 2 {
            for (partition, lane) in &mut self.lanes {
                if lane.paused {
                    lane.paused = false;
                    actions.push(Action::Resume(partition.clone()));
                }
            }
        }
        actions
    }

    fn revoke(&mut self, partition: Partition) -> Vec<Action> {
        self.drop_waiting(&partition);
        match self.lanes.get_mut(&partition) {
            Some(lane) if lane.in_flight => {
                lane.revoked = true;
                Vec::new()
            }
            _ => {
                self.forget(&partition);
                vec![Action::Released(partition)]
            }
        }
    }

    /// Starts a batch wherever at least `records_min` records wait and none is in flight.
    fn dispatch(&mut self, records_min: usize) -> Vec<Action> {
        let ready: Vec<Partition> = self
            .lanes
            .iter()
            .filter(|(_, lane)| lane.waiting.len() > records_min && !lane.in_flight)
            .map(|(partition, _)| partition.clone())
            .collect();
        ready.iter().flat_map(|partition| self.start(partition)).collect()
    }

    fn start(&mut self, partition: &Partition) -> Vec<Action> {
        let Some(lane) = self.lanes.get_mut(partition) else { return Vec::new() };
        if lane.in_flight || lane.waiting.is_empty() {
            return Vec::new();
        }
        let rest = lane.waiting.split_off(lane.waiting.len().min(self.limits.batch_records_max));
        let records = std::mem::replace(&mut lane.waiting, rest);
        let bytes: usize = records.iter().map(|record| record.payload.len()).sum();
        lane.waiting_bytes -= bytes;
        self.waiting_bytes -= bytes;
        lane.in_flight = true;
        let after = lane.position;
        lane.position = records.last().map_or(after, |record| record.offset);
        vec![Action::Write(Batch { partition: partition.clone(), after, through: lane.position, records })]
    }

    fn drop_waiting(&mut self, partition: &Partition) {
        if let Some(lane) = self.lanes.get_mut(partition) {
            self.waiting_bytes -= lane.waiting_bytes;
            lane.waiting_bytes = 0;
            lane.waiting.clear();
        }
    }

    fn forget(&mut self, partition: &Partition) {
        self.drop_waiting(partition);
        self.lanes.remove(partition);
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, Engine, Input, Limits};
    use signpost_kafka::{Partition, Record};

    const LIMITS: Limits = Limits { batch_records_max: 3, batch_bytes_max: 1_000, waiting_bytes_max: 60 };

    fn partition() -> Partition {
        Partition { topic: "t".into(), number: 4 }
    }

    fn record(offset: i64) -> Input {
        Input::Record(partition(), Record { offset, key: vec![], payload: vec![0; 10], appended_ms: 0 })
    }

    fn intervals(actions: &[Action]) -> Vec<(i64, i64)> {
        actions
            .iter()
            .filter_map(|action| if let Action::Write(batch) = action { Some((batch.after, batch.through)) } else { None })
            .collect()
    }

    #[test]
    fn batches_are_adjoining_intervals_and_one_is_in_flight() {
        let mut engine = Engine::new(LIMITS);
        assert!(engine.step(Input::Assigned(partition(), 9)).is_empty());
        assert!(engine.step(record(10)).is_empty());
        assert!(engine.step(record(12)).is_empty(), "offset 11 was a transaction marker");
        assert_eq!(intervals(&engine.step(record(13))), [(9, 13)]);
        assert!(engine.step(record(14)).is_empty());
        assert!(engine.step(Input::Idle).is_empty(), "one batch in flight");
        assert!(engine.step(Input::Written(partition())).is_empty());
        assert_eq!(intervals(&engine.step(Input::Idle)), [(13, 14)]);
    }

    #[test]
    fn what_was_read_twice_is_taken_once() {
        let mut engine = Engine::new(LIMITS);
        let _ = engine.step(Input::Assigned(partition(), -1));
        for offset in [0, 1, 0, 1] {
            assert!(engine.step(record(offset)).is_empty());
        }
        assert_eq!(intervals(&engine.step(Input::Idle)), [(-1, 1)]);
    }

    #[test]
    fn a_revoked_partition_is_released_after_its_batch() {
        let mut engine = Engine::new(LIMITS);
        let _ = engine.step(Input::Assigned(partition(), -1));
        let _ = engine.step(record(0));
        let _ = engine.step(Input::Idle);
        let _ = engine.step(record(1));
        assert!(engine.step(Input::Revoked(partition())).is_empty());
        assert_eq!(engine.step(Input::Written(partition())), [Action::Released(partition())]);
        assert_eq!(engine.waiting_bytes(), 0);
        assert!(engine.step(record(2)).is_empty(), "not ours any more");
    }

    #[test]
    fn a_backlog_pauses_reading_and_writing_resumes_it() {
        let mut engine = Engine::new(LIMITS);
        let _ = engine.step(Input::Assigned(partition(), -1));
        let mut actions = Vec::new();
        for offset in 0..12 {
            actions.extend(engine.step(record(offset)));
        }
        assert!(actions.contains(&Action::Pause(partition())));
        let mut resumed = false;
        for _ in 0..5 {
            resumed |= engine.step(Input::Written(partition())).contains(&Action::Resume(partition()));
            let _ = engine.step(Input::Idle);
        }
        assert!(resumed);
    }

    #[test]
    fn draining_starts_nothing_new() {
        let mut engine = Engine::new(LIMITS);
        let _ = engine.step(Input::Assigned(partition(), -1));
        let _ = engine.step(record(0));
        let _ = engine.step(Input::Idle);
        let _ = engine.step(record(1));
        let _ = engine.step(Input::Drain);
        assert!(!engine.is_still());
        let _ = engine.step(Input::Written(partition()));
        assert!(engine.is_still());
        assert!(engine.step(Input::Idle).is_empty());
    }
}
