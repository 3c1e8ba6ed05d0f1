//! The embedded ClickHouse through the official client.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod server;

use std::path::Path;

use clickhouse::{Client, Compression, Row};
use serde::{Deserialize, Serialize};
use server::{ENGINE, library, start};
use signpost_embedded::clickhouse::ServerOptions;
use signpost_embedded::engine::start_clickhouse_with;

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
        value: id.is_multiple_of(2).then_some(f64::from(id) / 7.0),
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
    let count: u64 = client
        .query("SELECT count() FROM sample FINAL WHERE kind = ? AND id < {top:UInt32}")
        .bind("practice")
        .param("top", 10)
        .fetch_one()
        .await
        .unwrap();
    assert_eq!(count, 10);
    client.query("ALTER TABLE sample DROP PARTITION 1").execute().await.unwrap();
    let left: u64 = client.query("SELECT count() FROM sample FINAL").fetch_one().await.unwrap();
    assert_eq!(left, 15_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_reaches_an_insert_and_ends_with_its_request() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_process, client)) = start(folder.path()) else { return };
    client
        .query("CREATE TABLE t (a UInt8, said String DEFAULT getSetting('log_comment')) ENGINE = MergeTree ORDER BY a")
        .execute()
        .await
        .unwrap();
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
async fn rows_pass_with_validation_on_and_off_compressed_and_plain() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_process, client)) = start(folder.path()) else { return };
    client.query(TABLE).execute().await.unwrap();
    let rows: Vec<Sample> = (0..500).map(sample).collect();
    for (validation, compression) in
        [(true, Compression::Lz4), (false, Compression::Lz4), (true, Compression::None), (false, Compression::None)]
    {
        let client = client.clone().with_validation(validation).with_compression(compression);
        client.query("TRUNCATE TABLE sample").execute().await.unwrap();
        let mut insert = client.insert::<Sample>("sample").await.unwrap();
        for row in &rows {
            insert.write(row).await.unwrap();
        }
        insert.end().await.unwrap();
        let back: Vec<Sample> = client.query("SELECT ?fields FROM sample ORDER BY id").fetch_all().await.unwrap();
        assert_eq!(back, rows, "validation {validation}, {compression:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_a_database_and_json_answer_as_on_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_process, client)) = start(folder.path()) else { return };
    client.query("CREATE DATABASE published").execute().await.unwrap();
    let client = client.with_database("published");
    client.query("CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a").execute().await.unwrap();
    client.query("CREATE VIEW doubled AS SELECT a * 2 AS b FROM t").execute().await.unwrap();
    client.query("INSERT INTO t VALUES (1), (20 + 1)").execute().await.unwrap();
    let doubled: Vec<u16> = client.query("SELECT b FROM published.doubled ORDER BY b").fetch_all().await.unwrap();
    assert_eq!(doubled, [2, 42]);
    let json = client.query("SELECT b FROM doubled ORDER BY b").fetch_bytes("JSONCompactColumns").unwrap().collect().await.unwrap();
    assert_eq!(String::from_utf8_lossy(&json).split_whitespace().collect::<String>(), "[[2,42]]");
    let nowhere = client.with_database("nowhere").query("SELECT 1").execute().await.unwrap_err().to_string();
    assert!(nowhere.contains("Code: 81."), "{nowhere}");
}

#[tokio::test(flavor = "multi_thread")]
async fn data_with_empty_lines_are_never_run_as_sql() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_process, client)) = start(folder.path()) else { return };
    client.query("CREATE TABLE t (s String) ENGINE = MergeTree ORDER BY s").execute().await.unwrap();
    client.query("INSERT INTO t VALUES ('a\n\nDROP TABLE t')").execute().await.unwrap();
    client.query("INSERT INTO t FORMAT JSONEachRow\n{\"s\":\"b\"}\n\n{\"s\":\"c\"}").execute().await.unwrap();
    let rubbish = client.query("INSERT INTO t FORMAT JSONEachRow\n{\"s\":\"d\"}\n\nDROP TABLE t").execute().await.unwrap_err().to_string();
    assert!(rubbish.contains("Code: 27."), "{rubbish}");
    let rows: Vec<String> = client.query("SELECT s FROM t ORDER BY s").fetch_all().await.unwrap();
    assert_eq!(rows, ["a\n\nDROP TABLE t", "b", "c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_carry_clickhouses_code() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_process, client)) = start(folder.path()) else { return };
    for (sql, code) in
        [("SELECT * FROM nowhere", "Code: 60."), ("SELEKT 1", "Code: 62."), ("SELECT nofunction(1)", "Code: 46."), ("", "Code: 62.")]
    {
        let error = client.query(sql).execute().await.unwrap_err().to_string();
        assert!(error.contains(code), "{sql}: {error}");
    }
    let unknown = client.clone().with_option("no_such_setting", "1").query("SELECT 1").execute().await.unwrap_err().to_string();
    assert!(unknown.contains("Code: 115."), "{unknown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_statements_are_refused_and_none_is_run() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_process, client)) = start(folder.path()) else { return };
    for sql in [
        "SELECT 1; CREATE TABLE boom (a UInt8) ENGINE = Memory",
        "CREATE TABLE boom (a UInt8) ENGINE = Memory; SELECT 1",
        "SELECT 1 # '\n; CREATE TABLE boom (a UInt8) ENGINE = Memory",
        "SELECT $a$ ' $a$; CREATE TABLE boom (a UInt8) ENGINE = Memory; --'",
        "SELECT 1 /*/ ' */; CREATE TABLE boom (a UInt8) ENGINE = Memory -- '",
        "EXPLAIN SYNTAX SELECT 1; CREATE TABLE boom (a UInt8) ENGINE = Memory",
    ] {
        let error = client.query(&sql.replace('?', "??")).execute().await.unwrap_err().to_string();
        assert!(error.contains("Code: 62."), "{sql}: {error}");
    }
    let tables: Vec<String> = client.query("SHOW TABLES").fetch_all().await.unwrap();
    assert!(tables.is_empty(), "{tables:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_refused_with_516() {
    let folder = tempfile::tempdir().unwrap();
    let Some(library) = library() else { return };
    let options = ServerOptions { library, data: folder.path().to_owned(), port: 0, password: "correct".into() };
    let process = start_clickhouse_with(Path::new(ENGINE), &[], &options).unwrap();
    let client = Client::default().with_url(&process.address);
    let one: u8 = client.clone().with_user("default").with_password("correct").query("SELECT 1").fetch_one().await.unwrap();
    assert_eq!(one, 1);
    for (user, password) in [("default", "wrong"), ("default", ""), ("someone", "correct")] {
        let error = client.clone().with_user(user).with_password(password).query("SELECT 1").execute().await.unwrap_err().to_string();
        assert!(error.contains("Code: 516.") && !error.contains("correct."), "{error}");
    }
    // By name as the crate sends it, and by Basic as others do: the status is ClickHouse's.
    let (host, path) = (process.address.trim_start_matches("http://"), "/?query=SELECT+1");
    assert!(ask(host, path, "Authorization: Basic ZGVmYXVsdDpjb3JyZWN0").starts_with("HTTP/1.1 200"));
    let refused = ask(host, path, "Authorization: Basic ZGVmYXVsdDp3cm9uZw==");
    assert!(refused.starts_with("HTTP/1.1 403") && refused.to_lowercase().contains("x-clickhouse-exception-code: 516"), "{refused}");
    assert!(ask(host, "/ping", "Accept: */*").ends_with("Ok.\n"));
}

/// One request by hand, with one header.
fn ask(host: &str, path: &str, header: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\n{header}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
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
