//! List sizes and practice details in their published layouts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod files;

use std::collections::BTreeMap;

use files::{published, written};
use signpost_core::Level;
use signpost_events::Organisation;
use signpost_import::{Encoding, Import, ImportError, Skip, list_size, practices};

fn read_lists(name: &str, text: &str) -> Result<Import, ImportError> {
    list_size::read(&[written(name, text)], &list_size::Options { revision: 1, encoding: Encoding::Utf8 }, &mut |_| {})
}

fn read_practices(files: &[std::path::PathBuf], as_of: &str) -> Result<Import, ImportError> {
    let options = practices::Options { as_of: as_of.parse().unwrap(), encoding: Encoding::Utf8 };
    practices::read(files, &options, &mut |_| {})
}

fn said(result: Result<Import, ImportError>) -> String {
    result.expect_err("must be refused").to_string().replace(&format!("{}/", env!("CARGO_TARGET_TMPDIR")), "")
}

fn sizes(import: &Import) -> Vec<(String, &str, u32)> {
    import.list_sizes.iter().map(|one| (one.month.to_string(), one.practice.as_str(), one.patients)).collect()
}

#[test]
fn list_sizes_by_age_band() {
    let Some(file) = published("epd/gp-reg-pat-prac-quin-age_201709.csv") else { return };
    let options = list_size::Options { revision: 2, encoding: Encoding::Utf8 };
    let import = list_size::read(&[file], &options, &mut |_| {}).unwrap();
    // golden_201709.csv, list_size.
    let september = |practice, patients| ("2017-09".to_owned(), practice, patients);
    assert_eq!(
        sizes(&import),
        [september("B85010", 6_939), september("B85054", 10_529), september("L84018", 6_632), september("L84073", 4_181)]
    );
    assert!(import.list_sizes.iter().all(|one| one.revision == 2));
    // 172 rows: one whole list, 21 bands and 21 more for each of the four.
    assert_eq!((import.summary.rows_read, import.summary.rows_kept), (172, 4));
    assert_eq!(import.summary.rows_skipped, BTreeMap::from([(Skip::PartOfList, 168)]));
}

#[test]
fn whole_list_sizes_of_another_era() {
    let Some(file) = published("samples/organisations/list_size_all_202101_glos_wyorks.csv") else { return };
    let options = list_size::Options { revision: 1, encoding: Encoding::Utf8 };
    let import = list_size::read(&[file], &options, &mut |_| {}).unwrap();
    // First rows of the file, read by eye.
    assert!(sizes(&import).contains(&("2021-01".to_owned(), "B82061", 7_188)));
    assert!(sizes(&import).contains(&("2021-01".to_owned(), "B84004", 18_766)));
    assert_eq!(import.summary.rows_read, 524);
}

#[test]
fn the_simplest_list_size_layout_and_its_refusals() {
    let import = read_lists("lists.csv", "practice,month,patients\nA81001,2024-01,5000\nA81001,2024-01,5000\nA81001,2024-02,5010\n");
    let month = |month: &str, patients| (month.to_owned(), "A81001", patients);
    assert_eq!(sizes(&import.unwrap()), [month("2024-01", 5_000), month("2024-02", 5_010)]);
    assert_eq!(
        said(read_lists("lists-differ.csv", "practice,month,patients\nA81001,2024-01,5000\nA81001,2024-01,5001\n")),
        "lists-differ.csv, line 3, column PATIENTS: another value than an earlier row for the same practice and month; keep one of the two"
    );
    assert_eq!(
        said(read_lists("lists-large.csv", "practice,month,patients\nA81001,2024-01,1000001\n")),
        "lists-large.csv, line 2, column PATIENTS: larger than the limit; correct the row at its source"
    );
    assert_eq!(
        said(read_lists("lists-column.csv", "practice,patients\nA81001,1\n")),
        "lists-column.csv, line 1: no column MONTH; give a file in a layout of patients registered at a GP practice, or practice,month,patients"
    );
    let header = "EXTRACT_DATE,ORG_TYPE,ORG_CODE,SEX,AGE_GROUP_5,NUMBER_OF_PATIENTS";
    assert_eq!(
        said(read_lists("lists-part.csv", &format!("{header}\n01SEP2017,GP,A81001,MALE,ALL,3\n01SEP2017,CCG,11M,ALL,ALL,3\n"))),
        "lists-part.csv: no row of the file is a practice's whole list (GP, ALL, ALL); check that it is the right file"
    );
    assert_eq!(
        said(read_lists("lists-date.csv", &format!("{header}\n32SEP2017,GP,A81001,ALL,ALL,3\n"))),
        "lists-date.csv, line 2, column EXTRACT_DATE: not a date; write 2017-09-01, 01SEP2017, 01-Sep-17, 20170901 or 01/09/2017"
    );
}

fn find<'a>(import: &'a Import, level: Level, code: &str) -> Option<&'a Organisation> {
    import.organisations.iter().find(|one| one.level == level && one.code.as_str() == code)
}

fn above(one: &Organisation) -> [Option<&str>; 4] {
    [&one.pcn, &one.sub_icb, &one.icb, &one.region].map(|code| code.as_ref().map(|code| code.as_str()))
}

#[test]
fn practice_details_without_a_header() {
    let Some(file) = published("epd/epraccur.csv") else { return };
    let import = read_practices(&[file], "2017-09").unwrap();
    assert_eq!((import.organisations.len(), import.summary.rows_read, import.summary.rows_kept), (4, 4, 4));
    let acorn = find(&import, Level::Practice, "L84073").unwrap();
    assert_eq!((acorn.name.as_str(), acorn.setting), ("ACORN PRACTICE", Some(4)));
    assert_eq!(above(acorn), [None, Some("11M"), Some("Q82"), Some("Y57")]);
}

#[test]
fn details_and_networks_complete_each_other_in_any_order() {
    let (Some(details), Some(networks)) = (
        published("samples/organisations/epraccur_2023_glos_wyorks.csv"),
        published("samples/organisations/pcn_core_partner_details_2023.csv"),
    ) else {
        return;
    };
    let import = read_practices(&[details.clone(), networks.clone()], "2023-06").unwrap();
    let swapped = read_practices(&[networks.clone(), details.clone()], "2023-06").unwrap();
    assert_eq!(import, swapped);
    // 735 rows of practice details, 359 of networks (README of the sample files).
    assert_eq!(import.summary.rows_read, 735 + 359);
    assert_eq!(import.summary.rows_kept + import.summary.rows_skipped[&Skip::NotInForce], 735 + 359);
    // Rows of the two files, read by eye.
    let townhead = find(&import, Level::Practice, "B82007").unwrap();
    assert_eq!((townhead.name.as_str(), townhead.setting), ("TOWNHEAD SURGERY", Some(4)));
    assert_eq!(above(townhead), [Some("U49851"), Some("36J"), Some("QWO"), Some("Y63")]);
    let waca = find(&import, Level::Pcn, "U49851").unwrap();
    assert_eq!((waca.name.as_str(), above(waca)), ("WACA PCN", [None, Some("36J"), Some("QWO"), Some("Y63")]));
    assert_eq!(find(&import, Level::SubIcb, "36J").unwrap().name, "NHS WEST YORKSHIRE ICB - 36J");
    // B82020 left its network on 30 November 2022.
    assert_eq!(find(&import, Level::Practice, "B82020").unwrap().pcn, None);
    let before = read_practices(&[details, networks], "2022-11").unwrap();
    assert_eq!(above(find(&before, Level::Practice, "B82020").unwrap())[0], Some("U85476"));
}

#[test]
fn the_simplest_practice_layout_and_its_refusals() {
    let file = written(
        "practices.csv",
        "Code,Name,Setting,PCN,PCN_Name,Sub_ICB,ICB,ICB_Name,Region\nA81001,ONE,4,U00001,FIRST PCN,11M,QR1,GLOS ICB,Y58\nA81002,TWO,,,,,,,\n",
    );
    let import = read_practices(&[file], "2024-01").unwrap();
    let named: Vec<_> = import.organisations.iter().map(|one| (one.level, one.code.as_str(), one.name.as_str())).collect();
    assert_eq!(
        named,
        [
            (Level::Practice, "A81001", "ONE"),
            (Level::Practice, "A81002", "TWO"),
            (Level::Pcn, "U00001", "FIRST PCN"),
            (Level::Icb, "QR1", "GLOS ICB"),
        ]
    );
    assert_eq!(above(&import.organisations[1]), [None; 4]);
    assert_eq!(import.organisations[1].setting, None);
    assert_eq!(
        said(read_practices(&[written("practices-code.csv", "code,name\nA81 001,ONE\n")], "2024-01")),
        "practices-code.csv, line 2, column CODE: not an organisation code; write 1 to 12 capital letters and digits"
    );
    assert_eq!(
        said(read_practices(&[written("practices-column.csv", "code,setting\nA81001,4\n")], "2024-01")),
        "practices-column.csv, line 1: no column NAME; give a file in a layout of epraccur, of PCN Core Partner Details, or code,name,setting,pcn,..."
    );
}

#[test]
fn files_of_larger_organisations_are_not_taken_for_practices() {
    let Some(file) = published("samples/organisations/eccg_2017.csv") else { return };
    let message = read_practices(&[file], "2017-09").unwrap_err().to_string();
    assert!(message.contains("line 1: no column CODE; give a file in a layout of epraccur"), "{message}");
}
