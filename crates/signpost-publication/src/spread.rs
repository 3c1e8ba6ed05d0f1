//! Ranks and deciles over organisations.

use std::collections::BTreeMap;

use signpost_core::Month;

use crate::rows::{Decile, MeasureMonth};

/// Fewest organisations for deciles.
const ORGANISATIONS_MIN: usize = 10;

/// 100 times SQL's PERCENT_RANK: the share of the others that lie below; 0 for one alone.
#[allow(clippy::cast_precision_loss)] // thousands of organisations
pub(crate) fn percent_ranks(mut group: Vec<(usize, f64)>) -> Vec<(usize, f64)> {
    group.sort_by(|left, right| left.1.total_cmp(&right.1).then(left.0.cmp(&right.0)));
    let others = group.len().saturating_sub(1).max(1) as f64;
    let mut below = 0;
    let mut last = f64::NAN;
    let ranked = group.into_iter().enumerate().map(|(place, (index, value))| {
        if value != last {
            below = place;
            last = value;
        }
        (index, 100.0 * below as f64 / others)
    });
    ranked.collect()
}

/// The nine deciles of sorted values, by linear interpolation (R type 7).
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn nine(sorted: &[f64]) -> Vec<f64> {
    (1..=9)
        .filter_map(|tenth| {
            let place = f64::from(tenth) / 10.0 * (sorted.len() - 1) as f64;
            let low = sorted.get(place.floor() as usize)?;
            let high = sorted.get((place.floor() as usize + 1).min(sorted.len() - 1))?;
            Some(low + (place - place.floor()) * (high - low))
        })
        .collect()
}

/// The deciles of every level with ten organisations or more, month by month.
pub(crate) fn deciles(rows: &[MeasureMonth]) -> Vec<Decile> {
    let mut groups: BTreeMap<(&str, &str, Month), Vec<f64>> = BTreeMap::new();
    for row in rows {
        if let Some(value) = row.value {
            groups.entry((&row.measure, &row.level, row.month)).or_default().push(value);
        }
    }
    let decile = |((measure, level, month), mut values): ((&str, &str, Month), Vec<f64>)| {
        values.sort_unstable_by(f64::total_cmp);
        Decile {
            measure: measure.to_owned(),
            level: level.to_owned(),
            month,
            organisations: u32::try_from(values.len()).unwrap_or(u32::MAX),
            deciles: nine(&values),
        }
    };
    groups.into_iter().filter(|(_, values)| values.len() >= ORGANISATIONS_MIN).map(decile).collect()
}

#[cfg(test)]
mod tests {
    use super::{nine, percent_ranks};

    #[test]
    fn ranks_are_those_of_sql_and_ties_share_one() {
        // PERCENT_RANK of 10, 20, 20, 40, 50: 0, 0.25, 0.25, 0.75, 1.
        let ranks = percent_ranks(vec![(0, 50.0), (1, 20.0), (2, 10.0), (3, 20.0), (4, 40.0)]);
        let mut by_index = ranks;
        by_index.sort_by_key(|(index, _)| *index);
        let ranks: Vec<f64> = by_index.into_iter().map(|(_, rank)| rank).collect();
        assert_eq!(ranks, [100.0, 25.0, 0.0, 25.0, 75.0]);
        assert_eq!(percent_ranks(vec![(7, 1.0)]), [(7, 0.0)]);
    }

    #[test]
    fn deciles_are_those_of_r_type_7() {
        // quantile(c(1,2,4,8,16,32,64,128,256,512), 1:9/10, type = 7) in R, by the formula:
        // place = p * 9, so 0.1 -> 0.9 -> 1.9; 0.5 -> 4.5 -> 24; 0.9 -> 8.1 -> 281.6.
        let values: Vec<f64> = (0..10).map(|power| f64::from(1 << power)).collect();
        let found = nine(&values);
        for (place, expected) in [(0, 1.9), (4, 24.0), (8, 281.6)] {
            assert!(found.get(place).is_some_and(|value| (value - expected).abs() < 1e-9), "{found:?}");
        }
    }
}
