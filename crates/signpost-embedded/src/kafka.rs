//! A real Apache Kafka (KRaft, one node) from a folder of its jars, for acceptance and benchmarks.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};

use crate::EngineError;
use crate::process::spawn_bound;

/// A broker running as a child of this process; it ends when this is dropped, and also when this
/// process dies without dropping it. It makes no topic by itself.
#[derive(Debug)]
pub struct RealKafka {
    child: Child,
    folder: PathBuf,
    jars: PathBuf,
    /// `127.0.0.1:PORT`.
    pub address: String,
}

/// How long a broker may take to answer; usually three seconds.
const PATIENCE: Duration = Duration::from_secs(60);
/// A free port may be taken by someone else before the broker binds it; then others are tried.
const ATTEMPTS: usize = 3;

fn failed(what: impl Into<String>) -> EngineError {
    EngineError::Start { engine: "Kafka", what: what.into() }
}

impl RealKafka {
    /// Formats `folder` (a new or empty one) and starts a broker in it.
    ///
    /// # Errors
    /// When Java or the jars are missing, or the broker does not answer in a minute.
    pub fn start(jars: &Path, folder: &Path) -> Result<Self, EngineError> {
        if !jars.is_dir() {
            return Err(EngineError::Missing { file: jars.to_owned() });
        }
        let mut last = failed("it was never tried");
        for attempt in 0..ATTEMPTS {
            let folder = folder.join(format!("broker-{attempt}"));
            match Self::start_in(jars, &folder) {
                Ok(kafka) => return Ok(kafka),
                Err(error) if said(&folder).contains("BindException") => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    fn start_in(jars: &Path, folder: &Path) -> Result<Self, EngineError> {
        let address = write_settings(folder).map_err(|error| failed(format!("{}: {error}", folder.display())))?;
        let formatted = java(jars, folder)
            .args(["kafka.tools.StorageTool", "format", "--cluster-id", "c2lnbnBvc3QtdGVzdC0xMg", "--config"])
            .arg(folder.join("server.properties"))
            .stdin(Stdio::null())
            .output()
            .map_err(|error| failed(format!("java: {error}")))?;
        if !formatted.status.success() {
            let said = String::from_utf8_lossy(&formatted.stderr).into_owned();
            return Err(failed(said.lines().next().unwrap_or("the log folder could not be formatted")));
        }
        let child = broker(jars, folder).map_err(|error| failed(format!("java: {error}")))?;
        let mut kafka = Self { child, folder: folder.to_owned(), jars: jars.to_owned(), address };
        kafka.wait()?;
        Ok(kafka)
    }

    /// Ends the broker at once, as `kill -9` does, and starts it again on the same log and port.
    ///
    /// # Errors
    /// When it does not answer again.
    pub fn restart(&mut self) -> Result<(), EngineError> {
        self.end();
        self.child = broker(&self.jars, &self.folder).map_err(|error| failed(format!("java: {error}")))?;
        self.wait()
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends the broker at once.
    pub fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until the broker names itself to a client: an open port alone takes no topics yet.
    fn wait(&mut self) -> Result<(), EngineError> {
        let client: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", &self.address)
            .set("reconnect.backoff.max.ms", "200")
            // A broker that isn't up yet is no news.
            .set("log_level", "0")
            .create()
            .map_err(|error| failed(error.to_string()))?;
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if self.child.try_wait().ok().flatten().is_some() {
                let log = said(&self.folder);
                let fault = log.lines().find(|line| line.contains("Exception") || line.contains("Error"));
                return Err(failed(fault.or(log.lines().next_back()).unwrap_or("it ended")));
            }
            if client.fetch_metadata(None, Duration::from_millis(500)).is_ok_and(|cluster| !cluster.brokers().is_empty()) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(failed("it did not answer in a minute"))
    }
}

impl Drop for RealKafka {
    fn drop(&mut self) {
        self.end();
    }
}

/// Writes the broker's settings and gives the address it will answer at.
fn write_settings(folder: &Path) -> std::io::Result<String> {
    let (port, controller) = free_ports()?;
    let address = format!("127.0.0.1:{port}");
    std::fs::create_dir_all(folder)?;
    // A broker killed and started again is let in once its former session has timed out, so that is short.
    let settings = format!(
        "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:{controller}\n\
         listeners=PLAINTEXT://{address},CONTROLLER://127.0.0.1:{controller}\nadvertised.listeners=PLAINTEXT://{address}\n\
         controller.listener.names=CONTROLLER\nlistener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
         log.dirs={}\nnum.partitions=16\noffsets.topic.replication.factor=1\noffsets.topic.num.partitions=1\n\
         transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\ngroup.initial.rebalance.delay.ms=0\n\
         auto.create.topics.enable=false\nmessage.max.bytes=6000000\n\
         broker.session.timeout.ms=3000\nbroker.heartbeat.interval.ms=500\n",
        folder.join("log").display()
    );
    std::fs::write(folder.join("server.properties"), settings)?;
    // Kafka logs through log4j; without settings of its own it would write nowhere useful.
    let logging = "rootLogger.level=WARN\nrootLogger.appenderRef.out.ref=OUT\nappender.out.type=Console\n\
                   appender.out.name=OUT\nappender.out.layout.type=PatternLayout\nappender.out.layout.pattern=%p %m%n%ex{short}\n";
    std::fs::write(folder.join("log4j2.properties"), logging)?;
    Ok(address)
}

fn java(jars: &Path, folder: &Path) -> Command {
    let mut command = Command::new("java");
    command
        .args(["-Xmx400m", "-Xms256m", "-XX:+UseSerialGC", "-cp"])
        .arg(format!("{}/*", jars.display()))
        .arg(format!("-Dlog4j2.configurationFile={}", folder.join("log4j2.properties").display()));
    command
}

/// A broker that ends with this process; what it says is kept in `kafka.out`.
fn broker(jars: &Path, folder: &Path) -> std::io::Result<Child> {
    let out = File::create(folder.join("kafka.out"))?;
    let errors = out.try_clone()?;
    let mut command = java(jars, folder);
    command.arg("kafka.Kafka").arg(folder.join("server.properties")).stdin(Stdio::null()).stdout(out).stderr(errors);
    spawn_bound(command)
}

fn said(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("kafka.out")).unwrap_or_default()
}

/// Two ports; both are held until both are known, so that they differ.
fn free_ports() -> std::io::Result<(u16, u16)> {
    let (first, second) = (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
    Ok((first.local_addr()?.port(), second.local_addr()?.port()))
}
