//! The embedded ClickHouse through the official client.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};

use clickhouse::{Client, Compression, Row};
use serde::{Deserialize, Serialize};
use signpost_embedded::EngineProcess;
use signpost_embedded::engine::start_clickhouse;

/// The engine's library, or `None` and a word about it.
fn library() -> Option<PathBuf> {
    let home = std::env::var_os("SIGNPOST_ENGINES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.signpost/engines"), PathBuf::from);
    let library = home.join("libchdb-26.7.3/libchdb.so");
    if library.is_file() {
        return Some(library);
    }
    assert!(std::env::var_os("SIGNPOST_REQUIRE_ALL").is_none(), "embedded ClickHouse is missing: run `cargo xtask engines`");
    println!("skipped: embedded ClickHouse is missing; run `cargo xtask engines`");
    None
}

fn start(data: &Path) -> Option<(EngineProcess, Client)> {
    let process = start_clickhouse(Path::new(env!("CARGO_BIN_EXE_signpost-engine")), &[], &library()?, data).unwrap();
    let client = Client::default().with_url(&process.address).with_compression(Compression::Lz4);
    Some((process, client))
}

#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
struct Sample {
    id: u32,
    name: String,
    kind: String,
    day: u16,
    month: u32,
    total: u128,
    value: Option<f64>,
    codes: Vec<String>,
    flags: Vec<bool>,
}

fn sample(id: u32) -> Sample {
    Sample {
        id,
        name: format!("Oramorph\n\n'{id}'; DROP TABLE t"),
        kind: "practice".into(),
        day: 17_410,
        month: 1_504_224_000,
        total: u128::from(u64::MAX) * 7 + u128::from(id),
        value: (id % 2 == 0).then_some(f64::from(id) / 7.0),
        codes: vec!["0407020".into(); (id % 3) as usize],
        flags: vec![true, false],
    }
}

const TABLE: &str = "CREATE TABLE sample (id UInt32, name String, kind LowCardinality(String), day Date, month DateTime('UTC'), \
     total UInt128, value Nullable(Float64), codes Array(String), flags Array(Bool)) \
     ENGINE = ReplacingMergeTree PARTITION BY id % 4 ORDER BY id";

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_every_type_come_back_as_written() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_process, client)) = start(folder.path()) else { return };
    client.query(TABLE).execute().await.unwrap();
    let rows: Vec<Sample> = (0..20_000).map(sample).collect();
    for _ in 0..2 {
        let mut insert = client.insert::<Sample>("sample").await.unwrap();
        for row in &rows {
            insert.write(row).await.unwrap();
        }
        insert.end().await.unwrap();
    }
    let back: Vec<Sample> = client.query("SELECT ?fields FROM sample FINAL ORDER BY id").fetch_all().await.unwrap();
    assert_eq!(back, rows);
    let count: u64 = client.query("SELECT count() FROM sample FINAL WHERE kind = ? AND id < {top:UInt32}").bind("practice").param("top", 10).fetch_one().await.unwrap();
    assert_eq!(count, 10);
    client.query("ALTER TABLE sample DROP PARTITION 1").execute().await.unwrap();
    let left: u64 = client.query("SELECT count() FROM sample FINAL").fetch_one().await.unwrap();
    assert_eq!(left, 15_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_reaches_an_insert_and_ends_with_its_request() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_process, client)) = start(folder.path()) else { return };
    client.query("CREATE TABLE t (a UInt8, said String DEFAULT getSetting('log_comment')) ENGINE = MergeTree ORDER BY a").execute().await.unwrap();
    #[derive(Row, Serialize)]
    struct One {
        a: u8,
    }
    for (comment, a) in [("first", 1), ("", 2)] {
        let mut insert = client.clone().with_option("log_comment", comment).insert::<One>("t").await.unwrap();
        insert.write(&One { a }).await.unwrap();
        insert.end().await.unwrap();
    }
    let said: Vec<String> = client.query("SELECT said FROM t ORDER BY a").fetch_all().await.unwrap();
    assert_eq!(said, ["first", ""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_carry_clickhouses_code() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_process, client)) = start(folder.path()) else { return };
    for (sql, code) in [("SELECT * FROM nowhere", "Code: 60."), ("SELEKT 1", "Code: 62."), ("SELECT 1; SELECT 2", "Code: 62.")] {
        let error = client.query(sql).execute().await.unwrap_err().to_string();
        assert!(error.contains(code), "{sql}: {error}");
    }
    let refused = client.clone().with_user("default").with_password("wrong").query("SELECT 1").execute().await.unwrap_err().to_string();
    assert!(refused.contains("Code: 516."), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_rows_survive_the_death_of_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let Some((mut process, client)) = start(folder.path()) else { return };
    client.query(TABLE).execute().await.unwrap();
    let mut insert = client.insert::<Sample>("sample").await.unwrap();
    for id in 0..1_000 {
        insert.write(&sample(id)).await.unwrap();
    }
    insert.end().await.unwrap();
    process.end();
    let (_process, client) = start(folder.path()).unwrap();
    let count: u64 = client.query("SELECT count() FROM sample").fetch_one().await.unwrap();
    assert_eq!(count, 1_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_run_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_process, client)) = start(folder.path()) else { return };
    let tasks: Vec<_> = (0..16u64)
        .map(|number| {
            let client = client.clone();
            tokio::spawn(async move { client.query("SELECT sum(number) + ? FROM numbers(1000000)").bind(number).fetch_one::<u64>().await })
        })
        .collect();
    for (number, task) in tasks.into_iter().enumerate() {
        assert_eq!(task.await.unwrap().unwrap(), 499_999_500_000 + number as u64);
    }
}
