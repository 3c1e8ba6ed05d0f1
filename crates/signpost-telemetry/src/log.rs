use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For a person at a terminal.
    Plain,
    /// Nothing at all.
    Off,
}

/// Starts logging to standard error at `level` (`error`, `warn`, `info`, `debug`).
///
/// A second call changes nothing.
pub fn start_log(level: &str, format: LogFormat) {
    if format == LogFormat::Off {
        return;
    }
    // Libraries speak up only when something is wrong.
    let filter = EnvFilter::new(format!("warn,signpost={level},librdkafka=off"));
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .try_init();
}
