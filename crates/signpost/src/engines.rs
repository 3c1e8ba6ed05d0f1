//! Real servers or embedded ones: whichever the configuration names, the rest sees addresses.
//!
//! An embedded engine is a child of the command that first needed it; while that runs, other
//! commands on the same folder find its address in a file beside the data.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use signpost_embedded::{EngineProcess, engine, mock_kafka};
use signpost_events::Topic;
use signpost_kafka::{Connection, KafkaSettings};
use signpost_measures::Library;
use signpost_store::{Store, StoreSettings};

use crate::configuration::{Configuration, password};

/// Where the engines answer, and those that this command holds.
pub(crate) struct Engines {
    store_url: String,
    kafka: KafkaSettings,
    epoch: Option<u32>,
    _store: Option<EngineProcess>,
    _broker: Option<EngineProcess>,
}

/// What a command needs of an embedded broker.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broker {
    /// It may start one: the command lives as long as the pipeline does.
    Start,
    /// Only one that runs: what is sent to a broker that ends with the command is lost.
    Find,
}

impl Engines {
    /// Finds or starts what the configuration names; a broker is only found.
    pub(crate) async fn open(configuration: &Configuration) -> anyhow::Result<Self> {
        Self::open_with(configuration, Broker::Find).await
    }

    /// Finds or starts what the configuration names.
    pub(crate) async fn open_with(configuration: &Configuration, broker: Broker) -> anyhow::Result<Self> {
        let folder = configuration.store.url.strip_prefix("embedded:").map(PathBuf::from);
        let (store_url, store) = match &folder {
            Some(folder) => embedded_store(folder)?,
            None => (configuration.store.url.clone(), None),
        };
        let mut engines = Self {
            store_url,
            kafka: KafkaSettings {
                brokers: configuration.kafka.brokers.clone(),
                group: configuration.kafka.group.clone(),
                password: Some(password(&configuration.kafka.password_file)?).filter(|password| !password.is_empty()),
                librdkafka: configuration.kafka.librdkafka.clone(),
                queue_bytes_max: configuration.ingest.kafka_queue_mib_max << 20,
            },
            epoch: None,
            _store: store,
            _broker: None,
        };
        // An embedded store has no administrator who would migrate it.
        if folder.is_some() && broker == Broker::Start {
            engines.store(configuration)?.migrate().await?;
        }
        if configuration.kafka.brokers == "embedded" {
            let folder = folder.unwrap_or_else(|| PathBuf::from(".signpost"));
            engines.find_broker(configuration, &folder, broker).await?;
        }
        Ok(engines)
    }

    /// An embedded broker forgets everything when it ends, so each one is a new epoch.
    async fn find_broker(&mut self, configuration: &Configuration, folder: &Path, broker: Broker) -> anyhow::Result<()> {
        let file = folder.join("broker.address");
        let text = fs::read_to_string(&file).unwrap_or_default();
        if let Some((address, epoch)) = text.trim().split_once(' ')
            && is_answering(address)
        {
            address.clone_into(&mut self.kafka.brokers);
            self.epoch = epoch.parse().ok();
            return Ok(());
        }
        if broker == Broker::Find {
            // Said when somebody asks for it: what needs the store alone can go on.
            return Ok(());
        }
        let store = self.store(configuration)?;
        store.ping().await?;
        store.check_migrated().await?;
        let before = store.greatest_epoch().await?.unwrap_or(0);
        let topics: Vec<(&str, u16)> = Topic::ALL.iter().map(|topic| (topic.name(), configuration.kafka.topic_partitions)).collect();
        let process = mock_kafka::start(&std::env::current_exe()?, &["engine"], &topics)?;
        self.kafka.brokers.clone_from(&process.address);
        self.epoch = Some(before + 1);
        fs::create_dir_all(folder)?;
        fs::write(&file, format!("{} {}\n", process.address, before + 1))?;
        self._broker = Some(process);
        Ok(())
    }

    /// The store, with the account of `[store]`.
    pub(crate) fn store(&self, configuration: &Configuration) -> anyhow::Result<Store> {
        Ok(Store::new(&StoreSettings {
            url: self.store_url.clone(),
            user: configuration.store.user.clone(),
            password: password(&configuration.store.password_file)?,
        }))
    }

    /// The store, with the read-only account of `[web]` if one is given.
    pub(crate) fn readers_store(&self, configuration: &Configuration) -> anyhow::Result<Store> {
        if configuration.web.user.is_empty() {
            return self.store(configuration);
        }
        Ok(Store::new(&StoreSettings {
            url: self.store_url.clone(),
            user: configuration.web.user.clone(),
            password: password(&configuration.web.password_file)?,
        }))
    }

    /// A way to Kafka that has been tried.
    pub(crate) fn kafka(&self) -> anyhow::Result<Connection> {
        if self.kafka.brokers == "embedded" {
            bail!("the embedded Kafka runs only while `signpost run` does: start that first, with the same configuration");
        }
        Ok(Connection::open(self.kafka.clone(), Duration::from_secs(10))?)
    }

    /// The epoch of an embedded broker; a real one has that of the configuration.
    pub(crate) fn epoch(&self) -> Option<u32> {
        self.epoch
    }

    /// Becomes an engine process; see signpost-embedded.
    pub(crate) fn host(arguments: &[String]) -> anyhow::Result<()> {
        signpost_embedded::host(arguments).map_err(anyhow::Error::msg)
    }
}

/// The address of a ClickHouse on this folder: a running one's, or that of one started now.
fn embedded_store(folder: &Path) -> anyhow::Result<(String, Option<EngineProcess>)> {
    fs::create_dir_all(folder).with_context(|| format!("store.url: {} can't be created", folder.display()))?;
    let file = folder.join("store.address");
    let address = fs::read_to_string(&file).unwrap_or_default();
    if let Some(host) = address.trim().strip_prefix("http://")
        && is_answering(host)
    {
        return Ok((address.trim().to_owned(), None));
    }
    let process = engine::start_clickhouse(&std::env::current_exe()?, &["engine"], &library_file(), &folder.join("clickhouse"))?;
    fs::write(&file, &process.address)?;
    Ok((process.address.clone(), Some(process)))
}

/// Where `cargo xtask engines` puts the library, or where `SIGNPOST_ENGINES` says.
fn library_file() -> PathBuf {
    let home = std::env::var_os("SIGNPOST_ENGINES").map_or_else(|| PathBuf::from(".signpost/engines"), PathBuf::from);
    home.join("libchdb-26.7.3/libchdb.so")
}

fn is_answering(address: &str) -> bool {
    address.parse().is_ok_and(|address| TcpStream::connect_timeout(&address, Duration::from_millis(500)).is_ok())
}

/// The measures of a run: those that come with signpost, and the files of the configured folder.
pub(crate) fn library(configuration: &Configuration) -> anyhow::Result<Library> {
    let folder = &configuration.publish.measures_folder;
    if folder.as_os_str().is_empty() {
        return Ok(Library::standard()?);
    }
    let mut files = Vec::new();
    let entries = fs::read_dir(folder).with_context(|| format!("publish.measures_folder: {} can't be read", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            files.push((path.display().to_string(), text));
        }
    }
    files.sort();
    for (file, text) in &files {
        // A factor set that doesn't exist is found here, not in the middle of a night's run.
        if let Some(set) = signpost_measures::Measure::read(file, text)?.factor_set() {
            signpost_ome::FactorSet::named(set).with_context(|| file.clone())?;
        }
    }
    Ok(Library::with(&files)?)
}
