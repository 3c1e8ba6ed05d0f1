use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::{Client, ClientContext};
use rdkafka::config::{ClientConfig, FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::types::RDKafkaRespErr;
use signpost_events::Topic;

use crate::KafkaFailure;

/// Where the log is and how to get in.
#[derive(Clone, Default)]
pub struct KafkaSettings {
    /// `host:port,host:port`.
    pub brokers: String,
    /// Consumer group.
    pub group: String,
    /// A password, if the broker wants one; the rest of the way in is in `librdkafka`.
    pub password: Option<String>,
    /// Any further setting of librdkafka, such as `security.protocol`.
    pub librdkafka: BTreeMap<String, String>,
    /// Bytes of records that librdkafka may hold in its queue.
    pub queue_bytes_max: u64,
}

/// A way to the broker that has been tried.
#[derive(Clone)]
pub struct Connection {
    pub(crate) settings: KafkaSettings,
}

/// Remembers the last thing librdkafka complained of, for an error that says why.
#[derive(Clone, Default)]
pub(crate) struct Complaints(Arc<Mutex<Option<(KafkaError, String)>>>);

impl Complaints {
    fn last(&self) -> Option<(KafkaError, String)> {
        self.0.lock().ok().and_then(|last| last.clone())
    }

    pub(crate) fn note(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "librdkafka");
        if let Ok(mut last) = self.0.lock() {
            *last = Some((error, reason.to_owned()));
        }
    }
}

impl ClientContext for Complaints {
    fn error(&self, error: KafkaError, reason: &str) {
        self.note(error, reason);
    }

    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(facility, message, "librdkafka");
    }
}

impl Connection {
    /// Tries the broker, so that what is wrong is said at start and not in an hour.
    ///
    /// # Errors
    /// When no broker answers, refuses the password, or a setting is unknown.
    pub fn open(settings: KafkaSettings, timeout: Duration) -> Result<Self, KafkaFailure> {
        let connection = Self { settings };
        let (complaints, admin) = connection.admin()?;
        connection.metadata(&complaints, admin.inner(), timeout)?;
        Ok(connection)
    }

    fn admin(&self) -> Result<(Complaints, AdminClient<Complaints>), KafkaFailure> {
        let complaints = Complaints::default();
        let admin = AdminClient::from_config_and_context(&self.client(), complaints.clone()).map_err(setting)?;
        Ok((complaints, admin))
    }

    fn metadata(
        &self,
        complaints: &Complaints,
        client: &Client<Complaints>,
        timeout: Duration,
    ) -> Result<BTreeMap<String, usize>, KafkaFailure> {
        match client.fetch_metadata(None, timeout) {
            Ok(metadata) => Ok(metadata.topics().iter().map(|topic| (topic.name().to_owned(), topic.partitions().len())).collect()),
            Err(error) => Err(self.unreachable(complaints, &error)),
        }
    }

    fn unreachable(&self, complaints: &Complaints, error: &KafkaError) -> KafkaFailure {
        let brokers = self.settings.brokers.clone();
        match complaints.last() {
            Some((KafkaError::Global(RDKafkaErrorCode::Authentication | RDKafkaErrorCode::SaslAuthenticationFailed), reason)) => {
                KafkaFailure::Refused { brokers, what: short(&reason) }
            }
            Some((_, reason)) => KafkaFailure::Unreachable { brokers, what: short(&reason) },
            None => KafkaFailure::Unreachable { brokers, what: error.to_string() },
        }
    }

    /// Partition counts of the topics that are there, each checked.
    ///
    /// # Errors
    /// When one of `needed` is missing, or its partition count would tear keys apart.
    pub fn partitions(&self, needed: &[Topic], timeout: Duration) -> Result<BTreeMap<&'static str, u16>, KafkaFailure> {
        let (complaints, admin) = self.admin()?;
        let topics = self.metadata(&complaints, admin.inner(), timeout)?;
        let mut counts = BTreeMap::new();
        for topic in needed {
            let name = topic.name();
            let partitions = topics.get(name).copied().unwrap_or(0);
            if partitions == 0 {
                return Err(KafkaFailure::NoTopic { brokers: self.settings.brokers.clone(), topic: name.to_owned() });
            }
            let lawful = (16..=1024).contains(&partitions) && partitions.is_power_of_two();
            match u16::try_from(partitions) {
                Ok(count) if lawful => counts.insert(name, count),
                _ => return Err(KafkaFailure::PartitionCount { topic: name.to_owned(), partitions }),
            };
        }
        Ok(counts)
    }

    /// The offset after the last record of every partition of these topics.
    ///
    /// # Errors
    /// When a topic is missing or the broker does not answer.
    pub fn ends(&self, topics: &[Topic]) -> Result<BTreeMap<(&'static str, u16), i64>, KafkaFailure> {
        let counts = self.partitions(topics, Duration::from_secs(10))?;
        let (_, admin) = self.admin()?;
        let mut ends = BTreeMap::new();
        for (topic, count) in counts {
            for partition in 0..count {
                let (_, end) = admin
                    .inner()
                    .fetch_watermarks(topic, i32::from(partition), Duration::from_secs(10))
                    .map_err(|error| broken("ask for the end of the log", &error))?;
                ends.insert((topic, partition), end);
            }
        }
        Ok(ends)
    }

    /// Creates the topics that are missing; those that are there stay as they are.
    ///
    /// # Errors
    /// When the broker refuses.
    pub async fn create_topics(&self, partitions: u16, replication: i32) -> Result<Vec<&'static str>, KafkaFailure> {
        let (complaints, admin) = self.admin()?;
        let there = self.metadata(&complaints, admin.inner(), Duration::from_secs(10))?;
        let missing: Vec<&'static str> = Topic::ALL.iter().map(|topic| topic.name()).filter(|name| !there.contains_key(*name)).collect();
        if missing.is_empty() {
            return Ok(missing);
        }
        let new: Vec<NewTopic<'_>> =
            missing.iter().map(|name| NewTopic::new(name, i32::from(partitions), TopicReplication::Fixed(replication))).collect();
        let doing = "create topics";
        let results = admin.create_topics(&new, &AdminOptions::new()).await.map_err(|error| broken(doing, &error))?;
        for result in results {
            match result {
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((topic, code)) => return Err(KafkaFailure::Broken { doing, what: format!("{topic}: {code}") }),
            }
        }
        Ok(missing)
    }

    /// The settings common to every client.
    pub(crate) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.settings.brokers)
            .set("client.id", "signpost")
            .set("log_level", "3")
            .set("topic.metadata.refresh.interval.ms", "30000");
        if let Some(password) = &self.settings.password {
            config.set("sasl.password", password);
        }
        for (name, value) in &self.settings.librdkafka {
            config.set(name, value);
        }
        config
    }
}

pub(crate) fn setting(error: KafkaError) -> KafkaFailure {
    let what = match error {
        KafkaError::ClientConfig(_, description, name, _) => format!("{name}: {description}"),
        other => other.to_string(),
    };
    KafkaFailure::Setting { what }
}

pub(crate) fn broken(doing: &'static str, error: &KafkaError) -> KafkaFailure {
    KafkaFailure::Broken { doing, what: short(&error.to_string()) }
}

fn short(text: &str) -> String {
    text.chars().take(200).collect()
}

/// Whether a rebalance hands partitions out (or takes them back).
pub(crate) fn is_assignment(error: RDKafkaRespErr) -> bool {
    error == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS
}
