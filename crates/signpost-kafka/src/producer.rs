use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::config::FromClientConfigAndContext;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _};
use signpost_core::partition_of;
use signpost_events::Topic;
use tokio::task::JoinSet;

use crate::KafkaFailure;
use crate::connection::{Complaints, Connection, broken, setting};

/// Records in flight at once.
const IN_FLIGHT_MAX: usize = 4_096;

/// The last acknowledged offset of each partition.
pub type Acknowledged = BTreeMap<u16, i64>;

/// Sends records to the partition of their key and waits until the brokers have them.
#[derive(Clone)]
pub struct Producer {
    inner: FutureProducer<Complaints>,
    partitions: BTreeMap<&'static str, u16>,
}

impl Producer {
    /// A producer for the given topics.
    ///
    /// # Errors
    /// When a topic is missing, has a wrong partition count, or a setting is unknown.
    pub fn open(connection: &Connection, topics: &[Topic]) -> Result<Self, KafkaFailure> {
        let partitions = connection.partitions(topics, Duration::from_secs(10))?;
        let mut config = connection.client();
        config
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("compression.type", "lz4")
            .set("linger.ms", "5")
            .set("batch.size", "1000000")
            .set("message.max.bytes", "5000000")
            .set("queue.buffering.max.kbytes", "131072")
            // The partition is set on every record; this says the same to whoever reads the settings.
            .set("partitioner", "murmur2_random");
        let inner = FutureProducer::from_config_and_context(&config, Complaints::default()).map_err(setting)?;
        Ok(Self { inner, partitions })
    }

    /// Sends one record and waits for its acknowledgement: partition and offset.
    ///
    /// # Errors
    /// When the brokers don't take it.
    pub async fn send(&self, topic: Topic, key: &str, payload: Vec<u8>) -> Result<(u16, i64), KafkaFailure> {
        let partition = self.partition(topic, key);
        self.send_to(topic, partition, key, &payload, None).await
    }

    /// Sends records in order of partition and key, and waits for all: `sent` hears of each.
    ///
    /// # Errors
    /// The first refusal; what was acknowledged before it stays in the log.
    pub async fn send_all(
        &self,
        topic: Topic,
        records: impl IntoIterator<Item = (String, Vec<u8>)>,
        mut sent: impl FnMut(),
    ) -> Result<Acknowledged, KafkaFailure> {
        let mut acknowledged = Acknowledged::new();
        let mut waiting = JoinSet::new();
        let mut note = |result: Result<Result<(u16, i64), KafkaFailure>, tokio::task::JoinError>| {
            let (partition, offset) = result.map_err(|error| KafkaFailure::Broken { doing: "send", what: error.to_string() })??;
            let last = acknowledged.entry(partition).or_insert(offset);
            *last = offset.max(*last);
            sent();
            Ok::<(), KafkaFailure>(())
        };
        for (key, payload) in records {
            if waiting.len() >= IN_FLIGHT_MAX
                && let Some(result) = waiting.join_next().await
            {
                note(result)?;
            }
            // Queued here and now, so that records of one key keep their order.
            let partition = self.partition(topic, &key);
            let record = FutureRecord::to(topic.name()).partition(i32::from(partition)).key(&key).payload(&payload);
            let mut record = record;
            let delivery = loop {
                match self.inner.send_result(record) {
                    Ok(delivery) => break delivery,
                    Err((error, refused)) if error.rdkafka_error_code() == Some(rdkafka::types::RDKafkaErrorCode::QueueFull) => {
                        record = refused;
                        tokio::time::sleep(Duration::from_millis(10)).await;
                    }
                    Err((error, _)) => return Err(broken("send", &error)),
                }
            };
            waiting.spawn(async move {
                match delivery.await {
                    Ok(Ok(delivery)) => Ok((partition, delivery.offset)),
                    Ok(Err((error, _))) => Err(broken("send", &error)),
                    Err(_) => Err(KafkaFailure::Broken { doing: "send", what: "the producer was closed".into() }),
                }
            });
        }
        while let Some(result) = waiting.join_next().await {
            note(result)?;
        }
        Ok(acknowledged)
    }

    /// Sends a dead letter: where the record is and why it was refused; never what it holds.
    ///
    /// # Errors
    /// When the brokers don't take it.
    pub async fn send_dead_letter(&self, topic: &str, partition: u16, offset: i64, reason: &str) -> Result<(), KafkaFailure> {
        let key = format!("{topic}/{partition}/{offset}");
        let payload = format!("{{\"topic\":\"{topic}\",\"partition\":{partition},\"offset\":{offset},\"reason\":\"{reason}\"}}");
        let to = self.partition(Topic::DeadLetter, &key);
        let headers = OwnedHeaders::new().insert(Header { key: "reason", value: Some(reason) });
        self.send_to(Topic::DeadLetter, to, &key, payload.as_bytes(), Some(headers)).await.map(|_| ())
    }

    /// Waits until nothing is queued.
    pub fn flush(&self) {
        let _ = self.inner.flush(Duration::from_secs(10));
    }

    fn partition(&self, topic: Topic, key: &str) -> u16 {
        partition_of(key, self.partitions.get(topic.name()).copied().unwrap_or(16))
    }

    async fn send_to(
        &self,
        topic: Topic,
        partition: u16,
        key: &str,
        payload: &[u8],
        headers: Option<OwnedHeaders>,
    ) -> Result<(u16, i64), KafkaFailure> {
        let record = FutureRecord::to(topic.name()).partition(i32::from(partition)).key(key).payload(payload);
        let record = match headers {
            Some(headers) => record.headers(headers),
            None => record,
        };
        match self.inner.send(record, Duration::from_secs(30)).await {
            Ok(delivery) => Ok((partition, delivery.offset)),
            Err((error, _)) => Err(broken("send", &error)),
        }
    }
}
