//! Open signals to Alertmanager's v2 API. The state of a signal lives here, in the pipeline; what
//! Alertmanager is told expires only after two days, so that a stopped pipeline resolves nothing.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use signpost_publication::rows::Signal;
use signpost_store::Published;

use super::Workshop;

/// Posts every open signal, and the end of those that closed; a failure is counted and tried again
/// with the next post.
pub(crate) async fn post(workshop: &Workshop) {
    let address = &workshop.configuration.alerts.alertmanager_url;
    if address.is_empty() {
        return;
    }
    let outcome = match try_post(workshop, address).await {
        Ok(alerts) => {
            tracing::debug!(alerts, "signals posted");
            "accepted"
        }
        Err(error) => {
            tracing::warn!(error = format!("{error:#}"), "Alertmanager did not take the signals; they are posted again in a minute");
            "failed"
        }
    };
    workshop.metrics.alerts_posted.with_label_values(&[outcome]).inc();
}

async fn try_post(workshop: &Workshop, address: &str) -> anyhow::Result<usize> {
    let published = Published::new(workshop.store.clone());
    let signals = published.signals().await?;
    let organisations = published.organisations().await?;
    let web = &workshop.configuration.alerts.web_url;
    let alerts: Vec<Value> = signals
        .iter()
        .map(|signal| {
            let place = organisations.iter().find(|place| place.level == signal.level && place.organisation == signal.organisation);
            alert(signal, place.map_or("", |place| place.name.as_str()), place.map_or("", |place| place.icb.as_str()), web)
        })
        .collect();
    if alerts.is_empty() {
        return Ok(0);
    }
    let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build()?;
    let url = format!("{}/api/v2/alerts", address.trim_end_matches('/'));
    client.post(url).header("content-type", "application/json").body(serde_json::to_vec(&alerts)?).send().await?.error_for_status()?;
    Ok(alerts.len())
}

/// One alert. Labels never change while a signal is open: a changed label would be a new alert.
fn alert(signal: &Signal, name: &str, icb: &str, web: &str) -> Value {
    let now = Timestamp::now();
    let ends = if signal.state == "open" { now + SignedDuration::from_hours(48) } else { now };
    let page = format!("{web}/?level={}&org={}&measure={}", signal.level, signal.organisation, signal.measure);
    json!({
        "labels": {
            "alertname": "OpioidMeasureRising",
            "signal": signal.signal,
            "measure": signal.measure,
            "level": signal.level,
            "organisation": signal.organisation,
            "icb": icb,
            "severity": signal.severity,
        },
        "annotations": {
            "summary": format!("{name}: {} is rising", signal.measure),
            "description": signal.sentence,
        },
        "startsAt": format!("{}-01T00:00:00Z", signal.alarm),
        "endsAt": ends.to_string(),
        "generatorURL": page,
    })
}
