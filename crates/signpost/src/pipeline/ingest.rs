//! Kafka to event tables, marks and ledger: carries out what the engine of signpost-ingest says.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Instant;

use anyhow::Context as _;
use signpost_events::Topic;
use signpost_ingest::{Action, Batch, Engine, Input, Limits, Standing, Writes};
use signpost_kafka::{Assignment, Command, Connection, Consumer, FromLog, Partition, Producer, Start};
use signpost_store::StoreError;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{BUILD, Workshop};

/// Topics of this grain.
pub(crate) const TOPICS: [Topic; 2] = [Topic::Practice, Topic::Intervention];

/// Batches written at once; more would only queue inside ClickHouse.
const WRITING_MAX: usize = 8;

/// Reads the log until told to end; then finishes what is in flight.
pub(crate) async fn ingest(workshop: Workshop, connection: Connection) -> anyhow::Result<()> {
    let partitions = connection.partitions(&TOPICS, std::time::Duration::from_secs(10))?;
    let producer = Producer::open(&connection, &[Topic::DeadLetter])?;
    let (to_driver, mut from_log) = mpsc::channel(8);
    let ledger = ledger_of(workshop.clone());
    let names: Vec<&str> = TOPICS.iter().map(|topic| topic.name()).collect();
    let consumer = Consumer::start(&connection, &names, ledger, to_driver)?;
    let writer = Arc::new(Writer { workshop: workshop.clone(), producer, partitions });
    let limits = &workshop.configuration.ingest;
    let mut driver = Driver {
        engine: Engine::new(Limits {
            batch_records_max: limits.batch_records_max,
            batch_bytes_max: limits.batch_mib_max << 20,
            waiting_bytes_max: limits.waiting_mib_max << 20,
        }),
        writer,
        writing: JoinSet::new(),
        consumer,
        revoked: Vec::new(),
        positions: HashMap::new(),
        stopped: 0,
    };
    let mut ending = workshop.ending.clone();
    while !workshop.is_ending() {
        tokio::select! {
            _ = ending.wait_for(|ending| *ending) => {}
            Some(written) = driver.writing.join_next(), if !driver.writing.is_empty() => driver.written(written)?,
            event = from_log.recv(), if driver.writing.len() < WRITING_MAX => match event {
                Some(event) => driver.hear(event),
                None => anyhow::bail!("the thread that reads Kafka ended"),
            },
        }
    }
    driver.obey_all(Input::Drain);
    while let Some(written) = driver.writing.join_next().await {
        driver.written(written)?;
    }
    // The reader may wait for room in the channel; closing it lets the thread end.
    drop(from_log);
    Ok(())
}

/// Asks the ledger where a partition stands; blocks the reading thread, and only that.
fn ledger_of(workshop: Workshop) -> impl Fn(&Partition) -> i64 + Send + Sync + 'static {
    let runtime = tokio::runtime::Handle::current();
    move |partition| {
        let epoch = workshop.configuration.kafka.epoch;
        runtime.block_on(async {
            loop {
                let position = workshop.persist(|| workshop.store.ledger_position(&partition.topic, epoch, partition.number)).await;
                match position {
                    Ok(position) => return position,
                    Err(error) if workshop.is_ending() => {
                        tracing::debug!(%error, "ending before the ledger could be read");
                        return -1;
                    }
                    Err(error) => {
                        tracing::error!(%error, "the ledger can't be read");
                        workshop.rest(std::time::Duration::from_secs(5)).await;
                    }
                }
            }
        })
    }
}

/// Between the log, the engine and the writers.
struct Driver {
    engine: Engine,
    writer: Arc<Writer>,
    writing: JoinSet<Result<(Partition, i64), anyhow::Error>>,
    consumer: Consumer,
    /// Revocations that wait for their last batches.
    revoked: Vec<(Vec<Partition>, SyncSender<()>)>,
    positions: HashMap<Partition, i64>,
    stopped: i64,
}

impl Driver {
    fn hear(&mut self, event: FromLog) {
        match event {
            FromLog::Assigned(assignments) => {
                for assignment in assignments {
                    self.assign(assignment);
                }
            }
            FromLog::Revoked(partitions, answer) => {
                tracing::info!(partitions = partitions.len(), "partitions revoked");
                self.stopped = 0;
                self.writer.workshop.metrics.partitions_stopped.set(0);
                self.revoked.push((partitions.clone(), answer));
                for partition in partitions {
                    self.positions.remove(&partition);
                    self.obey_all(Input::Revoked(partition));
                }
            }
            FromLog::Records(records) => {
                for (partition, record) in records {
                    self.obey_all(Input::Record(partition, record));
                }
            }
            FromLog::Idle => self.obey_all(Input::Idle),
            FromLog::Ends(ends) => self.measure_lag(&ends),
            FromLog::Trouble(what) => tracing::warn!(what, "Kafka has trouble; reading goes on when it is over"),
        }
        let waiting = i64::try_from(self.engine.waiting_bytes()).unwrap_or(i64::MAX);
        self.writer.workshop.metrics.waiting_bytes.set(waiting);
    }

    fn assign(&mut self, assignment: Assignment) {
        let Partition { topic, number } = &assignment.partition;
        match assignment.start {
            Start::After(position) => {
                tracing::debug!(topic, partition = number, position, "partition assigned");
                self.positions.insert(assignment.partition.clone(), position);
                self.obey_all(Input::Assigned(assignment.partition, position));
            }
            Start::Stopped(why) => {
                tracing::error!(topic, partition = number, why, "partition stopped");
                self.stopped += 1;
                self.writer.workshop.metrics.partitions_stopped.set(self.stopped);
            }
        }
    }

    fn obey_all(&mut self, input: Input) {
        for action in self.engine.step(input) {
            match action {
                Action::Write(batch) => {
                    let writer = Arc::clone(&self.writer);
                    self.writing.spawn(async move { writer.write(batch).await });
                }
                Action::Pause(partition) => self.consumer.tell(Command::Pause(vec![partition])),
                Action::Resume(partition) => self.consumer.tell(Command::Resume(vec![partition])),
                Action::Released(partition) => self.release(&partition),
            }
        }
    }

    fn written(&mut self, written: Result<Result<(Partition, i64), anyhow::Error>, tokio::task::JoinError>) -> anyhow::Result<()> {
        let (partition, through) = written.context("a batch could not be written")??;
        self.positions.insert(partition.clone(), through);
        self.obey_all(Input::Written(partition));
        Ok(())
    }

    fn release(&mut self, released: &Partition) {
        for (partitions, _) in &mut self.revoked {
            partitions.retain(|partition| partition != released);
        }
        // Answering lets the partitions go to their next owner.
        self.revoked.retain(|(partitions, answer)| !partitions.is_empty() || answer.send(()).is_err());
    }

    fn measure_lag(&self, ends: &[(Partition, i64)]) {
        let mut lag: BTreeMap<&str, i64> = BTreeMap::new();
        for (partition, end) in ends {
            if let Some(position) = self.positions.get(partition) {
                *lag.entry(partition.topic.as_str()).or_default() += (end - 1 - position).max(0);
            }
        }
        for (topic, records) in lag {
            self.writer.workshop.metrics.lag.with_label_values(&[topic]).set(records);
        }
    }
}

/// Writes batches: events, marks, refusals, dead letters, and the ledger last.
struct Writer {
    workshop: Workshop,
    producer: Producer,
    partitions: BTreeMap<&'static str, u16>,
}

impl Writer {
    #[tracing::instrument(level = "debug", skip_all, fields(topic = batch.partition.topic, partition = batch.partition.number, after = batch.after, through = batch.through))]
    async fn write(&self, batch: Batch) -> anyhow::Result<(Partition, i64)> {
        let started = Instant::now();
        let writes = self.prepare(&batch).await?;
        self.carry_out(&writes).await?;
        let metrics = &self.workshop.metrics;
        metrics.records_consumed.with_label_values(&[&batch.partition.topic]).inc_by(u64::from(writes.ledger.records));
        for refusal in &writes.refusals {
            metrics.records_refused.with_label_values(&[&refusal.reason]).inc();
        }
        metrics.batch_seconds.observe(started.elapsed().as_secs_f64());
        tracing::debug!(records = writes.ledger.records, refused = writes.ledger.refused, "batch written");
        Ok((batch.partition, batch.through))
    }

    async fn prepare(&self, batch: &Batch) -> Result<Writes, StoreError> {
        let epoch = self.workshop.configuration.kafka.epoch;
        let count = self.partitions.get(batch.partition.topic.as_str()).copied().unwrap_or(1);
        let decoded = tokio::task::block_in_place(|| batch.decode(epoch, count));
        let store = &self.workshop.store;
        let (snapshots, sizes, months) = (decoded.snapshot_keys(), decoded.list_size_keys(), decoded.month_keys());
        let standing = Standing {
            snapshots: self.workshop.persist(|| store.standing_snapshots(&snapshots)).await?,
            list_sizes: self.workshop.persist(|| store.standing_list_sizes(&sizes)).await?,
            months: self.workshop.persist(|| store.standing_months(&months)).await?,
        };
        Ok(decoded.settle(batch, epoch, standing, &self.workshop.worker, BUILD))
    }

    async fn carry_out(&self, writes: &Writes) -> anyhow::Result<()> {
        let (workshop, store, gaps) = (&self.workshop, &self.workshop.store, &self.workshop.gaps);
        workshop.insert(|| store.write_snapshots(&writes.snapshots)).await?;
        gaps.pass("snapshots").await;
        workshop.insert(|| store.write_list_sizes(&writes.list_sizes)).await?;
        gaps.pass("list_sizes").await;
        workshop.insert(|| store.write_organisations(&writes.organisations)).await?;
        gaps.pass("organisations").await;
        workshop.insert(|| store.write_months_complete(&writes.months_complete)).await?;
        gaps.pass("months_complete").await;
        workshop.insert(|| store.write_intervention_events(&writes.intervention_events)).await?;
        gaps.pass("intervention_events").await;
        workshop.insert(|| store.write_marks(&writes.marks)).await?;
        gaps.pass("marks").await;
        workshop.insert(|| store.write_refusals(&writes.refusals)).await?;
        gaps.pass("refusals").await;
        for refusal in &writes.refusals {
            tracing::warn!(
                topic = refusal.topic,
                partition = refusal.partition,
                offset = refusal.offset,
                reason = refusal.reason,
                "record refused"
            );
            // The dead letter must be in the log before the ledger says that the batch is done.
            while let Err(error) = self.producer.send_dead_letter(&refusal.topic, refusal.partition, refusal.offset, &refusal.reason).await
            {
                tracing::warn!(%error, "a dead letter waits");
                anyhow::ensure!(!workshop.is_ending(), "ended before a dead letter could be sent; the batch is read again");
            }
        }
        gaps.pass("dead_letters").await;
        workshop.insert(|| store.write_ledger(writes.ledger.clone())).await?;
        gaps.pass("ledger").await;
        Ok(())
    }
}
