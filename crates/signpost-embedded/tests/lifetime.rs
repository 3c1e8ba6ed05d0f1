//! A server's life: one per folder, ended with its parent, closed when asked, and its rows after all that.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used)]

mod server;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clickhouse::{Client, Row};
use serde::Serialize;
use server::{ENGINE, library, start};
use signpost_embedded::clickhouse::running_server;
use signpost_embedded::engine::start_clickhouse;

#[derive(Row, Serialize)]
struct Number {
    number: u64,
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS numbered (number UInt64) ENGINE = MergeTree ORDER BY number";

async fn insert(client: &Client, numbers: std::ops::Range<u64>) -> Result<(), clickhouse::error::Error> {
    let mut insert = client.insert::<Number>("numbered").await?;
    for number in numbers {
        insert.write(&Number { number }).await?;
    }
    insert.end().await
}

async fn count(client: &Client) -> u64 {
    client.query("SELECT count() FROM numbered").fetch_one().await.unwrap()
}

fn is_alive(process: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_batches_survive_kills_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = 0;
    for round in 0..3 {
        let Some((mut process, client)) = start(folder.path()) else { return };
        client.query(TABLE).execute().await.unwrap();
        let stored = count(&client).await;
        // Beyond what was acknowledged, only the one batch in flight may be there, and whole.
        assert!(stored == acknowledged || stored == acknowledged + 1_000, "round {round}: {stored} of {acknowledged}");
        acknowledged = stored;
        let cut = Instant::now() + Duration::from_millis(150 + 170 * round);
        let writer = tokio::spawn(async move {
            let mut written = 0;
            while insert(&client, 0..1_000).await.is_ok() {
                written += 1_000;
            }
            written
        });
        tokio::time::sleep_until(cut.into()).await;
        process.end();
        let written = writer.await.unwrap();
        assert!(written > 0, "nothing was written before the cut");
        acknowledged += written;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_to_end_it_finishes_and_closes() {
    let folder = tempfile::tempdir().unwrap();
    let Some((mut process, client)) = start(folder.path()) else { return };
    client.query(TABLE).execute().await.unwrap();
    insert(&client, 0..1_000).await.unwrap();
    let slow = tokio::spawn({
        let client = client.clone();
        async move { client.query("SELECT sum(sleepEachRow(0.1)) FROM numbers(10) SETTINGS max_block_size = 1").fetch_one::<u64>().await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let stopping = tokio::task::spawn_blocking(move || process.stop());
    assert_eq!(slow.await.unwrap().unwrap(), 0);
    stopping.await.unwrap();
    assert_eq!(running_server(folder.path()), None);
    let (_process, client) = start(folder.path()).unwrap();
    assert_eq!(count(&client).await, 1_000);
}

#[test]
fn a_second_server_on_a_folder_is_refused_and_told_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let Some((process, _client)) = start(folder.path()) else { return };
    assert_eq!(running_server(folder.path()).unwrap(), process.address);
    let refused = start_clickhouse(Path::new(ENGINE), &[], &library().unwrap(), folder.path()).err().unwrap().to_string();
    assert!(refused.contains(&process.address) && refused.contains(&process.id().to_string()), "{refused}");
    drop(process);
    assert_eq!(running_server(folder.path()), None);
}

#[test]
fn a_missing_library_is_named() {
    let missing = start_clickhouse(Path::new(ENGINE), &[], Path::new("/nowhere/libchdb.so"), Path::new("/nowhere")).err().unwrap();
    assert!(missing.to_string().contains("/nowhere/libchdb.so") && missing.to_string().contains("cargo xtask engines"), "{missing}");
}

#[test]
fn it_ends_with_a_parent_that_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let Some(library) = library() else { return };
    // A shell is the parent; it hands its own id on, and is killed.
    let script = format!(
        "{ENGINE} clickhouse --library={} --data={} --parent=$$ > {}/out & echo $!; wait",
        library.display(),
        folder.path().join("data").display(),
        folder.path().display()
    );
    let mut shell = Command::new("sh").args(["-c", &script]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(shell.stdout.take().unwrap()), &mut line).unwrap();
    let server: u32 = line.trim().parse().unwrap();
    let started = Instant::now();
    while !std::fs::read_to_string(folder.path().join("out")).is_ok_and(|out| out.starts_with("ready http://127.0.0.1:")) {
        assert!(started.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(20));
    }
    shell.kill().unwrap();
    shell.wait().unwrap();
    let killed = Instant::now();
    while is_alive(server) {
        assert!(killed.elapsed() < Duration::from_secs(5), "it outlived its parent");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn it_outlives_the_thread_that_started_it() {
    let folder = tempfile::tempdir().unwrap();
    if library().is_none() {
        return;
    }
    let path = folder.path().to_owned();
    let (mut process, _client) = std::thread::spawn(move || start(&path)).join().unwrap().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    assert!(process.is_running());
}
