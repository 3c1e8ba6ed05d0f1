use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use signpost_core::Month;
use signpost_events::{Event, MonthComplete, Payload, Topic, encode};
use signpost_import::{Encoding, Import as Imported, Progress, epd, list_size, practices};
use signpost_kafka::{Acknowledged, Producer};

use super::{bar, say};
use crate::configuration::Configuration;
use crate::engines::Engines;

/// Files to events. Nothing is sent before the last file is read; one bad row refuses the command.
#[derive(Subcommand)]
pub(crate) enum Import {
    /// English Prescribing Dataset: the lines a measure needs, a snapshot per practice and month.
    Epd {
        /// Revision of the months in these files; raise it when NHSBSA publishes a month again.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
        revision: u32,
        #[command(flatten)]
        files: Files,
    },
    /// Patients registered at each practice.
    ListSize {
        /// Revision of the months in these files.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
        revision: u32,
        #[command(flatten)]
        files: Files,
    },
    /// Practices: names, settings, networks, boards.
    Practices {
        /// The month from which these details hold, YYYY-MM.
        #[arg(long, value_name = "MONTH")]
        as_of: Month,
        #[command(flatten)]
        files: Files,
    },
}

#[derive(Args)]
pub(crate) struct Files {
    /// The files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Their character set.
    #[arg(long, value_enum, default_value_t = Charset::Utf8)]
    encoding: Charset,
}

#[derive(Clone, Copy, ValueEnum)]
enum Charset {
    /// UTF-8.
    Utf8,
    /// Latin-1, which older NHS files use.
    #[value(name = "latin-1")]
    Latin1,
}

impl Files {
    fn encoding(&self) -> Encoding {
        match self.encoding {
            Charset::Utf8 => Encoding::Utf8,
            Charset::Latin1 => Encoding::Latin1,
        }
    }
}

pub(crate) async fn carry_out(configuration: Configuration, import: Import) -> anyhow::Result<()> {
    // The way to Kafka first: nobody should read a gigabyte to learn that the broker is away.
    let engines = Engines::open(&configuration).await?;
    let producer = Producer::open(&engines.kafka()?, &[Topic::Practice])?;
    let feed = configuration.publish.feed.clone();
    let imported = read(&configuration, import)?;
    let sent = send(&producer, &feed, &imported).await?;
    summarise(&imported, sent);
    Ok(())
}

fn read(configuration: &Configuration, import: Import) -> anyhow::Result<Imported> {
    let reading = bar(0, "reading");
    let mut progress = |progress: Progress| {
        reading.set_length(progress.bytes_total);
        reading.set_position(progress.bytes_read);
    };
    let imported = match import {
        Import::Epd { revision, files } => {
            let options = epd::Options {
                feed: configuration.publish.feed.clone(),
                revision,
                bnf_prefixes: configuration.ingest.bnf_prefixes.clone(),
                encoding: files.encoding(),
            };
            epd::read(&files.files, &options, &mut progress)?
        }
        Import::ListSize { revision, files } => {
            list_size::read(&files.files, &list_size::Options { revision, encoding: files.encoding() }, &mut progress)?
        }
        Import::Practices { as_of, files } => {
            practices::read(&files.files, &practices::Options { as_of, encoding: files.encoding() }, &mut progress)?
        }
    };
    reading.finish_and_clear();
    Ok(imported)
}

/// Everything to Kafka; the completed months last, each with the positions of what belongs to it.
async fn send(producer: &Producer, feed: &str, imported: &Imported) -> anyhow::Result<usize> {
    let payloads =
        imported.organisations.iter().cloned().map(Payload::Organisation).chain(imported.list_sizes.iter().cloned().map(Payload::ListSize));
    let mut sent = send_payloads(producer, "sending", payloads).await?.0;
    for month in &imported.months {
        let snapshots = imported.snapshots.iter().filter(|snapshot| snapshot.month == month.month).cloned().map(Payload::Snapshot);
        let (count, acknowledged) = send_payloads(producer, &format!("sending {}", month.month), snapshots).await?;
        let complete = MonthComplete {
            feed: feed.to_owned(),
            month: month.month,
            revision: month.revision,
            practices: month.practices.clone(),
            positions: acknowledged.into_iter().collect(),
        };
        sent += count + send_payloads(producer, "completing", [Payload::MonthComplete(complete)]).await?.0;
    }
    Ok(sent)
}

async fn send_payloads(
    producer: &Producer,
    label: &str,
    payloads: impl IntoIterator<Item = Payload>,
) -> anyhow::Result<(usize, Acknowledged)> {
    let now = Timestamp::now();
    let records: Vec<(String, Vec<u8>)> = payloads
        .into_iter()
        .map(|payload| {
            let event = Event { id: name(&payload), source: "signpost/import".into(), time: now, payload };
            Ok((event.payload.key().to_owned(), encode(&event)?))
        })
        .collect::<Result<_, serde_json::Error>>()?;
    let count = records.len();
    let sending = bar(u64::try_from(count)?, label);
    let acknowledged = producer.send_all(Topic::Practice, records, || sending.inc(1)).await?;
    sending.finish_and_clear();
    Ok((count, acknowledged))
}

/// A message's name, from what it tells of: sending it again gives the same name.
pub(crate) fn name(payload: &Payload) -> String {
    match payload {
        Payload::Snapshot(data) => format!("{}/{}/{}/{}", data.feed, data.month, data.practice, data.revision),
        Payload::ListSize(data) => format!("list-size/{}/{}/{}", data.month, data.practice, data.revision),
        Payload::Organisation(data) => format!("organisation/{}/{}", data.as_of, data.code),
        Payload::MonthComplete(data) => format!("complete/{}/{}/{}", data.feed, data.month, data.revision),
        other => format!("{}/{}", other.kind(), other.key()),
    }
}

fn summarise(imported: &Imported, sent: usize) {
    let summary = &imported.summary;
    say(format!("{} rows read from {} files, {} kept", summary.rows_read, summary.files, summary.rows_kept));
    for (skip, rows) in &summary.rows_skipped {
        say(format!("{rows} rows skipped: {}", skip.as_str()));
    }
    let months: BTreeMap<Month, usize> = imported.months.iter().map(|month| (month.month, month.practices.len())).collect();
    for (month, practices) in months {
        say(format!("{}: {practices} practices, complete", month.long()));
    }
    say(format!("{sent} events acknowledged by Kafka"));
}
