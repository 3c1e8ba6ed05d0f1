//! Every query of every dashboard, on tables that the pipeline filled.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use signpost_tests::demo::Demo;

fn dashboards() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dashboards");
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap(),
            )
        })
        .collect();
    found.sort_by(|left: &(String, Value), right| left.0.cmp(&right.0));
    assert!(!found.is_empty());
    found
}

/// What Grafana would send: macros and variables filled in.
fn expanded(sql: &str) -> String {
    let mut sql = sql.replace("${icb:singlequote}", "'SYNICB01'").replace("${measure:singlequote}", "'opioidper1000_90'");
    while let Some(start) = sql.find("$__timeFilter(") {
        let end = start + sql[start..].find(')').unwrap();
        let column = sql[start + "$__timeFilter(".len()..end].to_owned();
        sql.replace_range(start..=end, &format!("{column} >= toDateTime('2000-01-01 00:00:00', 'UTC')"));
    }
    assert!(!sql.contains('$'), "a variable or macro this test does not know: {sql}");
    sql
}

fn queries(dashboard: &Value) -> Vec<(String, String, u64)> {
    let mut queries = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            queries.push((
                panel["title"].as_str().unwrap().to_owned(),
                target["rawSql"].as_str().unwrap().to_owned(),
                target["format"].as_u64().unwrap(),
            ));
        }
    }
    for variable in dashboard["templating"]["list"].as_array().unwrap() {
        if variable["type"] == "query" {
            queries.push((variable["name"].as_str().unwrap().to_owned(), variable["query"].as_str().unwrap().to_owned(), 1));
        }
    }
    for annotation in dashboard["annotations"]["list"].as_array().unwrap() {
        queries.push((annotation["name"].as_str().unwrap().to_owned(), annotation["target"]["rawSql"].as_str().unwrap().to_owned(), 1));
    }
    queries
}

#[test]
fn dashboards_keep_their_rules() {
    let palette = ["#12436D", "#28A197", "#801650", "#F46A25", "#3D3D3D", "#A285D1"];
    for (file, dashboard) in dashboards() {
        assert_eq!(dashboard["editable"], false, "{file}");
        assert_eq!(dashboard["timezone"], "utc", "{file}: months are UTC");
        assert!(dashboard.get("id").is_none(), "{file}");
        let mut ids = BTreeSet::new();
        for panel in dashboard["panels"].as_array().unwrap() {
            let title = panel["title"].as_str().unwrap();
            assert!(ids.insert(panel["id"].as_u64().unwrap()), "{file}: {title}");
            assert!(panel["description"].as_str().is_some_and(|text| text.len() > 20), "{file}: {title} explains nothing");
            let text = panel.to_string();
            for color in text.split('"').filter(|word| word.starts_with('#') && word.len() == 7) {
                assert!(palette.contains(&color), "{file}: {title}: {color} is not of the palette");
            }
        }
        for (title, sql, format) in queries(&dashboard) {
            assert!(!sql.contains("SELECT *"), "{file}: {title}");
            assert!(!sql.contains("signpost."), "{file}: {title} reads what is hidden");
            assert!(sql.contains("ORDER BY") || sql.contains("LIMIT 1"), "{file}: {title}");
            if format == 0 {
                assert!(sql.contains("ORDER BY time"), "{file}: {title}");
            } else if !sql.contains("__value") && !sql.contains("AS tags") {
                assert!(sql.contains("LIMIT"), "{file}: {title} has no limit");
            }
        }
    }
}

#[test]
fn every_query_answers_on_what_the_pipeline_wrote() {
    let Some(demo) = Demo::run_small() else { return };
    for (file, dashboard) in dashboards() {
        for (title, sql, _) in queries(&dashboard) {
            let rows = demo.json_rows(&expanded(&sql)).unwrap_or_else(|error| panic!("{file}: {title}: {error}\n{sql}"));
            assert!(!rows.is_empty(), "{file}: {title} is empty\n{sql}");
            for value in rows.iter().flat_map(|row| row.as_object().unwrap().values()) {
                assert!(!matches!(value.as_str(), Some("nan" | "inf" | "-inf")), "{file}: {title}: {value}");
            }
            // Names that the panel's overrides refer to are columns of the answer.
            let columns: BTreeSet<&str> = rows[0].as_object().unwrap().keys().map(String::as_str).collect();
            let panel = dashboard["panels"].as_array().unwrap().iter().find(|panel| panel["title"] == title.as_str());
            for name in panel
                .iter()
                .flat_map(|panel| panel["fieldConfig"]["overrides"].as_array().unwrap())
                .map(|one| one["matcher"]["options"].as_str().unwrap())
            {
                assert!(columns.contains(name), "{file}: {title}: no column {name:?} in {columns:?}");
            }
        }
    }
}
