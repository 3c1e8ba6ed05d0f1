//! The English Prescribing Dataset of September 2017 for four practices, and variations of it.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod files;

use std::collections::{BTreeMap, HashMap};
use std::fs;

use files::{opioids, published, read_opioids, written};
use jiff::Timestamp;
use signpost_core::Level;
use signpost_events::{Event, Payload, decode, encode};
use signpost_import::{Encoding, Import, Skip, Summary, epd};

const SEPTEMBER: &str = "epd/epd_201709.csv";

/// Everything but the number of files and bytes.
fn content(import: Import) -> Import {
    Import { summary: Summary { files: 0, bytes: 0, ..import.summary }, ..import }
}

/// A permutation that a seed decides (a linear congruential step and Fisher-Yates).
fn shuffled<'a>(rows: &[&'a str], mut seed: u64) -> Vec<&'a str> {
    let mut rows = rows.to_vec();
    for place in (1..rows.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        rows.swap(place, (seed >> 33) as usize % (place + 1));
    }
    rows
}

#[test]
fn the_sample_month_adds_up_to_the_golden_file() {
    let (Some(file), Some(golden), Some(lines)) =
        (published(SEPTEMBER), published("epd/golden_201709.csv"), published("epd/opioid_lines_201709.csv"))
    else {
        return;
    };
    let mut reports = Vec::new();
    let import = epd::read(std::slice::from_ref(&file), &opioids(), &mut |progress| reports.push(progress)).unwrap();

    // Counts of domain.md section 6 and of opioid_lines_201709.csv.
    assert_eq!(import.summary.rows_read, 10_027);
    assert_eq!(import.summary.rows_kept, 513);
    assert_eq!(import.summary.rows_skipped, BTreeMap::from([(Skip::OtherMedicine, 10_027 - 513)]));
    assert_eq!((import.summary.files, import.summary.practices), (1, 4));
    assert_eq!(import.summary.bytes, fs::metadata(&file).unwrap().len());
    assert_eq!(reports.last().unwrap().bytes_read, reports.last().unwrap().bytes_total);
    assert_eq!(reports.last().unwrap().rows_read, 10_027);

    let mut items: BTreeMap<String, u32> = BTreeMap::new();
    let mut totals: HashMap<(String, String, String), (u64, u32)> = HashMap::new();
    for snapshot in &import.snapshots {
        assert_eq!((snapshot.month.to_string().as_str(), snapshot.feed.as_str(), snapshot.revision), ("2017-09", "epd", 1));
        assert!(snapshot.lines.is_sorted());
        for line in &snapshot.lines {
            *items.entry(snapshot.practice.to_string()).or_default() += line.items;
            let key = (snapshot.practice.to_string(), line.bnf.clone(), line.name.clone());
            assert!(totals.insert(key, (line.quantity_thousandths, line.items)).is_none(), "one line per code and name");
        }
    }
    let mut practices = 0;
    for row in csv::Reader::from_path(golden).unwrap().records() {
        let row = row.unwrap();
        assert_eq!(items[&row[1]], row[4].parse::<u32>().unwrap(), "opioid_items of {}", &row[1]);
        practices += 1;
    }
    assert_eq!((practices, items.len()), (4, 4));

    // The published lines, added up here by code and name.
    let mut expected: HashMap<(String, String, String), (u64, u32)> = HashMap::new();
    for row in csv::Reader::from_path(lines).unwrap().records() {
        let row = row.unwrap();
        let total = expected.entry((row[2].into(), row[3].into(), row[4].into())).or_default();
        total.0 += (row[7].parse::<f64>().unwrap() * 1000.0).round() as u64;
        total.1 += row[6].parse::<u32>().unwrap();
    }
    assert_eq!(totals, expected);
    assert_eq!(import.summary.lines, expected.len() as u64);

    let months: Vec<_> = import.months.iter().map(|month| (month.month.to_string(), month.practices.len())).collect();
    assert_eq!(months, [("2017-09".to_owned(), 4)]);
    assert!(import.months[0].practices.is_sorted());
}

#[test]
fn the_sample_month_names_organisations() {
    let Some(file) = published(SEPTEMBER) else { return };
    let import = read_opioids(&[file]).unwrap();
    let of = |level| -> Vec<(&str, &str)> {
        let named = import.organisations.iter().filter(|one| one.level == level);
        named.map(|one| (one.code.as_str(), one.name.as_str())).collect()
    };
    // Read off the file by eye.
    assert_eq!(
        of(Level::Practice),
        [
            ("B85010", "DALTON SURGERY"),
            ("B85054", "COLNE VALLEY GROUP PRACTICE"),
            ("L84018", "AVENUE SURGERY"),
            ("L84073", "ACORN PRACTICE")
        ]
    );
    assert_eq!(of(Level::SubIcb), [("03A", "GREATER HUDDERSFIELD CCG"), ("11M", "GLOUCESTERSHIRE CCG")]);
    assert_eq!(of(Level::Icb), []);
    assert_eq!(of(Level::Region), [("Y54", "NORTH OF ENGLAND"), ("Y57", "SOUTH OF ENGLAND")]);
    let acorn = import.organisations.iter().find(|one| one.code.as_str() == "L84073").unwrap();
    assert_eq!(acorn.sub_icb.as_ref().unwrap().as_str(), "11M");
    assert_eq!(acorn.region.as_ref().unwrap().as_str(), "Y57");
    assert_eq!(acorn.as_of.to_string(), "2017-09");
}

#[test]
fn every_event_passes_the_decoder() {
    let Some(file) = published(SEPTEMBER) else { return };
    let import = read_opioids(&[file]).unwrap();
    let payloads = import.snapshots.into_iter().map(Payload::Snapshot);
    let payloads: Vec<_> = payloads.chain(import.organisations.into_iter().map(Payload::Organisation)).collect();
    assert_eq!(payloads.len(), 4 + 8);
    for payload in payloads {
        let event = Event { id: "1".into(), source: "test".into(), time: Timestamp::UNIX_EPOCH, payload };
        let bytes = encode(&event).unwrap();
        assert_eq!(decode(event.payload.key().as_bytes(), &bytes).unwrap(), event);
    }
}

#[test]
fn order_and_division_of_the_rows_do_not_matter() {
    let Some(file) = published(SEPTEMBER) else { return };
    let whole = content(read_opioids(std::slice::from_ref(&file)).unwrap());
    let text = fs::read_to_string(file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let (header, rows) = (lines[0], &lines[1..]);
    let joined = |rows: &[&str], end: &str| format!("{header}{end}{}{end}", rows.join(end));

    for seed in 1..=3 {
        let rows = shuffled(rows, seed);
        let one = written(&format!("shuffled-{seed}.csv"), joined(&rows, "\n"));
        assert_eq!(content(read_opioids(&[one]).unwrap()), whole, "seed {seed}");
        let mut parts: Vec<_> = rows
            .chunks(rows.len().div_ceil(7))
            .enumerate()
            .map(|(part, rows)| written(&format!("part-{seed}-{part}.csv"), joined(rows, "\n")))
            .collect();
        assert_eq!(parts.len(), 7);
        parts.rotate_left(seed as usize);
        let import = read_opioids(&parts).unwrap();
        assert_eq!(import.summary.files, 7);
        assert_eq!(content(import), whole, "seed {seed}");
    }
    let marked = written("marked.csv", format!("\u{feff}{}", joined(rows, "\r\n")));
    assert_eq!(content(read_opioids(&[marked]).unwrap()), whole);
    // A file without its last line break is whole too.
    let unended = written("unended.csv", joined(rows, "\n").trim_end());
    assert_eq!(content(read_opioids(&[unended]).unwrap()), whole);
}

#[test]
fn the_snomed_layout_gives_the_same_lines() {
    let (Some(old), Some(new)) = (published(SEPTEMBER), published("samples/epd/derived_epd_snomed_layout_201709.csv")) else {
        return;
    };
    let options = epd::Options { bnf_prefixes: ["040702", "0407010F0", "0407010N0"].map(String::from).to_vec(), ..opioids() };
    let old = epd::read(&[old], &options, &mut |_| {}).unwrap();
    let new = epd::read(&[new], &options, &mut |_| {}).unwrap();
    assert_eq!(new.summary.rows_read, 512);
    assert_eq!(new.snapshots, old.snapshots);
    assert_eq!(new.months, old.months);
}

#[test]
fn columns_may_come_in_any_order() {
    let Some(file) = published("samples/epd/epd_201601_fixture.csv") else { return };
    let options = epd::Options { bnf_prefixes: vec!["0".into()], ..opioids() };
    let plain = content(epd::read(std::slice::from_ref(&file), &options, &mut |_| {}).unwrap());
    // Read off the file by eye: three of its eleven codes start with 1 or 2.
    assert_eq!((plain.summary.rows_read, plain.summary.rows_kept), (11, 8));
    let mut reversed = csv::Writer::from_writer(Vec::new());
    for row in csv::ReaderBuilder::new().has_headers(false).from_path(file).unwrap().records() {
        reversed.write_record(row.unwrap().iter().collect::<Vec<_>>().into_iter().rev()).unwrap();
    }
    let reversed = written("reversed.csv", reversed.into_inner().unwrap());
    assert_eq!(content(epd::read(&[reversed], &options, &mut |_| {}).unwrap()), plain);
}

const HEADER: &str = "YEAR_MONTH,PRACTICE_CODE,PRACTICE_NAME,PCO_CODE,PCO_NAME,ICB_CODE,ICB_NAME,REGIONAL_OFFICE_CODE,REGIONAL_OFFICE_NAME,BNF_CODE,BNF_DESCRIPTION,QUANTITY,ITEMS,TOTAL_QUANTITY,UNIDENTIFIED";

#[test]
fn zero_and_missing_differ() {
    let rows = [
        "202401,A81001,ONE,11M00,GLOS,QR1,GLOS ICB,Y58,SOUTH WEST,0101010A0AAAAAA,Antacid,1,1,1,N",
        "202401,A81002,TWO,11M00,GLOS,QR1,GLOS ICB,Y58,SOUTH WEST,0407020A0AAAAAA,Opioid,1,2,2,false",
        "202402,A81002,TWO RENAMED,X2C4Y,KIRK,QWO,WY ICB,Y63,NORTH EAST,0407020A0AAAAAA,Opioid,2.5,2,5,N",
        "202402,-,UNIDENTIFIED DOCTORS,-,-,-,-,-,-,0407020A0AAAAAA,Opioid,1,1,1,Y",
        "202402,-,UNIDENTIFIED DOCTORS,-,-,-,-,-,-,0101010A0AAAAAA,Antacid,1,1,1,TRUE",
    ];
    let file = written("two-months.csv", format!("{HEADER}\n{}\n", rows.join("\n")));
    let import = read_opioids(&[file]).unwrap();
    let snapshots: Vec<_> = import
        .snapshots
        .iter()
        .map(|one| {
            (one.month.to_string(), one.practice.as_str(), one.lines.iter().map(|line| line.quantity_thousandths).collect::<Vec<_>>())
        })
        .collect();
    assert_eq!(
        snapshots,
        [("2024-01".into(), "A81001", vec![]), ("2024-01".into(), "A81002", vec![2_000]), ("2024-02".into(), "A81002", vec![5_000])]
    );
    let months: Vec<_> = import.months.iter().map(|month| (month.month.number(), month.practices.len())).collect();
    assert_eq!(months, [(1, 2), (2, 1)]);
    assert_eq!(import.summary.rows_skipped, BTreeMap::from([(Skip::OtherMedicine, 2), (Skip::Unidentified, 1)]));
    // The newest month describes a practice.
    let two = import.organisations.iter().find(|one| one.code.as_str() == "A81002").unwrap();
    assert_eq!((two.name.as_str(), two.icb.as_ref().unwrap().as_str()), ("TWO RENAMED", "QWO"));
    assert_eq!(two.sub_icb.as_ref().unwrap().as_str(), "X2C4Y");
    let glos = import.organisations.iter().find(|one| one.level == Level::SubIcb && one.code.as_str() == "11M").unwrap();
    assert_eq!((glos.icb.as_ref().unwrap().as_str(), glos.as_of.to_string().as_str()), ("QR1", "2024-01"));
}

#[test]
fn a_practice_under_two_commissioners_has_one_answer_in_any_order() {
    let rows = ["11M00,GLOS", "03A00,HUDDERSFIELD"]
        .map(|pco| format!("202401,A81001,ONE,{pco},QR1,ICB,Y58,SOUTH WEST,0407020A0AAAAAA,Opioid,1,1,1.5,N"));
    let [one, other] = [("ab", [0, 1]), ("ba", [1, 0])].map(|(name, [first, second])| {
        let text = format!("{HEADER}\n{}\n{}\n", rows[first], rows[second]);
        read_opioids(&[written(&format!("commissioners-{name}.csv"), text)]).unwrap()
    });
    assert_eq!(one, other);
    assert_eq!((one.snapshots.len(), one.snapshots[0].lines[0].quantity_thousandths), (1, 3_000));
    assert_eq!(one.organisations[0].sub_icb.as_ref().unwrap().as_str(), "11M");
}

#[test]
fn latin_1_is_read_when_said() {
    let mut bytes = format!("{HEADER}\n202401,A81001,CAF").into_bytes();
    bytes.push(0xC9);
    bytes.extend(b",11M00,GLOS,QR1,I,Y58,R,0407020A0AAAAAA,Opioid 50\xB5g,1,1,1,N\n");
    let file = written("latin-1.csv", bytes);
    let options = epd::Options { encoding: Encoding::Latin1, ..opioids() };
    let import = epd::read(&[file], &options, &mut |_| {}).unwrap();
    assert_eq!(import.snapshots[0].lines[0].name, "Opioid 50\u{b5}g");
    assert_eq!(import.organisations[0].name, "CAF\u{c9}");
}
