//! One ClickHouse, one Kafka, and the binary under test, all children of the test.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use signpost_embedded::clickhouse::ServerOptions;
use signpost_embedded::engine::start_clickhouse_with;
use signpost_embedded::kafka::RealKafka;
use signpost_embedded::{EngineProcess, mock_kafka};
use signpost_events::Topic;
use signpost_kafka::{Connection, KafkaSettings};
use signpost_publication::rows;
use signpost_store::{Published, Store};

use crate::{clickhouse, kafka_jars, libchdb, signpost};

/// Partitions of every topic; few, so that batches hold more than one record.
pub const PARTITIONS: u16 = 16;
/// How long anything may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(120);

/// Which Kafka.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broker {
    /// librdkafka's mock broker.
    Mock,
    /// Apache Kafka.
    Real,
}

/// Kept for its end.
#[allow(dead_code)]
enum Running {
    Mock(EngineProcess),
    Real(RealKafka),
}

/// Everything one test runs on.
pub struct World {
    folder: tempfile::TempDir,
    clickhouse: EngineProcess,
    broker: Running,
    brokers: String,
    /// The store.
    pub store: Store,
    /// Its address.
    pub url: String,
}

/// A worker; it ends with the test.
pub struct Worker {
    child: Child,
    log: PathBuf,
}

impl World {
    /// Starts the engines and migrates; `None` where one is missing.
    pub async fn start(broker: Broker) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let running = match broker {
            Broker::Mock => {
                let topics: Vec<(&str, u16)> = Topic::ALL.iter().map(|topic| (topic.name(), PARTITIONS)).collect();
                Running::Mock(mock_kafka::start(&signpost(), &["engine"], &topics).unwrap())
            }
            Broker::Real => Running::Real(RealKafka::start(&kafka_jars()?, &folder.path().join("kafka")).unwrap()),
        };
        let brokers = match &running {
            Running::Mock(process) => process.address.clone(),
            Running::Real(kafka) => kafka.address.clone(),
        };
        let (clickhouse, store) = clickhouse(&folder.path().join("clickhouse"))?;
        let url = clickhouse.address.clone();
        let world = Self { folder, clickhouse, broker: running, brokers, store, url };
        world.configure("");
        let migrated = world.signpost(&["migrate"]);
        assert!(migrated.status.success(), "{}", text(&migrated.stderr));
        Some(world)
    }

    /// Writes the configuration, with further lines.
    pub fn configure(&self, more: &str) {
        let text = format!(
            "[store]\nurl = \"{}\"\n[kafka]\nbrokers = \"{}\"\ntopic_partitions = {PARTITIONS}\n[serve]\nlisten = \"127.0.0.1:0\"\n\
             [publish]\ninterval_seconds = 0\nkeep_publications = 1000\n[ingest]\nbatch_records_max = 50\n{more}",
            self.url, self.brokers
        );
        std::fs::write(self.path("signpost.toml"), text).unwrap();
    }

    /// Ends a real Kafka as a power cut would, and starts it again on the same log and port.
    pub fn restart_broker(&mut self) {
        match &mut self.broker {
            Running::Real(kafka) => kafka.restart().unwrap(),
            Running::Mock(_) => panic!("the mock broker forgets everything when it ends"),
        }
    }

    /// Ends ClickHouse as a power cut would.
    pub fn end_store(&mut self) {
        self.clickhouse.end();
    }

    /// Starts ClickHouse again on the same data and port.
    pub fn restart_store(&mut self) {
        let port = self.url.rsplit(':').next().unwrap().parse().unwrap();
        let options = ServerOptions { library: libchdb().unwrap(), data: self.path("clickhouse"), port, ..ServerOptions::default() };
        self.clickhouse = start_clickhouse_with(&signpost(), &["engine"], &options).unwrap();
    }

    /// A path in the world's own folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command of the binary to its end.
    #[must_use]
    pub fn signpost(&self, arguments: &[&str]) -> Output {
        Command::new(signpost()).arg("--config").arg(self.path("signpost.toml")).args(arguments).stdin(Stdio::null()).output().unwrap()
    }

    /// The same, which must succeed; its standard output.
    pub fn must(&self, arguments: &[&str]) -> String {
        let output = self.signpost(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// Imports files.
    pub fn import(&self, kind: &str, options: &[&str], files: &[&Path]) {
        let files = files.iter().map(|file| file.to_str().unwrap());
        let arguments: Vec<&str> = ["import", kind].into_iter().chain(options.iter().copied()).chain(files).collect();
        self.must(&arguments);
    }

    /// Starts the pipeline, with further arguments.
    #[must_use]
    pub fn worker(&self, arguments: &[&str]) -> Worker {
        self.start_command("run", arguments)
    }

    /// Starts one of the loops, or all.
    #[must_use]
    pub fn start_command(&self, command: &str, arguments: &[&str]) -> Worker {
        let log = self.path(&format!("worker-{:x}.log", rand_name()));
        let file = std::fs::File::create(&log).unwrap();
        let child = Command::new(signpost())
            .arg("--config")
            .arg(self.path("signpost.toml"))
            .arg(command)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .unwrap();
        Worker { child, log }
    }

    /// A way to the broker.
    #[must_use]
    pub fn kafka(&self) -> Connection {
        let settings = KafkaSettings { brokers: self.brokers.clone(), group: "test".into(), ..KafkaSettings::default() };
        Connection::open(settings, Duration::from_secs(10)).unwrap()
    }

    /// What readers see.
    #[must_use]
    pub fn published(&self) -> Published {
        Published::new(self.store.clone())
    }

    /// Waits until everything in Kafka is on show, and gives the publication.
    pub async fn settled(&self) -> rows::Publication {
        let ends = self.kafka().ends(&[Topic::Practice, Topic::Intervention]).unwrap();
        let records: i64 = ends.values().sum();
        let started = Instant::now();
        loop {
            if let Some(current) = self.store.current().await.unwrap()
                && current.positions >= u64::try_from(records).unwrap()
                && let Some(publication) = self.published().publication().await.unwrap()
            {
                return publication;
            }
            assert!(started.elapsed() < PATIENCE, "not published in two minutes; logs in {}", self.folder.path().display());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// A name no other call gets.
fn rand_name() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Worker {
    /// What it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until a line with this text was logged; `false` if it did not come in time.
    pub fn logs(&mut self, words: &str, patience: Duration) -> bool {
        let started = Instant::now();
        while started.elapsed() < patience {
            if self.log().contains(words) {
                return true;
            }
            assert!(self.child.try_wait().unwrap().is_none(), "the worker ended: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    /// The address of its /metrics.
    pub fn listen(&mut self) -> String {
        assert!(self.logs("running listen=", PATIENCE), "{}", self.log());
        let log = self.log();
        log.split("listen=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned()
    }

    /// Ends it as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end (SIGTERM) and waits; it must end well.
    pub fn end(mut self) {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().unwrap();
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert!(status.success(), "{}", self.log());
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it did not end: {}", self.log());
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One HTTP GET, without a client's weight.
#[must_use]
pub fn get(address: &str, path: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
