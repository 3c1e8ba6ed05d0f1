use signpost_core::ErrorKind;

/// Why a record is refused. The reason code goes to the dead-letter topic; no payload ever does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// No payload: a tombstone where none is lawful.
    #[error("the record has no payload")]
    Empty,
    /// More than [`crate::PAYLOAD_BYTES_MAX`].
    #[error("the payload is larger than the limit")]
    TooLarge,
    /// Not JSON, or not of the shape of its type.
    #[error("the payload is not the JSON its type asks for")]
    Malformed,
    /// Not CloudEvents 1.0.
    #[error("the envelope is not CloudEvents 1.0")]
    Envelope,
    /// A type or version this build does not know.
    #[error("the event type or its version is not known")]
    UnknownType,
    /// A value is outside its limits.
    #[error("a value is outside its limits")]
    OutOfRange,
    /// The record key is not the key the event asks for.
    #[error("the record key is not the event's subject")]
    WrongKey,
    /// The record lies on another partition than its key's.
    #[error("the record is not on the partition of its key")]
    WrongPartition,
    /// The event belongs to another topic.
    #[error("the event belongs to another topic")]
    WrongTopic,
    /// One revision came with two contents; the earliest stands.
    #[error("this revision came before with other content")]
    RevisionConflict,
}

impl Refusal {
    /// Every reason, for metrics and documentation.
    pub const ALL: [Self; 10] = [
        Self::Empty,
        Self::TooLarge,
        Self::Malformed,
        Self::Envelope,
        Self::UnknownType,
        Self::OutOfRange,
        Self::WrongKey,
        Self::WrongPartition,
        Self::WrongTopic,
        Self::RevisionConflict,
    ];

    /// The reason code stored and published.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::Envelope => "envelope",
            Self::UnknownType => "unknown_type",
            Self::OutOfRange => "out_of_range",
            Self::WrongKey => "wrong_key",
            Self::WrongPartition => "wrong_partition",
            Self::WrongTopic => "wrong_topic",
            Self::RevisionConflict => "revision_conflict",
        }
    }

    /// Always the data's fault.
    #[must_use]
    pub fn kind(self) -> ErrorKind {
        ErrorKind::Data
    }
}
