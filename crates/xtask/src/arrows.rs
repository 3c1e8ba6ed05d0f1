//! Which crate may know which. A crate is named with those it may depend on; an arrow that is not
//! here is a decision to be made, and written into ARCHITECTURE.md.

use std::process::Command;

use serde_json::Value;

const ARROWS: [(&str, &[&str]); 17] = [
    ("core", &[]),
    ("events", &["core"]),
    ("ome", &[]),
    ("statistics", &[]),
    ("measures", &[]),
    ("telemetry", &[]),
    ("embedded", &[]),
    ("synthetic", &["core", "events"]),
    ("import", &["core", "events"]),
    ("kafka", &["core", "events"]),
    ("evaluation", &["core", "events", "measures", "statistics"]),
    ("publication", &["core", "events", "evaluation", "measures", "statistics"]),
    ("store", &["core", "measures", "publication"]),
    ("ingest", &["core", "events", "kafka", "store"]),
    ("web", &["core", "publication", "store"]),
    (
        "tests",
        &["core", "embedded", "evaluation", "events", "kafka", "measures", "ome", "publication", "store", "synthetic", "telemetry", "web"],
    ),
    ("xtask", &[]),
];

/// Fails on the first arrow that nobody decided on.
pub(crate) fn check() -> Result<(), String> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(crate::root())
        .output()
        .map_err(|error| format!("cargo metadata: {error}"))?;
    let metadata: Value = serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
    for package in list(&metadata, "packages") {
        let name = short(package);
        // The binary wires everything.
        if name == "signpost" {
            continue;
        }
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == name) else {
            return Err(format!("crate {name} is not in the table of arrows: decide what it may know"));
        };
        for dependency in list(package, "dependencies") {
            let to = short(dependency);
            let is_ours = dependency.get("path").is_some_and(Value::is_string) && dependency.get("kind").is_none_or(Value::is_null);
            if is_ours && !allowed.contains(&to.as_str()) {
                return Err(format!("{name} must not know {to}: see the table of arrows in xtask"));
            }
        }
    }
    Ok(())
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn short(named: &Value) -> String {
    let name = named.get("name").and_then(Value::as_str).unwrap_or_default();
    name.strip_prefix("signpost-").unwrap_or(name).to_owned()
}
