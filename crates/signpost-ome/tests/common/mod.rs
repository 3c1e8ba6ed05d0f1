//! Reading the fact files beside the project.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, dead_code)]

use std::collections::BTreeMap;
use std::path::Path;

/// One CSV row by column name.
pub(crate) type Row = BTreeMap<String, String>;

/// All rows of a file below `shared`; `None`, said aloud, if it is absent.
pub(crate) fn rows(path: &str) -> Option<Vec<Row>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(path);
    if !file.exists() {
        println!("skipped: {path} is missing");
        return None;
    }
    let mut reader = csv::Reader::from_path(file).unwrap();
    Some(reader.deserialize().collect::<Result<_, _>>().unwrap())
}

/// A printed decimal as an integer of `scale` parts, exact; panics on more decimals than fit.
pub(crate) fn exact(decimal: &str, scale: u32) -> u64 {
    let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
    let fraction = fraction.trim_end_matches('0');
    assert!(fraction.len() <= scale as usize, "{decimal}");
    format!("{whole}{fraction:0<width$}", width = scale as usize).parse().unwrap()
}
