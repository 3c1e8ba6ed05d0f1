//! The binary: commands, configuration, wiring. The only place that reads the environment
//! and the clock.
#![allow(clippy::disallowed_methods)]

mod commands;
mod configuration;
mod engines;
mod pipeline;
mod practice_month;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let arguments = commands::Arguments::parse();
    match commands::carry_out(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let text = format!("{error:#}");
            eprintln!("error: {}", text.split_whitespace().collect::<Vec<_>>().join(" "));
            ExitCode::FAILURE
        }
    }
}
