//! Golden files of version 1: what was once written must be readable for ever, and be written again alike.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::path::Path;

use signpost_events::{Payload, Refusal, decode, encode};

fn golden() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/v1");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap())).collect()
}

/// The record key of a golden file is the subject it states.
fn subject(payload: &[u8]) -> String {
    let value: serde_json::Value = serde_json::from_slice(payload).unwrap();
    value["subject"].as_str().unwrap().to_owned()
}

#[test]
fn every_golden_event_decodes_and_encodes_alike() {
    let files = golden();
    assert_eq!(files.len(), 9, "one file for each event type");
    for (name, bytes) in files {
        let event = decode(subject(&bytes).as_bytes(), &bytes).expect(&name);
        let again: serde_json::Value = serde_json::from_slice(&encode(&event).unwrap()).unwrap();
        assert_eq!(again, serde_json::from_slice::<serde_json::Value>(&bytes).unwrap(), "{name}");
        assert!(event.payload.kind().contains(&name), "{name} holds {}", event.payload.kind());
    }
}

#[test]
fn a_snapshot_reads_as_written() {
    let (_, bytes) = golden().into_iter().find(|(name, _)| name == "prescribing-snapshot").unwrap();
    let Payload::Snapshot(snapshot) = decode(b"Z00001", &bytes).unwrap().payload else { panic!("another type") };
    assert_eq!((snapshot.month.to_string(), snapshot.revision, snapshot.lines.len()), ("2017-09".into(), 2, 1));
    assert_eq!(snapshot.lines[0].quantity_thousandths, 16_000);
}

#[test]
fn hostile_payloads_are_refused_by_reason() {
    let (_, bytes) = golden().into_iter().find(|(name, _)| name == "prescribing-snapshot").unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let with = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        decode(b"Z00001", text.replace(from, to).as_bytes()).unwrap_err()
    };
    assert_eq!(decode(b"Z00001", b"").unwrap_err(), Refusal::Empty);
    assert_eq!(decode(b"Z00001", &vec![b' '; signpost_events::PAYLOAD_BYTES_MAX + 1]).unwrap_err(), Refusal::TooLarge);
    assert_eq!(decode(b"Z00001", &text.as_bytes()[..text.len() / 2]).unwrap_err(), Refusal::Malformed);
    assert_eq!(decode(b"Z00001", b"\xff\xfe{}").unwrap_err(), Refusal::Malformed);
    assert_eq!(decode(b"Z00002", text.as_bytes()).unwrap_err(), Refusal::WrongKey);
    assert_eq!(with("\"1.0\"", "\"0.3\""), Refusal::Envelope);
    assert_eq!(with("snapshot.v1", "snapshot.v9"), Refusal::UnknownType);
    assert_eq!(with("16000", "-16000"), Refusal::Malformed);
    assert_eq!(with("16000", "1000000000001"), Refusal::OutOfRange);
    assert_eq!(with("\"revision\": 2", "\"revision\": 0"), Refusal::OutOfRange);
    assert_eq!(with("2017-09\"", "2017-13\""), Refusal::Malformed);
    assert_eq!(with("0407020B0BHAAAH", "0407020b0bhaaah"), Refusal::OutOfRange);
    assert_eq!(with("\"items\"", "\"itmes\""), Refusal::Malformed);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(decode(b"Z00001", deep.as_bytes()).unwrap_err(), Refusal::Malformed);
}
