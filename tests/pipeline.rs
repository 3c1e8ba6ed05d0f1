//! Files through Kafka into what is published, on real engines.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;
use std::path::Path;

use signpost_core::partition_of;
use signpost_events::Topic;
use signpost_kafka::Producer;
use signpost_tests::world::{Broker, PARTITIONS, World, get};
use signpost_tests::{epd, shared};

/// Measure to practice to value, as published.
async fn values(world: &World) -> BTreeMap<(String, String, String), f64> {
    let mut values = BTreeMap::new();
    for measure in world.published().measures().await.unwrap() {
        for row in world.published().measure_months(&measure.measure, "practice", None).await.unwrap() {
            if let Some(value) = row.value {
                values.insert((measure.measure.clone(), row.organisation, row.month.to_string()), value);
            }
        }
    }
    values
}

fn near(found: f64, expected: f64, tolerance: f64) -> bool {
    (found - expected).abs() <= tolerance * expected.abs()
}

/// Every column of golden_201709.csv that a measure has, and the published values of two practices.
async fn equals_golden(world: &World) {
    let golden = shared("data/epd/golden_201709.csv").unwrap();
    let text = std::fs::read_to_string(golden).unwrap();
    let mut lines = text.lines();
    let columns: Vec<&str> = lines.next().unwrap().split(',').collect();
    let mut checked = 0;
    for line in lines {
        let cells: BTreeMap<&str, &str> = columns.iter().copied().zip(line.split(',')).collect();
        let practice = cells["practice_code"];
        let mut rows = BTreeMap::new();
        for measure in ["opioidome", "opioidome_op2020", "opioidper1000_120", "opioidper1000_90", "opioidspercent_120", "opioidspercent_90"]
        {
            let found = world.published().measure_months(measure, "practice", Some(practice)).await.unwrap();
            assert_eq!(found.len(), 1);
            rows.insert(measure, found[0].clone());
        }
        let number = |column: &str| cells[column].parse::<f64>().unwrap();
        let value = |measure: &str| rows[measure].value.unwrap();
        // Exact where the file is exact; its printed digits otherwise.
        assert_eq!(rows["opioidome"].denominator_exact.to_string(), cells["list_size"]);
        assert_eq!(rows["opioidome"].opioid_items.to_string(), cells["opioid_items"]);
        assert_eq!(rows["opioidspercent_90"].denominator_exact.to_string(), cells["regular_items"]);
        assert_eq!(rows["opioidper1000_120"].numerator_exact.to_string(), cells["high120_items"]);
        assert_eq!(rows["opioidper1000_90"].numerator_exact.to_string(), cells["high90_items"]);
        for (column, found, tolerance) in [
            ("ome_mg_op2024", rows["opioidome"].numerator.unwrap(), 1e-9),
            ("ome_mg_op2020", rows["opioidome_op2020"].numerator.unwrap(), 1e-9),
            ("ome_per1000_op2024", value("opioidome"), 1e-8),
            ("ome_per1000_op2020", value("opioidome_op2020"), 1e-8),
            ("high120_per1000", value("opioidper1000_120"), 1e-6),
            ("high90_per1000", value("opioidper1000_90"), 1e-6),
            ("high120_share", value("opioidspercent_120") / 100.0, 1e-5),
            ("high90_share", value("opioidspercent_90") / 100.0, 1e-5),
        ] {
            assert!(near(found, number(column), tolerance), "{practice} {column}: {found} {}", cells[column]);
            checked += 1;
        }
        for (column, found) in [
            ("published_opioidome", value("opioidome_op2020")),
            ("published_opioidper1000", value("opioidper1000_120")),
            ("published_opioidspercent", value("opioidspercent_120") / 100.0),
        ] {
            if !cells[column].is_empty() {
                assert!(near(found, number(column), 1e-9), "{practice} {column}: {found} {}", cells[column]);
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 4 * 8 + 2 * 3);
}

async fn september_equals_golden(broker: Broker) {
    let Some(file) = epd::file() else { return };
    let Some(world) = World::start(broker).await else { return };
    let worker = world.worker(&[]);
    epd::import_places(&world);
    world.import("epd", &[], &[&file]);
    let publication = world.settled().await;
    assert_eq!(publication.last_month.map(|month| month.to_string()).as_deref(), Some("2017-09"));
    equals_golden(&world).await;
    let status = world.must(&["status"]);
    assert!(status.contains("Data to September 2017 (revision 1), 4 practices"), "{status}");
    assert!(
        status.contains("derive is 0 records behind") && status.contains("Dead letters none".replace(' ', "\n  ").as_str())
            || status.contains("none"),
        "{status}"
    );
    worker.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn september_2017_equals_the_golden_file_on_the_mock_broker() {
    september_equals_golden(Broker::Mock).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn september_2017_equals_the_golden_file_on_apache_kafka() {
    september_equals_golden(Broker::Real).await;
}

/// The digest after the given imports, each from an undisturbed start.
async fn digest_after(imports: impl AsyncFnOnce(&World, &Path)) -> Option<String> {
    let file = epd::file()?;
    let world = World::start(Broker::Mock).await?;
    epd::import_places(&world);
    imports(&world, &file).await;
    Some(world.settled().await.digest)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_rows_in_any_way_have_the_same_digest() {
    let plain = async |world: &World, file: &Path| {
        let worker = world.worker(&[]);
        world.import("epd", &[], &[file]);
        world.settled().await;
        worker.end();
    };
    let Some(expected) = digest_after(plain).await else { return };
    let twice_with_a_restart = async |world: &World, file: &Path| {
        for _ in 0..3 {
            // Every event is sent three times, and the worker is another each time.
            let worker = world.worker(&[]);
            epd::import_places(world);
            world.import("epd", &[], &[file]);
            world.settled().await;
            worker.end();
        }
    };
    assert_eq!(digest_after(twice_with_a_restart).await.unwrap(), expected);
    let shuffled_in_seven_parts = async |world: &World, file: &Path| {
        let (header, rows) = epd::rows(file);
        let rows = epd::shuffled(rows, 7);
        let parts: Vec<_> = rows
            .chunks(rows.len().div_ceil(7))
            .enumerate()
            .map(|(part, rows)| epd::write(world.path(&format!("part{part}.csv")), &header, rows))
            .collect();
        assert_eq!(parts.len(), 7);
        let worker = world.worker(&[]);
        world.import("epd", &[], &parts.iter().map(|part| part.as_path()).collect::<Vec<_>>());
        world.settled().await;
        worker.end();
    };
    assert_eq!(digest_after(shuffled_in_seven_parts).await.unwrap(), expected);
    let changed = async |world: &World, file: &Path| {
        let (header, mut rows) = epd::rows(file);
        let line = rows.iter().position(|row| row.contains("Longtec_Tab 80mg M/R")).unwrap();
        rows.remove(line);
        let file = epd::write(world.path("changed.csv"), &header, &rows);
        let worker = world.worker(&[]);
        world.import("epd", &[], &[&file]);
        world.settled().await;
        worker.end();
    };
    assert_ne!(digest_after(changed).await.unwrap(), expected, "one line less is another digest");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_replaces_its_month_an_older_one_changes_nothing_and_a_conflict_is_refused() {
    let Some(file) = epd::file() else { return };
    let Some(world) = World::start(Broker::Mock).await else { return };
    let worker = world.worker(&[]);
    epd::import_places(&world);
    let august = epd::of_month(&world, "2017_08");
    let sizes = world.path("sizes.csv");
    std::fs::write(&sizes, "practice,month,patients\nL84073,2017-08,4000\nL84018,2017-08,6000\n").unwrap();
    world.import("list-size", &[], &[&sizes]);
    world.import("epd", &[], &[&august]);
    world.import("epd", &[], &[&file]);
    let first = world.settled().await;
    let before = values(&world).await;
    // Revision 2 of September: L84073 loses its Longtec 80 mg, and L84018's lines are doubled.
    let (header, rows) = epd::rows(&file);
    let dropped = |row: &&String| row.contains(",L84073,") && row.contains("Longtec_Tab 80mg M/R");
    let mut second: Vec<String> = rows.iter().filter(|row| !dropped(row)).cloned().collect();
    second.extend(rows.iter().filter(|row| row.contains(",L84018,") && (row.contains(",040702") || row.contains(",0407010"))).cloned());
    let second = epd::write(world.path("second.csv"), &header, &second);
    world.import("epd", &["--revision", "2"], &[&second]);
    let revised = world.settled().await;
    let after = values(&world).await;
    let changed: Vec<_> = after.iter().filter(|(key, value)| before.get(*key) != Some(*value)).map(|(key, _)| key.clone()).collect();
    assert!(!changed.is_empty() && changed.iter().all(|(_, _, month)| month == "2017-09"), "{changed:?}");
    let ome = |values: &BTreeMap<(String, String, String), f64>, practice: &str| {
        values[&("opioidome".to_owned(), practice.to_owned(), "2017-09".to_owned())]
    };
    assert!(near(ome(&after, "L84018"), 2.0 * ome(&before, "L84018"), 1e-9));
    // Longtec 80 mg x 56 is 6,720 mg (ome_vectors.csv); L84073 has 4,181 patients.
    let lines = rows.iter().filter(dropped).count();
    let fall = ome(&before, "L84073") - ome(&after, "L84073");
    assert!(lines >= 1 && fall >= 6_720.0 / 4.181 - 1e-6, "{lines} lines, {fall}");
    // The older revision arrives late and changes nothing.
    world.import("epd", &["--revision", "1"], &[&file]);
    let late = world.settled().await;
    assert_eq!((late.digest.as_str(), first.digest != late.digest), (revised.digest.as_str(), true));
    // The same revision with other content is refused with a reason, and changes nothing.
    let (header, rows) = epd::rows(&second);
    let third = epd::write(world.path("third.csv"), &header, &rows[rows.len() / 2..]);
    world.import("epd", &["--revision", "2"], &[&third]);
    assert_eq!(world.settled().await.digest, revised.digest);
    let refusals = world.store.refusals().await.unwrap();
    assert!(refusals.len() == 1 && refusals[0].reason == "revision_conflict", "{refusals:?}");
    assert!(world.must(&["status"]).contains("revision_conflict"));
    worker.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opioid_without_a_dose_is_named_everywhere_and_a_bad_event_goes_aside() {
    let Some(file) = epd::file() else { return };
    let Some(world) = World::start(Broker::Mock).await else { return };
    let mut worker = world.worker(&[]);
    let address = worker.listen();
    epd::import_places(&world);
    let (header, mut rows) = epd::rows(&file);
    let line = rows.iter().find(|row| row.contains(",L84073,") && row.contains("Longtec_Tab 80mg M/R")).unwrap();
    let unknown = line.replace("0407020ADBEAEAI", "0407020ZZZZZZZZ").replace("Longtec_Tab 80mg M/R", "Inventadol_Wafer");
    rows.push(unknown);
    let file = epd::write(world.path("unknown.csv"), &header, &rows);
    world.import("epd", &[], &[&file]);
    // Garbage under the right key and on the right partition, and a good key on the wrong one.
    let producer = Producer::open(&world.kafka(), &[Topic::Practice, Topic::DeadLetter]).unwrap();
    let (partition, offset) = producer.send(Topic::Practice, "L84073", b"{\"patient\": \"9990000018\"}".to_vec()).await.unwrap();
    assert_eq!(partition, partition_of("L84073", PARTITIONS));
    world.settled().await;
    let quality = world.published().data_quality().await.unwrap();
    let named: Vec<_> = quality.iter().filter(|row| row.finding == "unmapped product").collect();
    assert_eq!(named.len(), 1);
    assert!(named[0].detail.contains("Inventadol_Wafer") && named[0].count == 1, "{named:?}");
    let practice = world.published().measure_months("opioidome", "practice", Some("L84073")).await.unwrap();
    // 348 items in golden_201709.csv, and the unknown one.
    assert_eq!((practice[0].opioid_items, practice[0].unmapped_items), (349, 1));
    assert!(world.must(&["status"]).contains("Inventadol_Wafer"));
    let metrics = get(&address, "/metrics");
    // One of 1,770 items: 506 + 583 + 332 + 349.
    let share: f64 = metrics.lines().find_map(|line| line.strip_prefix("signpost_unmapped_items_percent ")).unwrap().parse().unwrap();
    assert!((share - 100.0 / 1_770.0).abs() < 1e-9, "{share}");
    assert!(metrics.contains("signpost_records_refused_total{reason=\"malformed\"} 1"), "{metrics}");
    let refusals = world.store.refusals().await.unwrap();
    assert!(refusals.len() == 1 && refusals[0].reason == "malformed" && refusals[0].count == 1);
    let ends = world.kafka().ends(&[Topic::DeadLetter]).unwrap();
    assert_eq!(ends.values().sum::<i64>(), 1, "the dead letter is in Kafka");
    let log = worker.log();
    assert!(log.contains("record refused") && log.contains(&format!("offset={offset}")), "{log}");
    assert!(!log.contains("9990000018") && !metrics.contains("9990000018"), "no payload anywhere");
    assert!(get(&address, "/readyz").contains("200 OK") && get(&address, "/livez").contains("alive"));
    worker.end();
}
