use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// An engine that could not be started.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The process did not start, or ended before it was ready.
    #[error("the embedded {engine} did not start: {what}")]
    Start {
        /// `ClickHouse` or `Kafka`.
        engine: &'static str,
        /// What it said.
        what: String,
    },
    /// A file that `cargo xtask` fetches is not there.
    #[error("{} is missing: run `cargo xtask engines` once", file.display())]
    Missing {
        /// The file.
        file: PathBuf,
    },
}

/// An engine running as a child of this process; it ends when this is dropped, and also when this
/// process dies without dropping it.
pub struct EngineProcess {
    child: Child,
    /// Where it answers: `http://127.0.0.1:PORT`, or `127.0.0.1:PORT`.
    pub address: String,
}

impl EngineProcess {
    /// Starts `executable arguments` and waits for its line `ready ADDRESS`.
    pub(crate) fn start(engine: &'static str, executable: &Path, arguments: &[String], patience: Duration) -> Result<Self, EngineError> {
        let failed = |what: String| EngineError::Start { engine, what };
        let mut child = Command::new(executable)
            .args(arguments)
            .arg(format!("--parent={}", std::process::id()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        let (heard, line) = mpsc::channel();
        if let Some(stdout) = child.stdout.take() {
            std::thread::spawn(move || {
                let mut lines = BufReader::new(stdout);
                let mut first = String::new();
                let _ = lines.read_line(&mut first);
                let _ = heard.send(first);
                // Read on, so that the child never waits for a full pipe.
                let _ = std::io::copy(&mut lines, &mut std::io::sink());
            });
        }
        let stderr = child.stderr.take().map(|stderr| {
            std::thread::spawn(move || {
                let mut kept = Vec::new();
                let mut stderr = BufReader::new(stderr);
                let _ = stderr.by_ref().take(4_096).read_to_end(&mut kept);
                let _ = std::io::copy(&mut stderr, &mut std::io::sink());
                String::from_utf8_lossy(&kept).into_owned()
            })
        });
        let mut process = Self { child, address: String::new() };
        let first = line.recv_timeout(patience).unwrap_or_default();
        match first.trim().strip_prefix("ready ") {
            Some(address) => {
                address.clone_into(&mut process.address);
                Ok(process)
            }
            None => {
                process.end();
                let said = stderr.and_then(|thread| thread.join().ok()).unwrap_or_default();
                let said = said.lines().next().unwrap_or("it ended, or was not ready in time").to_owned();
                Err(failed(said))
            }
        }
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as a power cut would.
    pub fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for EngineProcess {
    fn drop(&mut self) {
        self.end();
    }
}

/// Ends this process as soon as its parent is another than `parent`.
pub(crate) fn end_with(parent: u32) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_millis(200));
            if std::os::unix::process::parent_id() != parent {
                std::process::exit(0);
            }
        }
    });
}
