use std::collections::{BTreeMap, BTreeSet};

use signpost_core::Month;
use signpost_measures::{Denominator, Measure, Standing};

use crate::measure_months::{self, Items, PracticeTable, calendar};
use crate::membership::Membership;
use crate::outcomes::outcomes;
use crate::{Input, charts, quality, rows, spread, watch};

/// The tables of a publication, each in canonical order.
#[derive(Debug, Clone, Default, PartialEq)]
#[allow(missing_docs)] // each is described with its row
pub struct Tables {
    pub measures: Vec<rows::Measure>,
    pub organisations: Vec<rows::Organisation>,
    pub measure_months: Vec<rows::MeasureMonth>,
    pub spc: Vec<rows::Spc>,
    pub spc_summaries: Vec<rows::SpcSummary>,
    pub deciles: Vec<rows::Decile>,
    pub interventions: Vec<rows::Intervention>,
    pub effects: Vec<rows::Effect>,
    pub its_points: Vec<rows::ItsPoint>,
    pub placebos: Vec<rows::Placebo>,
    pub signals: Vec<rows::Signal>,
    pub freshness: Vec<rows::Freshness>,
    pub data_quality: Vec<rows::DataQuality>,
}

/// Everything that is shown, from everything that is known: the same input in any order gives the
/// same tables, to the bit.
#[must_use]
pub fn compile(input: &Input<'_>) -> Tables {
    let calendar = calendar(input);
    let practices: BTreeSet<&str> =
        input.complete.iter().flat_map(|complete| complete.practices.iter().map(|code| code.as_str())).collect();
    let membership = Membership::of(&input.organisations, &practices);
    let list_sizes: BTreeMap<(&str, Month), u32> =
        input.list_sizes.iter().map(|(practice, month, patients)| ((practice.as_str(), *month), *patients)).collect();
    let items: Items<'_> = input.opioid_items.iter().map(|row| ((row.practice.as_str(), row.month), (row.items, row.unmapped))).collect();
    let practice_tables: BTreeMap<&str, PracticeTable<'_>> = input
        .library
        .iter()
        .filter_map(|measure| {
            let numbers = input.numbers.get(&measure.id)?;
            Some((measure.id.as_str(), PracticeTable::of(numbers, &list_sizes, &calendar)))
        })
        .collect();
    let mut tables = Tables { measures: measures(input), organisations: membership.rows(), ..Tables::default() };
    let mut without_list_size = BTreeSet::new();
    for measure in input.library.iter() {
        let Some(table) = practice_tables.get(measure.id.as_str()) else { continue };
        without_list_size.extend(table.without_denominator.iter().copied());
        let months = measure_months::rows(measure, table, &membership, &items, &calendar);
        if measure.standing == Standing::Main {
            let (points, summaries) = charts::charts(measure, &months, calendar.len());
            tables.spc.extend(points);
            tables.spc_summaries.extend(summaries);
            tables.deciles.extend(spread::deciles(&months));
            tables.signals.extend(watch::signals(measure, &months, &membership, &calendar));
        }
        tables.measure_months.extend(months);
    }
    let outcomes = outcomes(input, &membership, &practice_tables, &calendar);
    tables.interventions = outcomes.interventions;
    tables.effects = outcomes.effects;
    tables.its_points = outcomes.points;
    tables.placebos = outcomes.placebos;
    tables.freshness = vec![quality::freshness(input)];
    tables.data_quality = quality::findings(input, &membership, &without_list_size);
    tables
}

fn measures(input: &Input<'_>) -> Vec<rows::Measure> {
    (0..).zip(input.library.iter()).map(|(position, measure)| row(position, measure, input.sql.get(&measure.id))).collect()
}

fn row(position: u16, measure: &Measure, sql: Option<&String>) -> rows::Measure {
    rows::Measure {
        measure: measure.id.clone(),
        position,
        title: measure.title.clone(),
        why_it_matters: measure.why_it_matters.clone(),
        numerator: measure.numerator.words.clone(),
        denominator: match &measure.denominator {
            Denominator::ListSizeThousands { words } => words.clone(),
            Denominator::Percent(total) => total.words.clone(),
        },
        unit: measure.unit.clone(),
        direction: measure.direction.as_str().to_owned(),
        disclosure: "open".to_owned(),
        factor_set: measure.factor_set().unwrap_or_default().to_owned(),
        standing: measure.standing.as_str().to_owned(),
        revision: measure.revision,
        source: measure.source.clone(),
        reviewer: measure.reviewer.clone(),
        sql: sql.cloned().unwrap_or_default(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use std::collections::BTreeMap;

    use signpost_core::{Level, Month, OrgCode};
    use signpost_events::Organisation;
    use signpost_measures::Library;

    use super::compile;
    use crate::{CompleteMonth, Input, OpioidItems, PracticeNumber, UnmappedProduct, rows};

    fn code(text: &str) -> OrgCode {
        text.parse().unwrap()
    }

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn practice(text: &str, pcn: &str, setting: u8) -> Organisation {
        Organisation {
            code: code(text),
            level: Level::Practice,
            name: format!("Practice {text}"),
            as_of: month("2017-09"),
            setting: Some(setting),
            pcn: Some(code(pcn)),
            sub_icb: None,
            icb: Some(code("ICB1")),
            region: None,
        }
    }

    /// Four practices: two in PCN U1, a hospice there too, and one that nobody described.
    fn input(library: &Library) -> Input<'_> {
        let practices = ["B85010", "L84018", "HOSP1", "GHOST"];
        let number = |practice: &str, numerator: u128| PracticeNumber {
            practice: code(practice),
            month: month("2017-09"),
            numerator,
            denominator: None,
        };
        Input {
            library,
            sql: BTreeMap::new(),
            feed: "epd".into(),
            complete: vec![CompleteMonth {
                month: month("2017-09"),
                revision: 1,
                practices: practices.iter().map(|text| code(text)).collect(),
            }],
            arriving: vec![month("2017-10")],
            organisations: vec![practice("B85010", "U1", 4), practice("L84018", "U1", 4), practice("HOSP1", "U1", 13)],
            list_sizes: vec![
                (code("B85010"), month("2017-09"), 6_939),
                (code("GHOST"), month("2017-09"), 1_000),
                (code("L84018"), month("2017-08"), 9_999),
            ],
            numbers: BTreeMap::from([(
                "opioidome".to_owned(),
                vec![number("B85010", 2_257_571_000_000), number("L84018", 1), number("HOSP1", 5), number("GHOST", 10_000_000)],
            )]),
            opioid_items: vec![OpioidItems { practice: code("B85010"), month: month("2017-09"), items: 506, unmapped: 2 }],
            unmapped: vec![UnmappedProduct {
                month: month("2017-09"),
                bnf: "0407020Q0ZZZZZZ".into(),
                name: "Invented".into(),
                reason: "no-strength".into(),
                items: 2,
            }],
            interventions: Vec::new(),
        }
    }

    fn row<'a>(rows: &'a [rows::MeasureMonth], level: &str, organisation: &str) -> &'a rows::MeasureMonth {
        rows.iter().find(|row| row.level == level && row.organisation == organisation).unwrap()
    }

    #[test]
    fn sums_are_over_what_is_known_and_say_what_is_missing() {
        let library = Library::standard().unwrap();
        let tables = compile(&input(&library));
        let months = &tables.measure_months;
        // golden_201709.csv, B85010: 225,757.1 mg over 6,939 patients is 32,534.5295 per 1,000.
        let own = row(months, "practice", "B85010");
        assert!((own.value.unwrap() - 32_534.529_5).abs() < 5e-5);
        assert_eq!((own.numerator_exact, own.denominator_exact, own.opioid_items, own.unmapped_items), (2_257_571_000_000, 6_939, 506, 2));
        // L84018 has a list size of another month only: unknown, and left out of its network, which says so.
        assert_eq!(row(months, "practice", "L84018").value, None);
        let network = row(months, "pcn", "U1");
        assert_eq!((network.value, network.practices, network.practices_missing), (own.value, 1, 1));
        assert!(!months.iter().any(|row| row.level != "practice" && row.organisation == "HOSP1"));
        assert_eq!(
            row(months, "england", "ENGLAND").numerator_exact,
            own.numerator_exact,
            "a hospice and an unknown practice are not summed"
        );
        assert!((row(months, "practice", "GHOST").value.unwrap() - 1.0).abs() < 1e-12);
        let network = tables.organisations.iter().find(|one| one.level == "pcn" && one.organisation == "U1").unwrap();
        assert_eq!(
            (network.icb.as_str(), network.pcn.as_str(), network.practices),
            ("ICB1", "", 2),
            "a network stands where its practices do"
        );
        let quality: Vec<(&str, &str)> = tables.data_quality.iter().map(|row| (row.finding.as_str(), row.subject.as_str())).collect();
        assert_eq!(
            quality,
            [
                ("no list size", "HOSP1"),
                ("no list size", "L84018"),
                ("unknown organisation", "GHOST"),
                ("unmapped product", "0407020Q0ZZZZZZ")
            ]
        );
        // 2 of 506 items.
        assert!((tables.data_quality[3].share_percent - 0.395_256_917).abs() < 1e-6);
        assert_eq!(tables.freshness[0].sentence, "Data to September 2017 (revision 1), 4 practices; a later month is arriving");
    }

    #[test]
    fn the_order_of_the_input_means_nothing() {
        let library = Library::standard().unwrap();
        let mut shuffled = input(&library);
        shuffled.organisations.reverse();
        shuffled.list_sizes.reverse();
        shuffled.numbers.values_mut().for_each(|numbers| numbers.rotate_left(2));
        shuffled.complete[0].practices.reverse();
        assert_eq!(compile(&shuffled), compile(&input(&library)));
    }

    #[test]
    fn nothing_known_gives_nothing_and_says_so() {
        let library = Library::standard().unwrap();
        let mut nothing = input(&library);
        nothing.complete.clear();
        nothing.numbers.clear();
        let tables = compile(&nothing);
        assert!(tables.measure_months.is_empty() && tables.spc.is_empty());
        assert_eq!(tables.freshness[0].sentence, "No complete month yet");
        assert_eq!(tables.measures.len(), library.iter().count());
    }

    #[test]
    fn a_month_between_two_others_that_is_void_is_unknown_not_zero() {
        let library = Library::standard().unwrap();
        let mut gapped = input(&library);
        let mut later = gapped.complete[0].clone();
        later.month = month("2017-11");
        gapped.complete.push(later);
        let tables = compile(&gapped);
        let series: Vec<_> = tables.measure_months.iter().filter(|row| row.level == "practice" && row.organisation == "B85010").collect();
        assert_eq!(series.iter().map(|row| row.month.to_string()).collect::<Vec<_>>(), ["2017-09", "2017-10", "2017-11"]);
        assert_eq!((series[1].value, series[1].numerator), (None, None));
    }
}
