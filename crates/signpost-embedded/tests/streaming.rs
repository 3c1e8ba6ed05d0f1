//! Large inserts and answers: whole, in order, and in bounded memory.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used)]

mod server;

use std::time::Instant;

use clickhouse::{Client, Row};
use serde::{Deserialize, Serialize};
use server::start;

#[derive(Debug, PartialEq, Row, Serialize, Deserialize)]
struct Line {
    practice: u32,
    month: u16,
    code: String,
    quantity: f64,
}

fn line(number: u32) -> Line {
    Line { practice: number % 7_000, month: (number % 60) as u16, code: format!("0407020{number:08}"), quantity: f64::from(number) / 4.0 }
}

async fn insert(client: &Client, numbers: std::ops::Range<u32>) {
    let mut insert = client.insert::<Line>("line").await.unwrap();
    for number in numbers {
        insert.write(&line(number)).await.unwrap();
    }
    insert.end().await.unwrap();
}

const TABLE: &str =
    "CREATE TABLE line (practice UInt32, month UInt16, code String, quantity Float64) ENGINE = MergeTree ORDER BY (practice, month)";

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_thousand_rows_go_in_as_one_part_and_come_back_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_process, client)) = start(folder.path()) else { return };
    client.query(TABLE).execute().await.unwrap();
    let started = Instant::now();
    insert(&client, 0..200_000).await;
    println!("insert: {:.0} rows/s", 200_000.0 / started.elapsed().as_secs_f64());
    // One part is one atomic step: a batch is there or isn't, whenever the server is killed.
    let parts: u64 = client.query("SELECT count() FROM system.parts WHERE table = 'line' AND level = 0").fetch_one().await.unwrap();
    assert_eq!(parts, 1);
    let started = Instant::now();
    let mut cursor = client.query("SELECT ?fields FROM line ORDER BY code").fetch::<Line>().unwrap();
    let mut number = 0;
    while let Some(row) = cursor.next().await.unwrap() {
        assert_eq!(row, line(number));
        number += 1;
    }
    println!("select: {:.0} rows/s", f64::from(number) / started.elapsed().as_secs_f64());
    assert_eq!(number, 200_000);
}

/// The most memory that a process ever had, in MiB.
fn peak_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() >> 10
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_answer_is_not_held_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let Some((process, client)) = start(folder.path()) else { return };
    client.query("SELECT 1").execute().await.unwrap();
    let before = peak_memory(process.id());
    let client = client.with_compression(clickhouse::Compression::None);
    let mut cursor = client.query("SELECT number, repeat('x', 191) FROM numbers(5000000)").fetch_bytes("RowBinary").unwrap();
    let mut bytes = 0;
    while let Some(piece) = cursor.next().await.unwrap() {
        bytes += piece.len();
    }
    // 8 bytes of number, 2 of length, 191 of text.
    assert_eq!(bytes, 5_000_000 * 201);
    let grown = peak_memory(process.id()) - before;
    println!("{} MiB streamed, the server grew by {grown} MiB", bytes >> 20);
    assert!(grown < 400, "{grown} MiB");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_who_leaves_ends_the_query() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_process, client)) = start(folder.path()) else { return };
    for _ in 0..40 {
        let mut cursor = client.query("SELECT number FROM numbers(1000000000000)").fetch::<u64>().unwrap();
        assert_eq!(cursor.next().await.unwrap(), Some(0));
    }
    // More than the places there are: each was given back.
    let one: u8 = client.query("SELECT 1").fetch_one().await.unwrap();
    assert_eq!(one, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_on_the_way_is_told_and_no_short_answer_passes_for_a_whole_one() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_process, client)) = start(folder.path()) else { return };
    let sql = "SELECT throwIf(number = 900000) FROM numbers(1000000) SETTINGS max_threads = 1";
    for compression in [clickhouse::Compression::Lz4, clickhouse::Compression::None] {
        let client = client.clone().with_compression(compression);
        let error = client.query(sql).fetch_all::<u8>().await.unwrap_err().to_string();
        assert!(error.contains("Code: 395."), "{compression:?}: {error}");
        let whole = client.query(sql).with_option("wait_end_of_query", "1").fetch_all::<u8>().await.unwrap_err().to_string();
        assert!(whole.contains("Code: 395."), "{compression:?}: {whole}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_insert_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_process, client)) = start(folder.path()) else { return };
    client.query(TABLE).execute().await.unwrap();
    // The client dies half-way: it drops the request with rows in flight.
    let mut half = client.insert::<Line>("line").await.unwrap().with_timeouts(None, None);
    for number in 0..150_000 {
        half.write(&line(number)).await.unwrap();
    }
    drop(half);
    insert(&client, 0..10).await;
    let count: u64 = client.query("SELECT count() FROM line").fetch_one().await.unwrap();
    assert_eq!(count, 10);
}
