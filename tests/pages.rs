//! The pages on what the pipeline wrote, in a real browser where one is installed; and the alert
//! that a real signal becomes.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use signpost_tests::demo::Demo;
use signpost_tests::skip;
use signpost_tests::world::get;

/// Serves the pages of a demo on a free port.
async fn serve(demo: &Demo) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let routes = signpost_web::routes(demo.published());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

async fn page(address: &str, path: &str) -> String {
    let (address, path) = (address.to_owned(), path.to_owned());
    tokio::task::spawn_blocking(move || get(&address, &path)).await.unwrap()
}

/// The browser, by any of its names.
fn chromium() -> Option<&'static str> {
    let found = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()));
    if found.is_none() {
        skip("Chromium; `apt-get install chromium`");
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_say_what_is_published_and_that_it_is_synthetic() {
    let Some(demo) = Demo::run_small() else { return };
    assert!(demo.summary.contains("evidence of improvement") && demo.summary.contains("Harm:"), "{}", demo.summary);
    let list = demo.command(&["intervention", "list"]);
    assert!(list.contains("invented-training") && list.contains("[pre-specified]"), "{list}");
    let show = demo.command(&["intervention", "show", "invented-taper-guideline"]);
    assert!(show.contains("balancing gabapentinoid_ddd at 12 months: worse"), "{show}");
    let address = serve(&demo).await;
    let paths = [
        "/",
        "/?org=SYNPCN0106&level=pcn&measure=opioidper1000_90",
        "/?org=england:ENGLAND",
        "/interventions/invented-mdt-reviews",
        "/interventions/invented-taper-guideline",
        "/measures/opioidome",
    ];
    for path in paths {
        let html = page(&address, path).await;
        assert!(html.starts_with("HTTP/1.1 200"), "{path}: {}", &html[..200.min(html.len())]);
        assert!(html.contains("Synthetic data: every practice, person and number here is invented."), "{path}");
        assert!(html.contains("content-security-policy: default-src 'none'"), "{path}");
        assert!(!html.contains("NaN") && !html.contains("inf,"), "{path}");
        assert!(!html.contains("<script"), "{path}: no script is needed");
        assert_eq!(html.matches("<svg").count(), html.matches("<desc").count(), "{path}: every chart has a text beside it");
        assert_eq!(html.matches("<h1").count(), 1, "{path}");
    }
    let overview = page(&address, "/").await;
    assert!(overview.contains("Inventadol_Wafer"), "an unknown product is named on the page");
    assert!(overview.contains("Invented Network 0106"), "networks are ranked");
    assert!(!overview.contains("Nothing to rank"), "no empty panel");
    for wrong in ["/?org=NOWHERE", "/?measure=nothing", "/interventions/none", "/measures/none", "/measures/opioidome/town.csv", "/nothing"]
    {
        let answer = page(&address, wrong).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{wrong}");
    }
    let hostile = page(&address, "/?org=%3Cscript%3Ealert(1)%3C/script%3E&measure=%27%20OR%201=1").await;
    assert!(hostile.starts_with("HTTP/1.1 404") && !hostile.contains("alert(1)"));
    let csv = page(&address, "/measures/opioidome/icb.csv").await;
    assert!(csv.contains("opioidome,icb,SYNICB01,2026-06,"), "{}", &csv[..300]);
    let series = page(&address, "/interventions/invented-mdt-reviews/series.csv").await;
    assert!(series.lines().filter(|line| line.starts_with("opioidome,")).count() >= 50);
    in_the_browser(&address).await;
}

/// No page is wider than its window, at a desk and on a telephone.
async fn in_the_browser(address: &str) {
    let Some(chromium) = chromium() else { return };
    for path in ["/", "/interventions/invented-taper-guideline", "/measures/opioidome"] {
        for width in [1280, 390] {
            let folder = tempfile::tempdir().unwrap();
            let picture = folder.path().join("page.png");
            let url = format!("http://{address}{path}");
            let status = tokio::task::block_in_place(|| {
                Command::new(chromium)
                    .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"])
                    .arg(format!("--user-data-dir={}", folder.path().display()))
                    .arg(format!("--screenshot={}", picture.display()))
                    .arg(format!("--window-size={width},2400"))
                    .arg(&url)
                    .output()
                    .unwrap()
            });
            assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
            let size = std::fs::metadata(&picture).unwrap().len();
            assert!(size > 40_000, "{path} at {width}: a picture of {size} bytes shows nothing");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_publication_the_page_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_process, store)) = signpost_tests::clickhouse(folder.path()) else { return };
    store.migrate().await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let routes = signpost_web::routes(signpost_store::Published::new(store));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let answer = page(&address, "/").await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("Nothing is published yet"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_signal_reaches_alertmanager() {
    let alertmanager = ["prometheus-alertmanager", "alertmanager"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()));
    let Some(alertmanager) = alertmanager else { return skip("Alertmanager; `apt-get install prometheus-alertmanager`") };
    let Some(library) = signpost_tests::libchdb() else { return };
    let folder = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let settings = folder.path().join("alertmanager.yml");
    std::fs::write(&settings, "route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n").unwrap();
    let child = Command::new(alertmanager)
        .arg(format!("--config.file={}", settings.display()))
        .arg(format!("--storage.path={}", folder.path().join("data").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--cluster.listen-address=")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let child = Arc::new(Mutex::new(child));
    let _end = Ending(Arc::clone(&child));
    let engines = library.parent().unwrap().parent().unwrap().to_owned();
    let home = folder.path().join("demo");
    let demo = Command::new(signpost_tests::signpost())
        .args(["demo", "--small", "--folder"])
        .arg(&home)
        .env("SIGNPOST_ENGINES", engines)
        .env("SIGNPOST__ALERTS__ALERTMANAGER_URL", format!("http://127.0.0.1:{port}"))
        .env("SIGNPOST__WEB__LISTEN", "127.0.0.1:0")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let _demo = Ending(Arc::new(Mutex::new(demo)));
    let mut alerts = String::new();
    for _ in 0..600 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            continue;
        }
        alerts = page(&format!("127.0.0.1:{port}"), "/api/v2/alerts").await;
        if alerts.contains("OpioidMeasureRising") {
            break;
        }
    }
    assert!(alerts.contains("OpioidMeasureRising") && alerts.contains("SYNPCN0106"), "{alerts}");
    assert!(alerts.contains("above its level of"), "the frozen sentence comes along: {alerts}");
}

#[test]
fn prometheus_takes_the_rules_and_knows_their_metrics() {
    let rules = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/prometheus-rules.yml");
    let text = std::fs::read_to_string(&rules).unwrap();
    let metrics = signpost_telemetry::Metrics::new().unwrap();
    let names = metrics.names();
    let used: Vec<&str> = text
        .split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))
        .filter(|word| word.starts_with("signpost_"))
        .collect();
    assert!(used.len() >= 5);
    for name in used {
        assert!(names.iter().any(|known| known == name), "{name} is no metric: {names:?}");
    }
    match Command::new("promtool").args(["check", "rules"]).arg(&rules).output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(_) => skip("promtool; `apt-get install prometheus`"),
    }
}

/// Ends a process with the test, also after a panic.
struct Ending(Arc<Mutex<std::process::Child>>);

impl Drop for Ending {
    fn drop(&mut self) {
        if let Ok(mut child) = self.0.lock() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
