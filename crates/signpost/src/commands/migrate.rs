use super::say;
use crate::configuration::Configuration;
use crate::engines::Engines;

pub(crate) async fn carry_out(configuration: Configuration) -> anyhow::Result<()> {
    let engines = Engines::open(&configuration).await?;
    let migrated = engines.store(&configuration)?.migrate().await?;
    for name in &migrated.applied {
        say(format!("applied  {name}"));
    }
    for name in &migrated.present {
        say(format!("present  {name}"));
    }
    for (name, why) in &migrated.skipped {
        say(format!("skipped  {name}: {why}"));
    }
    if configuration.kafka.brokers == "embedded" {
        return Ok(());
    }
    let kafka = engines.kafka()?;
    let created = kafka.create_topics(configuration.kafka.topic_partitions, configuration.kafka.topic_replication).await?;
    for topic in created {
        say(format!("created  topic {topic} with {} partitions", configuration.kafka.topic_partitions));
    }
    Ok(())
}
