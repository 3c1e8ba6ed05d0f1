//! The real prescribing lines of September 2017 against the worked lines, the practice totals and
//! the values that OpenPrescribing published for two of the four practices.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod common;

use std::collections::BTreeMap;

use common::{Row, exact, rows};
use signpost_ome::{Classification, FactorSet, Kind, classify};

const LINES: &str = "data/epd/epd_201709.csv";
const MILLIGRAM: f64 = 1e7;

fn class_of(row: &Row) -> Classification {
    classify(&row["BNF_CODE"], &row["BNF_DESCRIPTION"])
}

#[derive(Default)]
struct Totals {
    lines: u64,
    items: u64,
    ome: [u64; 2],
    regular: u64,
    high120: u64,
    high90: u64,
}

/// Totals by practice from all 10,027 lines, with no help from the worked ones.
fn totals(rows: &[Row]) -> BTreeMap<String, Totals> {
    let sets = ["op2020", "op2024"].map(|name| FactorSet::named(name).unwrap());
    let mut practices: BTreeMap<String, Totals> = BTreeMap::new();
    for row in rows {
        let class = class_of(row);
        if !class.is_opioid() {
            continue;
        }
        let items: u64 = row["ITEMS"].parse().unwrap();
        let total = practices.entry(row["PRACTICE_CODE"].clone()).or_default();
        total.lines += 1;
        total.items += items;
        total.regular += items * u64::from(class.regular);
        total.high120 += items * u64::from(class.high120);
        total.high90 += items * u64::from(class.high90);
        for (sum, set) in total.ome.iter_mut().zip(sets) {
            *sum += class.ome(set, exact(&row["TOTAL_QUANTITY"], 3)).unwrap().unwrap();
        }
    }
    practices
}

#[test]
fn every_column_of_the_practice_totals_agrees() {
    let (Some(lines), Some(golden)) = (rows(LINES), rows("data/epd/golden_201709.csv")) else {
        return;
    };
    let practices = totals(&lines);
    assert_eq!((lines.len(), golden.len(), practices.len()), (10_027, 4, 4));
    let mut published = 0;
    for row in &golden {
        let ours = &practices[&row["practice_code"]];
        let list: f64 = row["list_size"].parse().unwrap();
        let per_1000 = |count: f64| count * 1000.0 / list;
        let mg = |ome: u64| ome as f64 / MILLIGRAM;
        let share = |count: u64| count as f64 / ours.regular as f64;
        let cells = [
            ("opioid_lines", ours.lines as f64, 0),
            ("opioid_items", ours.items as f64, 0),
            ("ome_mg_op2020", mg(ours.ome[0]), 1),
            ("ome_per1000_op2020", per_1000(mg(ours.ome[0])), 4),
            ("ome_mg_op2024", mg(ours.ome[1]), 1),
            ("ome_per1000_op2024", per_1000(mg(ours.ome[1])), 4),
            ("regular_items", ours.regular as f64, 0),
            ("high120_items", ours.high120 as f64, 0),
            ("high120_per1000", per_1000(ours.high120 as f64), 6),
            ("high120_share", share(ours.high120), 6),
            ("high90_items", ours.high90 as f64, 0),
            ("high90_per1000", per_1000(ours.high90 as f64), 6),
            ("high90_share", share(ours.high90), 6),
        ];
        for (column, value, decimals) in cells {
            let printed: f64 = row[column].parse().unwrap();
            let half = 0.5000001 * 10f64.powi(-decimals);
            assert!((value - printed).abs() <= half, "{column}: {value} is not {printed}");
        }
        let against = [
            ("published_opioidome", per_1000(mg(ours.ome[0]))),
            ("published_opioidper1000", per_1000(ours.high120 as f64)),
            ("published_opioidspercent", share(ours.high120)),
        ];
        for (column, value) in against.into_iter().filter(|(column, _)| !row[*column].is_empty()) {
            let value_published: f64 = row[column].parse().unwrap();
            let error = (value / value_published - 1.0).abs();
            assert!(error <= 1e-9, "{column}: {value} is not {value_published}");
            published += 1;
        }
    }
    assert_eq!(published, 6, "three published values of two practices");
}

#[test]
fn every_worked_line_agrees_and_no_other_line_is_an_opioid() {
    let (Some(lines), Some(worked)) = (rows(LINES), rows("data/epd/opioid_lines_201709.csv")) else {
        return;
    };
    assert_eq!(worked.len(), 513);
    for row in &worked {
        let name = &row["bnf_description"];
        let class = classify(&row["bnf_code"], name);
        let Kind::Opioid(product) = class.kind else { panic!("{name}: {class:?}") };
        assert_eq!(product.nanograms_per_unit, exact(&row["mg_per_unit"], 6), "{name}");
        for set in ["op2020", "op2024"] {
            let ome = class.ome(FactorSet::named(set).unwrap(), exact(&row["total_quantity"], 3));
            assert_eq!(ome, Ok(Some(exact(&row[&format!("ome_mg_{set}")], 7))), "{name} {set}");
        }
        let flags = [class.regular, class.high120, class.high90].map(|flag| u8::from(flag).to_string());
        let columns = ["is_regular_mr_or_patch", "is_high_120", "is_high_90"];
        assert_eq!(flags, columns.map(|column| row[column].clone()), "{name}");
    }
    let opioids: usize = lines.iter().filter(|row| class_of(row).is_opioid()).count();
    assert_eq!(opioids, worked.len());
}

/// The published ADQ usage of a gabapentinoid line is its milligrams over 300 (pregabalin) or over
/// 1,200 (gabapentin, whose defined daily dose is 1,800): an answer from outside this crate.
#[test]
fn gabapentinoid_daily_doses_agree_with_the_published_adq_usage() {
    let Some(lines) = rows(LINES) else { return };
    let mut seen = 0;
    for row in &lines {
        let class = class_of(row);
        let ratio = match &row["BNF_CODE"][..9.min(row["BNF_CODE"].len())] {
            "0408010AE" => 1.0,
            "0408010G0" => 1200.0 / 1800.0,
            _ => {
                assert_eq!(class.ddd_micro(1_000), Ok(None), "{}", row["BNF_CODE"]);
                continue;
            }
        };
        let doses = class.ddd_micro(exact(&row["TOTAL_QUANTITY"], 3)).unwrap().unwrap() as f64 / 1e6;
        let adq: f64 = row["ADQUSAGE"].parse().unwrap();
        assert!((doses - adq * ratio).abs() <= 2e-5 * doses.max(1.0), "{row:?}: {doses}");
        seen += 1;
    }
    assert_eq!(seen, 229, "lines of 0408010AE and 0408010G0 in the file");
}
