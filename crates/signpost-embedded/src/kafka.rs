//! A real Apache Kafka (KRaft, one node) from a folder of its jars, for acceptance and benchmarks.

use std::fs::File;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::EngineError;

/// A broker running as a child of this process; it ends when this is dropped.
pub struct RealKafka {
    child: Child,
    folder: PathBuf,
    jars: PathBuf,
    /// `127.0.0.1:PORT`.
    pub address: String,
}

/// How long a broker may take to answer; usually three seconds.
const PATIENCE: Duration = Duration::from_secs(60);

impl RealKafka {
    /// Formats `folder` and starts a broker in it.
    ///
    /// # Errors
    /// When Java or the jars are missing, or the broker does not answer in a minute.
    pub fn start(jars: &Path, folder: &Path) -> Result<Self, EngineError> {
        let failed = |what: String| EngineError::Start { engine: "Kafka", what };
        if !jars.is_dir() {
            return Err(EngineError::Missing { file: jars.to_owned() });
        }
        let (port, controller) = (free_port().map_err(failed)?, free_port().map_err(failed)?);
        let address = format!("127.0.0.1:{port}");
        std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
        let properties = folder.join("server.properties");
        let text = format!(
            "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:{controller}\n\
             listeners=PLAINTEXT://{address},CONTROLLER://127.0.0.1:{controller}\nadvertised.listeners=PLAINTEXT://{address}\n\
             controller.listener.names=CONTROLLER\nlistener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
             log.dirs={}\nnum.partitions=16\noffsets.topic.replication.factor=1\noffsets.topic.num.partitions=1\n\
             transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\ngroup.initial.rebalance.delay.ms=0\n\
             auto.create.topics.enable=false\nmessage.max.bytes=6000000\n",
            folder.join("log").display()
        );
        std::fs::write(&properties, text).map_err(|error| failed(error.to_string()))?;
        // Kafka logs through log4j; without a file of settings it would write nowhere useful.
        File::create(folder.join("log4j2.properties"))
            .and_then(|mut file| file.write_all(b"rootLogger.level=WARN\nrootLogger.appenderRef.out.ref=OUT\nappender.out.type=Console\nappender.out.name=OUT\nappender.out.layout.type=PatternLayout\n"))
            .map_err(|error| failed(error.to_string()))?;
        let formatted = java(jars, folder)
            .args(["kafka.tools.StorageTool", "format", "--cluster-id", "c2lnbnBvc3QtdGVzdC0xMg", "--config"])
            .arg(&properties)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| failed(format!("java: {error}")))?;
        if !formatted.status.success() {
            let said = String::from_utf8_lossy(&formatted.stderr).into_owned();
            return Err(failed(said.lines().next().unwrap_or("the log folder could not be formatted").to_owned()));
        }
        let child = broker(jars, folder).map_err(failed)?;
        let mut kafka = Self { child, folder: folder.to_owned(), jars: jars.to_owned(), address };
        kafka.wait()?;
        Ok(kafka)
    }

    /// Ends the broker at once, as a power cut would, and starts it again on the same log.
    ///
    /// # Errors
    /// When it does not answer again.
    pub fn restart(&mut self) -> Result<(), EngineError> {
        self.end();
        self.child = broker(&self.jars, &self.folder).map_err(|what| EngineError::Start { engine: "Kafka", what })?;
        self.wait()
    }

    /// Ends the broker at once.
    pub fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn wait(&mut self) -> Result<(), EngineError> {
        let failed = |what: &str| EngineError::Start { engine: "Kafka", what: what.to_owned() };
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if self.child.try_wait().ok().flatten().is_some() {
                let log = std::fs::read_to_string(self.folder.join("kafka.out")).unwrap_or_default();
                return Err(failed(log.lines().next_back().unwrap_or("it ended")));
            }
            if self.address.parse().is_ok_and(|address| TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok()) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err(failed("it did not answer in a minute"))
    }
}

impl Drop for RealKafka {
    fn drop(&mut self) {
        self.end();
    }
}

fn java(jars: &Path, folder: &Path) -> Command {
    let mut command = Command::new("java");
    command
        .args(["-Xmx400m", "-Xms256m", "-XX:+UseSerialGC", "-cp"])
        .arg(format!("{}/*", jars.display()))
        .arg(format!("-Dlog4j2.configurationFile={}", folder.join("log4j2.properties").display()));
    command
}

/// The broker ends with this process: the shell that watches over it notices when it is alone.
fn broker(jars: &Path, folder: &Path) -> Result<Child, String> {
    let out = File::create(folder.join("kafka.out")).map_err(|error| error.to_string())?;
    let errors = out.try_clone().map_err(|error| error.to_string())?;
    let mut command = java(jars, folder);
    command.arg("kafka.Kafka").arg(folder.join("server.properties")).stdin(Stdio::null()).stdout(out).stderr(errors);
    die_with_parent(&mut command);
    command.spawn().map_err(|error| format!("java: {error}"))
}

/// Asks the kernel to end the child when the thread that started it ends.
fn die_with_parent(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    // SAFETY: prctl is async-signal-safe and touches nothing of the parent.
    unsafe {
        command.pre_exec(|| {
            #[cfg(target_os = "linux")]
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            Ok(())
        });
    }
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    listener.local_addr().map(|address| address.port()).map_err(|error| error.to_string())
}
