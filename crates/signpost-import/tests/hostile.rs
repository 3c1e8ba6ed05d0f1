//! Files that must be refused: each error names file, line and column and what to do, and no value.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod files;

use std::path::{Path, PathBuf};

use files::{opioids, read_opioids, written};
use signpost_core::ErrorKind;
use signpost_events::{LINES_MAX, PRACTICES_MAX};
use signpost_import::{ImportError, epd};

const HEADER: &str = "YEAR_MONTH,PRACTICE_CODE,PRACTICE_NAME,BNF_CODE,BNF_DESCRIPTION,QUANTITY,ITEMS,TOTAL_QUANTITY,UNIDENTIFIED";
const GOOD: &str = "202401,A81001,ONE,0407020A0AAAAAA,Opioid,1,1,1,N";

/// The error of an import, its path shortened to the file's name.
fn refusal(files: &[PathBuf]) -> String {
    let error = read_opioids(files).expect_err("must be refused");
    let kind = if matches!(error, ImportError::Read { .. }) { ErrorKind::External } else { ErrorKind::Data };
    assert_eq!(error.kind(), kind);
    error.to_string().replace(&format!("{}/", env!("CARGO_TARGET_TMPDIR")), "")
}

fn refusal_of(name: &str, bytes: impl AsRef<[u8]>) -> String {
    refusal(&[written(name, bytes)])
}

/// The error of a good row followed by this one.
fn refusal_of_row(name: &str, row: &str) -> String {
    refusal_of(name, format!("{HEADER}\n{GOOD}\n{row}\n{GOOD}\n"))
}

#[test]
fn a_value_that_is_wrong_is_named_by_line_and_column() {
    let cases = [
        (
            "202413,A81001,ONE,0407020A0AAAAAA,Opioid,1,1,1,N",
            "column YEAR_MONTH: not a month; write YYYYMM, YYYY_MM or YYYY-MM, 1900-01 to 2199-12",
        ),
        (
            "202401,a81001,ONE,0407020A0AAAAAA,Opioid,1,1,1,N",
            "column PRACTICE_CODE: not an organisation code; write 1 to 12 capital letters and digits",
        ),
        ("202401,A81001,ONE,0407020A0AAAAAA,Opioid,1,1,-1,N", "column TOTAL_QUANTITY: below zero; correct the row at its source"),
        ("202401,A81001,ONE,0407020A0AAAAAA,Opioid,1,-1,1,N", "column ITEMS: below zero; correct the row at its source"),
        ("202401,A81001,ONE,0101010A0AAAAAA,Antacid,1,1,-1,N", "column TOTAL_QUANTITY: below zero; correct the row at its source"),
        (
            "202401,A81001,ONE,0407020A0AAAAAA,Opioid,1,1,,N",
            "column TOTAL_QUANTITY: not a number; write digits with at most one decimal point",
        ),
        (
            "202401,A81001,ONE,0407020A0AAAAAA,Opioid,1,1,1e3,N",
            "column TOTAL_QUANTITY: not a number; write digits with at most one decimal point",
        ),
        (
            "202401,A81001,ONE,0407020A0AAAAAA,Opioid,1,1,0.0001,N",
            "column TOTAL_QUANTITY: finer than a thousandth; give at most three decimals",
        ),
        ("202401,A81001,ONE,0407020A0AAAAAA,Opioid,1,1.5,1,N", "column ITEMS: not a whole number; correct the row at its source"),
        ("202401,A81001,ONE,0407020A0AAAAAA,Opioid,1,1000000,1,N", "column ITEMS: larger than the limit; correct the row at its source"),
        (
            "202401,A81001,ONE,0407020A0AAAAAA,Opioid,1,1,1000000000,N",
            "column TOTAL_QUANTITY: larger than the limit; correct the row at its source",
        ),
        (
            "202401,A81001,ONE,0407020A0,Opioid,1,1,1,N",
            "column BNF_CODE: not a BNF code; write 15 capital letters and digits, 11 for an appliance",
        ),
        ("202401,A81001,ONE,0407020A0AAAAAA,,1,1,1,N", "column BNF_DESCRIPTION: no name; correct the row at its source"),
        (
            "202401,A81001,ONE,0407020A0AAAAAA,Opi\u{7}oid,1,1,1,N",
            "column BNF_DESCRIPTION: a name longer than 300 bytes or with control characters; correct the row at its source",
        ),
        (
            "202401,A81001,ONE,0407020A0AAAAAA,Opioid,1,1,1,",
            "column UNIDENTIFIED: neither Y, N, true nor false; half a line, or another layout",
        ),
    ];
    for (number, (row, expected)) in cases.into_iter().enumerate() {
        let name = format!("value-{number}.csv");
        assert_eq!(refusal_of_row(&name, row), format!("{name}, line 3, {expected}"));
    }
}

#[test]
fn a_row_that_is_no_row_is_named_by_line() {
    let half = "half a line, or a stray comma or quote; fetch the file again";
    assert_eq!(
        refusal_of("half.csv", format!("{HEADER}\n{GOOD}\n{GOOD}\n202401,A81001,ONE,04070")),
        format!("half.csv, line 4: 4 values where the header has 9: {half}")
    );
    assert_eq!(
        refusal_of("half-crlf.csv", format!("{HEADER}\r\n{GOOD}\r\n{GOOD}\r\n202401,A81001")),
        format!("half-crlf.csv, line 4: 2 values where the header has 9: {half}")
    );
    assert_eq!(refusal_of_row("wide.csv", &format!("{GOOD},")), format!("wide.csv, line 3: 10 values where the header has 9: {half}"));
    assert_eq!(
        refusal_of("twice.csv", format!("{HEADER}\n{GOOD}\n{HEADER}\n{GOOD}\n")),
        "twice.csv, line 3: the header again; give joined files one by one"
    );
    assert_eq!(
        refusal_of("twice-at-once.csv", format!("{HEADER}\n{HEADER}\n{GOOD}\n")),
        "twice-at-once.csv, line 2: the header again; give joined files one by one"
    );
    let mut bytes = format!("{HEADER}\n{GOOD}\n202401,A81001,CAF").into_bytes();
    bytes.extend(b"\xC9,0101010A0AAAAAA,Antacid,1,1,1,N\n");
    assert_eq!(
        refusal_of("latin.csv", bytes),
        "latin.csv, line 3, column PRACTICE_NAME: not UTF-8; convert the file, or say that it is latin-1 if that is what it is"
    );
    // Also where nobody looks: in the name of a skipped medicine.
    let mut bytes = format!("{HEADER}\n{GOOD}\n202401,A81001,ONE,0101010A0AAAAAA,Antacid 5\n").into_bytes();
    bytes.pop();
    bytes.extend(b"\xB5g,1,1,1,N\n");
    assert!(refusal_of("latin-skipped.csv", bytes).starts_with("latin-skipped.csv, line 3, column BNF_DESCRIPTION: not UTF-8"));
    let long = "longer than 65536 bytes: no CSV, or a quote that is never closed; fetch the file again";
    assert_eq!(refusal_of_row("long.csv", &"x".repeat(70_000)), format!("long.csv, line 3: {long}"));
    // One byte more than the limit, line break included, and the limit itself.
    let name_of = |bytes: usize| format!("202401,A81001,ONE,0101010A0AAAAAA,{},1,1,1,N", "x".repeat(bytes - 43));
    assert_eq!(name_of(100).len(), 99);
    let name = "just-long.csv";
    assert_eq!(refusal_of_row(name, &name_of(65_537)), format!("{name}, line 3: {long}"));
    let fits = written("just-fits.csv", format!("{HEADER}\n{}\n", name_of(65_536)));
    assert!(read_opioids(&[fits]).is_ok());
    let open = format!("202401,A81001,\"ONE,0407020A0AAAAAA,Opioid,1,1,1,N\n{}", format!("{GOOD}\n").repeat(2_000));
    assert_eq!(refusal_of_row("open-quote.csv", &open), format!("open-quote.csv, line 3: {long}"));
}

#[test]
fn a_header_that_does_not_fit_is_refused() {
    let without = |column: &str| HEADER.split(',').filter(|name| *name != column).collect::<Vec<_>>().join(",");
    for (column, names) in [
        ("YEAR_MONTH", "YEAR_MONTH"),
        ("PRACTICE_CODE", "PRACTICE_CODE"),
        ("BNF_CODE", "BNF_CODE or BNF_PRESENTATION_CODE"),
        ("BNF_DESCRIPTION", "BNF_DESCRIPTION or BNF_PRESENTATION_NAME"),
        ("ITEMS", "ITEMS"),
        ("TOTAL_QUANTITY", "TOTAL_QUANTITY"),
        ("UNIDENTIFIED", "UNIDENTIFIED"),
    ] {
        assert_eq!(
            refusal_of("missing-column.csv", format!("{}\n{GOOD}\n", without(column))),
            format!("missing-column.csv, line 1: no column {names}; give a file in a layout of the English Prescribing Dataset (EPD)")
        );
    }
    assert_eq!(
        refusal_of("double-column.csv", format!("{HEADER},ITEMS\n{GOOD},1\n")),
        "double-column.csv, line 1: column ITEMS occurs twice; remove one of the two"
    );
    // Another file of the same source, whose columns are not those of prescribing; no value is repeated.
    let patients = refusal_of("people.csv", "NAME,NHS NUMBER\nJane Doe,9434765919\n");
    assert!(!patients.contains("Jane") && !patients.contains("943"), "{patients}");
    let headless = refusal_of("people-headless.csv", "Jane Doe,Jane Doe,9434765919\n");
    assert!(!headless.to_lowercase().contains("jane") && !headless.contains("943"), "{headless}");
}

#[test]
fn what_is_no_csv_is_refused_by_its_first_bytes() {
    let utf16: Vec<u8> = format!("{HEADER}\n{GOOD}\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [b"\xFF\xFE".as_slice(), &utf16].concat();
    let cases: [(&str, &[u8], &str); 10] = [
        ("epd.zip", b"PK\x03\x04\x14\x00", "a ZIP archive or an Excel workbook, not CSV; unpack it, or save the sheet as CSV"),
        ("epd.gz", b"\x1F\x8B\x08\x00", "a gzip archive, not CSV; unpack it and give the CSV in it"),
        ("epd.png", b"\x89PNG\r\n\x1A\n", "a PNG picture, not CSV; fetch the CSV instead"),
        ("epd.pdf", b"%PDF-1.7", "a PDF, not CSV; fetch the CSV instead"),
        ("epd.xls", b"\xD0\xCF\x11\xE0\xA1\xB1", "an old Excel workbook, not CSV; open it and save the sheet as CSV"),
        ("epd.parquet", b"PAR1\x15\x04", "a Parquet file, not CSV; fetch the CSV instead"),
        ("epd.html", b"\n <!DOCTYPE html>", "an HTML page or XML, not CSV; the download may have failed; fetch the CSV again"),
        ("epd.json", b"{\"records\": []}", "JSON, not CSV; fetch the CSV instead"),
        ("utf16.csv", &utf16, "binary or UTF-16, not CSV; convert it to UTF-8 text, or fetch the CSV instead"),
        ("utf16-marked.csv", &marked, "UTF-16 text, not CSV; convert it to UTF-8"),
    ];
    for (name, bytes, expected) in cases {
        assert_eq!(refusal_of(name, bytes), format!("{name}: {expected}"));
    }
}

#[test]
fn files_that_are_not_there_or_say_nothing() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    assert_eq!(refusal(&[]), "no file given; name at least one");
    assert_eq!(refusal(&[folder.join("nowhere.csv")]), "nowhere.csv: no such file; check the path");
    let directory = refusal(&[folder.to_owned()]);
    assert!(directory.ends_with(": a directory; name the files in it"), "{directory}");
    for (name, bytes) in [("empty.csv", ""), ("blank.csv", "\n \r\n"), ("only-mark.csv", "\u{feff}")] {
        assert_eq!(refusal_of(name, bytes), format!("{name}: the file is empty; fetch it again"));
    }
    let header_only = "header-only.csv: a header without rows; fetch the file again";
    assert_eq!(refusal_of("header-only.csv", HEADER), header_only);
    assert_eq!(refusal_of("header-only.csv", format!("{HEADER}\r\n\r\n")), header_only);
}

#[test]
fn the_same_content_twice_would_count_twice() {
    let one = written("one.csv", format!("{HEADER}\n{GOOD}\n"));
    let copy = written("copy.csv", format!("{HEADER}\n{GOOD}\n"));
    let other = written("other.csv", format!("{HEADER}\n{GOOD}\n{GOOD}\n"));
    assert_eq!(refusal(&[one.clone(), other.clone(), copy]), "copy.csv: the same content as one.csv; name each file once");
    assert_eq!(refusal(&[one.clone(), one.clone()]), "one.csv: the same content as one.csv; name each file once");
    assert!(read_opioids(&[one, other]).is_ok());
}

#[test]
fn a_bad_second_file_refuses_the_first_too() {
    let good = written("first-good.csv", format!("{HEADER}\n{GOOD}\n"));
    let bad = written("second-bad.csv", format!("{HEADER}\n{GOOD}\n202401\n"));
    assert!(refusal(&[good, bad]).starts_with("second-bad.csv, line 3: 1 values"));
}

#[test]
fn limits_of_the_events_hold() {
    let practices: String = (0..=PRACTICES_MAX).map(|number| format!("202401,A{number:05},N,0101010A0AAAAAA,X,1,1,1,N\n")).collect();
    assert_eq!(
        refusal_of("many-practices.csv", format!("{HEADER}\n{practices}")),
        "many-practices.csv, line 50002, column PRACTICE_CODE: more than 50000 practices in one month; check that the column holds practice codes"
    );
    let lines: String = (0..=LINES_MAX).map(|number| format!("202401,A81001,N,0407020A0AAAAAA,Opioid {number},1,1,1,N\n")).collect();
    assert_eq!(
        refusal_of("many-lines.csv", format!("{HEADER}\n{lines}")),
        "many-lines.csv, line 20002, column PRACTICE_CODE: more than 20000 different lines of one practice and month; ask for fewer BNF prefixes"
    );
    let long = "Opioid".repeat(30);
    let large: String = (0..LINES_MAX).map(|number| format!("202401,A81001,N,0407020A0AAAAAA,{long} {number},1,1,1,N\n")).collect();
    assert_eq!(
        refusal_of("large.csv", format!("{HEADER}\n{large}")),
        "practice A81001, 2024-01: its lines do not fit one event; ask for fewer BNF prefixes"
    );
}

#[test]
fn options_that_cannot_work_are_refused_before_a_file_is_opened() {
    let nowhere = [PathBuf::from("nowhere.csv")];
    let refusal = |options: epd::Options| epd::read(&nowhere, &options, &mut |_| {}).unwrap_err().to_string();
    assert_eq!(refusal(epd::Options { feed: "EPD".into(), ..opioids() }), "option feed: write 2 to 32 lower-case letters and hyphens");
    assert_eq!(refusal(epd::Options { revision: 0, ..opioids() }), "option revision: write a number from 1 to 1000000");
    for prefixes in [vec![], vec![String::new()], vec!["0407-02".to_owned()]] {
        assert_eq!(
            refusal(epd::Options { bnf_prefixes: prefixes, ..opioids() }),
            "option bnf_prefixes: write at least one, each of 1 to 15 capital letters and digits"
        );
    }
}
