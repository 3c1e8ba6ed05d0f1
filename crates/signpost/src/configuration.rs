//! One TOML file, overridden by `SIGNPOST__SECTION__KEY`; every limit has its unit in its name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use config::{Config, Environment, File, FileFormat};
use serde::{Deserialize, Serialize};

/// Everything that can be set. The README lists each key with what it does.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Configuration {
    pub(crate) store: Store,
    pub(crate) kafka: Kafka,
    pub(crate) ingest: Ingest,
    pub(crate) publish: Publish,
    pub(crate) serve: Serve,
    pub(crate) web: Web,
    pub(crate) alerts: Alerts,
    pub(crate) log: Log,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Store {
    /// `http://host:8123`, or `embedded:FOLDER`.
    pub(crate) url: String,
    pub(crate) user: String,
    /// A file that holds the password; empty for none.
    pub(crate) password_file: PathBuf,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Kafka {
    /// `host:9092,host:9092`, or `embedded`.
    pub(crate) brokers: String,
    pub(crate) group: String,
    /// Raise it when the topics are new: positions are counted per epoch.
    pub(crate) epoch: u32,
    /// A file that holds the SASL password; empty for none.
    pub(crate) password_file: PathBuf,
    /// Partitions of topics that `migrate` creates: a power of two from 16 to 1024.
    pub(crate) topic_partitions: u16,
    pub(crate) topic_replication: i32,
    /// Further settings of librdkafka, such as `"security.protocol"`.
    pub(crate) librdkafka: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Ingest {
    pub(crate) batch_records_max: usize,
    pub(crate) batch_mib_max: usize,
    pub(crate) waiting_mib_max: usize,
    pub(crate) kafka_queue_mib_max: u64,
    /// Only lines whose BNF code begins with one of these are imported.
    pub(crate) bnf_prefixes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Publish {
    /// The prescribing feed on show.
    pub(crate) feed: String,
    /// Whether that feed is invented: every page then says so.
    pub(crate) synthetic: bool,
    /// Least time between two publications.
    pub(crate) interval_seconds: u64,
    /// Publications kept beside the one on show.
    pub(crate) keep_publications: usize,
    /// A folder of further measure files; empty for none.
    pub(crate) measures_folder: PathBuf,
    /// Use the producer's event time, not the broker's append time, to tell whether an outcome was
    /// registered before the start. For synthetic history only.
    pub(crate) registration_by_event_time: bool,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Serve {
    /// Where `run` answers `/metrics`, `/livez` and `/readyz`.
    pub(crate) listen: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Web {
    /// Where `web` answers; put a proxy that asks who it is in front before it listens to others.
    pub(crate) listen: String,
    /// The read-only account; empty for that of `[store]`.
    pub(crate) user: String,
    pub(crate) password_file: PathBuf,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Alerts {
    /// `http://host:9093`; empty posts nothing.
    pub(crate) alertmanager_url: String,
    /// The address of the web pages, for links in alerts.
    pub(crate) web_url: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    /// `error`, `warn`, `info` or `debug`.
    pub(crate) level: String,
}

impl Default for Store {
    fn default() -> Self {
        Self { url: "http://127.0.0.1:8123".into(), user: "default".into(), password_file: PathBuf::new() }
    }
}

impl Default for Kafka {
    fn default() -> Self {
        Self {
            brokers: "127.0.0.1:9092".into(),
            group: "signpost".into(),
            epoch: 1,
            password_file: PathBuf::new(),
            topic_partitions: 64,
            topic_replication: 1,
            librdkafka: BTreeMap::new(),
        }
    }
}

impl Default for Ingest {
    fn default() -> Self {
        Self {
            batch_records_max: 2_000,
            batch_mib_max: 16,
            waiting_mib_max: 192,
            kafka_queue_mib_max: 64,
            bnf_prefixes: signpost_ome::BNF_PREFIXES.iter().map(|prefix| (*prefix).to_owned()).collect(),
        }
    }
}

impl Default for Publish {
    fn default() -> Self {
        Self {
            feed: "epd".into(),
            synthetic: false,
            interval_seconds: 60,
            keep_publications: 30,
            measures_folder: PathBuf::new(),
            registration_by_event_time: false,
        }
    }
}

impl Default for Serve {
    fn default() -> Self {
        Self { listen: "127.0.0.1:9464".into() }
    }
}

impl Default for Web {
    fn default() -> Self {
        Self { listen: "127.0.0.1:8080".into(), user: String::new(), password_file: PathBuf::new() }
    }
}

impl Default for Alerts {
    fn default() -> Self {
        Self { alertmanager_url: String::new(), web_url: "http://127.0.0.1:8080".into() }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".into() }
    }
}

impl Configuration {
    /// Reads the file, if one is given, and the environment; checks what belongs together.
    pub(crate) fn read(file: Option<&Path>) -> anyhow::Result<Self> {
        let mut sources = Config::builder();
        if let Some(file) = file {
            if !file.is_file() {
                bail!("no configuration file {}: correct --config, or leave it out to use the defaults", file.display());
            }
            sources = sources.add_source(File::from(file).format(FileFormat::Toml));
        }
        let environment = Environment::with_prefix("SIGNPOST").prefix_separator("__").separator("__").try_parsing(true);
        let named = file.map_or_else(|| "the environment".to_owned(), |file| file.display().to_string());
        let configuration: Self = sources
            .add_source(environment)
            .build()
            .and_then(Config::try_deserialize)
            .map_err(|error| anyhow::anyhow!("{named}: {}", one_line(&error.to_string())))?;
        configuration.check().with_context(|| named)?;
        Ok(configuration)
    }

    fn check(&self) -> anyhow::Result<()> {
        let at_least_one = [
            ("ingest.batch_records_max", self.ingest.batch_records_max),
            ("ingest.batch_mib_max", self.ingest.batch_mib_max),
            ("ingest.waiting_mib_max", self.ingest.waiting_mib_max),
        ];
        for (key, value) in at_least_one {
            if value == 0 {
                bail!("{key} is 0: nothing could ever be written; give at least 1");
            }
        }
        if self.ingest.batch_records_max > 100_000 {
            bail!("ingest.batch_records_max is above 100,000: one insert would need more memory than a worker has");
        }
        let partitions = self.kafka.topic_partitions;
        if !(16..=1024).contains(&partitions) || !partitions.is_power_of_two() {
            bail!("kafka.topic_partitions is {partitions}: give 16, 32, 64, 128, 256, 512 or 1024");
        }
        if self.kafka.epoch == 0 || self.kafka.epoch > 4_000 {
            bail!("kafka.epoch is {}: epochs are counted from 1 to 4000", self.kafka.epoch);
        }
        let url = &self.store.url;
        if !url.starts_with("http://") && !url.starts_with("embedded:") {
            bail!("store.url is {url:?}: write \"http://host:8123\" or \"embedded:FOLDER\"");
        }
        if !["error", "warn", "info", "debug"].contains(&self.log.level.as_str()) {
            bail!("log.level is {:?}: write error, warn, info or debug", self.log.level);
        }
        let alertmanager = &self.alerts.alertmanager_url;
        if !alertmanager.is_empty() && !alertmanager.starts_with("http://") {
            bail!("alerts.alertmanager_url is {alertmanager:?}: write \"http://host:9093\", or leave it empty");
        }
        Ok(())
    }
}

/// The password in a file, without its last line break; empty for an empty path.
pub(crate) fn password(file: &Path) -> anyhow::Result<String> {
    if file.as_os_str().is_empty() {
        return Ok(String::new());
    }
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("the password file {} can't be read: correct the path or its permissions", file.display()))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Configuration;

    fn read(text: &str) -> Result<Configuration, String> {
        let file = std::env::temp_dir().join(format!("signpost-configuration-{}-{:x}.toml", std::process::id(), text.len()));
        std::fs::write(&file, text).unwrap();
        let result = Configuration::read(Some(&file)).map_err(|error| format!("{error:#}"));
        std::fs::remove_file(&file).unwrap();
        result
    }

    #[test]
    fn a_typo_a_wrong_value_and_a_missing_file_say_what_to_do() {
        for (text, says) in [
            ("[kafka]\nbrokerz = \"a:1\"\n", "brokerz"),
            ("[kafka]\ntopic_partitions = 12\n", "give 16, 32"),
            ("[store]\nurl = \"ftp://x\"\n", "embedded:FOLDER"),
            ("[ingest]\nbatch_records_max = \"many\"\n", "batch_records_max"),
            ("[kafka\n", "kafka"),
            ("[log]\nlevel = \"loud\"\n", "error, warn, info or debug"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(says) && !error.contains('\n'), "{error}");
        }
        let error = Configuration::read(Some(std::path::Path::new("/nowhere.toml"))).unwrap_err().to_string();
        assert!(error.contains("correct --config"), "{error}");
    }

    #[test]
    fn the_reference_file_holds_every_key_with_its_default() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/signpost.toml");
        assert_eq!(Configuration::read(Some(&file)).unwrap(), Configuration::default());
        let written: toml::Table = std::fs::read_to_string(&file).unwrap().parse().unwrap();
        let keys = |table: &toml::Table| -> Vec<(String, Vec<String>)> {
            table.iter().map(|(section, keys)| (section.clone(), keys.as_table().unwrap().keys().cloned().collect())).collect()
        };
        assert_eq!(keys(&written), keys(&toml::Table::try_from(Configuration::default()).unwrap()));
    }

    #[test]
    fn what_is_not_set_has_its_default() {
        let configuration = read("[publish]\nfeed = \"synthetic\"\n").unwrap();
        assert_eq!(configuration.publish.feed, "synthetic");
        assert_eq!(configuration.kafka, super::Kafka::default());
    }
}
