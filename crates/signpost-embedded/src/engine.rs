//! The engine side of a child process, and how its parent starts it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::clickhouse::{ServerOptions, serve};
use crate::{EngineError, EngineProcess, mock_kafka, process};

/// How a parent hands the password to the server: arguments are visible to every user.
const PASSWORD: &str = "SIGNPOST_ENGINE_PASSWORD";

/// Runs the engine that the arguments name: `clickhouse --library=FILE --data=FOLDER [--port=N]`
/// (the password in `SIGNPOST_ENGINE_PASSWORD`), or `mock-kafka --topic=NAME:PARTITIONS ...`;
/// `--parent=PID` ends it with that process. Prints `ready ADDRESS` when it answers. Returns only
/// with an error: asked to end (SIGTERM), the whole process ends. Call it first in `main`, before
/// any thread or runtime is started.
///
/// # Errors
/// When the arguments are wrong or the engine does not start.
pub fn host(arguments: &[String]) -> Result<(), String> {
    let (engine, options) = arguments.split_first().ok_or("name an engine: clickhouse or mock-kafka")?;
    let known = ["library", "data", "port", "topic", "parent"];
    for option in options {
        let name = option.strip_prefix("--").and_then(|option| option.split_once('=')).map(|(name, _)| name);
        if !name.is_some_and(|name| known.contains(&name)) {
            return Err(format!("{option:?} is no option of an engine: write --NAME=VALUE with one of {}", known.join(", ")));
        }
    }
    let all = |name: &str| {
        let prefix = format!("--{name}=");
        options.iter().filter_map(move |option| option.strip_prefix(&prefix).map(str::to_owned)).collect::<Vec<_>>()
    };
    let one = |name: &str| all(name).into_iter().next();
    let number =
        |name: &'static str| one(name).map(|text| text.parse::<u32>().map_err(|_| format!("--{name}={text} is no number"))).transpose();
    if std::env::var_os("TZ").is_none_or(|zone| zone != "UTC") {
        // SAFETY: the caller's first act, so no other thread reads the environment; children
        // started by signpost come with the variable and skip this.
        unsafe { std::env::set_var("TZ", "UTC") };
    }
    if let Some(parent) = number("parent")? {
        process::end_with(parent);
    }
    match engine.as_str() {
        "clickhouse" => {
            let port = number("port")?.unwrap_or(0);
            let options = ServerOptions {
                library: PathBuf::from(one("library").ok_or("--library=FILE is missing")?),
                data: PathBuf::from(one("data").ok_or("--data=FOLDER is missing")?),
                port: u16::try_from(port).map_err(|_| format!("--port={port} is no port"))?,
                password: std::env::var(PASSWORD).unwrap_or_default(),
            };
            // The engine reads its standard input whatever it is asked.
            let nothing = std::fs::File::open("/dev/null").map_err(|error| format!("/dev/null: {error}"))?;
            // SAFETY: both descriptors are open; the standard input is replaced, not closed.
            unsafe { libc::dup2(std::os::fd::AsRawFd::as_raw_fd(&nothing), libc::STDIN_FILENO) };
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| error.to_string())?;
            runtime.block_on(serve(options, say_ready))?;
            process::end_now(0)
        }
        "mock-kafka" => {
            let topics: Vec<(String, i32)> = all("topic")
                .iter()
                .map(|text| text.rsplit_once(':').and_then(|(name, count)| Some((name.to_owned(), count.parse().ok()?))))
                .collect::<Option<_>>()
                .ok_or("write --topic=NAME:PARTITIONS")?;
            mock_kafka::run(&topics, say_ready)
        }
        other => Err(format!("there is no engine {other:?}: name clickhouse or mock-kafka")),
    }
}

fn say_ready(address: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout();
    let _ = writeln!(out, "ready {address}");
    let _ = out.flush();
}

/// Starts ClickHouse as a child on a free port, without a password: `executable leading...` must
/// hand its further arguments to [`host`]. The address is `http://127.0.0.1:PORT`.
///
/// # Errors
/// When the library is missing, another process holds the folder, or the process does not start.
pub fn start_clickhouse(executable: &Path, leading: &[&str], library: &Path, data: &Path) -> Result<EngineProcess, EngineError> {
    let options = ServerOptions { library: library.to_owned(), data: data.to_owned(), ..ServerOptions::default() };
    start_clickhouse_with(executable, leading, &options)
}

/// As [`start_clickhouse`], with a port or a password of one's own.
///
/// # Errors
/// As there.
pub fn start_clickhouse_with(executable: &Path, leading: &[&str], options: &ServerOptions) -> Result<EngineProcess, EngineError> {
    if !options.library.is_file() {
        return Err(EngineError::Missing { file: options.library.clone() });
    }
    let mut arguments: Vec<String> = leading.iter().map(|argument| (*argument).to_owned()).collect();
    arguments.extend([
        "clickhouse".into(),
        format!("--library={}", options.library.display()),
        format!("--data={}", options.data.display()),
        format!("--port={}", options.port),
    ]);
    let environment = [(PASSWORD, OsString::from(&options.password)), ("TZ", OsString::from("UTC"))];
    EngineProcess::start("ClickHouse", executable, &arguments, &environment, Duration::from_secs(60))
}
