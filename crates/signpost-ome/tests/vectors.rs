//! Rows of `shared/vectors/ome_vectors.csv` that products, factor sets and thresholds decide:
//! groups EPD (31), THRESH (20) and EXCL (2). Not covered: CDC and FPM (other factor sets, and
//! daily doses that need dose instructions) and FREQ (timing).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod common;

use common::{Row, exact, rows};
use signpost_ome::{FactorSet, OME_PER_MILLIGRAM, Route, Substance, Threshold, Unmapped, classify, high_dose, is_regular, product};

const FILE: &str = "vectors/ome_vectors.csv";

fn group(name: &str) -> Option<Vec<Row>> {
    Some(rows(FILE)?.into_iter().filter(|row| row["group"] == name).collect())
}

#[test]
fn every_real_line_weighs_what_the_vectors_say() {
    let Some(rows) = group("EPD") else { return };
    assert_eq!(rows.len(), 31);
    for row in &rows {
        let case = &row["case_id"];
        // The source ends `2017-09 <practice> <BNF code> qty ...`.
        let words: Vec<_> = row["source"].split_whitespace().collect();
        let at = words.iter().position(|word| *word == "qty").unwrap();
        let class = classify(words[at - 1], &row["drug"]);
        let product = product(words[at - 1], &row["drug"]).unwrap();
        assert_eq!(product.nanograms_per_unit, exact(&row["strength"], 6), "{case}");
        let expected_route = match row["route_form"].as_str() {
            "td" => product.route == Route::Transdermal,
            "inj" => product.route == Route::Injection,
            _ => matches!(product.route, Route::Oral | Route::Sublingual),
        };
        assert!(expected_route, "{case}: {product:?}");
        for name in row["factor_set"].split('=') {
            let set = FactorSet::named(name).unwrap();
            let factor = set.factor(product.substance, product.route).unwrap();
            assert_eq!(u64::from(factor), exact(&row["factor"], 4), "{case} {name}");
            let ome = class.ome(set, exact(&row["quantity"], 3)).unwrap().unwrap();
            assert_eq!(ome, exact(&row["expected_total_ome_mg"], 7), "{case} {name}");
        }
        let flags = format!("high120={};high90={};regular={}", u8::from(class.high120), u8::from(class.high90), u8::from(class.regular));
        assert_eq!(flags, row["expected_flag"], "{case}");
    }
}

/// A published name for a THRESH row, with the chemical code of its drug.
fn presentation(row: &Row) -> (&'static str, String) {
    let (drug, strength) = (row["drug"].as_str(), &row["strength"]);
    match (drug.split(' ').next().unwrap(), row["route_form"].as_str()) {
        ("fentanyl", _) => ("0407020A0AAAAAA", format!("Fentanyl_Transdermal Patch {strength}mcg/hr")),
        ("buprenorphine", _) => ("0407020B0AAAAAA", format!("Buprenorphine {strength}micrograms/hour transdermal patches")),
        ("morphine", "MR oral 12 h") => ("0407020Q0BBAAAA", format!("MST Continus_Tab {strength}mg")),
        ("morphine", "MR oral 24 h") if drug.contains("MXL") => ("0407020Q0BIAAAA", format!("MXL {strength}mg capsules")),
        ("morphine", "MR oral 24 h") => ("0407020Q0AAAAAA", format!("Morphine {strength}mg modified-release capsules")),
        ("morphine", _) => ("0407020Q0AACNCN", format!("Morphine sulfate {strength}mg/5ml oral solution")),
        ("oxycodone", _) if drug.contains("Onexila") => ("0407020ADBQACAH", format!("Onexila XL {strength}mg tablets")),
        ("oxycodone", _) => ("0407020ADBEAAAA", format!("Longtec {strength}mg modified-release tablets")),
        ("tapentadol", _) => ("0407020AGBBAAAA", format!("Palexia SR {strength}mg tablets")),
        ("hydromorphone", _) => ("040702050AAAAAA", format!("Hydromorphone HCl_Cap {strength}mg M/R")),
        other => panic!("no name for {other:?}"),
    }
}

#[test]
fn every_threshold_row_is_flagged_as_published() {
    let Some(rows) = group("THRESH") else { return };
    assert_eq!(rows.len(), 20);
    for row in &rows {
        let (bnf, name) = presentation(row);
        let read = product(bnf, &name).unwrap();
        let flags =
            format!("high120={};high90={}", u8::from(high_dose(&read, Threshold::Mg120)), u8::from(high_dose(&read, Threshold::Mg90)));
        assert_eq!(flags, row["expected_flag"], "{} {name}", row["case_id"]);
        assert_eq!(is_regular(&read), !name.contains("oral solution"), "{name}");
    }
}

#[test]
fn exclusions_hold() {
    let Some(rows) = group("EXCL") else { return };
    assert_eq!(rows.len(), 2);
    // EXCL-01: methadone for dependence counts nothing and is no gap.
    let bnf = "0410030C0AAAFAF";
    let read = product(bnf, "Methadone HCl_Oral Soln 1mg/1ml S/F");
    assert_eq!(read, Err(Unmapped::Dependence));
    let op2024 = FactorSet::named("op2024").unwrap();
    assert_eq!(classify(bnf, "Methadone 1mg/ml oral solution").ome(op2024, 500_000), Ok(None));
    // EXCL-02: of co-codamol 30/500 the codeine counts, the paracetamol does not.
    let both = classify("0407010F0AAAHAH", "Co-codamol 30mg/500mg tablets");
    assert_eq!(both.ome(op2024, 1_000), Ok(Some(3 * OME_PER_MILLIGRAM)));
    assert_eq!(op2024.factor(Substance::Codeine, Route::Oral), Some(1_000));
}
