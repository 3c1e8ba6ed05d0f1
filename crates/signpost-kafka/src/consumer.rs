use std::sync::mpsc as std_mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use rdkafka::statistics::Statistics;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{Offset, TopicPartitionList};
use tokio::sync::mpsc;

use crate::KafkaFailure;
use crate::connection::{Complaints, Connection, is_assignment, setting};

/// A partition of a topic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition {
    /// The topic.
    pub topic: String,
    /// Its number.
    pub number: u16,
}

/// A record as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its offset.
    pub offset: i64,
    /// Its key; empty when it has none.
    pub key: Vec<u8>,
    /// Its payload; empty when it has none.
    pub payload: Vec<u8>,
    /// When the broker appended it, in milliseconds since 1970; 0 when it doesn't say.
    pub appended_ms: i64,
}

/// Where a partition starts, or why it must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// The last offset already in the ledger; -1 for none.
    After(i64),
    /// The log and the ledger contradict each other: nothing is read until a person has looked.
    Stopped(String),
}

/// A partition handed to this worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The partition.
    pub partition: Partition,
    /// Where it starts.
    pub start: Start,
}

/// What the log tells the worker.
#[derive(Debug)]
pub enum FromLog {
    /// Partitions were handed to this worker.
    Assigned(Vec<Assignment>),
    /// Partitions are taken back; answer once nothing of them is in flight.
    Revoked(Vec<Partition>, std_mpsc::SyncSender<()>),
    /// Records, in order within each partition.
    Records(Vec<(Partition, Record)>),
    /// Nothing came for a moment.
    Idle,
    /// The newest offset that the broker has of each partition, for the lag.
    Ends(Vec<(Partition, i64)>),
    /// The broker failed; librdkafka goes on trying.
    Trouble(String),
}

/// What the worker tells the log.
#[derive(Debug)]
pub enum Command {
    /// Read no more of these for now.
    Pause(Vec<Partition>),
    /// Go on with these.
    Resume(Vec<Partition>),
}

/// A thread that reads the log; it ends, and leaves the group, when dropped.
pub struct Consumer {
    commands: Option<std_mpsc::Sender<Command>>,
    thread: Option<JoinHandle<()>>,
}

/// Gives the ledger's position of a partition; called on the reading thread, may block.
type Ledger = Box<dyn Fn(&Partition) -> i64 + Send + Sync>;

struct Context {
    complaints: Complaints,
    ledger: Ledger,
    events: mpsc::Sender<FromLog>,
}

impl Consumer {
    /// Starts reading the topics as a member of the group; `ledger` gives the last offset written.
    ///
    /// # Errors
    /// When a setting is unknown or the broker refuses the subscription.
    pub fn start(
        connection: &Connection,
        topics: &[&str],
        ledger: impl Fn(&Partition) -> i64 + Send + Sync + 'static,
        events: mpsc::Sender<FromLog>,
    ) -> Result<Self, KafkaFailure> {
        let mut config = connection.client();
        let queue_kbytes = (connection.settings.queue_bytes_max / 1024).max(1024).to_string();
        config
            .set("group.id", &connection.settings.group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            // Eager: a rebalance hands over whole assignments, so a partition has one owner.
            .set("partition.assignment.strategy", "roundrobin")
            .set("session.timeout.ms", "10000")
            // The default of a second stalls a consumer that is faster than its queue.
            .set("fetch.queue.backoff.ms", "5")
            .set("queued.max.messages.kbytes", &queue_kbytes)
            .set("fetch.message.max.bytes", "5000000")
            .set("statistics.interval.ms", "1000")
            .set("enable.partition.eof", "false");
        let context = Context { complaints: Complaints::default(), ledger: Box::new(ledger), events };
        let consumer: BaseConsumer<Context> = BaseConsumer::from_config_and_context(&config, context).map_err(setting)?;
        consumer.subscribe(topics).map_err(|error| crate::connection::broken("subscribe", &error))?;
        let (commands, inbox) = std_mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("kafka-reader".into())
            .spawn(move || read(&consumer, &inbox))
            .map_err(|error| KafkaFailure::Broken { doing: "start reading", what: error.to_string() })?;
        Ok(Self { commands: Some(commands), thread: Some(thread) })
    }

    /// Passes a command on.
    pub fn tell(&self, command: Command) {
        if let Some(commands) = &self.commands {
            // A reader that ended hears nothing; its end is noticed by the closed channel.
            let _ = commands.send(command);
        }
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Records handed over at once.
const HANDOVER_MAX: usize = 512;

fn read(consumer: &BaseConsumer<Context>, inbox: &std_mpsc::Receiver<Command>) {
    let events = &consumer.context().events;
    loop {
        loop {
            match inbox.try_recv() {
                Ok(command) => obey(consumer, &command),
                Err(std_mpsc::TryRecvError::Empty) => break,
                Err(std_mpsc::TryRecvError::Disconnected) => return,
            }
        }
        let mut records = Vec::new();
        let mut wait = Duration::from_millis(20);
        while records.len() < HANDOVER_MAX {
            match consumer.poll(wait) {
                Some(Ok(message)) => {
                    wait = Duration::ZERO;
                    if let Ok(number) = u16::try_from(message.partition()) {
                        let partition = Partition { topic: message.topic().to_owned(), number };
                        let record = Record {
                            offset: message.offset(),
                            key: message.key().unwrap_or_default().to_vec(),
                            payload: message.payload().unwrap_or_default().to_vec(),
                            appended_ms: message.timestamp().to_millis().unwrap_or(0),
                        };
                        records.push((partition, record));
                    }
                }
                Some(Err(error)) => {
                    if events.blocking_send(FromLog::Trouble(error.to_string())).is_err() {
                        return;
                    }
                    break;
                }
                None => break,
            }
        }
        let event = if records.is_empty() { FromLog::Idle } else { FromLog::Records(records) };
        if events.blocking_send(event).is_err() {
            return;
        }
    }
}

fn obey(consumer: &BaseConsumer<Context>, command: &Command) {
    let list = |partitions: &[Partition]| {
        let mut list = TopicPartitionList::new();
        for partition in partitions {
            list.add_partition(&partition.topic, i32::from(partition.number));
        }
        list
    };
    let done = match command {
        Command::Pause(partitions) => consumer.pause(&list(partitions)),
        Command::Resume(partitions) => consumer.resume(&list(partitions)),
    };
    if let Err(error) = done {
        tracing::debug!(%error, "a partition to pause or resume is no longer ours");
    }
}

impl Context {
    fn assign(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) {
        let mut assigned = TopicPartitionList::new();
        let mut assignments = Vec::new();
        for element in list.elements() {
            let Ok(number) = u16::try_from(element.partition()) else { continue };
            let partition = Partition { topic: element.topic().to_owned(), number };
            let start = self.start(consumer, &partition);
            if let Start::After(position) = &start {
                let offset = Offset::Offset(position + 1);
                if let Err(error) = assigned.add_partition_offset(element.topic(), element.partition(), offset) {
                    tracing::error!(%error, "a partition could not be assigned");
                }
            }
            assignments.push(Assignment { partition, start });
        }
        let _ = self.events.blocking_send(FromLog::Assigned(assignments));
        if let Err(error) = consumer.assign(&assigned) {
            tracing::error!(%error, "an assignment was refused");
        }
    }

    /// Where to start; not at all if the log has lost what the ledger lacks, or is another log.
    fn start(&self, consumer: &BaseConsumer<Self>, partition: &Partition) -> Start {
        let position = (self.ledger)(partition);
        match consumer.fetch_watermarks(&partition.topic, i32::from(partition.number), Duration::from_secs(10)) {
            Ok((low, _)) if low > position + 1 => Start::Stopped(format!(
                "the log begins at offset {low}, the ledger ends at {position}: records between them are lost; \
                 re-send them on new topics and raise kafka.epoch"
            )),
            Ok((_, high)) if high < position + 1 => Start::Stopped(format!(
                "the log ends at offset {high}, the ledger is at {position}: this is another log; raise kafka.epoch"
            )),
            Ok(_) => Start::After(position),
            Err(error) => {
                // The broker is away: the offset is checked by the fetch itself (auto.offset.reset = error).
                tracing::warn!(%error, topic = partition.topic, partition = partition.number, "watermarks unknown");
                Start::After(position)
            }
        }
    }

    fn revoke(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) {
        let partitions: Vec<Partition> = list
            .elements()
            .iter()
            .filter_map(|element| Some(Partition { topic: element.topic().to_owned(), number: u16::try_from(element.partition()).ok()? }))
            .collect();
        let (answer, answered) = std_mpsc::sync_channel(1);
        if self.events.blocking_send(FromLog::Revoked(partitions, answer)).is_ok() {
            // If the store is away the session may end first; the next owner starts at the ledger,
            // and a late write of ours is harmless.
            let _ = answered.recv_timeout(Duration::from_secs(60));
        }
        if let Err(error) = consumer.unassign() {
            tracing::error!(%error, "partitions could not be let go");
        }
    }
}

impl ClientContext for Context {
    fn error(&self, error: KafkaError, reason: &str) {
        self.complaints.note(error, reason);
        let _ = self.events.try_send(FromLog::Trouble(reason.chars().take(200).collect()));
    }

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.complaints.log(level, facility, message);
    }

    fn stats(&self, statistics: Statistics) {
        let ends = statistics.topics.into_iter().flat_map(|(topic, stats)| {
            stats.partitions.into_values().filter_map(move |partition| {
                let number = u16::try_from(partition.partition).ok()?;
                (partition.hi_offset >= 0).then(|| (Partition { topic: topic.clone(), number }, partition.hi_offset))
            })
        });
        let _ = self.events.try_send(FromLog::Ends(ends.collect()));
    }
}

impl ConsumerContext for Context {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, error: RDKafkaRespErr, list: &mut TopicPartitionList) {
        if is_assignment(error) {
            self.assign(consumer, list);
        } else {
            self.revoke(consumer, list);
        }
    }
}
