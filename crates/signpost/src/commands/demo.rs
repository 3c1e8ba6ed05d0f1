use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::Args;
use signpost_core::Month;
use signpost_events::{Event, MonthComplete, Payload, Topic, encode};
use signpost_kafka::{Acknowledged, Connection, Producer};
use signpost_store::{Published, Store};
use signpost_synthetic::{FEED, FOCUS_ICB, Shape, World};
use signpost_telemetry::{LogFormat, start_log};
use tokio::sync::watch;

use super::run::{Loops, asked_to_end, start, workshop};
use super::{bar, import, say, web};
use crate::configuration::Configuration;
use crate::engines::{Broker, Engines};
use crate::pipeline::{Gaps, Workshop};

#[derive(Args)]
pub(crate) struct Options {
    /// The seed of the invented England: the same seed gives the same numbers.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// End after the summary instead of serving the pages.
    #[arg(long)]
    once: bool,
    /// Go on with the data of the last demo instead of starting anew.
    #[arg(long)]
    keep: bool,
    /// Where its data are kept.
    #[arg(long, default_value = ".signpost/demo")]
    folder: PathBuf,
    /// A smaller England, for tests.
    #[arg(long, hide = true)]
    small: bool,
}

/// Says that a folder is a demo's, so that nothing else is ever deleted.
const MARKER: &str = "this-is-a-signpost-demo";
/// How long nothing may move before the demo gives up.
const PATIENCE: Duration = Duration::from_secs(300);

pub(crate) async fn carry_out(configuration: Configuration, options: Options) -> anyhow::Result<()> {
    let started = Instant::now();
    prepare(&options)?;
    let configuration = adapted(configuration, &options.folder);
    start_log(if configuration.log.level == "info" { "error" } else { &configuration.log.level }, LogFormat::Plain);
    say("Starting embedded ClickHouse and embedded Kafka ...");
    let engines = Engines::open_with(&configuration, Broker::Start).await?;
    let (end, ending) = watch::channel(false);
    let workshop = workshop(configuration.clone(), &engines, "demo".into(), Gaps::default(), ending).await?;
    let connection = engines.kafka()?;
    let resumed = options.keep && workshop.store.current().await?.is_some();
    let mut running = start(&workshop, Loops::ARRIVING, Some(connection.clone()));
    if resumed {
        say("Going on with the data of the last demo.");
    } else {
        let shape = if options.small { Shape::SMALL } else { Shape::DEMO };
        let world = World::generate(options.seed, shape);
        tokio::select! {
            sent = fill(&workshop, &connection, &world) => sent?,
            Some(ended) = running.join_next() => { ended??; bail!("a loop of the pipeline ended early") }
            () = asked_to_end() => return Ok(()),
        }
        say("Computing measures, charts, outcomes and signals ...");
        crate::pipeline::publish::step(&workshop).await?;
    }
    running.spawn(crate::pipeline::publish::publish(workshop.clone()));
    summary(&workshop.store, started.elapsed()).await?;
    if !options.once {
        tokio::select! {
            served = web::serve(&configuration, &engines) => served?,
            () = asked_to_end() => {}
        }
    }
    end.send_replace(true);
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    Ok(())
}

/// An empty folder of our own, unless the last demo is to be kept.
fn prepare(options: &Options) -> anyhow::Result<()> {
    let folder = &options.folder;
    if folder.exists() && !options.keep {
        let is_empty = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?.next().is_none();
        if !is_empty && !folder.join(MARKER).exists() {
            bail!("{} is not a demo's folder: give another --folder, or empty it yourself", folder.display());
        }
        std::fs::remove_dir_all(folder).with_context(|| format!("{} can't be emptied; does another demo run?", folder.display()))?;
    }
    std::fs::create_dir_all(folder).with_context(|| format!("{} can't be created", folder.display()))?;
    std::fs::write(folder.join(MARKER), "").with_context(|| format!("{} can't be written to", folder.display()))
}

fn adapted(mut configuration: Configuration, folder: &Path) -> Configuration {
    configuration.store.url = format!("embedded:{}", folder.display());
    "embedded".clone_into(&mut configuration.kafka.brokers);
    FEED.clone_into(&mut configuration.publish.feed);
    configuration.publish.synthetic = true;
    configuration.publish.registration_by_event_time = true;
    configuration.publish.interval_seconds = 1;
    configuration
}

/// Sends the invented England through Kafka, and waits until derive has passed all of it.
async fn fill(workshop: &Workshop, connection: &Connection, world: &World) -> anyhow::Result<()> {
    let producer = Producer::open(connection, &[Topic::Practice, Topic::Intervention])?;
    let months: Vec<Month> = world.months().collect();
    let organisations = world.organisations().into_iter().map(Payload::Organisation);
    send(&producer, Topic::Practice, events(organisations)).await?;
    send(&producer, Topic::Intervention, world.declarations()).await?;
    let sending = bar(u64::try_from(months.len())?, "sending invented months");
    let practices = world.practice_codes();
    for &month in &months {
        let sizes = world.list_sizes(month).into_iter().map(Payload::ListSize);
        send(&producer, Topic::Practice, events(sizes)).await?;
        let snapshots = world.snapshots(month).into_iter().map(Payload::Snapshot);
        let acknowledged = send(&producer, Topic::Practice, events(snapshots)).await?;
        let complete = Payload::MonthComplete(MonthComplete {
            feed: FEED.to_owned(),
            month,
            revision: 1,
            practices: practices.clone(),
            positions: acknowledged.into_iter().collect(),
        });
        send(&producer, Topic::Practice, events([complete])).await?;
        sending.inc(1);
    }
    sending.finish_and_clear();
    let total: i64 = connection.ends(&[Topic::Practice, Topic::Intervention])?.values().sum();
    passed(&workshop.store, workshop.configuration.kafka.epoch, total).await
}

pub(super) fn events(payloads: impl IntoIterator<Item = Payload>) -> Vec<Event> {
    payloads
        .into_iter()
        .map(|payload| {
            let name = import::name(&payload);
            World::event(payload, name)
        })
        .collect()
}

pub(super) async fn send(producer: &Producer, topic: Topic, events: Vec<Event>) -> anyhow::Result<Acknowledged> {
    let records: Vec<(String, Vec<u8>)> =
        events.iter().map(|event| Ok((event.payload.key().to_owned(), encode(event)?))).collect::<Result<_, serde_json::Error>>()?;
    Ok(producer.send_all(topic, records, || {}).await?)
}

/// Shows how far derive is, until it has passed every record.
pub(super) async fn passed(store: &Store, epoch: u32, records: i64) -> anyhow::Result<()> {
    let deriving = bar(u64::try_from(records)?, "ingesting and deriving");
    let (mut last, mut moved) = (0, Instant::now());
    while last < records {
        let derived = store.derived_positions().await?;
        let now = derived.iter().filter(|((_, of, _), _)| *of == epoch).map(|(_, position)| position + 1).sum();
        if now != last {
            (last, moved) = (now, Instant::now());
        }
        if moved.elapsed() > PATIENCE {
            bail!("nothing moved for {} s: {last} of {records} records derived", PATIENCE.as_secs());
        }
        deriving.set_position(u64::try_from(last)?);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    deriving.finish_and_clear();
    Ok(())
}

/// What a visitor should know before opening the page.
async fn summary(store: &Store, took: Duration) -> anyhow::Result<()> {
    let published = Published::new(store.clone());
    let Some(publication) = published.publication().await? else { bail!("nothing was published") };
    let measures = published.measures().await?;
    let summaries = published.summaries_of("icb", FOCUS_ICB).await?;
    say("\nEverything below is synthetic: invented practices, invented patients' prescriptions.\n");
    for feed in published.freshness().await? {
        say(feed.sentence);
    }
    say("\nMeasures of Invented Integrated Care Board 01");
    for measure in measures.iter().filter(|measure| measure.standing == "main") {
        if let Some(row) = summaries.iter().find(|row| row.measure == measure.measure) {
            let latest = row.latest_value.map_or_else(|| "unknown".to_owned(), |value| format!("{value:.2}"));
            say(format!("  {:<55} {latest:>10} {:<32} {}", measure.title, measure.unit, row.words));
        }
    }
    say("\nDid the interventions work?");
    for intervention in published.interventions().await? {
        say(format!("  {} [{}]\n    {}: {}", intervention.title, intervention.registration, intervention.verdict, intervention.sentence));
    }
    let signals = published.signals().await?;
    let open: Vec<_> = signals.iter().filter(|signal| signal.state == "open").collect();
    say(format!("\nOpen signals: {} in all of invented England; for action:", open.len()));
    for signal in open.iter().filter(|signal| signal.severity == "action").take(5) {
        say(format!("  {}", signal.sentence));
    }
    say(format!("\nDigest {}; took {:.0} s.", publication.digest, took.as_secs_f64()));
    Ok(())
}
