use jiff::Timestamp;

use crate::{Closed, Declared, ListSize, MonthComplete, Organisation, OutcomeRegistered, SiteStarted, SiteStopped, Snapshot};

/// A decoded event: who says it, when, and what.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// CloudEvents id; names the message, never the act it tells of.
    pub id: String,
    /// CloudEvents source, a URI reference of the producer.
    pub source: String,
    /// When the producer says it happened.
    pub time: Timestamp,
    /// What it says.
    pub payload: Payload,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// One practice's month of prescribing.
    Snapshot(Snapshot),
    /// One practice's list size.
    ListSize(ListSize),
    /// An organisation's name and membership.
    Organisation(Organisation),
    /// A feed's month is whole.
    MonthComplete(MonthComplete),
    /// An intervention is declared.
    Declared(Declared),
    /// An outcome is registered.
    OutcomeRegistered(OutcomeRegistered),
    /// A site starts.
    SiteStarted(SiteStarted),
    /// A site stops.
    SiteStopped(SiteStopped),
    /// An intervention is closed.
    Closed(Closed),
}

/// The topics of the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Events of one patient, keyed by patient.
    Patient,
    /// Events of one organisation, keyed by its code.
    Practice,
    /// Events of one intervention, keyed by its id.
    Intervention,
    /// Refused records: reason and position.
    DeadLetter,
}

impl Topic {
    /// Every topic.
    pub const ALL: [Self; 4] = [Self::Patient, Self::Practice, Self::Intervention, Self::DeadLetter];

    /// The topic's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Patient => "signpost.patient.v1",
            Self::Practice => "signpost.practice.v1",
            Self::Intervention => "signpost.intervention.v1",
            Self::DeadLetter => "signpost.dead-letter.v1",
        }
    }
}

impl Payload {
    /// The CloudEvents type, with its version.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Snapshot(_) => "signpost.practice.prescribing-snapshot.v1",
            Self::ListSize(_) => "signpost.practice.list-size.v1",
            Self::Organisation(_) => "signpost.organisation.described.v1",
            Self::MonthComplete(_) => "signpost.feed.month-complete.v1",
            Self::Declared(_) => "signpost.intervention.declared.v1",
            Self::OutcomeRegistered(_) => "signpost.intervention.outcome-registered.v1",
            Self::SiteStarted(_) => "signpost.intervention.site-started.v1",
            Self::SiteStopped(_) => "signpost.intervention.site-stopped.v1",
            Self::Closed(_) => "signpost.intervention.closed.v1",
        }
    }

    /// The record key: what orders this event.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Snapshot(data) => data.practice.as_str(),
            Self::ListSize(data) => data.practice.as_str(),
            Self::Organisation(data) => data.code.as_str(),
            Self::MonthComplete(data) => &data.feed,
            Self::Declared(data) => data.intervention.as_str(),
            Self::OutcomeRegistered(data) => data.intervention.as_str(),
            Self::SiteStarted(data) => data.intervention.as_str(),
            Self::SiteStopped(data) => data.intervention.as_str(),
            Self::Closed(data) => data.intervention.as_str(),
        }
    }

    /// The topic it travels on.
    #[must_use]
    pub fn topic(&self) -> Topic {
        match self {
            Self::Snapshot(_) | Self::ListSize(_) | Self::Organisation(_) | Self::MonthComplete(_) => Topic::Practice,
            Self::Declared(_) | Self::OutcomeRegistered(_) | Self::SiteStarted(_) | Self::SiteStopped(_) | Self::Closed(_) => {
                Topic::Intervention
            }
        }
    }
}
