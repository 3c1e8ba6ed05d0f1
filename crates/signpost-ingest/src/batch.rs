use signpost_core::{Bucket, partition_of};
use signpost_events::{Event, Payload, Refusal, decode};
use signpost_kafka::{Partition, Record};
use signpost_store::{
    InterventionEventRow, ListSizeRow, MonthCompleteRow, OrganisationRow, SnapshotKey, SnapshotRow, earliest_stands, latest_stands,
};

use crate::content::content;

/// The records of one partition after one offset, through another.
#[derive(Debug, PartialEq, Eq)]
pub struct Batch {
    /// The partition.
    pub partition: Partition,
    /// The last offset before it.
    pub after: i64,
    /// Its last offset.
    pub through: i64,
    /// Its records, in order.
    pub records: Vec<Record>,
}

/// A batch as rows; conflicts with earlier batches are not settled yet.
#[derive(Debug, Default)]
pub struct Decoded {
    pub(crate) snapshots: Vec<SnapshotRow>,
    pub(crate) list_sizes: Vec<ListSizeRow>,
    pub(crate) organisations: Vec<OrganisationRow>,
    pub(crate) months_complete: Vec<MonthCompleteRow>,
    pub(crate) intervention_events: Vec<InterventionEventRow>,
    pub(crate) refusals: Vec<(i64, Refusal)>,
    pub(crate) records: u32,
    pub(crate) checksum: u64,
}

/// Where a row was read.
#[derive(Clone, Copy)]
struct Place {
    epoch: u32,
    partition: u16,
    offset: i64,
    appended_ms: i64,
}

impl Batch {
    /// Decodes every record; `partitions` is the topic's partition count.
    #[must_use]
    pub fn decode(&self, epoch: u32, partitions: u16) -> Decoded {
        let mut decoded = Decoded::default();
        for record in &self.records {
            decoded.records += 1;
            // Order-free, so that a replay cut into other batches sums to the same.
            let sum = content([record.offset.to_be_bytes().as_slice(), &record.key, &record.payload]);
            decoded.checksum = decoded.checksum.wrapping_add(u64::try_from(sum >> 64).unwrap_or(0));
            let place = Place { epoch, partition: self.partition.number, offset: record.offset, appended_ms: record.appended_ms };
            if let Err(refusal) = self.read(record, partitions).map(|event| decoded.add(event, place)) {
                decoded.refusals.push((record.offset, refusal));
            }
        }
        decoded
    }

    fn read(&self, record: &Record, partitions: u16) -> Result<Event, Refusal> {
        let event = decode(&record.key, &record.payload)?;
        if event.payload.topic().name() != self.partition.topic {
            return Err(Refusal::WrongTopic);
        }
        if partition_of(event.payload.key(), partitions) != self.partition.number {
            return Err(Refusal::WrongPartition);
        }
        Ok(event)
    }
}

impl Decoded {
    fn add(&mut self, event: Event, place: Place) {
        let bucket = Bucket::of(event.payload.key()).number();
        let (epoch, partition, offset) = (place.epoch, place.partition, place.offset);
        let version = earliest_stands(epoch, offset);
        match event.payload {
            Payload::Snapshot(mut data) => {
                // A set of lines: their order in the message means nothing.
                data.lines.sort();
                let text: Vec<String> = data
                    .lines
                    .iter()
                    .map(|line| format!("{}\u{1f}{}\u{1f}{}\u{1f}{}", line.bnf, line.name, line.quantity_thousandths, line.items))
                    .collect();
                self.snapshots.push(SnapshotRow {
                    bucket,
                    practice: data.practice.to_string(),
                    month: data.month,
                    feed: data.feed,
                    revision: data.revision,
                    content: content(text.iter().map(String::as_bytes)),
                    quantity: data.lines.iter().map(|line| line.quantity_thousandths).collect(),
                    items: data.lines.iter().map(|line| line.items).collect(),
                    bnf: data.lines.iter().map(|line| line.bnf.clone()).collect(),
                    name: data.lines.into_iter().map(|line| line.name).collect(),
                    epoch,
                    partition,
                    offset,
                    version,
                });
            }
            Payload::ListSize(data) => self.list_sizes.push(ListSizeRow {
                bucket,
                practice: data.practice.to_string(),
                month: data.month,
                revision: data.revision,
                patients: data.patients,
                content: u128::from(data.patients),
                epoch,
                partition,
                offset,
                version,
            }),
            Payload::Organisation(data) => {
                let code = |code: Option<signpost_core::OrgCode>| code.map(String::from).unwrap_or_default();
                let text = format!("{data:?}");
                self.organisations.push(OrganisationRow {
                    content: content([text.as_bytes()]),
                    bucket,
                    code: data.code.to_string(),
                    level: data.level.to_string(),
                    name: data.name,
                    as_of: data.as_of,
                    setting: data.setting.unwrap_or(0),
                    pcn: code(data.pcn),
                    sub_icb: code(data.sub_icb),
                    icb: code(data.icb),
                    region: code(data.region),
                    version: latest_stands(data.as_of, epoch, offset),
                });
            }
            Payload::MonthComplete(mut data) => {
                data.practices.sort();
                data.practices.dedup();
                let practices: Vec<String> = data.practices.into_iter().map(String::from).collect();
                self.months_complete.push(MonthCompleteRow {
                    bucket,
                    feed: data.feed,
                    month: data.month,
                    revision: data.revision,
                    content: content(practices.iter().map(String::as_bytes)),
                    practices,
                    partitions: data.positions.iter().map(|(partition, _)| *partition).collect(),
                    offsets: data.positions.iter().map(|(_, offset)| *offset).collect(),
                    epoch,
                    partition,
                    offset,
                    version,
                });
            }
            payload => {
                let kind = payload.kind().to_owned();
                let intervention = payload.key().to_owned();
                let data = data_json(&payload);
                self.intervention_events.push(InterventionEventRow {
                    bucket,
                    intervention,
                    content: content([kind.as_bytes(), data.as_bytes()]),
                    kind,
                    payload: data,
                    event_time: event.time.as_millisecond(),
                    appended: place.appended_ms,
                    epoch,
                    partition,
                    offset,
                    version,
                });
            }
        }
    }

    /// The snapshots it holds, for looking up what stands under their revisions.
    #[must_use]
    pub fn snapshot_keys(&self) -> Vec<SnapshotKey> {
        self.snapshots.iter().map(snapshot_key).collect()
    }

    /// The list sizes it holds, likewise.
    #[must_use]
    pub fn list_size_keys(&self) -> Vec<SnapshotKey> {
        self.list_sizes.iter().map(list_size_key).collect()
    }

    /// The completed months it holds, likewise.
    #[must_use]
    pub fn month_keys(&self) -> Vec<SnapshotKey> {
        self.months_complete.iter().map(month_key).collect()
    }
}

pub(crate) fn snapshot_key(row: &SnapshotRow) -> SnapshotKey {
    SnapshotKey { bucket: row.bucket, practice: row.practice.clone(), month: row.month, feed: row.feed.clone(), revision: row.revision }
}

pub(crate) fn list_size_key(row: &ListSizeRow) -> SnapshotKey {
    SnapshotKey { bucket: row.bucket, practice: row.practice.clone(), month: row.month, feed: String::new(), revision: row.revision }
}

pub(crate) fn month_key(row: &MonthCompleteRow) -> SnapshotKey {
    SnapshotKey { bucket: row.bucket, practice: String::new(), month: row.month, feed: row.feed.clone(), revision: row.revision }
}

/// The data of an intervention event as JSON, with its keys in one order.
fn data_json(payload: &Payload) -> String {
    let json = match payload {
        Payload::Declared(data) => serde_json::to_string(data),
        Payload::OutcomeRegistered(data) => serde_json::to_string(data),
        Payload::SiteStarted(data) => serde_json::to_string(data),
        Payload::SiteStopped(data) => serde_json::to_string(data),
        Payload::Closed(data) => serde_json::to_string(data),
        Payload::Snapshot(_) | Payload::ListSize(_) | Payload::Organisation(_) | Payload::MonthComplete(_) => Ok(String::new()),
    };
    json.unwrap_or_default()
}
