//! Sum over sum, level by level, on a full calendar.

use std::collections::BTreeMap;

use signpost_core::{Level, Month};
use signpost_measures::Measure;

use crate::membership::Membership;
use crate::rows::MeasureMonth;
use crate::spread::percent_ranks;
use crate::{Input, PracticeNumber};

/// One cell of a practice's series: exact numerator and denominator.
pub(crate) type Cell = (u128, u128);

/// A measure of every practice on the calendar: `None` is unknown (void, or without a list size).
pub(crate) struct PracticeTable<'a> {
    pub(crate) cells: BTreeMap<&'a str, Vec<Option<Cell>>>,
    /// Practices and months with a numerator and no denominator.
    pub(crate) without_denominator: Vec<(&'a str, Month)>,
}

/// The months shown: every one from the first complete to the last.
pub(crate) fn calendar(input: &Input<'_>) -> Vec<Month> {
    let months = input.complete.iter().map(|complete| complete.month);
    match (months.clone().min(), months.max()) {
        (Some(first), Some(last)) => first.through(last).collect(),
        _ => Vec::new(),
    }
}

impl<'a> PracticeTable<'a> {
    pub(crate) fn of(numbers: &'a [PracticeNumber], list_sizes: &BTreeMap<(&str, Month), u32>, calendar: &[Month]) -> Self {
        let mut table = Self { cells: BTreeMap::new(), without_denominator: Vec::new() };
        let Some(&first) = calendar.first() else { return table };
        for number in numbers {
            let practice = number.practice.as_str();
            let series = table.cells.entry(practice).or_insert_with(|| vec![None; calendar.len()]);
            let denominator =
                number.denominator.or_else(|| list_sizes.get(&(practice, number.month)).map(|&patients| u128::from(patients)));
            let cell = usize::try_from(number.month.since(first)).ok().and_then(|index| series.get_mut(index));
            match (cell, denominator) {
                (Some(cell), Some(denominator)) => *cell = Some((number.numerator, denominator)),
                (Some(_), None) => table.without_denominator.push((practice, number.month)),
                (None, _) => {}
            }
        }
        table.without_denominator.sort_unstable();
        table
    }
}

/// Opioid items and unmapped ones of a practice, by month.
pub(crate) type Items<'a> = BTreeMap<(&'a str, Month), (u64, u64)>;

/// The rows of one measure, every level, in canonical order.
pub(crate) fn rows(
    measure: &Measure,
    table: &PracticeTable<'_>,
    membership: &Membership<'_>,
    items: &Items<'_>,
    calendar: &[Month],
) -> Vec<MeasureMonth> {
    let mut rows = Vec::with_capacity(membership.places.len() * calendar.len());
    for ((level, code), practices) in &membership.places {
        let series: Vec<Option<&Vec<Option<Cell>>>> = practices.iter().map(|practice| table.cells.get(practice)).collect();
        for (index, &month) in calendar.iter().enumerate() {
            let mut sum = Sum::default();
            for (practice, series) in practices.iter().zip(&series) {
                sum.add(series.and_then(|series| series.get(index)).copied().flatten(), items.get(&(*practice, month)).copied());
            }
            rows.push(sum.row(measure, *level, code, month));
        }
    }
    rank(&mut rows);
    rows
}

#[derive(Default)]
struct Sum {
    numerator: u128,
    denominator: u128,
    practices: u32,
    missing: u32,
    opioid_items: u64,
    unmapped_items: u64,
}

impl Sum {
    fn add(&mut self, cell: Option<Cell>, items: Option<(u64, u64)>) {
        let Some((numerator, denominator)) = cell else {
            self.missing += 1;
            return;
        };
        // 128 bits hold the sum of any number of practices of any size.
        self.numerator = self.numerator.saturating_add(numerator);
        self.denominator = self.denominator.saturating_add(denominator);
        self.practices += 1;
        if let Some((opioid, unmapped)) = items {
            self.opioid_items += opioid;
            self.unmapped_items += unmapped;
        }
    }

    fn row(self, measure: &Measure, level: Level, code: &str, month: Month) -> MeasureMonth {
        let known = self.practices > 0;
        MeasureMonth {
            measure: measure.id.clone(),
            level: level.to_string(),
            organisation: code.to_owned(),
            month,
            numerator_exact: self.numerator,
            denominator_exact: self.denominator,
            numerator: known.then(|| measure.shown_numerator(self.numerator)),
            denominator: known.then(|| measure.shown_denominator(self.denominator)),
            value: if known { measure.value(self.numerator, self.denominator) } else { None },
            practices: self.practices,
            practices_missing: self.missing,
            opioid_items: self.opioid_items,
            unmapped_items: self.unmapped_items,
            percentile: None,
        }
    }
}

/// Fills in the rank of each row among those of its level and month.
fn rank(rows: &mut [MeasureMonth]) {
    let mut groups: BTreeMap<(String, Month), Vec<(usize, f64)>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        if let Some(value) = row.value {
            groups.entry((row.level.clone(), row.month)).or_default().push((index, value));
        }
    }
    for group in groups.into_values() {
        for (index, percentile) in percent_ranks(group) {
            if let Some(row) = rows.get_mut(index) {
                row.percentile = Some(percentile);
            }
        }
    }
}
