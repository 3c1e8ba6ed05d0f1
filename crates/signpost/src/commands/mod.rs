//! The commands, one file each.

mod bench;
mod config;
mod demo;
mod import;
mod intervention;
mod migrate;
mod run;
mod serve;
mod status;
mod web;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::configuration::Configuration;
use crate::engines::Engines;

/// Opioid stewardship: prescribing and intervention events in, trends, outcomes and alerts out.
#[derive(Parser)]
#[command(name = "signpost", version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    /// The configuration file; without one, the defaults and SIGNPOST__SECTION__KEY hold.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the pipeline: ingest, derive and publish, with /metrics, /livez and /readyz.
    Run(run::Options),
    /// Run ingest alone: Kafka to event tables and ledger. Any number of these may run.
    Ingest(run::Options),
    /// Run derive alone: marks to practice-months.
    Derive(run::Options),
    /// Run publish alone: practice-months to what is shown.
    Publish(run::Options),
    /// Serve the pages.
    Web,
    /// Send files to Kafka: prescribing, list sizes, practices.
    #[command(subcommand)]
    Import(import::Import),
    /// Declare and look at interventions.
    #[command(subcommand)]
    Intervention(intervention::Intervention),
    /// Say how far everything is: positions, lag, freshness, unmapped products, dead letters, signals.
    Status,
    /// Look at the configuration.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Create or update tables and topics.
    Migrate,
    /// Show the whole pipeline on an invented region: engines, data, results, pages.
    Demo(demo::Options),
    /// Time the pipeline; `cargo xtask bench ingest` runs it.
    #[command(hide = true)]
    BenchIngest(bench::Options),
    /// An engine process of the embedded kind; started by the other commands.
    #[command(hide = true)]
    Engine(EngineArguments),
}

#[derive(Args)]
struct EngineArguments {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Does what was asked.
pub(crate) fn carry_out(arguments: Arguments) -> anyhow::Result<()> {
    if let Command::Engine(engine) = &arguments.command {
        return Engines::host(&engine.arguments);
    }
    let configuration = || Configuration::read(arguments.config.as_deref());
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match arguments.command {
        Command::Engine(_) => Ok(()),
        Command::Config(command) => config::carry_out(&command, &configuration()?),
        Command::Run(options) => runtime()?.block_on(run::carry_out(configuration()?, run::Loops::ALL, options)),
        Command::Ingest(options) => runtime()?.block_on(run::carry_out(configuration()?, run::Loops::INGEST, options)),
        Command::Derive(options) => runtime()?.block_on(run::carry_out(configuration()?, run::Loops::DERIVE, options)),
        Command::Publish(options) => runtime()?.block_on(run::carry_out(configuration()?, run::Loops::PUBLISH, options)),
        Command::Import(import) => runtime()?.block_on(import::carry_out(configuration()?, import)),
        Command::Intervention(command) => runtime()?.block_on(intervention::carry_out(configuration()?, command)),
        Command::Status => runtime()?.block_on(status::carry_out(configuration()?)),
        Command::Web => runtime()?.block_on(web::carry_out(configuration()?)),
        Command::Demo(options) => runtime()?.block_on(demo::carry_out(configuration()?, options)),
        Command::BenchIngest(options) => runtime()?.block_on(bench::carry_out(configuration()?, &options)),
        Command::Migrate => runtime()?.block_on(migrate::carry_out(configuration()?)),
    }
}

/// A line for the person at the terminal.
#[allow(clippy::print_stdout)] // the one place: what a command was asked for goes to standard output
pub(crate) fn say(text: impl std::fmt::Display) {
    println!("{text}");
}

/// A bar, or nothing where nobody watches.
pub(crate) fn bar(steps: u64, label: &str) -> indicatif::ProgressBar {
    let style = indicatif::ProgressStyle::with_template("{msg:28} {bar:30} {percent:>3} %  {elapsed} (left {eta})");
    let bar = indicatif::ProgressBar::new(steps).with_message(label.to_owned());
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
