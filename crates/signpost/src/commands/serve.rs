use std::net::SocketAddr;

use anyhow::Context as _;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;

use crate::pipeline::Workshop;

/// The operator's endpoint of a running pipeline.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
}

/// Answers `/metrics`, `/livez` and `/readyz` until the process ends.
pub(crate) async fn start(workshop: &Workshop) -> anyhow::Result<Server> {
    let listen = &workshop.configuration.serve.listen;
    let listener = tokio::net::TcpListener::bind(listen)
        .await
        .with_context(|| format!("serve.listen: {listen} can't be listened on; another process may have it"))?;
    let address = listener.local_addr()?;
    let routes = axum::Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .with_state(workshop.clone());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(Server { address })
}

async fn metrics(State(workshop): State<Workshop>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], workshop.metrics.text())
}

/// Ready while the store answers and nobody has asked to end.
async fn ready(State(workshop): State<Workshop>) -> impl IntoResponse {
    if workshop.is_ending() {
        return (StatusCode::SERVICE_UNAVAILABLE, "ending\n".to_owned());
    }
    match workshop.store.ping().await {
        Ok(version) => (StatusCode::OK, format!("ready; ClickHouse {version}\n")),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")),
    }
}
