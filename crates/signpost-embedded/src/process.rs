//! Children that end with this process, and how one knows its parent is gone.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{OnceLock, mpsc};
use std::time::{Duration, Instant};

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

/// How long an engine may take to end when asked to.
const FAREWELL: Duration = Duration::from_secs(15);

/// An engine running as a child of this process; it ends when this is dropped, and also when this
/// process dies without dropping it. It has a process group of its own: Ctrl-C in a terminal
/// reaches this process alone, which may then finish its work on the engine.
#[derive(Debug)]
pub struct EngineProcess {
    child: Child,
    /// Where it answers: `http://127.0.0.1:PORT`, or `127.0.0.1:PORT`.
    pub address: String,
}

impl EngineProcess {
    /// Starts `executable arguments` and waits for its line `ready ADDRESS`.
    pub(crate) fn start(
        engine: &'static str,
        executable: &Path,
        arguments: &[String],
        environment: &[(&str, OsString)],
        patience: Duration,
    ) -> Result<Self, EngineError> {
        let failed = |what: String| EngineError::Start { engine, what };
        let mut command = Command::new(executable);
        command
            .args(arguments)
            .arg(format!("--parent={}", std::process::id()))
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = spawn_bound(command).map_err(|error| failed(format!("{}: {error}", executable.display())))?;
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
                let said = said.lines().next().unwrap_or("it ended, or was not ready in time");
                Err(failed(said.strip_prefix("error: ").unwrap_or(said).to_owned()))
            }
        }
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs; an engine that ended by itself is gone for good.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks it to end, lets it finish what it is doing, and waits; after 15 s it is ended at once.
    pub fn stop(&mut self) {
        if self.is_running()
            && let Ok(id) = libc::pid_t::try_from(self.child.id())
        {
            // SAFETY: the child has not been waited for, so the id is still its own.
            unsafe { libc::kill(id, libc::SIGTERM) };
        }
        let asked = Instant::now();
        while self.is_running() && asked.elapsed() < FAREWELL {
            std::thread::sleep(Duration::from_millis(10));
        }
        self.end();
    }

    /// Ends it at once, as `kill -9` does.
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

type Order = (Command, mpsc::Sender<std::io::Result<Child>>);

/// Spawns a child that the kernel ends when this process ends, even by `kill -9`.
///
/// The kernel's promise is about the *thread* that forked, so one thread that never ends forks for
/// all: a child started by a test's or a runtime's thread would die with that thread.
pub(crate) fn spawn_bound(mut command: Command) -> std::io::Result<Child> {
    static SPAWNER: OnceLock<mpsc::Sender<Order>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (orders, taken) = mpsc::channel::<Order>();
        std::thread::spawn(move || {
            for (mut command, reply) in taken {
                let _ = reply.send(command.spawn());
            }
        });
        orders
    });
    command.process_group(0);
    let parent = std::process::id();
    // SAFETY: prctl, getppid and _exit are async-signal-safe and touch nothing of the parent.
    unsafe {
        command.pre_exec(move || {
            #[cfg(target_os = "linux")]
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            // The parent may have died before the promise was asked for.
            if u32::try_from(libc::getppid()) != Ok(parent) {
                libc::_exit(1);
            }
            Ok(())
        });
    }
    let (reply, child) = mpsc::channel();
    let gone = |_| std::io::Error::other("the thread that starts engines is gone");
    spawner.send((command, reply)).map_err(|_| std::io::Error::other("the thread that starts engines is gone"))?;
    child.recv().map_err(gone)?
}

/// Ends this process as soon as its parent is another than `parent`: for a parent that is not
/// signpost, or a kernel that makes no promise.
pub(crate) fn end_with(parent: u32) {
    std::thread::spawn(move || {
        loop {
            if std::os::unix::process::parent_id() != parent {
                end_now(0);
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    });
}

/// Ends this process without running C++ destructors, which would race with the engine's threads.
pub(crate) fn end_now(status: i32) -> ! {
    // SAFETY: _exit has no precondition.
    unsafe { libc::_exit(status) }
}
