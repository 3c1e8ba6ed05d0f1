//! `op2024` against the published table of factors by ingredient and route, row by row.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod common;

use std::collections::BTreeSet;

use common::{exact, rows};
use signpost_ome::{FactorSet, Route};

/// The routes of this crate that a form of the published table stands for.
fn routes(form: &str) -> &'static [Route] {
    match form {
        "oral" => &[Route::Oral],
        "rectal" => &[Route::Rectal],
        "injection" => &[Route::Injection],
        "transdermal" => &[Route::Transdermal],
        "oromucosal" => &[Route::Sublingual, Route::Lozenge],
        "buccal" => &[Route::Buccal, Route::BuccalFilm],
        "nasal" => &[Route::Nasal],
        "inhalation" => &[Route::Inhalation],
        other => panic!("no route for {other}"),
    }
}

#[test]
fn every_published_factor_is_in_op2024_and_no_other() {
    let Some(table) = rows("data/reference/opioid_ing_form_ome_openprescribing.csv") else {
        return;
    };
    assert_eq!(table.len(), 51);
    let mut published = BTreeSet::new();
    for row in &table {
        // `Morphine sulfate` counts as morphine: salts of one opioid carry one factor per route.
        let substance = row["nm"].split(' ').next().unwrap();
        for route in routes(&row["form"]) {
            published.insert((substance.to_owned(), *route, exact(&row["ome"], 4)));
        }
    }
    let ours: BTreeSet<_> = FactorSet::named("op2024")
        .unwrap()
        .factors()
        .map(|(substance, route, factor)| (format!("{substance:?}"), route, u64::from(factor)))
        .collect();
    // Buprenorphine tablets go under the tongue; no lozenge exists.
    published.remove(&("Buprenorphine".to_owned(), Route::Lozenge, 600_000));
    assert_eq!(ours, published);
}
