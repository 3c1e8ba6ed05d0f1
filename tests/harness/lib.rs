//! What the tests of the whole share: where the engines are, and how they are started.
//!
//! Every process is a child of the test and ends with it, also after a panic. A test whose engine
//! is missing says so and passes, unless `SIGNPOST_REQUIRE_ALL` is set: then it fails.
#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

pub mod demo;
pub mod epd;
pub mod world;

use std::path::{Path, PathBuf};

use signpost_embedded::EngineProcess;
use signpost_embedded::engine::start_clickhouse;
use signpost_store::{Store, StoreSettings};

/// Says what is missing; fails where nothing may be.
pub fn skip(missing: &str) {
    assert!(std::env::var_os("SIGNPOST_REQUIRE_ALL").is_none(), "missing, and everything is required: {missing}");
    println!("skipped: {missing}");
}

fn engines() -> PathBuf {
    std::env::var_os("SIGNPOST_ENGINES").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../.signpost/engines"), PathBuf::from)
}

/// The library of embedded ClickHouse.
#[must_use]
pub fn libchdb() -> Option<PathBuf> {
    let library = engines().join("libchdb-26.7.3/libchdb.so");
    if library.is_file() {
        return Some(library);
    }
    skip("embedded ClickHouse; `cargo xtask engines` fetches it");
    None
}

/// The jars of a real Kafka, and Java to run them.
#[must_use]
pub fn kafka_jars() -> Option<PathBuf> {
    let jars = engines().join("kafka-4.1.0");
    let java = std::process::Command::new("java").arg("-version").output().is_ok_and(|output| output.status.success());
    if jars.is_dir() && java {
        return Some(jars);
    }
    skip("Apache Kafka or Java; `cargo xtask engines` fetches the former");
    None
}

/// A file or folder of the shared material.
#[must_use]
pub fn shared(path: &str) -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared").join(path);
    if found.exists() {
        return Some(found);
    }
    // Material, not an engine: where it is absent, nobody can install it.
    println!("skipped: shared/{path} is absent");
    None
}

/// The binary under test: built beside the tests.
#[must_use]
pub fn signpost() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let binary = test.ancestors().nth(2).unwrap().join("signpost");
    assert!(binary.is_file(), "{} is not built: run `cargo xtask test`, or `cargo build` first", binary.display());
    binary
}

/// An embedded ClickHouse on a folder, and a store on it; nothing is migrated yet.
#[must_use]
pub fn clickhouse(folder: &Path) -> Option<(EngineProcess, Store)> {
    let process = start_clickhouse(&signpost(), &["engine"], &libchdb()?, folder).unwrap();
    let store = store(&process.address, "");
    Some((process, store))
}

/// A store at an address.
#[must_use]
pub fn store(url: &str, password: &str) -> Store {
    Store::new(&StoreSettings { url: url.to_owned(), user: "default".into(), password: password.to_owned() })
}
