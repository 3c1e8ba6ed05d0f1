//! Workers that are ended as by a power cut, in every gap between two durable writes and at random
//! moments, while a reader looks on.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signpost_store::Store;
use signpost_tests::epd;
use signpost_tests::world::{Broker, World};

/// Months that are imported, one before each round.
fn months() -> Vec<String> {
    (0..24).map(|index| format!("{}_{:02}", 2015 + index / 12, index % 12 + 1)).collect()
}

/// Publication to the tables seen of it: name, rows, hash.
type Seen = BTreeMap<String, Vec<(&'static str, u64, u64)>>;

/// Reads what is on show again and again; each reading must be one recorded publication, whole.
struct Reader {
    stop: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<Seen>,
}

impl Reader {
    fn start(store: Store) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let task = tokio::spawn(async move {
            let mut seen = Seen::new();
            while !stopped.load(Ordering::SeqCst) {
                for (table, publication, rows, hash) in store.tables_on_show().await.unwrap() {
                    // An empty table names no publication.
                    if rows > 0 {
                        seen.entry(publication).or_default().push((table, rows, hash));
                    }
                }
            }
            seen
        });
        Self { stop, task }
    }

    async fn judge(self, store: &Store) -> usize {
        self.stop.store(true, Ordering::SeqCst);
        let seen = self.task.await.unwrap();
        let recorded: BTreeMap<String, String> = store.publications().await.unwrap().into_iter().collect();
        let mut readings = 0;
        for (publication, tables) in &seen {
            assert!(recorded.contains_key(publication), "a reader saw {publication}, which was never recorded");
            assert_eq!(&store.digest(publication).await.unwrap(), &recorded[publication], "a publication changed after it was recorded");
            let whole = store.tables_of(publication).await.unwrap();
            for (table, rows, hash) in tables {
                let expected = whole.iter().find(|(name, ..)| name == table).unwrap();
                assert_eq!((*rows, *hash), (expected.2, expected.3), "a reader saw half of {table}");
                readings += 1;
            }
        }
        readings
    }
}

/// The digest of an undisturbed run over the given months.
async fn undisturbed(months: &[String]) -> Option<String> {
    let world = World::start(Broker::Mock).await?;
    epd::import_places(&world);
    for month in months {
        world.import("epd", &[], &[&epd::of_month(&world, month)]);
    }
    let worker = world.worker(&[]);
    let digest = world.settled().await.digest;
    worker.end();
    Some(digest)
}

/// The ledger of every partition is one interval without a gap, and reaches the end of the log.
async fn ledger_is_contiguous(world: &World) {
    let positions = world.store.ledger_positions().await.unwrap();
    for ((topic, partition), end) in world.kafka().ends(&[signpost_events::Topic::Practice]).unwrap() {
        let position = positions.get(&(topic.to_owned(), 1, partition)).copied().unwrap_or(-1);
        assert_eq!(position + 1, end, "partition {partition}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_in_every_gap_leaves_what_an_undisturbed_one_does() {
    if epd::file().is_none() {
        return;
    }
    let Some(world) = World::start(Broker::Mock).await else { return };
    let gaps = world.must(&["run", "--list-gaps"]);
    let gaps: Vec<&str> = gaps.lines().collect();
    assert!(gaps.len() >= 16, "{gaps:?}");
    let months = &months()[..gaps.len()];
    let expected = undisturbed(months).await.unwrap();
    epd::import_places(&world);
    let reader = Reader::start(world.store.clone());
    for (gap, month) in gaps.iter().zip(months) {
        world.import("epd", &[], &[&epd::of_month(&world, month)]);
        let mut worker = world.worker(&["--hold-at", &format!("{gap}:1")]);
        assert!(worker.logs("holding here until ended", Duration::from_secs(60)), "{gap} was never passed: {}", worker.log());
        worker.kill();
        println!("killed after {gap}");
    }
    let worker = world.worker(&[]);
    assert_eq!(world.settled().await.digest, expected);
    ledger_is_contiguous(&world).await;
    let readings = reader.judge(&world.store).await;
    println!("{readings} readings, each of one recorded publication");
    assert!(readings > 0);
    worker.end();
}

async fn random_kills(broker: Broker, rounds: usize, seed: u64) {
    if epd::file().is_none() {
        return;
    }
    let Some(world) = World::start(broker).await else { return };
    let months = &months()[..rounds + 1];
    let expected = undisturbed(months).await.unwrap();
    epd::import_places(&world);
    let reader = Reader::start(world.store.clone());
    let mut state = seed;
    for month in months {
        let worker = world.worker(&[]);
        world.import("epd", &[], &[&epd::of_month(&world, month)]);
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let wait = (state >> 33) % 1_200;
        tokio::time::sleep(Duration::from_millis(wait)).await;
        worker.kill();
        println!("seed {seed}: killed {wait} ms after the import of {month}");
    }
    let worker = world.worker(&[]);
    assert_eq!(world.settled().await.digest, expected, "seed {seed}");
    ledger_is_contiguous(&world).await;
    reader.judge(&world.store).await;
    worker.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_dies_half_way_costs_time_and_nothing_else() {
    if epd::file().is_none() {
        return;
    }
    let Some(mut world) = World::start(Broker::Mock).await else { return };
    let months = &months()[..3];
    let expected = undisturbed(months).await.unwrap();
    epd::import_places(&world);
    let mut worker = world.worker(&[]);
    world.import("epd", &[], &[&epd::of_month(&world, &months[0])]);
    world.settled().await;
    world.end_store();
    for month in &months[1..] {
        world.import("epd", &[], &[&epd::of_month(&world, month)]);
    }
    assert!(worker.logs("trying again", Duration::from_secs(60)), "{}", worker.log());
    assert!(!worker.log().contains("L84073"), "an outage is no reason to log a practice");
    world.restart_store();
    assert_eq!(world.settled().await.digest, expected);
    ledger_is_contiguous(&world).await;
    worker.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_dies_half_way_costs_time_and_nothing_else() {
    if epd::file().is_none() {
        return;
    }
    let Some(mut world) = World::start(Broker::Real).await else { return };
    let months = &months()[..3];
    let expected = undisturbed(months).await.unwrap();
    let worker = world.worker(&[]);
    epd::import_places(&world);
    world.import("epd", &[], &[&epd::of_month(&world, &months[0])]);
    world.restart_broker();
    for month in &months[1..] {
        world.import("epd", &[], &[&epd::of_month(&world, month)]);
    }
    assert_eq!(world.settled().await.digest, expected);
    ledger_is_contiguous(&world).await;
    worker.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_share_the_partitions_and_hand_them_over() {
    if epd::file().is_none() {
        return;
    }
    let Some(world) = World::start(Broker::Real).await else { return };
    let months = &months()[..6];
    let expected = undisturbed(months).await.unwrap();
    let first = world.worker(&["--worker", "first"]);
    epd::import_places(&world);
    let mut second = world.start_command("ingest", &["--worker", "second"]);
    for month in &months[..3] {
        world.import("epd", &[], &[&epd::of_month(&world, month)]);
    }
    assert!(second.logs("running listen=", Duration::from_secs(30)));
    world.settled().await;
    // Asked to end, it finishes what is in flight and leaves the group: the first takes over at once.
    second.end();
    for month in &months[3..] {
        world.import("epd", &[], &[&epd::of_month(&world, month)]);
    }
    assert_eq!(world.settled().await.digest, expected);
    ledger_is_contiguous(&world).await;
    let workers = world.store.workers().await.unwrap();
    assert_eq!(workers, ["first", "second"], "both have written batches");
    first.end();
}

/// Rounds of the tests; `cargo xtask prove` asks for more.
fn rounds() -> usize {
    std::env::var("SIGNPOST_PROVE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(3)
}

#[tokio::test(flavor = "multi_thread")]
async fn random_kills_on_the_mock_broker() {
    random_kills(Broker::Mock, rounds(), 11).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_kills_on_apache_kafka() {
    random_kills(Broker::Real, rounds(), 12).await;
}
