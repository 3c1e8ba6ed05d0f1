//! ClickHouse over HTTP, in front of `libchdb.so`.

mod frames;
mod library;
mod request;
mod server;
mod statement;

pub use server::{ServerOptions, serve};
