//! Development commands: `cargo xtask test`, `cargo xtask engines`.

mod engines;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const HELP: &str = "\
cargo xtask <command>

  test [--require-all]   run all tests; --require-all turns a skip into a failure
  engines                fetch embedded ClickHouse, and Apache Kafka where Java and Maven are there
";

/// The workspace's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["test"] => test(false),
        ["test", "--require-all"] => test(true),
        ["engines"] => match engines::ensure_libchdb().and_then(|_| engines::ensure_kafka()) {
            Ok(_) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        },
        [] | ["help" | "--help" | "-h"] => {
            eprint!("{HELP}");
            ExitCode::SUCCESS
        }
        other => {
            eprintln!("unknown command: {}\n\n{HELP}", other.join(" "));
            ExitCode::FAILURE
        }
    }
}

fn test(require_all: bool) -> ExitCode {
    let mut cargo = Command::new("cargo");
    cargo.args(["test", "--workspace"]);
    if require_all {
        cargo.env("SIGNPOST_REQUIRE_ALL", "1");
    }
    match cargo.status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("cannot start cargo: {error}");
            ExitCode::FAILURE
        }
    }
}
