//! Development commands: `cargo xtask test`.

use std::process::{Command, ExitCode};

const HELP: &str = "\
cargo xtask <command>

  test [--require-all]   run all tests; --require-all turns a skip into a failure
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["test"] => test(false),
        ["test", "--require-all"] => test(true),
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
