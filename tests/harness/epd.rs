//! The real September 2017 files of four practices, and variations of them.

use std::path::{Path, PathBuf};

use crate::shared;
use crate::world::World;

/// The prescribing file, if it is there.
#[must_use]
pub fn file() -> Option<PathBuf> {
    shared("data/epd/epd_201709.csv")
}

/// Imports practice details and list sizes of September 2017.
pub fn import_places(world: &World) {
    let practices = shared("data/epd/epraccur.csv").unwrap();
    let sizes = shared("data/epd/gp-reg-pat-prac-quin-age_201709.csv").unwrap();
    world.import("practices", &["--as-of", "2017-09"], &[&practices]);
    world.import("list-size", &[], &[&sizes]);
}

/// Header and rows.
#[must_use]
pub fn rows(file: &Path) -> (String, Vec<String>) {
    let text = std::fs::read_to_string(file).unwrap();
    let mut lines = text.lines().map(str::to_owned);
    (lines.next().unwrap(), lines.collect())
}

/// Writes a file of these rows.
#[must_use]
pub fn write(path: PathBuf, header: &str, rows: &[String]) -> PathBuf {
    std::fs::write(&path, format!("{header}\n{}\n", rows.join("\n"))).unwrap();
    path
}

/// The file as if it were of another month, `2016_03`; only opioid rows, so that tests are quick.
#[must_use]
pub fn of_month(world: &World, month: &str) -> PathBuf {
    let (header, rows) = rows(&file().unwrap());
    let rows: Vec<String> = rows.iter().filter(|row| row.contains(",0407020")).map(|row| row.replacen("2017_09", month, 1)).collect();
    write(world.path(&format!("epd_{month}.csv")), &header, &rows)
}

/// Repeatable order: a shuffle by a linear congruential generator.
#[must_use]
pub fn shuffled(mut rows: Vec<String>, seed: u64) -> Vec<String> {
    let mut state = seed;
    for place in (1..rows.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let other = usize::try_from((state >> 33) % (place as u64 + 1)).unwrap();
        rows.swap(place, other);
    }
    rows
}
