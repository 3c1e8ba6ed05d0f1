//! The mock broker and a real Apache Kafka, through the client that signpost uses.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{ClientConfig, Message as _};
use signpost_embedded::kafka::RealKafka;
use signpost_embedded::{EngineError, mock_kafka};

const TOPIC: &str = "signpost.test";
const PARTITIONS: i32 = 4;

fn engine() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_signpost-engine"))
}

/// The jars of a real Kafka, or `None` and a word about what is missing.
fn jars() -> Option<PathBuf> {
    let home = std::env::var_os("SIGNPOST_ENGINES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.signpost/engines"), PathBuf::from);
    let jars = home.join("kafka-4.1.0");
    let java = std::process::Command::new("java").arg("-version").output().is_ok_and(|output| output.status.success());
    if jars.is_dir() && java {
        return Some(jars);
    }
    assert!(std::env::var_os("SIGNPOST_REQUIRE_ALL").is_none(), "Apache Kafka or Java is missing: run `cargo xtask engines`");
    println!("skipped: Apache Kafka or Java is missing; `cargo xtask engines` fetches the former");
    None
}

fn send(address: &str, range: std::ops::Range<u32>) {
    let producer: BaseProducer = ClientConfig::new().set("bootstrap.servers", address).set("compression.type", "lz4").create().unwrap();
    for number in range {
        let (key, payload) = (number.to_string(), format!("event {number}"));
        producer.send(BaseRecord::to(TOPIC).partition(number as i32 % PARTITIONS).key(&key).payload(&payload)).unwrap();
        producer.poll(Duration::ZERO);
    }
    producer.flush(Duration::from_secs(20)).unwrap();
}

/// Reads until `expected` records have come; gives their texts, the partitions seen, and the time to the first.
fn receive(address: &str, group: &str, expected: usize) -> (BTreeSet<String>, BTreeSet<i32>, Duration) {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", address)
        .set("group.id", group)
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.commit", "false")
        .create()
        .unwrap();
    consumer.subscribe(&[TOPIC]).unwrap();
    let (mut texts, mut partitions) = (BTreeSet::new(), BTreeSet::new());
    let (started, mut first) = (Instant::now(), None);
    while texts.len() < expected && started.elapsed() < Duration::from_secs(40) {
        let Some(Ok(message)) = consumer.poll(Duration::from_millis(200)) else { continue };
        first.get_or_insert_with(|| started.elapsed());
        texts.insert(String::from_utf8(message.payload().unwrap().to_vec()).unwrap());
        partitions.insert(message.partition());
    }
    (texts, partitions, first.unwrap_or_default())
}

fn events(range: std::ops::Range<u32>) -> BTreeSet<String> {
    range.map(|number| format!("event {number}")).collect()
}

#[test]
fn the_mock_broker_keeps_what_it_is_sent_and_joins_a_group_at_once() {
    let mut broker = mock_kafka::start(engine(), &[], &[(TOPIC, 4), ("other.topic", 64)]).unwrap();
    send(&broker.address, 0..2_000);
    let (texts, partitions, first) = receive(&broker.address, "readers", 2_000);
    assert_eq!(texts, events(0..2_000));
    assert_eq!(partitions, (0..PARTITIONS).collect());
    // Untuned, librdkafka's mock lets a group wait 3 s for others to join.
    assert!(first < Duration::from_millis(2_500), "{first:?}");
    assert!(broker.is_running());
    let id = broker.id();
    drop(broker);
    assert!(!Path::new(&format!("/proc/{id}")).exists());
}

#[test]
fn two_mock_brokers_run_side_by_side() {
    let first = mock_kafka::start(engine(), &[], &[(TOPIC, 4)]).unwrap();
    let second = mock_kafka::start(engine(), &[], &[(TOPIC, 4)]).unwrap();
    assert_ne!(first.address, second.address);
    send(&first.address, 0..10);
    send(&second.address, 10..20);
    assert_eq!(receive(&second.address, "readers", 10).0, events(10..20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_broker_keeps_its_records_when_it_is_killed() {
    let Some(jars) = jars() else { return };
    let folder = tempfile::tempdir().unwrap();
    let started = Instant::now();
    // Started by a thread that ends at once: the broker must not end with it.
    let path = folder.path().to_owned();
    let mut broker = std::thread::spawn(move || RealKafka::start(&jars, &path)).join().unwrap().unwrap();
    println!("real Kafka up after {:?}", started.elapsed());
    let admin: AdminClient<DefaultClientContext> = ClientConfig::new().set("bootstrap.servers", &broker.address).create().unwrap();
    let topic = NewTopic::new(TOPIC, PARTITIONS, TopicReplication::Fixed(1));
    admin.create_topics([&topic], &AdminOptions::new()).await.unwrap().remove(0).unwrap();
    send(&broker.address, 0..1_000);
    // The log flushes to disk when it likes; what the kernel holds survives the process.
    broker.restart().unwrap();
    send(&broker.address, 1_000..1_500);
    let (texts, partitions, _) = receive(&broker.address, "readers", 1_500);
    assert_eq!(texts, events(0..1_500));
    assert_eq!(partitions, (0..PARTITIONS).collect());
    let id = broker.id();
    drop(broker);
    assert!(!Path::new(&format!("/proc/{id}")).exists());
}

/// Not a test: the parent that the next one kills.
#[test]
#[ignore = "run by a_real_broker_ends_with_a_parent_that_is_killed"]
fn a_parent_with_a_real_broker() {
    let folder = PathBuf::from(std::env::var_os("SIGNPOST_TEST_FOLDER").unwrap());
    let broker = RealKafka::start(&jars().unwrap(), &folder).unwrap();
    std::fs::write(folder.join("id.new"), broker.id().to_string()).unwrap();
    std::fs::rename(folder.join("id.new"), folder.join("id")).unwrap();
    std::thread::sleep(Duration::from_secs(120));
}

#[test]
fn a_real_broker_ends_with_a_parent_that_is_killed() {
    if jars().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut parent = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_parent_with_a_real_broker", "--ignored"])
        .env("SIGNPOST_TEST_FOLDER", folder.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    let id = loop {
        assert!(started.elapsed() < Duration::from_secs(60) && parent.try_wait().unwrap().is_none(), "no broker came up");
        if let Ok(id) = std::fs::read_to_string(folder.path().join("id")) {
            break id;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    let stat = format!("/proc/{id}/stat");
    let is_alive = || std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z "));
    assert!(is_alive());
    parent.kill().unwrap();
    parent.wait().unwrap();
    let killed = Instant::now();
    while is_alive() {
        assert!(killed.elapsed() < Duration::from_secs(5), "it outlived its parent");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn missing_jars_and_a_wrong_option_are_named() {
    let missing = RealKafka::start(Path::new("/nowhere/kafka"), Path::new("/nowhere")).err().unwrap();
    assert!(matches!(missing, EngineError::Missing { .. }));
    assert!(missing.to_string().contains("/nowhere/kafka"), "{missing}");
    let output = std::process::Command::new(engine()).args(["mock-kafka", "--topics=a:1"]).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("--topics=a:1"));
}
