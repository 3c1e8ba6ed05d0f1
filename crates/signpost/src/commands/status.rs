use signpost_events::Topic;
use signpost_store::Published;

use super::say;
use crate::configuration::Configuration;
use crate::engines::Engines;

pub(crate) async fn carry_out(configuration: Configuration) -> anyhow::Result<()> {
    let engines = Engines::open(&configuration).await?;
    let store = engines.store(&configuration)?;
    store.ping().await?;
    store.check_migrated().await?;
    let ledger = store.ledger_positions().await?;
    let derived = store.derived_positions().await?;
    say("Ingest");
    for row in store.ledger_summary().await? {
        let behind: i64 = ledger
            .iter()
            .filter(|((topic, epoch, _), _)| *topic == row.topic && *epoch == row.epoch)
            .map(|(key, position)| position - derived.get(key).copied().unwrap_or(-1))
            .sum();
        say(format!(
            "  {}: epoch {}, {} records in {} batches; derive is {behind} records behind",
            row.topic, row.epoch, row.records, row.batches
        ));
    }
    let workers = store.workers().await?;
    if !workers.is_empty() {
        say(format!("  workers so far: {}", workers.join(", ")));
    }
    lag(&engines, &configuration, &ledger).await;
    let refusals = store.refusals().await?;
    say("Dead letters");
    if refusals.is_empty() {
        say("  none");
    }
    for refusal in refusals {
        say(format!("  {}: {}", refusal.reason, refusal.count));
    }
    published(&Published::new(store)).await
}

/// Records in Kafka beyond the ledger; says so when Kafka is away instead of failing.
async fn lag(engines: &Engines, configuration: &Configuration, ledger: &signpost_store::Positions) {
    let epoch = engines.epoch().unwrap_or(configuration.kafka.epoch);
    let ends = match engines.kafka() {
        Ok(connection) => connection.ends(&[Topic::Practice, Topic::Intervention]).map_err(anyhow::Error::from),
        Err(error) => Err(error),
    };
    match ends {
        Ok(ends) => {
            for topic in [Topic::Practice, Topic::Intervention] {
                let behind: i64 = ends
                    .iter()
                    .filter(|((name, _), _)| *name == topic.name())
                    .map(|((name, partition), end)| {
                        let position = ledger.get(&((*name).to_owned(), epoch, *partition)).copied().unwrap_or(-1);
                        (end - 1 - position).max(0)
                    })
                    .sum();
                say(format!("  {}: {behind} records in Kafka not yet in the ledger", topic.name()));
            }
        }
        Err(error) => say(format!("  lag unknown: {error}")),
    }
}

async fn published(published: &Published) -> anyhow::Result<()> {
    say("Published");
    let Some(publication) = published.publication().await? else {
        say("  nothing yet: a month is shown once its feed has declared it complete");
        return Ok(());
    };
    say(format!("  publication {}, digest {}", publication.publication, publication.digest));
    for feed in published.freshness().await? {
        say(format!("  {}: {}", feed.feed, feed.sentence));
    }
    let unmapped: Vec<_> = published
        .data_quality()
        .await?
        .into_iter()
        .filter(|row| row.finding == "unmapped product" && Some(row.month) == publication.last_month)
        .collect();
    say(format!("Unmapped opioid products, {}", publication.last_month.map(|month| month.long()).unwrap_or_default()));
    if unmapped.is_empty() {
        say("  none");
    }
    for row in unmapped.iter().take(20) {
        say(format!("  {} {}: {} items, {:.3} % of opioid items", row.subject, row.detail, row.count, row.share_percent));
    }
    say("Open signals");
    let signals: Vec<_> = published.signals().await?.into_iter().filter(|signal| signal.state == "open").collect();
    if signals.is_empty() {
        say("  none");
    }
    for signal in signals {
        say(format!("  [{}] {}", signal.severity, signal.sentence));
    }
    Ok(())
}
