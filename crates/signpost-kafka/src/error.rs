use signpost_core::ErrorKind;

/// A failure of the log, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KafkaFailure {
    /// No broker answers.
    #[error("no Kafka broker answers at {brokers}: {what}; start it, or correct kafka.brokers")]
    Unreachable {
        /// The addresses asked.
        brokers: String,
        /// What the connection said.
        what: String,
    },
    /// A broker answers and refuses us.
    #[error("Kafka at {brokers} refuses the user or password: {what}; correct kafka.librdkafka and kafka.password_file")]
    Refused {
        /// The addresses asked.
        brokers: String,
        /// What the broker said.
        what: String,
    },
    /// A setting that librdkafka doesn't know.
    #[error("kafka.librdkafka: {what}")]
    Setting {
        /// What is wrong with it.
        what: String,
    },
    /// A topic that isn't there.
    #[error("Kafka at {brokers} has no topic {topic}; create it with 16, 32, ... or 1024 partitions, or run `signpost migrate`")]
    NoTopic {
        /// The addresses asked.
        brokers: String,
        /// The topic.
        topic: String,
    },
    /// A topic with a partition count in which keys would not stay together.
    #[error("topic {topic} has {partitions} partitions; a power of two from 16 to 1024 is needed, and can't be changed later")]
    PartitionCount {
        /// The topic.
        topic: String,
        /// What it has.
        partitions: usize,
    },
    /// The broker failed; librdkafka goes on trying.
    #[error("Kafka failed to {doing}: {what}")]
    Broken {
        /// What was being done.
        doing: &'static str,
        /// What librdkafka says.
        what: String,
    },
}

impl KafkaFailure {
    /// Whose fault it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unreachable { .. } | Self::Broken { .. } => ErrorKind::External,
            _ => ErrorKind::Data,
        }
    }
}
