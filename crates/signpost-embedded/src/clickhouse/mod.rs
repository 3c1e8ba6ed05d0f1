//! ClickHouse over HTTP, in front of `libchdb.so`.
//!
//! A request travels `server` (HTTP, password, limits) → `request` (url, headers and body become a
//! statement with settings, parameters and data) → `answer` (a connection of its own) → `session`
//! → `library` (C).

mod answer;
mod failure;
mod folder;
mod frames;
mod library;
mod loopback;
mod request;
mod server;
mod session;
mod statement;

pub use folder::running_server;
pub use server::{ServerOptions, serve};
