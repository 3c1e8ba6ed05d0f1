//! Alarms by hand arithmetic, their gates, and that replaying less tells the same.

#![allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss
)]

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use signpost_core::{Level, Month};
use signpost_evaluation::signals::{ALLOWANCE, Alarm, Rules, Severity, WatchInput, sentence, watch};
use signpost_measures::Library;
use signpost_statistics::cusum;

fn first() -> Month {
    "2020-01".parse().unwrap()
}

fn at(index: i32) -> Month {
    first().plus(index)
}

/// 24 months that alternate between 95 and 105, then what is given. Mean 100; mean moving range 10,
/// so a standard deviation of 10 / 1.128 = 8.865 (the median deviation's 7.413 is smaller).
fn series(later: &[f64]) -> Vec<Option<f64>> {
    (0..24).map(|month| if month % 2 == 0 { 95.0 } else { 105.0 }).chain(later.iter().copied()).map(Some).collect()
}

fn alarms(values: &[Option<f64>], numerator: f64, rules: &Rules) -> Vec<Alarm> {
    let numerators: Vec<Option<f64>> = values.iter().map(|value| value.map(|value| value * numerator / 100.0)).collect();
    watch(&WatchInput { values, numerators: &numerators, months_first: first() }, rules)
}

#[test]
fn thresholds_give_the_run_lengths_that_people_are_told() {
    for level in [Level::Icb, Level::SubIcb, Level::Pcn] {
        let rules = Rules::of(level);
        let run_length = cusum::average_run_length(ALLOWANCE, rules.threshold, 0.0);
        assert!((run_length / rules.run_length_months - 1.0).abs() < 2e-3, "{level}: {run_length}");
    }
}

#[test]
fn a_step_alarms_when_hand_arithmetic_says() {
    // 130 is z = 30 / 8.865 = 3.384: the sum climbs by 2.884 a month, to 2.88, 5.77, 8.65, 11.54.
    let step = series(&[130.0; 6]);
    let board = alarms(&step, 100.0, &Rules::of(Level::Icb));
    // Above 5.071 in the second month, and so for two months running in the third.
    assert_eq!((board.len(), board[0].onset, board[0].alarm), (1, at(24), at(26)));
    assert_eq!((board[0].severity, board[0].action_since, board[0].closed), (Severity::Action, Some(at(26)), None));
    assert_eq!((board[0].expected, board[0].observed, board[0].baseline), (100.0, 130.0, (at(0), at(23))));
    // Numerators equal the values: 30 more than expected in each of three months.
    assert!((board[0].excess.unwrap() - 90.0).abs() < 1e-9);
    assert_eq!(alarms(&step, 100.0, &Rules::of(Level::Pcn))[0].alarm, at(27));
    // 140 is z = 4.51, a jump: above 5.071 in the second month (8.02), and told at once.
    assert_eq!(alarms(&series(&[140.0; 6]), 100.0, &Rules::of(Level::Icb))[0].alarm, at(25));
    // A fall never alarms.
    assert!(alarms(&series(&[60.0; 20]), 100.0, &Rules::of(Level::Icb)).is_empty());
}

#[test]
fn a_gate_missed_is_a_watch_and_two_are_silence() {
    let rules = Rules::of(Level::Icb);
    // 108 is z = 0.902, +0.402 a month: 5.23 in the 13th month, two running in the 14th; 8 % is not material.
    let mut slow = vec![108.0; 16];
    let small_rise = alarms(&series(&slow), 100.0, &rules);
    assert_eq!((small_rise[0].severity, small_rise[0].alarm, small_rise[0].action_since), (Severity::Watch, at(24 + 13), None));
    assert!(alarms(&series(&slow), 15.0, &rules).is_empty(), "8 % of 16 items is nothing to tell");
    // Grown to 10 % it asks for action, from then on.
    slow.extend([112.0, 108.0]);
    let grown = alarms(&series(&slow), 100.0, &rules);
    assert_eq!((grown.len(), grown[0].severity, grown[0].alarm, grown[0].action_since), (1, Severity::Action, at(37), Some(at(40))));
    // 13 items a month: below 20.
    assert_eq!(alarms(&series(&[130.0; 6]), 10.0, &rules)[0].severity, Severity::Watch);
    assert_eq!(alarms(&series(&[130.0; 6]), 20.0, &rules)[0].severity, Severity::Action);
    assert_eq!(alarms(&series(&[130.0; 6]), 100.0, &Rules::of(Level::Practice))[0].severity, Severity::Watch);
}

#[test]
fn three_calm_months_close_and_a_new_rise_opens_anew() {
    // Calm is below 100 + 0.5 * 8.865 = 104.43.
    let mut later = vec![130.0; 4];
    later.extend([104.0, 104.0, 105.0, 104.0, 104.0, 104.0, 100.0]);
    later.extend([130.0; 4]);
    let all = alarms(&series(&later), 100.0, &Rules::of(Level::Icb));
    assert_eq!(
        all.iter().map(|alarm| (alarm.onset, alarm.alarm, alarm.closed)).collect::<Vec<_>>(),
        [(at(24), at(26), Some(at(33))), (at(35), at(37), None),]
    );
    // A missing month neither calms nor breaks the calm.
    let mut holes = series(&later);
    holes[32] = None;
    assert_eq!(alarms(&holes, 100.0, &Rules::of(Level::Icb))[0].closed, Some(at(34)));
}

#[test]
fn without_a_baseline_that_varies_there_is_no_alarm() {
    let rules = Rules::of(Level::Icb);
    let mut short = series(&[300.0; 6]);
    short.drain(..7);
    assert!(alarms(&short, 100.0, &rules).is_empty(), "23 months");
    assert!(alarms(&vec![Some(5.0); 40], 100.0, &rules).is_empty(), "constant");
    assert!(alarms(&vec![Some(0.0); 40], 100.0, &rules).is_empty(), "nothing");
    assert!(alarms(&[], 100.0, &rules).is_empty());
    let mut wild = series(&[130.0; 6]);
    wild[3] = Some(f64::NAN);
    wild.insert(24, None);
    // Its 24 months end one later: 130 belongs to the baseline.
    let found = alarms(&wild, 100.0, &rules);
    assert!(found.iter().all(|alarm| alarm.expected.is_finite() && alarm.excess.is_none_or(f64::is_finite)));
}

fn noise(random: &mut ChaCha8Rng) -> f64 {
    let mut uniform = || (f64::from(random.next_u32()) + 0.5) / 4_294_967_296.0;
    (-2.0 * uniform().ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos()
}

/// What would have been known at `last`.
fn known_at(alarm: &Alarm, last: Month) -> Alarm {
    let action_since = alarm.action_since.filter(|month| *month <= last);
    Alarm {
        closed: alarm.closed.filter(|month| *month <= last),
        action_since,
        severity: if action_since.is_some() { Severity::Action } else { Severity::Watch },
        ..*alarm
    }
}

#[test]
fn fewer_months_tell_the_same_up_to_there() {
    let mut told = 0;
    for seed in 0..60 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut level = 100.0;
        let values: Vec<Option<f64>> = (0..60)
            .map(|_| {
                level += 1.5 * noise(&mut random);
                (random.next_u32() % 12 > 0).then(|| level + 4.0 * noise(&mut random))
            })
            .collect();
        let rules = Rules::of(if seed % 2 == 0 { Level::Icb } else { Level::Pcn });
        let whole = alarms(&values, 20.0, &rules);
        told += whole.len();
        for months in 0..values.len() {
            let last = at(months as i32 - 1);
            let then = alarms(&values[..months], 20.0, &rules);
            let expected: Vec<Alarm> = whole.iter().filter(|alarm| alarm.alarm <= last).map(|alarm| known_at(alarm, last)).collect();
            assert_eq!(then, expected, "seed {seed}, {months} months");
        }
    }
    assert!(told > 20, "the property must not hold for want of alarms: {told}");
}

#[test]
fn series_in_control_alarm_as_rarely_as_the_table_says() {
    // statistics.md 1.11: nominal run length 1,000 with 24 months of baseline, 2.7 % within 12 months;
    // the gates only take away.
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let rules = Rules::of(Level::Icb);
    let alarmed = (0..2_000)
        .filter(|_| {
            let values: Vec<Option<f64>> = (0..36).map(|_| Some(100.0 + 20.0 * noise(&mut random))).collect();
            !alarms(&values, 100.0, &rules).is_empty()
        })
        .count();
    println!("{alarmed} of 2,000");
    assert!(alarmed <= 54, "{alarmed}");
}

#[test]
fn people_are_told_what_where_since_how_much_and_how_sure() {
    let library = Library::standard().unwrap();
    let measure = library.get("opioidper1000_90").unwrap();
    let rules = Rules::of(Level::Pcn);
    let step = series(&[130.0; 6]);
    let alarm = alarms(&step, 20.0, &rules)[0];
    // 6 more items in each of four months.
    assert_eq!(
        sentence(&alarm, measure, "Redwood PCN", &rules, at(29)),
        "Redwood PCN: High-dose opioid items, 90 mg a day or more rose from 100 to 130 items per 1,000 patients (Jan 2022 to Apr 2022), \
         30 % above its level of Jan 2020 to Dec 2021, about 24 more items than expected. Chance alone would do this about once in \
         20,000 months at one organisation, oftener where months hang together. Data to Jun 2022, may be revised."
    );
}
