use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use jiff::Timestamp;
use signpost_core::OrgCode;
use signpost_evaluation::declaration;
use signpost_events::{Event, Payload, Topic, encode};
use signpost_kafka::Producer;
use signpost_store::Published;

use super::say;
use crate::configuration::Configuration;
use crate::engines::{Engines, library};

/// Declaring and looking at interventions.
#[derive(Subcommand)]
pub(crate) enum Intervention {
    /// Declare an intervention from a TOML file. Do it before the start: what is registered later is
    /// exploratory, for ever.
    Declare {
        /// The file; the README shows one.
        file: PathBuf,
    },
    /// List what is declared, with its answer.
    List,
    /// Show one intervention and its outcomes.
    Show {
        /// Its id.
        id: String,
    },
}

pub(crate) async fn carry_out(configuration: Configuration, command: Intervention) -> anyhow::Result<()> {
    match command {
        Intervention::Declare { file } => declare(configuration, file).await,
        Intervention::List => list(configuration).await,
        Intervention::Show { id } => show(configuration, &id).await,
    }
}

/// Longest declaration that makes sense, in bytes.
const DECLARATION_BYTES_MAX: u64 = 1 << 20;

async fn declare(configuration: Configuration, file: PathBuf) -> anyhow::Result<()> {
    let size = std::fs::metadata(&file).with_context(|| format!("{} can't be read: correct the path", file.display()))?.len();
    if size > DECLARATION_BYTES_MAX {
        bail!("{} has {size} bytes: a declaration has at most {DECLARATION_BYTES_MAX}", file.display());
    }
    let text = std::fs::read_to_string(&file).with_context(|| format!("{} is not text in UTF-8", file.display()))?;
    let payloads = declaration::read(&file.display().to_string(), &text, &library(&configuration)?)?;
    let engines = Engines::open(&configuration).await?;
    let known: BTreeSet<OrgCode> = known_organisations(&engines, &configuration).await?;
    if known.is_empty() {
        say("No organisations are known yet: the sites are not checked against them.");
    } else {
        declaration::check_sites(&payloads, &known)?;
    }
    let producer = Producer::open(&engines.kafka()?, &[Topic::Intervention])?;
    let now = Timestamp::now();
    for (number, payload) in payloads.iter().enumerate() {
        let event = Event {
            id: format!("{}/{number}", super::import::name(payload)),
            source: "signpost/intervention".into(),
            time: now,
            payload: payload.clone(),
        };
        producer.send(Topic::Intervention, payload.key(), encode(&event)?).await?;
    }
    let id = payloads.first().map(Payload::key).unwrap_or_default();
    say(format!("Declared {id}: {} events acknowledged by Kafka.", payloads.len()));
    Ok(())
}

async fn known_organisations(engines: &Engines, configuration: &Configuration) -> anyhow::Result<BTreeSet<OrgCode>> {
    let store = engines.store(configuration)?;
    store.ping().await?;
    store.check_migrated().await?;
    let organisations = store.organisations().await?;
    Ok(organisations.into_iter().filter_map(|row| row.code.parse().ok()).collect())
}

async fn list(configuration: Configuration) -> anyhow::Result<()> {
    let interventions = reader(&configuration).await?.interventions().await?;
    if interventions.is_empty() {
        say("No intervention is declared. `signpost intervention declare FILE` declares one.");
    }
    for intervention in interventions {
        say(format!("{}  {}  [{}]", intervention.intervention, intervention.title, intervention.registration));
        say(format!("    {}: {}", intervention.verdict, intervention.sentence));
    }
    Ok(())
}

async fn show(configuration: Configuration, id: &str) -> anyhow::Result<()> {
    let reader = reader(&configuration).await?;
    let interventions = reader.interventions().await?;
    let Some(found) = interventions.iter().find(|intervention| intervention.intervention == id) else {
        let ids: Vec<&str> = interventions.iter().map(|intervention| intervention.intervention.as_str()).collect();
        bail!("no intervention {id:?} is published; there is: {}", if ids.is_empty() { "none".to_owned() } else { ids.join(", ") });
    };
    say(&found.title);
    say(format!("  owner       {}", found.owner));
    say(format!("  hypothesis  {}", found.hypothesis));
    say(format!("  start       {}", found.start_month.map_or_else(|| "not started".to_owned(), |month| month.long())));
    say(format!("  sites       {}", found.sites.join(" ")));
    say(format!("  registered  {}", found.registration));
    say(format!("  verdict     {}", found.verdict));
    say(format!("  {}", found.sentence));
    for effect in reader.effects(Some(id)).await? {
        say(format!("  {} {} at {} months: {}", effect.role, effect.measure, effect.horizon_months, effect.verdict));
        say(format!("    {}{}", effect.sentence, if effect.reason.is_empty() { String::new() } else { format!(" ({})", effect.reason) }));
    }
    Ok(())
}

async fn reader(configuration: &Configuration) -> anyhow::Result<Published> {
    let engines = Engines::open(configuration).await?;
    let store = engines.store(configuration)?;
    store.ping().await?;
    store.check_migrated().await?;
    Ok(Published::new(store))
}
