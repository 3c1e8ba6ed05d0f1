use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use signpost_core::Month;

use crate::{Event, LINES_MAX, NAME_BYTES_MAX, PAYLOAD_BYTES_MAX, PRACTICES_MAX, Payload, Refusal, TEXT_BYTES_MAX};

/// CloudEvents 1.0 in structured mode; attributes this project does not use are let pass.
#[derive(Serialize, Deserialize)]
struct Envelope<'a> {
    specversion: &'a str,
    id: String,
    source: String,
    #[serde(rename = "type")]
    kind: &'a str,
    subject: &'a str,
    time: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    datacontenttype: Option<String>,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// The event in a record's payload, with every limit checked.
///
/// # Errors
/// A [`Refusal`] that says what kind of thing was wrong, and nothing of the payload.
pub fn decode(key: &[u8], payload: &[u8]) -> Result<Event, Refusal> {
    if payload.is_empty() {
        return Err(Refusal::Empty);
    }
    if payload.len() > PAYLOAD_BYTES_MAX {
        return Err(Refusal::TooLarge);
    }
    let envelope: Envelope<'_> = serde_json::from_slice(payload).map_err(|_| Refusal::Malformed)?;
    let short = |text: &str| (1..=NAME_BYTES_MAX).contains(&text.len());
    if envelope.specversion != "1.0" || !short(&envelope.id) || !short(&envelope.source) {
        return Err(Refusal::Envelope);
    }
    let payload = typed(envelope.kind, envelope.data.get())?;
    check(&payload)?;
    if payload.key().as_bytes() != key || envelope.subject != payload.key() {
        return Err(Refusal::WrongKey);
    }
    Ok(Event { id: envelope.id, source: envelope.source, time: envelope.time, payload })
}

fn typed(kind: &str, data: &str) -> Result<Payload, Refusal> {
    fn read<'a, T: Deserialize<'a>>(data: &'a str, wrap: impl Fn(T) -> Payload) -> Result<Payload, Refusal> {
        serde_json::from_str(data).map(wrap).map_err(|_| Refusal::Malformed)
    }
    match kind {
        "signpost.practice.prescribing-snapshot.v1" => read(data, Payload::Snapshot),
        "signpost.practice.list-size.v1" => read(data, Payload::ListSize),
        "signpost.organisation.described.v1" => read(data, Payload::Organisation),
        "signpost.feed.month-complete.v1" => read(data, Payload::MonthComplete),
        "signpost.intervention.declared.v1" => read(data, Payload::Declared),
        "signpost.intervention.outcome-registered.v1" => read(data, Payload::OutcomeRegistered),
        "signpost.intervention.site-started.v1" => read(data, Payload::SiteStarted),
        "signpost.intervention.site-stopped.v1" => read(data, Payload::SiteStopped),
        "signpost.intervention.closed.v1" => read(data, Payload::Closed),
        _ => Err(Refusal::UnknownType),
    }
}

/// A feed's name is also a record key: short, lower-case, unlike any organisation's code.
fn is_feed(name: &str) -> bool {
    (2..=32).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

fn check(payload: &Payload) -> Result<(), Refusal> {
    let name = |text: &str| (1..=NAME_BYTES_MAX).contains(&text.len());
    let text = |text: &str| text.len() <= TEXT_BYTES_MAX;
    let revision = |number: u32| (1..=1_000_000).contains(&number);
    // Prescribing data begins this century; a store's calendar ends with it.
    let month = |month: Month| (2000..2100).contains(&month.year());
    let day = |day: jiff::civil::Date| (2000..2100).contains(&day.year());
    let within = match payload {
        Payload::Snapshot(data) => {
            is_feed(&data.feed)
                && month(data.month)
                && revision(data.revision)
                && data.lines.len() <= LINES_MAX
                && data.lines.iter().all(|line| {
                    matches!(line.bnf.len(), 11 | 15)
                        && line.bnf.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
                        && name(&line.name)
                        && line.quantity_thousandths <= 1_000_000_000_000
                        && line.items <= 1_000_000
                })
        }
        Payload::ListSize(data) => month(data.month) && revision(data.revision) && data.patients <= 1_000_000,
        Payload::Organisation(data) => month(data.as_of) && name(&data.name),
        Payload::MonthComplete(data) => {
            is_feed(&data.feed)
                && month(data.month)
                && revision(data.revision)
                && data.practices.len() <= PRACTICES_MAX
                && data.positions.len() <= 1024
                && data.positions.iter().all(|&(partition, offset)| partition < 1024 && offset >= 0)
        }
        Payload::Declared(data) => name(&data.title) && name(&data.kind) && name(&data.owner) && text(&data.hypothesis),
        Payload::OutcomeRegistered(data) => {
            name(&data.measure)
                && (1..=60).contains(&data.horizon_months)
                && data.margin_percent.is_none_or(|margin| (0.0..=100.0).contains(&margin))
        }
        Payload::SiteStarted(data) => day(data.on),
        Payload::SiteStopped(data) => day(data.on),
        Payload::Closed(data) => day(data.on) && text(&data.lesson),
    };
    if within { Ok(()) } else { Err(Refusal::OutOfRange) }
}

/// The payload of the record that carries `event`; its key is `event.payload.key()`.
///
/// # Errors
/// Only if the event cannot be written as JSON, which a decoded one always can.
pub fn encode(event: &Event) -> Result<Vec<u8>, serde_json::Error> {
    let data = match &event.payload {
        Payload::Snapshot(data) => serde_json::value::to_raw_value(data),
        Payload::ListSize(data) => serde_json::value::to_raw_value(data),
        Payload::Organisation(data) => serde_json::value::to_raw_value(data),
        Payload::MonthComplete(data) => serde_json::value::to_raw_value(data),
        Payload::Declared(data) => serde_json::value::to_raw_value(data),
        Payload::OutcomeRegistered(data) => serde_json::value::to_raw_value(data),
        Payload::SiteStarted(data) => serde_json::value::to_raw_value(data),
        Payload::SiteStopped(data) => serde_json::value::to_raw_value(data),
        Payload::Closed(data) => serde_json::value::to_raw_value(data),
    }?;
    serde_json::to_vec(&Envelope {
        specversion: "1.0",
        id: event.id.clone(),
        source: event.source.clone(),
        kind: event.payload.kind(),
        subject: event.payload.key(),
        time: event.time,
        datacontenttype: Some("application/json".to_owned()),
        data: &data,
    })
}
