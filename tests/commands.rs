//! What a user types wrong, and what the commands say: one line that names what to do, status not 0,
//! and nothing sent.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::process::{Command, Output, Stdio};

use signpost_events::Topic;
use signpost_tests::world::{Broker, World};
use signpost_tests::{epd, signpost};

fn line(output: &Output) -> String {
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(text.trim_end().lines().count(), 1, "{text}");
    assert!(text.starts_with("error: "), "{text}");
    text
}

/// A row whose practice is called a cafe, in the character set of older files.
fn latin_1(row: &str) -> Vec<u8> {
    let (before, after) = row.split_once("ACORN PRACTICE").or_else(|| row.split_once("M/R")).unwrap_or((row, ""));
    [before.as_bytes(), b"CAF\xc9", after.as_bytes()].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_files_are_refused_whole_with_file_line_and_what_to_do() {
    let Some(file) = epd::file() else { return };
    let Some(world) = World::start(Broker::Mock).await else { return };
    let (header, rows) = epd::rows(&file);
    let good = rows[..50].join("\n");
    let sent = || world.kafka().ends(&[Topic::Practice]).unwrap().values().sum::<i64>();
    let opioid = rows.iter().find(|row| row.contains(",0407020")).unwrap();
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("column", format!("{}\n{good}\n", header.replace(",ITEMS", ",THINGS")).into_bytes(), "ITEMS"),
        ("half", format!("{header}\n{good}\n{}\n", &opioid[..opioid.len() / 2]).into_bytes(), "line 52"),
        ("encoding", [header.as_bytes(), b"\n", good.as_bytes(), b"\n", &latin_1(opioid), b"\n"].concat(), "UTF-8"),
        ("long", format!("{header}\n{}\n", "x".repeat(300_000)).into_bytes(), "line 2"),
        ("negative", format!("{header}\n{}\n", opioid.replace(",1,", ",-1,")).into_bytes(), "line 2"),
        ("month", format!("{header}\n{}\n", opioid.replace("2017_09", "2017_13")).into_bytes(), "line 2"),
        ("header", format!("{header}\n{good}\n{header}\n").into_bytes(), "line 52"),
        ("empty", Vec::new(), "empty"),
        ("zip", b"PK\x03\x04rest of an archive".to_vec(), "ZIP"),
    ];
    for (name, bytes, says) in cases {
        let path = world.path(&format!("{name}.csv"));
        std::fs::write(&path, bytes).unwrap();
        let refused = line(&world.signpost(&["import", "epd", path.to_str().unwrap()]));
        assert!(refused.contains(&format!("{name}.csv")), "{refused}");
        assert!(refused.to_lowercase().contains(&says.to_lowercase()), "{name}: {refused}");
        println!("{refused}");
    }
    let missing = line(&world.signpost(&["import", "epd", "/nowhere/at-all.csv"]));
    assert!(missing.contains("/nowhere/at-all.csv"), "{missing}");
    assert_eq!(sent(), 0, "nothing of a refused file is sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_declaration_is_refused() {
    let Some(world) = World::start(Broker::Mock).await else { return };
    let good = "id = \"north-mdt\"\ntitle = \"t\"\nkind = \"mdt_review\"\nowner = \"o\"\nhypothesis = \"h\"\n[[site]]\ncode = \"L84018\"\nstart = \"2018-01-15\"\n";
    let path = world.path("north.toml");
    for (text, says) in [
        (good.replace("owner", "ownr"), "ownr"),
        (format!("{good}end = \"2017-01-15\"\n"), "2017-01-15"),
        (
            format!("{good}[[outcome]]\nmeasure = \"opioidomes\"\nrole = \"primary\"\ndirection = \"lower\"\nhorizon_months = 12\n"),
            "opioidome",
        ),
    ] {
        std::fs::write(&path, text).unwrap();
        let refused = line(&world.signpost(&["intervention", "declare", path.to_str().unwrap()]));
        assert!(refused.contains("north.toml") && refused.contains(says), "{refused}");
        println!("{refused}");
    }
    let example = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/intervention.toml");
    assert!(world.must(&["intervention", "declare", example.to_str().unwrap()]).contains("Declared example-mdt-reviews"));
    std::fs::write(&path, good).unwrap();
    assert!(world.must(&["intervention", "declare", path.to_str().unwrap()]).contains("Declared north-mdt"));
}

#[test]
fn engines_that_are_away_or_refuse_end_the_command_with_an_error() {
    let run = |settings: &[(&str, &str)], arguments: &[&str]| {
        let mut command = Command::new(signpost());
        command.args(arguments).envs(settings.iter().copied()).stdin(Stdio::null());
        line(&command.output().unwrap())
    };
    let away = run(&[("SIGNPOST__STORE__URL", "http://127.0.0.1:1")], &["status"]);
    assert!(away.contains("127.0.0.1:1") && away.contains("store.url"), "{away}");
    let unknown = run(&[], &["--config", "/nowhere.toml", "config", "check"]);
    assert!(unknown.contains("/nowhere.toml"), "{unknown}");
    let kafka = run(&[("SIGNPOST__KAFKA__BROKERS", "127.0.0.1:1")], &["import", "epd", "x.csv"]);
    assert!(kafka.contains("kafka.brokers"), "{kafka}");
}
