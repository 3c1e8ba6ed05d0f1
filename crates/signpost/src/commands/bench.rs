use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use signpost_embedded::kafka::RealKafka;
use signpost_events::{Event, MonthComplete, Payload, Topic};
use signpost_kafka::Producer;
use signpost_synthetic::{FEED, Shape, World};
use tokio::sync::watch;

use super::demo::{events, passed, send};
use super::run::{Loops, start, workshop};
use super::say;
use crate::configuration::Configuration;
use crate::engines::{Broker, Engines};
use crate::pipeline::{Gaps, publish};

#[derive(Args)]
pub(crate) struct Options {
    /// All of England over five years instead of a fifth over three.
    #[arg(long)]
    england: bool,
}

/// An invented fifth of England over three years.
const SHAPE: Shape = Shape { boards: 32, months: 36 };

/// Fills a real Kafka, then times the pipeline from the first record to derived rows, and on to a
/// publication.
pub(crate) async fn carry_out(mut configuration: Configuration, options: &Options) -> anyhow::Result<()> {
    let folder = std::env::temp_dir().join(format!("signpost-bench-{}", std::process::id()));
    let home = std::env::var_os("SIGNPOST_ENGINES").map_or_else(|| PathBuf::from(".signpost/engines"), PathBuf::from);
    let kafka = RealKafka::start(&home.join("kafka-4.1.0"), &folder.join("kafka"))?;
    configuration.kafka.brokers.clone_from(&kafka.address);
    configuration.store.url = format!("embedded:{}", folder.display());
    FEED.clone_into(&mut configuration.publish.feed);
    configuration.publish.synthetic = true;
    configuration.publish.registration_by_event_time = true;
    let engines = Engines::open_with(&configuration, Broker::Start).await?;
    let (end, ending) = watch::channel(false);
    let workshop = workshop(configuration, &engines, "bench".into(), Gaps::default(), ending).await?;
    let connection = engines.kafka()?;
    connection.create_topics(workshop.configuration.kafka.topic_partitions, 1).await?;
    say("filling Kafka ...");
    let world = World::generate(1, if options.england { Shape::ENGLAND } else { SHAPE });
    let (lines, records) = fill(&Producer::open(&connection, &[Topic::Practice, Topic::Intervention])?, &world).await?;
    let started = Instant::now();
    let mut running = start(&workshop, Loops::ARRIVING, Some(connection));
    passed(&workshop.store, workshop.configuration.kafka.epoch, records).await?;
    let derived = started.elapsed();
    publish::step(&workshop).await?;
    let published = started.elapsed();
    end.send_replace(true);
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    report(lines, records, derived, published, &workshop.store.ping().await?);
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

async fn fill(producer: &Producer, world: &World) -> anyhow::Result<(usize, i64)> {
    let mut lines = 0;
    let mut batch: Vec<Event> = events(world.organisations().into_iter().map(Payload::Organisation));
    let mut records = i64::try_from(batch.len())?;
    send(producer, Topic::Practice, std::mem::take(&mut batch)).await?;
    for month in world.months() {
        let snapshots = world.snapshots(month);
        lines += snapshots.iter().map(|snapshot| snapshot.lines.len()).sum::<usize>();
        let sizes = events(world.list_sizes(month).into_iter().map(Payload::ListSize));
        let snapshots = events(snapshots.into_iter().map(Payload::Snapshot));
        records += i64::try_from(sizes.len() + snapshots.len())? + 1;
        send(producer, Topic::Practice, sizes).await?;
        let positions = send(producer, Topic::Practice, snapshots).await?.into_iter().collect();
        let complete = MonthComplete { feed: FEED.to_owned(), month, revision: 1, practices: world.practice_codes(), positions };
        send(producer, Topic::Practice, events([Payload::MonthComplete(complete)])).await?;
    }
    Ok((lines, records))
}

/// The most memory this process has held, by the kernel's account.
fn peak_memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

#[allow(clippy::cast_precision_loss)] // rates
fn report(lines: usize, records: i64, derived: Duration, published: Duration, clickhouse: &str) {
    let rate = |time: Duration| lines as f64 / time.as_secs_f64();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let model = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown processor", |rest| rest.trim_start_matches([' ', '\t', ':']));
    say(format!("{lines} prescribing lines in {records} records"));
    say(format!("to derived rows    {:>9.0} lines/s ({:.1} s)", rate(derived), derived.as_secs_f64()));
    say(format!("to published rows  {:>9.0} lines/s ({:.1} s)", rate(published), published.as_secs_f64()));
    say(format!("largest memory     {:>9} MiB", peak_memory_mib()));
    say(format!(
        "signpost {}, ClickHouse {clickhouse} (embedded), Apache Kafka 4.1.0, {cores} cores of {model}; cargo xtask bench ingest",
        env!("CARGO_PKG_VERSION")
    ));
}
