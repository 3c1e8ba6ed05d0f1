//! Practice-months to what is shown: reads derive's positions, then the data up to them; computes
//! everything anew; writes a hidden publication, and switches to it by one row.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use signpost_core::{Month, OrgCode};
use signpost_evaluation::registration::Recorded;
use signpost_events::{Closed, Declared, OutcomeRegistered, Payload, SiteStarted, SiteStopped};
use signpost_ome::DEFAULT_FACTOR_SET;
use signpost_publication::{Input, OpioidItems, PracticeNumber, Tables, UnmappedProduct, compile, rows};
use signpost_store::{DecisionRow, InterventionEventRow, MeasureQuery, Positions, PublicationKey, measure_sql};

use super::completeness::complete_months;
use super::{BUILD, Workshop, alerts};
use crate::practice_month::RULES;

const SIGNAL_OPENED: &str = "signal opened";

/// Publishes until told to end; posts open signals every minute.
pub(crate) async fn publish(workshop: Workshop) -> anyhow::Result<()> {
    let interval = Duration::from_secs(workshop.configuration.publish.interval_seconds);
    let mut posted = Instant::now() - Duration::from_secs(60);
    while !workshop.is_ending() {
        let published = step(&workshop).await?;
        if published || posted.elapsed() >= Duration::from_secs(60) {
            alerts::post(&workshop).await;
            posted = Instant::now();
        }
        workshop.rest(if published { interval.max(Duration::from_millis(100)) } else { Duration::from_millis(250) }).await;
    }
    Ok(())
}

/// Publishes if there is anything new; whether there was.
pub(crate) async fn step(workshop: &Workshop) -> anyhow::Result<bool> {
    let store = &workshop.store;
    // Positions before data: what is missed stays beyond them, and is published next time.
    let derived = workshop.persist(|| store.derived_positions()).await?;
    let decisions = workshop.persist(|| store.decisions(SIGNAL_OPENED)).await?;
    let mut key = key(workshop, &derived, decisions.len());
    let shown = workshop.persist(|| store.current()).await?;
    if derived.is_empty() || shown.is_some_and(|shown| !is_greater(&key, &shown)) {
        return Ok(false);
    }
    let started = Instant::now();
    let input = read(workshop, &derived).await?;
    let mut tables = tokio::task::block_in_place(|| compile(&input));
    let opened = freeze(&mut tables.signals, &decisions, &key.publication);
    key.decisions += u64::try_from(opened.len()).unwrap_or(0);
    write(workshop, &key, &tables).await?;
    let digest = workshop.persist(|| store.digest(&key.publication)).await?;
    workshop.gaps.pass("digest").await;
    workshop.insert(|| store.write_decisions(&opened)).await?;
    workshop.gaps.pass("decisions").await;
    let record = rows::Publication {
        publication: key.publication.clone(),
        published_at: u32::try_from(Timestamp::now().as_second()).unwrap_or(0),
        first_month: input.complete.first().map(|complete| complete.month),
        last_month: input.complete.last().map(|complete| complete.month),
        digest: digest.clone(),
        synthetic: u8::from(workshop.configuration.publish.synthetic),
        build: BUILD.to_owned(),
    };
    let positions = words(&derived);
    workshop.persist(|| store.show(&key, &record, &positions)).await?;
    workshop.gaps.pass("publication").await;
    let keep = workshop.configuration.publish.keep_publications;
    workshop.persist(|| store.drop_old_publications(keep)).await?;
    workshop.gaps.pass("old_publications").await;
    tracing::info!(
        publication = key.publication,
        digest,
        months = input.complete.len(),
        seconds = started.elapsed().as_secs_f64(),
        "published"
    );
    measure(workshop, &input, &tables, started.elapsed());
    Ok(true)
}

/// What this publication knows; its id sorts by time, and differs between publishers.
fn key(workshop: &Workshop, derived: &Positions, decisions: usize) -> PublicationKey {
    let epoch = derived.keys().map(|(_, epoch, _)| *epoch).max().unwrap_or(0);
    let passed = derived.iter().filter(|((_, of, _), _)| *of == epoch).map(|(_, position)| u64::try_from(position + 1).unwrap_or(0));
    PublicationKey {
        epoch,
        definitions: workshop.library.revision() + RULES,
        positions: passed.sum(),
        decisions: u64::try_from(decisions).unwrap_or(0),
        publication: format!("{:013}-{}", Timestamp::now().as_millisecond(), workshop.worker),
    }
}

fn is_greater(key: &PublicationKey, shown: &PublicationKey) -> bool {
    let knows = |key: &PublicationKey| (key.epoch, key.definitions, key.positions, key.decisions);
    knows(key) > knows(shown)
}

/// Everything that goes into a publication, as the store has it.
async fn read<'a>(workshop: &'a Workshop, derived: &Positions) -> anyhow::Result<Input<'a>> {
    let store = &workshop.store;
    let feed = workshop.configuration.publish.feed.as_str();
    let words = workshop.persist(|| store.months_complete(feed)).await?;
    let complete = complete_months(&words, derived);
    let months: Vec<(Month, u32)> = complete.iter().map(|complete| (complete.month, complete.revision)).collect();
    let query = MeasureQuery { feed, rules: RULES, any_factor_set: DEFAULT_FACTOR_SET, months: &months };
    let listed: BTreeSet<(&OrgCode, Month)> =
        complete.iter().flat_map(|complete| complete.practices.iter().map(|practice| (practice, complete.month))).collect();
    let is_listed = |practice: &str, month: Month| practice.parse::<OrgCode>().ok().filter(|practice| listed.contains(&(practice, month)));
    let mut numbers = BTreeMap::new();
    let mut sql = BTreeMap::new();
    for measure in workshop.library.iter() {
        let rows = workshop.persist(|| store.numbers(measure, &query)).await?;
        let rows = rows.into_iter().filter_map(|row| {
            let practice = is_listed(&row.practice, row.month)?;
            Some(PracticeNumber { practice, month: row.month, numerator: row.numerator, denominator: row.denominator })
        });
        numbers.insert(measure.id.clone(), rows.collect());
        sql.insert(measure.id.clone(), measure_sql(measure, &query));
    }
    let opioid_items = workshop.persist(|| store.opioid_items(&query)).await?;
    let opioid_items = opioid_items
        .into_iter()
        .filter_map(|(practice, month, items, unmapped)| {
            Some(OpioidItems { practice: is_listed(&practice, month)?, month, items, unmapped })
        })
        .collect();
    let unmapped = workshop.persist(|| store.unmapped(&query)).await?;
    let last = complete.last().map(|complete| complete.month);
    let begun = workshop.persist(|| store.months_begun(feed)).await?;
    let events = workshop.persist(|| store.intervention_events()).await?;
    let by_event_time = workshop.configuration.publish.registration_by_event_time;
    Ok(Input {
        library: &workshop.library,
        sql,
        feed: feed.to_owned(),
        arriving: begun.into_iter().filter(|month| last.is_none_or(|last| *month > last)).collect(),
        organisations: organisations(workshop).await?,
        list_sizes: list_sizes(workshop).await?,
        numbers,
        opioid_items,
        unmapped: unmapped
            .into_iter()
            .map(|row| UnmappedProduct { month: row.month, bnf: row.bnf, name: row.name, reason: row.reason, items: row.items })
            .collect(),
        interventions: events.iter().enumerate().filter_map(|(order, row)| recorded(row, order, by_event_time)).collect(),
        complete,
    })
}

async fn organisations(workshop: &Workshop) -> anyhow::Result<Vec<signpost_events::Organisation>> {
    let rows = workshop.persist(|| workshop.store.organisations()).await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let code = |text: &str| text.parse::<OrgCode>().ok();
            Some(signpost_events::Organisation {
                code: code(&row.code)?,
                level: signpost_core::Level::parse(&row.level)?,
                name: row.name,
                as_of: row.as_of,
                setting: (row.setting != 0).then_some(row.setting),
                pcn: code(&row.pcn),
                sub_icb: code(&row.sub_icb),
                icb: code(&row.icb),
                region: code(&row.region),
            })
        })
        .collect())
}

async fn list_sizes(workshop: &Workshop) -> anyhow::Result<Vec<(OrgCode, Month, u32)>> {
    let rows = workshop.persist(|| workshop.store.list_sizes()).await?;
    Ok(rows.into_iter().filter_map(|(practice, month, patients)| Some((practice.parse().ok()?, month, patients))).collect())
}

/// A stored event, as evaluation reads it; what this build can't read was refused on the way in.
fn recorded(row: &InterventionEventRow, order: usize, by_event_time: bool) -> Option<Recorded> {
    let payload = match row.kind.as_str() {
        "signpost.intervention.declared.v1" => Payload::Declared(serde_json::from_str::<Declared>(&row.payload).ok()?),
        "signpost.intervention.outcome-registered.v1" => {
            Payload::OutcomeRegistered(serde_json::from_str::<OutcomeRegistered>(&row.payload).ok()?)
        }
        "signpost.intervention.site-started.v1" => Payload::SiteStarted(serde_json::from_str::<SiteStarted>(&row.payload).ok()?),
        "signpost.intervention.site-stopped.v1" => Payload::SiteStopped(serde_json::from_str::<SiteStopped>(&row.payload).ok()?),
        "signpost.intervention.closed.v1" => Payload::Closed(serde_json::from_str::<Closed>(&row.payload).ok()?),
        _ => return None,
    };
    let at = Timestamp::from_millisecond(if by_event_time { row.event_time } else { row.appended }).ok()?;
    Some(Recorded { payload, at, order: u64::try_from(order).unwrap_or(u64::MAX) })
}

/// What people were told when a signal opened stays as it was; a new open signal becomes a decision.
fn freeze(signals: &mut [rows::Signal], decisions: &[DecisionRow], publication: &str) -> Vec<DecisionRow> {
    let mut opened = Vec::new();
    for signal in signals {
        if let Some(decision) = decisions.iter().find(|decision| decision.subject == signal.signal) {
            signal.sentence.clone_from(&decision.sentence);
        } else if signal.state == "open" {
            opened.push(DecisionRow {
                subject: signal.signal.clone(),
                kind: SIGNAL_OPENED.to_owned(),
                sentence: signal.sentence.clone(),
                author: "signpost".to_owned(),
                publication: publication.to_owned(),
            });
        }
    }
    opened
}

async fn write(workshop: &Workshop, key: &PublicationKey, tables: &Tables) -> anyhow::Result<()> {
    let (store, publication) = (&workshop.store, key.publication.as_str());
    macro_rules! hidden {
        ($($table:literal: $rows:expr),* $(,)?) => {$(
            workshop.insert(|| store.write_hidden(publication, $table, $rows)).await?;
            workshop.gaps.pass("hidden_tables").await;
        )*};
    }
    hidden! {
        "measure": &tables.measures,
        "organisation": &tables.organisations,
        "measure_month": &tables.measure_months,
        "spc": &tables.spc,
        "spc_summary": &tables.spc_summaries,
        "decile": &tables.deciles,
        "intervention": &tables.interventions,
        "effect": &tables.effects,
        "its_point": &tables.its_points,
        "placebo": &tables.placebos,
        "signal": &tables.signals,
        "freshness": &tables.freshness,
        "data_quality": &tables.data_quality,
    }
    Ok(())
}

/// Derive's positions as text, for the record of the publication.
fn words(derived: &Positions) -> String {
    let words: Vec<String> =
        derived.iter().map(|((topic, epoch, partition), position)| format!("{topic}/{epoch}/{partition}:{position}")).collect();
    words.join(" ")
}

fn measure(workshop: &Workshop, input: &Input<'_>, tables: &Tables, took: Duration) {
    let metrics = &workshop.metrics;
    metrics.publications.inc();
    metrics.publish_seconds.observe(took.as_secs_f64());
    metrics.last_publication_seconds.set(Timestamp::now().as_second());
    if let Some(complete) = input.complete.last() {
        let newest = input.opioid_items.iter().filter(|row| row.month == complete.month);
        let (items, unmapped) = newest.fold((0, 0), |(items, unmapped), row| (items + row.items, unmapped + row.unmapped));
        #[allow(clippy::cast_precision_loss)] // a share for a gauge
        metrics.unmapped_items_percent.set(if items == 0 { 0.0 } else { 100.0 * unmapped as f64 / items as f64 });
        let feed = [input.feed.as_str()];
        metrics.feed_last_success_seconds.with_label_values(&feed).set(Timestamp::now().as_second());
        metrics.feed_complete_to_seconds.with_label_values(&feed).set(i64::from(complete.month.first_day_since_epoch()) * 86_400);
    }
    metrics.signals_open.reset();
    for signal in tables.signals.iter().filter(|signal| signal.state == "open") {
        metrics.signals_open.with_label_values(&[&signal.measure, &signal.severity]).inc();
    }
}
