//! The engine side of a child process, and how its parent starts it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::clickhouse::{ServerOptions, serve};
use crate::{EngineError, EngineProcess, mock_kafka, process};

/// Runs the engine that the arguments name, for good: `clickhouse --library=FILE --data=FOLDER
/// [--port=N]` (the password in `SIGNPOST_ENGINE_PASSWORD`), or `mock-kafka --topic=NAME:PARTITIONS ...`;
/// `--parent=PID` ends it with that process.
///
/// # Errors
/// When the arguments are wrong or the engine does not start.
pub fn host(arguments: &[String]) -> Result<(), String> {
    let (engine, options) = arguments.split_first().ok_or("name an engine: clickhouse or mock-kafka")?;
    let all = |name: &str| {
        let prefix = format!("--{name}=");
        options.iter().filter_map(move |option| option.strip_prefix(&prefix).map(str::to_owned)).collect::<Vec<_>>()
    };
    let one = |name: &str| all(name).into_iter().next();
    if let Some(parent) = one("parent").and_then(|id| id.parse().ok()) {
        process::end_with(parent);
    }
    match engine.as_str() {
        "clickhouse" => {
            let options = ServerOptions {
                library: PathBuf::from(one("library").ok_or("--library=FILE is missing")?),
                data: PathBuf::from(one("data").ok_or("--data=FOLDER is missing")?),
                port: one("port").and_then(|port| port.parse().ok()).unwrap_or(0),
                password: std::env::var("SIGNPOST_ENGINE_PASSWORD").unwrap_or_default(),
            };
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| error.to_string())?;
            runtime.block_on(serve(options, say_ready))
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

/// Starts ClickHouse as a child: `executable leading...` must hand its further arguments to [`host`].
/// The address is `http://127.0.0.1:PORT`.
///
/// # Errors
/// When the library is missing or the process does not start.
pub fn start_clickhouse(executable: &Path, leading: &[&str], library: &Path, data: &Path) -> Result<EngineProcess, EngineError> {
    if !library.is_file() {
        return Err(EngineError::Missing { file: library.to_owned() });
    }
    let mut arguments: Vec<String> = leading.iter().map(|argument| (*argument).to_owned()).collect();
    arguments.extend(["clickhouse".into(), format!("--library={}", library.display()), format!("--data={}", data.display())]);
    EngineProcess::start("ClickHouse", executable, &arguments, Duration::from_secs(60))
}
