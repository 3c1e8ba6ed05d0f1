//! Which months may be shown: the newest revision whose every snapshot derive has passed.

use std::collections::BTreeMap;

use signpost_core::{Month, OrgCode};
use signpost_events::Topic;
use signpost_publication::CompleteMonth;
use signpost_store::{MonthCompleteRow, Positions};

/// The newest complete revision of each month, in order.
pub(crate) fn complete_months(words: &[MonthCompleteRow], derived: &Positions) -> Vec<CompleteMonth> {
    let mut newest: BTreeMap<Month, &MonthCompleteRow> = BTreeMap::new();
    for word in words.iter().filter(|word| holds(word, derived)) {
        let entry = newest.entry(word.month).or_insert(word);
        if word.revision > entry.revision {
            *entry = word;
        }
    }
    newest
        .into_values()
        .map(|word| CompleteMonth {
            month: word.month,
            revision: word.revision,
            practices: word.practices.iter().filter_map(|code| code.parse::<OrgCode>().ok()).collect(),
        })
        .collect()
}

/// A word holds once derive has passed every position it names, and its own.
fn holds(word: &MonthCompleteRow, derived: &Positions) -> bool {
    let passed = |partition: u16, offset: i64| {
        let key = (Topic::Practice.name().to_owned(), word.epoch, partition);
        derived.get(&key).is_some_and(|&position| position >= offset)
    };
    passed(word.partition, word.offset) && word.partitions.iter().zip(&word.offsets).all(|(&partition, &offset)| passed(partition, offset))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::complete_months;
    use signpost_store::{MonthCompleteRow, Positions};

    fn word(revision: u32, offsets: &[(u16, i64)]) -> MonthCompleteRow {
        MonthCompleteRow {
            bucket: 0,
            feed: "epd".into(),
            month: "2017-09".parse().unwrap(),
            revision,
            practices: vec!["L84018".into()],
            partitions: offsets.iter().map(|(partition, _)| *partition).collect(),
            offsets: offsets.iter().map(|(_, offset)| *offset).collect(),
            content: 0,
            epoch: 1,
            partition: 0,
            offset: 9,
            version: 0,
        }
    }

    fn derived(positions: &[(u16, i64)]) -> Positions {
        positions.iter().map(|&(partition, position)| (("signpost.practice.v1".to_owned(), 1, partition), position)).collect()
    }

    #[test]
    fn a_revision_counts_once_everything_it_names_is_derived() {
        let words = [word(1, &[(3, 5)]), word(2, &[(3, 8)])];
        assert!(complete_months(&words, &derived(&[(0, 9)])).is_empty(), "partition 3 is missing");
        assert_eq!(complete_months(&words, &derived(&[(0, 9), (3, 7)]))[0].revision, 1);
        assert_eq!(complete_months(&words, &derived(&[(0, 9), (3, 8)]))[0].revision, 2);
        assert!(complete_months(&words, &derived(&[(0, 8), (3, 8)])).is_empty(), "its own position");
    }
}
