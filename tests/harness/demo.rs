//! A small demo, run to its end, with its database open.

use std::process::Command;

use signpost_embedded::EngineProcess;
use signpost_store::{Published, Store};

use crate::world::get;
use crate::{clickhouse, libchdb, signpost};

/// What a small demo left.
pub struct Demo {
    _folder: tempfile::TempDir,
    clickhouse: EngineProcess,
    /// Its store.
    pub store: Store,
    /// What it printed.
    pub summary: String,
}

impl Demo {
    /// Runs `signpost demo --once` on a small England.
    #[must_use]
    pub fn run_small() -> Option<Self> {
        let library = libchdb()?;
        let engines = library.parent().unwrap().parent().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("demo");
        let output = Command::new(signpost())
            .args(["demo", "--once", "--small", "--seed", "1", "--folder"])
            .arg(&home)
            .env("SIGNPOST_ENGINES", engines)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let (clickhouse, store) = clickhouse(&home.join("clickhouse"))?;
        Some(Self { _folder: folder, clickhouse, store, summary: String::from_utf8_lossy(&output.stdout).into_owned() })
    }

    /// What readers see.
    #[must_use]
    pub fn published(&self) -> Published {
        Published::new(self.store.clone())
    }

    /// Runs a command of the binary on the demo's database; what it prints.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> String {
        let output = Command::new(signpost()).args(arguments).env("SIGNPOST__STORE__URL", &self.clickhouse.address).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The rows of a query, as JSON; or what the server says.
    ///
    /// # Errors
    /// When the server refuses the query.
    pub fn json_rows(&self, sql: &str) -> Result<Vec<serde_json::Value>, String> {
        let encoded: String = sql
            .bytes()
            .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect();
        let answer = get(self.clickhouse.address.trim_start_matches("http://"), &format!("/?default_format=JSONEachRow&query={encoded}"));
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        if !head.starts_with("HTTP/1.1 200") {
            return Err(body.lines().next().unwrap_or_default().to_owned());
        }
        // The body may come in chunks: their sizes stand on lines of their own.
        Ok(body.lines().filter(|line| line.starts_with('{')).map(|line| serde_json::from_str(line).unwrap()).collect())
    }
}
