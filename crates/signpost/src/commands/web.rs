use anyhow::Context as _;
use signpost_store::Published;

use super::run::asked_to_end;
use super::say;
use crate::configuration::Configuration;
use crate::engines::Engines;

pub(crate) async fn carry_out(configuration: Configuration) -> anyhow::Result<()> {
    signpost_telemetry::start_log(&configuration.log.level, signpost_telemetry::LogFormat::Plain);
    let engines = Engines::open(&configuration).await?;
    tokio::select! {
        served = serve(&configuration, &engines) => served,
        () = asked_to_end() => Ok(()),
    }
}

/// Serves the pages for good, with the read-only account if there is one.
pub(crate) async fn serve(configuration: &Configuration, engines: &Engines) -> anyhow::Result<()> {
    let store = engines.readers_store(configuration)?;
    store.ping().await?;
    let listen = &configuration.web.listen;
    let listener = tokio::net::TcpListener::bind(listen)
        .await
        .with_context(|| format!("web.listen: {listen} can't be listened on; another process may have it"))?;
    say(format!("Pages at http://{} until Ctrl-C", listener.local_addr()?));
    axum::serve(listener, signpost_web::routes(Published::new(store))).await?;
    Ok(())
}
