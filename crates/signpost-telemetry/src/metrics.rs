use prometheus::{
    Encoder as _, Gauge, GaugeVec, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};

/// Everything `/metrics` shows. Each field is one metric; its name and meaning stand in [`Metrics::new`].
#[derive(Clone)]
#[allow(missing_docs)] // the help text of each is its documentation
pub struct Metrics {
    registry: Registry,
    pub records_consumed: IntCounterVec,
    pub records_refused: IntCounterVec,
    pub lag: IntGaugeVec,
    pub batch_seconds: Histogram,
    pub insert_seconds: Histogram,
    pub waiting_bytes: IntGauge,
    pub partitions_stopped: IntGauge,
    pub practice_months_derived: IntCounter,
    pub unmapped_items_percent: Gauge,
    pub publications: IntCounter,
    pub publish_seconds: Histogram,
    pub last_publication_seconds: IntGauge,
    pub feed_last_success_seconds: IntGaugeVec,
    pub feed_complete_to_seconds: IntGaugeVec,
    pub signals_open: GaugeVec,
    pub alerts_posted: IntCounterVec,
    pub store_retries: IntCounter,
}

/// From a millisecond to about a minute.
fn durations() -> Vec<f64> {
    vec![0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0]
}

impl Metrics {
    /// All metrics, at zero.
    ///
    /// # Errors
    /// Only if two metrics had one name, which the test below rules out.
    pub fn new() -> Result<Self, prometheus::Error> {
        let counters = |name, help, labels: &[&str]| IntCounterVec::new(Opts::new(name, help), labels);
        let gauges = |name, help, labels: &[&str]| IntGaugeVec::new(Opts::new(name, help), labels);
        let seconds = |name, help| Histogram::with_opts(HistogramOpts::new(name, help).buckets(durations()));
        let metrics = Self {
            registry: Registry::new(),
            records_consumed: counters(
                "signpost_records_consumed_total",
                "Records written and acknowledged in the ledger, by topic.",
                &["topic"],
            )?,
            records_refused: counters("signpost_records_refused_total", "Records sent to the dead-letter topic, by reason.", &["reason"])?,
            lag: gauges("signpost_lag_records", "Records in the log beyond the ledger, by topic.", &["topic"])?,
            batch_seconds: seconds("signpost_batch_seconds", "Time from a full batch to its ledger row.")?,
            insert_seconds: seconds("signpost_insert_seconds", "Time of one insert into ClickHouse.")?,
            waiting_bytes: IntGauge::new("signpost_waiting_bytes", "Payload bytes read and not yet written.")?,
            partitions_stopped: IntGauge::new(
                "signpost_partitions_stopped",
                "Partitions not read because log and ledger contradict each other.",
            )?,
            practice_months_derived: IntCounter::new(
                "signpost_practice_months_derived_total",
                "Practice-months derived, one per factor set.",
            )?,
            unmapped_items_percent: Gauge::new(
                "signpost_unmapped_items_percent",
                "Opioid items without a dose, in per cent of all opioid items, newest complete month.",
            )?,
            publications: IntCounter::new("signpost_publications_total", "Publications put on show.")?,
            publish_seconds: seconds("signpost_publish_seconds", "Time of one publication.")?,
            last_publication_seconds: IntGauge::new(
                "signpost_last_publication_timestamp_seconds",
                "When the last publication was put on show.",
            )?,
            feed_last_success_seconds: gauges(
                "signpost_feed_last_success_timestamp_seconds",
                "When a month of the feed was last found complete.",
                &["feed"],
            )?,
            feed_complete_to_seconds: gauges(
                "signpost_feed_complete_to_timestamp_seconds",
                "First second of the newest complete month of the feed.",
                &["feed"],
            )?,
            signals_open: GaugeVec::new(
                Opts::new("signpost_signals_open", "Open signals, by measure and severity."),
                &["measure", "severity"],
            )?,
            alerts_posted: counters("signpost_alerts_posted_total", "Posts to Alertmanager, by outcome.", &["outcome"])?,
            store_retries: IntCounter::new("signpost_store_retries_total", "Writes and reads of ClickHouse tried again.")?,
        };
        metrics.register()?;
        Ok(metrics)
    }

    fn register(&self) -> Result<(), prometheus::Error> {
        let all: [Box<dyn prometheus::core::Collector>; 17] = [
            Box::new(self.records_consumed.clone()),
            Box::new(self.records_refused.clone()),
            Box::new(self.lag.clone()),
            Box::new(self.batch_seconds.clone()),
            Box::new(self.insert_seconds.clone()),
            Box::new(self.waiting_bytes.clone()),
            Box::new(self.partitions_stopped.clone()),
            Box::new(self.practice_months_derived.clone()),
            Box::new(self.unmapped_items_percent.clone()),
            Box::new(self.publications.clone()),
            Box::new(self.publish_seconds.clone()),
            Box::new(self.last_publication_seconds.clone()),
            Box::new(self.feed_last_success_seconds.clone()),
            Box::new(self.feed_complete_to_seconds.clone()),
            Box::new(self.signals_open.clone()),
            Box::new(self.alerts_posted.clone()),
            Box::new(self.store_retries.clone()),
        ];
        all.into_iter().try_for_each(|metric| self.registry.register(metric))
    }

    /// The names of all metrics, labelled ones that have not moved yet included.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        use prometheus::core::Collector as _;
        let labelled = [self.records_consumed.desc(), self.records_refused.desc(), self.alerts_posted.desc()];
        let gauges =
            [self.lag.desc(), self.feed_last_success_seconds.desc(), self.feed_complete_to_seconds.desc(), self.signals_open.desc()];
        let described = labelled.into_iter().chain(gauges).flatten().map(|described| described.fq_name.clone());
        self.registry.gather().iter().map(|family| family.name().to_owned()).chain(described).collect()
    }

    /// The text that Prometheus reads.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = Vec::new();
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut text);
        String::from_utf8(text).unwrap_or_default()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Metrics;

    #[test]
    fn every_metric_is_named_for_this_project_and_explained() {
        let metrics = Metrics::new().unwrap();
        metrics.records_refused.with_label_values(&["malformed"]).inc();
        let text = metrics.text();
        assert!(text.contains("signpost_records_refused_total{reason=\"malformed\"} 1"), "{text}");
        assert!(text.lines().filter(|line| line.starts_with("# HELP ")).all(|line| line.starts_with("# HELP signpost_")));
    }
}
