//! Development commands: `cargo xtask demo`, `cargo xtask test`, and the longer ones.

mod arrows;
mod engines;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

const HELP: &str = "\
cargo xtask <command>

  demo [--seed N] [--once] [--keep]   the whole pipeline on an invented region
  test [--require-all]                all tests; --require-all installs what is missing, and turns a skip into a failure
  engines                             fetch embedded ClickHouse, and Apache Kafka where Java and Maven are there
  prove                               the long versions: 20 rounds of kills on both brokers, 20 seeds of the demo
  bench ingest [--england]            lines per second from Kafka to derived and published rows
  arrows                              check which crate may know which
";

/// The workspace's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["demo", options @ ..] => demo(options),
        ["test"] => test(false),
        ["test", "--require-all"] => test(true),
        ["engines"] => fetch_engines(false),
        ["prove"] => prove(),
        ["bench", "ingest"] => bench_ingest(&[]),
        ["bench", "ingest", "--england"] => bench_ingest(&["--england"]),
        ["arrows"] => arrows::check(),
        [] | ["help" | "--help" | "-h"] => {
            eprint!("{HELP}");
            Ok(())
        }
        other => Err(format!("unknown command: {}\n\n{HELP}", other.join(" "))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !error.is_empty() {
                eprintln!("error: {error}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Runs cargo with some settings; fails when it does.
fn cargo(arguments: &[&str], settings: &[(&str, &OsStr)]) -> Result<(), String> {
    let status = Command::new(env!("CARGO")).args(arguments).current_dir(root()).envs(settings.iter().copied()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(format!("cargo {} failed", arguments.first().unwrap_or(&""))),
        Err(error) => Err(format!("cargo can't be started: {error}")),
    }
}

fn demo(options: &[&str]) -> Result<(), String> {
    engines::ensure_libchdb()?;
    let home = engines::folder();
    let mut arguments = vec!["run", "--quiet", "--package", "signpost", "--", "demo"];
    arguments.extend(options);
    // What went wrong, the demo has said itself.
    cargo(&arguments, &[("SIGNPOST_ENGINES", home.as_os_str())]).map_err(|_| String::new())
}

fn fetch_engines(all: bool) -> Result<(), String> {
    engines::ensure_libchdb()?;
    if all || engines::has("java", "-version") && engines::has("mvn", "--version") {
        engines::ensure_kafka()?;
    } else {
        eprintln!("skipped: Apache Kafka needs Java 17 and Maven");
    }
    Ok(())
}

fn test(require_all: bool) -> Result<(), String> {
    arrows::check()?;
    if require_all {
        engines::install_tools()?;
    }
    fetch_engines(require_all)?;
    let home = engines::folder();
    let mut settings: Vec<(&str, &OsStr)> = vec![("SIGNPOST_ENGINES", home.as_os_str())];
    if require_all {
        settings.push(("SIGNPOST_REQUIRE_ALL", OsStr::new("1")));
    }
    // The tests of the whole start the binary.
    cargo(&["build", "--package", "signpost"], &settings)?;
    run_tests(&settings)
}

/// Runs all tests, passing their output on, and says at the end what was skipped for want of what.
fn run_tests(settings: &[(&str, &OsStr)]) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("cargo can't be started: {error}");
    let mut child = Command::new(env!("CARGO"))
        // A test that passes keeps its words to itself otherwise, and a skip is one of them.
        .args(["test", "--workspace", "--no-fail-fast", "--", "--show-output"])
        .current_dir(root())
        .envs(settings.iter().copied())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let mut skipped = BTreeSet::new();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            eprintln!("{line}");
            if line.starts_with("skipped: ") {
                skipped.insert(line);
            }
        }
    }
    for line in &skipped {
        eprintln!("{line}");
    }
    match child.wait().map_err(failed)?.success() {
        true => Ok(()),
        false => Err("tests failed, see above".into()),
    }
}

fn prove() -> Result<(), String> {
    fetch_engines(true)?;
    let home = engines::folder();
    let settings: [(&str, &OsStr); 3] =
        [("SIGNPOST_ENGINES", home.as_os_str()), ("SIGNPOST_PROVE_SEEDS", OsStr::new("20")), ("SIGNPOST_PROVE_ROUNDS", OsStr::new("20"))];
    cargo(&["build", "--package", "signpost"], &settings)?;
    for proof in ["truths", "crash"] {
        cargo(&["test", "--package", "signpost-tests", "--test", proof, "--", "--nocapture", "--test-threads=1"], &settings)?;
    }
    Ok(())
}

fn bench_ingest(options: &[&str]) -> Result<(), String> {
    fetch_engines(true)?;
    let home = engines::folder();
    let settings = [("SIGNPOST_ENGINES", home.as_os_str())];
    let mut arguments = vec!["run", "--release", "--quiet", "--package", "signpost", "--", "bench-ingest"];
    arguments.extend(options);
    cargo(&arguments, &settings)
}
