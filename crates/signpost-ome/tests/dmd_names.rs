//! Long-form names of real dm+d products: a brand must read as its generic does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{Row, rows};
use signpost_ome::{Kind, Product, Release, Route, Unmapped, classify};

const LISTS: [&str; 3] = ["codes_opioids_for_analgesia_dmd", "codes_long_acting_opioids_dmd", "codes_opioid_transdermal_dmd"];

/// Rows of the three lists, without those that only name a former code.
const ROWS: usize = 2543;

fn products() -> Option<Vec<Row>> {
    let mut all = Vec::new();
    for list in LISTS {
        all.extend(rows(&format!("data/samples/dmd/{list}.csv"))?);
    }
    all.retain(|row| !row["term"].starts_with("VMP previous to"));
    Some(all)
}

/// Chemical and generic suffix: what the BNF code says a brand is equal to.
fn generic(bnf: &str) -> (String, String) {
    (bnf[..9].to_owned(), bnf[13..].to_owned())
}

fn comparable(product: &Product) -> (String, u64, Release, Route) {
    let Product { substance, nanograms_per_unit, release, route, .. } = product;
    (format!("{substance:?}"), *nanograms_per_unit, *release, *route)
}

#[test]
fn brands_read_as_their_generics() {
    let Some(rows) = products() else { return };
    let mut readings: BTreeMap<_, BTreeMap<_, Vec<&str>>> = BTreeMap::new();
    for row in &rows {
        if let Kind::Opioid(product) = classify(&row["bnf_code"], &row["term"]).kind {
            let same = readings.entry(generic(&row["bnf_code"])).or_default();
            same.entry(format!("{:?}", comparable(&product))).or_default().push(&row["term"]);
        }
    }
    let differing: Vec<_> = readings.iter().filter(|(_, same)| same.len() > 1).collect();
    assert!(differing.is_empty(), "{differing:#?}");
    assert!(readings.len() > 300, "{}", readings.len());
}

/// Bulk powders, gels in percent and brands without any strength: each would need a source first.
/// PecFent is refused on purpose (exceptions table).
const UNREADABLE: [(Unmapped, &[&str]); 3] = [
    (
        Unmapped::NoStrength,
        &[
            "Boots Paracetamol and Codeine Extra capsules",
            "Codeine phosphate powder",
            "Diamorphine hydrochloride powder",
            "Methadone hydrochloride powder",
            "Morphine 0.1% gel",
            "Morphine 0.1% in Intrasite gel",
            "Morphine 0.2% gel",
            "Morphine 0.2% in Intrasite gel",
            "Morphine 2% gel",
            "Morphine and Cocaine elixir",
            "Morphine hydrochloride powder",
            "Morphine sulfate powder",
        ],
    ),
    (Unmapped::AmbiguousUnit, &["PecFent 100micrograms/dose nasal spray", "PecFent 400micrograms/dose nasal spray"]),
    (Unmapped::UnknownForm, &["Opium tincture"]),
];

#[test]
fn only_these_real_products_stay_unmapped() {
    let Some(rows) = products() else { return };
    let mut unmapped: BTreeMap<Unmapped, BTreeSet<&str>> = BTreeMap::new();
    for row in &rows {
        match classify(&row["bnf_code"], &row["term"]).kind {
            Kind::Opioid(_) => {}
            Kind::UnmappedOpioid(reason) => {
                unmapped.entry(reason).or_default().insert(&row["term"]);
            }
            other => panic!("{}: {other:?}", row["term"]),
        }
    }
    let known = UNREADABLE.map(|(reason, names)| (reason, names.iter().copied().collect()));
    assert_eq!(unmapped, BTreeMap::from(known));
    assert_eq!(rows.len(), ROWS, "every current product of the three lists");
}

/// The long-acting list (OpenSAFELY) is patches and modified-release oral forms.
#[test]
fn long_acting_products_are_modified_release() {
    let Some(rows) = rows("data/samples/dmd/codes_long_acting_opioids_dmd.csv") else {
        return;
    };
    for row in rows.iter().filter(|row| !row["term"].starts_with("VMP previous to")) {
        let Kind::Opioid(product) = classify(&row["bnf_code"], &row["term"]).kind else { panic!("{}", row["term"]) };
        assert_eq!(product.release, Release::Modified, "{}", row["term"]);
    }
}
