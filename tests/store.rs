//! The store on the real engine.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::Path;

use signpost_core::Month;
use signpost_embedded::EngineProcess;
use signpost_measures::Library;
use signpost_publication::rows;
use signpost_store::{
    LedgerRow, MarkRow, MeasureQuery, OrganisationRow, Positions, PracticeMonthRow, PublicationKey, Published, SnapshotKey, SnapshotRow,
    Store, StoreError, earliest_stands, latest_stands,
};
use signpost_tests::clickhouse;

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

async fn migrated(folder: &Path) -> Option<(EngineProcess, Store)> {
    let (process, store) = clickhouse(folder)?;
    assert!(matches!(store.check_migrated().await, Err(StoreError::NotMigrated { .. })));
    let first = store.migrate().await.unwrap();
    assert_eq!((first.applied.len(), first.skipped.len()), (2, 1), "{first:?}");
    let again = store.migrate().await.unwrap();
    assert_eq!(again.present.len(), 2);
    store.check_migrated().await.unwrap();
    Some((process, store))
}

fn snapshot(offset: i64, revision: u32, items: u32) -> SnapshotRow {
    SnapshotRow {
        bucket: 17,
        practice: "L84018".into(),
        month: month("2017-09"),
        feed: "epd".into(),
        revision,
        bnf: vec!["0407020A0BBAAAA".into()],
        name: vec!["Durogesic".into()],
        quantity: vec![5_000],
        items: vec![items],
        content: u128::from(items),
        epoch: 1,
        partition: 17,
        offset,
        version: earliest_stands(1, offset),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_contents_of_one_revision_the_earlier_stands_whoever_writes_last() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_process, store)) = migrated(folder.path()).await else { return };
    // The later one is written first, and the earlier one twice.
    for row in [snapshot(9, 1, 5), snapshot(3, 1, 7), snapshot(3, 1, 7)] {
        store.write_snapshots(&[row]).await.unwrap();
    }
    let key = SnapshotKey { bucket: 17, practice: "L84018".into(), month: month("2017-09"), feed: "epd".into(), revision: 1 };
    let absent = SnapshotKey { revision: 2, ..key.clone() };
    let standing = store.standing_snapshots(&[key.clone(), absent]).await.unwrap();
    assert_eq!(standing.into_iter().collect::<Vec<_>>(), [(key, 7)]);
    let mark = |offset| MarkRow {
        bucket: 17,
        epoch: 1,
        partition: 17,
        offset,
        practice: "L84018".into(),
        month: month("2017-09"),
        feed: "epd".into(),
        revision: 1,
    };
    store.write_marks(&[mark(3), mark(9)]).await.unwrap();
    let marked = store.marked_snapshots(1, 1, &[(17, -1, 9)]).await.unwrap();
    assert_eq!(marked, [snapshot(3, 1, 7)]);
    assert!(store.marked_snapshots(1, 1, &[(17, 9, 20)]).await.unwrap().is_empty());
    assert!(store.marked_snapshots(2, 1, &[(17, -1, 9)]).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn positions_are_contiguous_unions_and_derive_sees_only_what_lies_beyond_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_process, store)) = migrated(folder.path()).await else { return };
    let batch = |partition, after, through| LedgerRow {
        topic: "t".into(),
        epoch: 1,
        partition,
        after,
        through,
        records: 1,
        refused: 0,
        checksum: 0,
        worker: "w".into(),
        build: "b".into(),
    };
    for row in [batch(0, -1, 4), batch(0, 2, 6), batch(0, 8, 9), batch(1, -1, 0)] {
        store.write_ledger(row).await.unwrap();
    }
    assert_eq!(store.ledger_position("t", 1, 0).await.unwrap(), 6);
    assert_eq!(store.ledger_position("t", 1, 7).await.unwrap(), -1);
    let key = |partition| ("t".to_owned(), 1, partition);
    let all: Positions = [(key(0), 6), (key(1), 0)].into();
    assert_eq!(store.ledger_beyond(&Positions::new()).await.unwrap(), all);
    store.write_derived(&[(key(0), 6)].into()).await.unwrap();
    store.write_derived(&[(key(0), 3)].into()).await.unwrap();
    let derived = store.derived_positions().await.unwrap();
    assert_eq!(derived, [(key(0), 6)].into(), "the greatest wins");
    assert_eq!(store.ledger_beyond(&derived).await.unwrap(), [(key(1), 0)].into());
    store.write_ledger(batch(0, 6, 8)).await.unwrap();
    assert_eq!(store.ledger_beyond(&derived).await.unwrap()[&key(0)], 9, "the gap is closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn organisations_keep_what_each_source_knows() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_process, store)) = migrated(folder.path()).await else { return };
    let row = |name: &str, pcn: &str, setting, as_of: &str, offset: i64, content| OrganisationRow {
        bucket: 17,
        code: "L84018".into(),
        level: "practice".into(),
        name: name.into(),
        as_of: month(as_of),
        setting,
        pcn: pcn.into(),
        sub_icb: String::new(),
        icb: "QR1".into(),
        region: String::new(),
        content,
        version: latest_stands(month(as_of), 1, offset),
    };
    let rows = [row("Old", "U1", 4, "2017-01", 1, 1), row("New", "", 0, "2017-09", 2, 2), row("Old", "U1", 4, "2017-01", 9, 1)];
    for row in &rows {
        store.write_organisations(std::slice::from_ref(row)).await.unwrap();
    }
    let known = store.organisations().await.unwrap();
    assert_eq!(known.len(), 1);
    assert_eq!((known[0].name.as_str(), known[0].pcn.as_str(), known[0].setting), ("New", "U1", 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_measure_is_computed_exactly_in_128_bits() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_process, store)) = migrated(folder.path()).await else { return };
    let row = |factor_set: &str, revision| PracticeMonthRow {
        bucket: 17,
        practice: "L84018".into(),
        month: month("2017-09"),
        feed: "epd".into(),
        revision,
        factor_set: factor_set.into(),
        rules: 1,
        bnf: vec!["0407020A0BBAAAA".into(), "0408010G0AAAAAA".into(), "0407020Q0ZZZZZZ".into()],
        items: vec![2, 5, 3],
        ome: vec![u64::MAX, 0, u64::MAX],
        ddd: vec![0, 1_500_000, 0],
        opioid: vec![true, false, true],
        regular: vec![true, false, false],
        high_90: vec![true, false, false],
        high_120: vec![false, false, false],
        unmapped: vec![String::new(), String::new(), "no strength".into()],
        name: vec!["Durogesic".into(), "Gabapentin".into(), "Invented".into()],
        version: 1,
    };
    store.write_practice_months(&[row("op2024", 1), row("op2020", 1), row("op2024", 2)]).await.unwrap();
    store.write_practice_months(&[row("op2024", 1)]).await.unwrap();
    let months = [(month("2017-09"), 1)];
    let query = MeasureQuery { feed: "epd", rules: 1, any_factor_set: "op2024", months: &months };
    let library = Library::standard().unwrap();
    // By hand from the three lines above.
    let expected = [
        ("opioidome", u128::from(u64::MAX) * 2, None),
        ("opioidome_op2020", u128::from(u64::MAX) * 2, None),
        ("opioidper1000_90", 2, None),
        ("opioidper1000_120", 0, None),
        ("opioidspercent_90", 2, Some(2)),
        ("opioidspercent_120", 0, Some(2)),
        ("gabapentinoid_ddd", 1_500_000, None),
    ];
    assert_eq!(library.iter().count(), expected.len());
    for (id, numerator, denominator) in expected {
        let rows = store.numbers(library.get(id).unwrap(), &query).await.unwrap();
        assert_eq!(rows.len(), 1, "{id}");
        assert_eq!((rows[0].numerator, rows[0].denominator), (numerator, denominator), "{id}");
    }
    assert_eq!(store.opioid_items(&query).await.unwrap(), [("L84018".to_owned(), month("2017-09"), 5, 3)]);
    let unmapped = store.unmapped(&query).await.unwrap();
    assert_eq!((unmapped.len(), unmapped[0].name.as_str(), unmapped[0].items), (1, "Invented", 3));
}

fn measure_month(value: f64) -> rows::MeasureMonth {
    rows::MeasureMonth {
        measure: "opioidome".into(),
        level: "practice".into(),
        organisation: "L84018".into(),
        month: month("2017-09"),
        numerator_exact: u128::MAX,
        denominator_exact: 3,
        numerator: Some(value),
        denominator: None,
        value: Some(value),
        practices: 1,
        practices_missing: 0,
        opioid_items: 5,
        unmapped_items: 3,
        percentile: None,
    }
}

fn record(publication: &str, digest: &str) -> rows::Publication {
    rows::Publication {
        publication: publication.into(),
        published_at: 1_700_000_000,
        first_month: Some(month("2017-09")),
        last_month: None,
        digest: digest.into(),
        synthetic: 0,
        build: "b".into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_is_seen_whole_or_not_at_all_and_one_that_knows_less_never() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_process, store)) = migrated(folder.path()).await else { return };
    let reader = Published::new(store.clone());
    let key = |positions, publication: &str| PublicationKey {
        epoch: 1,
        definitions: 8,
        positions,
        decisions: 0,
        publication: publication.into(),
    };
    store.write_hidden("p1", "measure_month", &[measure_month(1.5)]).await.unwrap();
    assert!(reader.publication().await.unwrap().is_none());
    assert!(reader.measure_months("opioidome", "practice", None).await.unwrap().is_empty(), "hidden until switched to");
    let digest = store.digest("p1").await.unwrap();
    store.show(&key(10, "p1"), &record("p1", &digest), "").await.unwrap();
    assert_eq!(reader.measure_months("opioidome", "practice", None).await.unwrap(), [measure_month(1.5)]);
    assert_eq!(reader.publication().await.unwrap().unwrap(), record("p1", &digest));
    // A publisher that knows less comes later, and changes nothing.
    store.write_hidden("p0", "measure_month", &[measure_month(9.0)]).await.unwrap();
    store.show(&key(9, "p0"), &record("p0", ""), "").await.unwrap();
    assert_eq!(reader.measure_months("opioidome", "practice", Some("L84018")).await.unwrap(), [measure_month(1.5)]);
    // The same content has the same digest under another name, in another order and in two inserts.
    let other = rows::MeasureMonth { organisation: "L84073".into(), ..measure_month(2.0) };
    store.write_hidden("p2", "measure_month", &[measure_month(1.5), other.clone()]).await.unwrap();
    store.write_hidden("p3", "measure_month", &[other]).await.unwrap();
    store.write_hidden("p3", "measure_month", &[measure_month(1.5)]).await.unwrap();
    assert_eq!(store.digest("p2").await.unwrap(), store.digest("p3").await.unwrap());
    assert_ne!(store.digest("p2").await.unwrap(), digest);
    store.show(&key(11, "p2"), &record("p2", ""), "").await.unwrap();
    assert_eq!(store.tables_on_show().await.unwrap()[2], store.tables_of("p2").await.unwrap()[2]);
    // Old ones go, the one on show stays.
    store.drop_old_publications(0).await.unwrap();
    assert_eq!(reader.measure_months("opioidome", "practice", None).await.unwrap().len(), 2);
    assert_eq!(store.tables_of("p1").await.unwrap()[2].2, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absent_server_and_a_refused_password_say_what_to_correct() {
    let absent = signpost_tests::store("http://127.0.0.1:1", "").ping().await.unwrap_err();
    assert!(matches!(absent, StoreError::Unreachable { .. }) && absent.to_string().contains("store.url"), "{absent}");
    let folder = tempfile::tempdir().unwrap();
    let Some((process, _)) = clickhouse(folder.path()) else { return };
    let refused = signpost_tests::store(&process.address, "wrong").ping().await.unwrap_err();
    assert!(refused.to_string().contains("code 516") && refused.to_string().contains("store.password_file"), "{refused}");
}
