//! Files for the tests: published ones where present, written ones otherwise.
#![allow(dead_code)]

use std::fs;
use std::path::{Path, PathBuf};

use signpost_import::{Encoding, Import, ImportError, epd};

/// A published file beside the checkout, or a note of what is skipped.
pub(crate) fn published(path: &str) -> Option<PathBuf> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(path);
    if !file.exists() {
        eprintln!("skipped: shared/data/{path} is absent");
        return None;
    }
    Some(file)
}

/// A file of this test's own.
pub(crate) fn written(name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&file, bytes).unwrap();
    file
}

/// The opioids of `golden_201709.csv`: opioid analgesics and the compound ones with codeine-like parts.
pub(crate) fn opioids() -> epd::Options {
    epd::Options {
        feed: "epd".into(),
        revision: 1,
        bnf_prefixes: ["040702", "0407010F0", "0407010N0", "0407010Q0"].map(String::from).to_vec(),
        encoding: Encoding::Utf8,
    }
}

pub(crate) fn read_opioids(files: &[PathBuf]) -> Result<Import, ImportError> {
    epd::read(files, &opioids(), &mut |_| {})
}
