//! Marks to practice-months. Reads the ledger first, then the marks up to it, then the snapshots;
//! writes the practice-months, and last its own position.

use std::collections::BTreeMap;
use std::time::Duration;

use signpost_events::Topic;
use signpost_ome::FactorSet;
use signpost_store::Positions;

use super::Workshop;
use crate::practice_month::practice_month;

/// ClickHouse partitions of the event tables.
const PARTS: u16 = 16;
/// Offsets of one partition that are derived at once: what bounds the memory of a backlog.
const OFFSETS_MAX: i64 = 2_000;
/// How long nothing new may go unnoticed.
const POLL: Duration = Duration::from_millis(150);

/// Derives until told to end.
pub(crate) async fn derive(workshop: Workshop) -> anyhow::Result<()> {
    let mut derived = workshop.persist(|| workshop.store.derived_positions()).await?;
    while !workshop.is_ending() {
        if !step(&workshop, &mut derived).await? {
            workshop.rest(POLL).await;
        }
    }
    Ok(())
}

/// Derives what the ledger has beyond `derived`; whether there was anything.
async fn step(workshop: &Workshop, derived: &mut Positions) -> anyhow::Result<bool> {
    let store = &workshop.store;
    let ledger = workshop.persist(|| store.ledger_beyond(derived)).await?;
    let ahead = ahead(ledger, derived);
    if ahead.is_empty() {
        return Ok(false);
    }
    for (epoch, windows) in windows(&ahead, derived) {
        for part in 0..PARTS {
            // A key's Kafka partition decides its ClickHouse partition.
            let mine: Vec<(u16, i64, i64)> = windows.iter().copied().filter(|(partition, _, _)| partition % PARTS == part).collect();
            derive_part(workshop, part, epoch, &mine).await?;
        }
    }
    workshop.insert(|| store.write_derived(&ahead)).await?;
    workshop.gaps.pass("derived").await;
    derived.extend(ahead);
    Ok(true)
}

/// The next positions to reach: those of the ledger, or as far towards them as one step goes.
fn ahead(ledger: Positions, derived: &Positions) -> Positions {
    let next = ledger.into_iter().filter_map(|(key, position)| {
        let done = derived.get(&key).copied().unwrap_or(-1);
        (done < position).then(|| (key, position.min(done + OFFSETS_MAX)))
    });
    next.collect()
}

/// Partition, position done, position to reach; of the practice topic, by epoch.
fn windows(ahead: &Positions, derived: &Positions) -> BTreeMap<u32, Vec<(u16, i64, i64)>> {
    let mut windows: BTreeMap<u32, Vec<(u16, i64, i64)>> = BTreeMap::new();
    for (key @ (topic, epoch, partition), &to) in ahead {
        if topic == Topic::Practice.name() {
            let from = derived.get(key).copied().unwrap_or(-1);
            windows.entry(*epoch).or_default().push((*partition, from, to));
        }
    }
    windows
}

async fn derive_part(workshop: &Workshop, part: u16, epoch: u32, windows: &[(u16, i64, i64)]) -> anyhow::Result<()> {
    let store = &workshop.store;
    let snapshots = workshop.persist(|| store.marked_snapshots(part, epoch, windows)).await?;
    if snapshots.is_empty() {
        return Ok(());
    }
    let sets: Vec<&FactorSet> = workshop.library.factor_sets().into_iter().map(FactorSet::named).collect::<Result<_, _>>()?;
    let rows: Vec<_> = tokio::task::block_in_place(|| {
        snapshots.iter().flat_map(|snapshot| sets.iter().map(|set| practice_month(snapshot, set))).collect()
    });
    workshop.insert(|| store.write_practice_months(&rows)).await?;
    workshop.metrics.practice_months_derived.inc_by(u64::try_from(rows.len()).unwrap_or(0));
    workshop.gaps.pass("practice_months").await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{OFFSETS_MAX, ahead};
    use signpost_store::Positions;

    #[test]
    fn a_backlog_is_taken_in_steps_and_nothing_goes_back() {
        let key = |partition| ("t".to_owned(), 1, partition);
        let ledger: Positions = [(key(0), 5), (key(1), 9_000), (key(2), 7)].into();
        let derived: Positions = [(key(0), 5), (key(1), 100)].into();
        assert_eq!(ahead(ledger, &derived), [(key(1), 100 + OFFSETS_MAX), (key(2), 7)].into());
    }
}
