use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use signpost_kafka::Connection;
use signpost_telemetry::{LogFormat, Metrics, start_log};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::serve;
use crate::configuration::Configuration;
use crate::engines::{Broker, Engines};
use crate::pipeline::{GAPS, Gaps, Workshop, derive, ingest, publish};

#[derive(Args)]
pub(crate) struct Options {
    /// Name of this worker in the ledger; the process id if not given.
    #[arg(long)]
    worker: Option<String>,
    /// Hold for good after a durable write, written GAP:NTH. For tests of what a crash does.
    #[arg(long, hide = true)]
    hold_at: Option<String>,
    /// List the gaps that --hold-at knows, and end.
    #[arg(long, hide = true)]
    list_gaps: bool,
}

/// Which loops run in this process.
#[derive(Clone, Copy)]
pub(crate) struct Loops {
    ingest: bool,
    derive: bool,
    publish: bool,
}

impl Loops {
    pub(crate) const ARRIVING: Self = Self { ingest: true, derive: true, publish: false };
    pub(crate) const ALL: Self = Self { ingest: true, derive: true, publish: true };
    pub(crate) const INGEST: Self = Self { ingest: true, derive: false, publish: false };
    pub(crate) const DERIVE: Self = Self { ingest: false, derive: true, publish: false };
    pub(crate) const PUBLISH: Self = Self { ingest: false, derive: false, publish: true };
}

pub(crate) async fn carry_out(configuration: Configuration, loops: Loops, options: Options) -> anyhow::Result<()> {
    if options.list_gaps {
        super::say(GAPS.join("\n"));
        return Ok(());
    }
    start_log(&configuration.log.level, LogFormat::Plain);
    let gaps = match &options.hold_at {
        Some(text) => Gaps::holding_at(text).map_err(anyhow::Error::msg)?,
        None => Gaps::default(),
    };
    let engines = Engines::open_with(&configuration, Broker::Start).await?;
    let worker = options.worker.unwrap_or_else(|| format!("p{}", std::process::id()));
    let (end, ending) = watch::channel(false);
    let workshop = workshop(configuration, &engines, worker, gaps, ending).await?;
    let connection = if loops.ingest { Some(engines.kafka()?) } else { None };
    let mut running = start(&workshop, loops, connection);
    let server = serve::start(&workshop).await?;
    tracing::info!(listen = %server.address, worker = workshop.worker, "running");
    let result = tokio::select! {
        () = asked_to_end() => {
            tracing::info!("ending: finishing what is in flight");
            Ok(())
        }
        ended = running.join_next() => match ended {
            Some(Ok(result)) => result,
            Some(Err(error)) => Err(error.into()),
            None => Ok(()),
        },
    };
    end.send_replace(true);
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    tracing::info!("ended; everything in flight was written");
    result
}

/// The loops as tasks.
pub(crate) fn start(workshop: &Workshop, loops: Loops, connection: Option<Connection>) -> JoinSet<anyhow::Result<()>> {
    let mut running = JoinSet::new();
    if let Some(connection) = connection {
        running.spawn(ingest::ingest(workshop.clone(), connection));
    }
    if loops.derive {
        running.spawn(derive::derive(workshop.clone()));
    }
    if loops.publish {
        running.spawn(publish::publish(workshop.clone()));
    }
    running
}

/// What the loops need; tries the store, and its tables, at once.
pub(crate) async fn workshop(
    configuration: Configuration,
    engines: &Engines,
    worker: String,
    gaps: Gaps,
    ending: watch::Receiver<bool>,
) -> anyhow::Result<Workshop> {
    let mut configuration = configuration;
    let store = engines.store(&configuration)?;
    store.ping().await?;
    store.check_migrated().await?;
    if let Some(epoch) = engines.epoch() {
        configuration.kafka.epoch = epoch;
    }
    let library = crate::engines::library(&configuration)?;
    Ok(Workshop {
        library: Arc::new(library),
        configuration: Arc::new(configuration),
        store,
        metrics: Metrics::new()?,
        worker,
        gaps,
        ending,
    })
}

/// SIGTERM or Ctrl-C.
pub(crate) async fn asked_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signals) => {
                signals.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminated => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    // A second request finds the default again: it ends the process at once.
    tokio::spawn(async {
        let _ = tokio::signal::ctrl_c().await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        std::process::exit(130);
    });
}
