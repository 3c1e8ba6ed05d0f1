//! An embedded ClickHouse for the length of one test.

use std::path::{Path, PathBuf};

use clickhouse::{Client, Compression};
use signpost_embedded::EngineProcess;
use signpost_embedded::engine::start_clickhouse;

/// The binary that hosts the engines.
pub(crate) const ENGINE: &str = env!("CARGO_BIN_EXE_signpost-engine");

/// The engine's library, or `None` and a word about it.
pub(crate) fn library() -> Option<PathBuf> {
    let home = std::env::var_os("SIGNPOST_ENGINES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.signpost/engines"), PathBuf::from);
    let library = home.join("libchdb-26.7.3/libchdb.so");
    if library.is_file() {
        return Some(library);
    }
    assert!(std::env::var_os("SIGNPOST_REQUIRE_ALL").is_none(), "embedded ClickHouse is missing: run `cargo xtask engines`");
    println!("skipped: embedded ClickHouse is missing; run `cargo xtask engines`");
    None
}

/// A server on the folder, and a client of it.
pub(crate) fn start(data: &Path) -> Option<(EngineProcess, Client)> {
    let process = start_clickhouse(Path::new(ENGINE), &[], &library()?, data).unwrap();
    let client = Client::default().with_url(&process.address).with_compression(Compression::Lz4);
    Some((process, client))
}
