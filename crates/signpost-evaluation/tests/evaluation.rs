//! Truths that are put in are found, and what is not there is not.

#![allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss
)]

mod region;

use region::{MONTHS, code, evidence, excluded, intervention, last_month, outcome, practices};
use signpost_evaluation::evaluation::{Finding, Verdict, evaluate, evaluate_all, headline, uncalibrated_evidence};
use signpost_evaluation::registration::Registration;
use signpost_events::{Direction, OutcomeRole};
use signpost_measures::{Library, Measure};

const START: usize = 40;
const SITES: usize = 6;
const PRACTICES: usize = 120;
const SEEDS: u64 = 10;

fn measure(id: &str) -> Measure {
    Library::standard().unwrap().get(id).unwrap().clone()
}

/// The finding on the primary outcome of six sites whose true effect is `effect`.
fn found(seed: u64, effect: f64) -> Finding {
    let measure = measure("opioidper1000_90");
    let evidence = evidence(&measure, practices(seed, PRACTICES, 5.0, SITES, START, effect));
    let intervention = intervention(SITES, START, vec![outcome(&measure.id, OutcomeRole::Primary)]);
    let finding = evaluate(&intervention, &intervention.outcomes[0], &evidence, &excluded(&intervention));
    assert_whole(&finding);
    finding
}

/// No NaN, no infinity, a chart of every month, a cloud as long as it says.
fn assert_whole(finding: &Finding) {
    let text = format!("{finding:?}");
    assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
    assert!(!finding.sentence.is_empty() && !finding.sentence.contains("  "));
    if !finding.cloud.is_empty() {
        assert_eq!(finding.cloud.len(), finding.placebos as usize + 1);
    }
    if let (Some(lower), Some(upper)) = (finding.lower_percent, finding.upper_percent) {
        assert!(lower <= upper);
    }
}

#[test]
fn a_true_fall_of_a_fifth_is_found_and_its_absence_is_not() {
    let fall: Vec<Finding> = (0..SEEDS).map(|seed| found(seed, 0.8)).collect();
    let called = fall.iter().filter(|finding| finding.verdict == Verdict::Improvement).count();
    // The truth is put in: -20 %. A 95 % interval of ten holds it in all or nearly all.
    let covered = fall.iter().filter(|finding| (finding.lower_percent.unwrap()..=finding.upper_percent.unwrap()).contains(&-20.0)).count();
    println!("a fifth less: found in {called}, covered in {covered} of {SEEDS}; {}", fall[0].sentence);
    assert!(called >= 9 && covered >= 8, "{called} {covered}");
    let nothing: Vec<Finding> = (0..SEEDS).map(|seed| found(seed, 1.0)).collect();
    let called = nothing.iter().filter(|finding| finding.verdict != Verdict::NoClearChange).count();
    println!("no effect: called in {called} of {SEEDS}; {}", nothing[0].sentence);
    assert!(called <= 1, "{called}");
    assert!(fall.iter().all(|finding| finding.placebos == 199 && finding.months_before == 36 && finding.months_after == 12));
    // In the same regions plain ITS calls a change in many places (a quarter or more in the demo).
    let measure = measure("opioidper1000_90");
    let region = evidence(&measure, practices(1, PRACTICES, 5.0, 0, START, 1.0));
    let plain = uncalibrated_evidence(&region, region::first_month().plus(START as i32), 12, &Default::default());
    println!("plain: {plain:?}");
    assert_eq!(plain.tried + plain.refused, PRACTICES as u32);
    assert!(plain.called > PRACTICES as u32 * 6 / 100, "{plain:?}");
}

#[test]
fn observed_and_expected_are_on_the_measure_s_own_scale() {
    let finding = found(3, 0.8);
    let at = &finding.chart[START + 11];
    assert_eq!((finding.observed, finding.expected), (at.observed, at.counterfactual));
    // The fitted line over the counterfactual is the effect.
    let ratio = (at.fitted.unwrap() / at.counterfactual.unwrap() - 1.0) * 100.0;
    assert!((ratio - finding.effect_percent.unwrap()).abs() < 1e-9);
    // The line runs through the values: six sites with some 200 items a month wobble by less than 30 %.
    for point in &finding.chart[START - 36..START + 12] {
        assert!((point.fitted.unwrap() / point.observed.unwrap()).ln().abs() < 0.3, "{point:?}");
    }
    // Sum over sum by hand.
    let region = practices(3, PRACTICES, 5.0, SITES, START, 0.8);
    let sum = |pick: &dyn Fn(&signpost_evaluation::evaluation::PracticeSeries) -> Option<f64>| {
        region[..SITES].iter().map(|series| pick(series).unwrap()).sum::<f64>()
    };
    let value = sum(&|series| series.numerator[START + 11]) / sum(&|series| series.denominator[START + 11]);
    assert!((finding.observed.unwrap() - value).abs() < 1e-12);
    assert!(finding.chart[..START - 36].iter().all(|point| point.fitted.is_none() && point.observed.is_some()));
    assert!(finding.chart[START - 1].counterfactual.is_none() && !finding.chart[START - 1].under_intervention);
    assert_eq!(finding.cloud[0].number, 0);
    assert!((finding.cloud[0].effect_percent - finding.effect_percent.unwrap()).abs() < 1e-12);
}

#[test]
fn harm_is_named_first_and_only_where_it_is() {
    let (primary, balancing) = (measure("opioidper1000_90"), measure("gabapentinoid_ddd"));
    let (mut named, mut falsely) = (0, 0);
    for seed in 0..SEEDS {
        for harm in [1.25, 1.0] {
            let intervention = intervention(
                SITES,
                START,
                vec![outcome(&primary.id, OutcomeRole::Primary), outcome(&balancing.id, OutcomeRole::Balancing)],
            );
            let all = [
                evidence(&primary, practices(seed, PRACTICES, 5.0, SITES, START, 0.8)),
                evidence(&balancing, practices(seed + 500, PRACTICES, 900.0, SITES, START, harm)),
            ];
            let findings = evaluate_all(&intervention, &all, &excluded(&intervention));
            findings.iter().for_each(assert_whole);
            let headline = headline(&intervention, &findings);
            let worse = findings[1].verdict == Verdict::Worse;
            assert_eq!(headline.verdict, findings[0].verdict);
            assert_eq!(headline.sentence.starts_with(&format!("Harm: {}: rose by", balancing.title)), worse, "{}", headline.sentence);
            assert!(headline.sentence.contains(&primary.title));
            if harm > 1.0 {
                named += u32::from(worse)
            } else {
                falsely += u32::from(worse)
            }
            if seed == 0 {
                println!("{}\n  {}", headline.sentence, findings[1].sentence);
            }
        }
    }
    println!("harm named in {named}, falsely in {falsely} of {SEEDS}");
    assert!(named >= 9 && falsely <= 1, "{named} {falsely}");
}

#[test]
fn the_order_of_practices_changes_nothing() {
    let measure = measure("opioidper1000_90");
    let intervention = intervention(SITES, START, vec![outcome(&measure.id, OutcomeRole::Primary)]);
    let region = practices(5, PRACTICES, 5.0, SITES, START, 0.9);
    let judged = |practices| evaluate(&intervention, &intervention.outcomes[0], &evidence(&measure, practices), &excluded(&intervention));
    let expected = judged(region.clone());
    for step in [7, 37, 71] {
        let turned = (0..PRACTICES).map(|place| region[(place * step + 3) % PRACTICES].clone()).collect();
        assert_eq!(judged(turned), expected);
    }
    let mut doubled = region.clone();
    doubled.extend(region);
    assert_eq!(judged(doubled), expected);
}

#[test]
fn an_analysis_stands_still_once_its_horizon_has_passed() {
    let measure = measure("opioidper1000_90");
    let intervention = intervention(SITES, 36, vec![outcome(&measure.id, OutcomeRole::Primary)]);
    let mut region = evidence(&measure, practices(6, PRACTICES, 5.0, SITES, 36, 0.85));
    let whole = evaluate(&intervention, &intervention.outcomes[0], &region, &excluded(&intervention));
    region.data_to = region::first_month().plus(47);
    let then = evaluate(&intervention, &intervention.outcomes[0], &region, &excluded(&intervention));
    assert_eq!((&then.sentence, then.effect_percent, then.p), (&whole.sentence, whole.effect_percent, whole.p));
    // A month earlier it is too early, and no number is shown.
    region.data_to = region::first_month().plus(46);
    let early = evaluate(&intervention, &intervention.outcomes[0], &region, &excluded(&intervention));
    assert_eq!(early.verdict.as_str(), "too early to say");
    assert_eq!(early.sentence, "Too early to say: it will be judged on data to December 2023.");
    assert!(early.effect_percent.is_none() && early.lower_percent.is_none() && early.cloud.is_empty() && early.chart.len() == 47);
    // So it is before the start.
    region.data_to = region::first_month().plus(20);
    let before = evaluate(&intervention, &intervention.outcomes[0], &region, &excluded(&intervention));
    assert_eq!((before.verdict, before.chart.len()), (Verdict::TooEarly, 21));
}

#[test]
fn thin_or_absent_data_end_in_a_reason() {
    let items = measure("opioidper1000_90");
    let judged = |role, region, measure: &Measure, sites: usize, start| {
        let intervention = intervention(sites, start, vec![outcome(&measure.id, role)]);
        let finding = evaluate(&intervention, &intervention.outcomes[0], &evidence(measure, region), &excluded(&intervention));
        assert_whole(&finding);
        (finding.verdict.as_str(), finding.reason.clone(), finding.sentence)
    };
    let absent = || practices(7, PRACTICES, 5.0, SITES, START, 1.0).split_off(SITES);
    let (verdict, reason, _) = judged(OutcomeRole::Primary, absent(), &items, SITES, START);
    assert_eq!((verdict, reason.as_str()), ("too little data to say", "the sites have no data for this measure"));
    let (verdict, _, sentence) = judged(OutcomeRole::Balancing, absent(), &items, SITES, START);
    assert_eq!((verdict, sentence.as_str()), ("harm not measured", "Harm not measured: the sites have no data for this measure."));
    // A practice of 8,000 with 0.3 items per 1,000 has 2 to 3 a month: below 5.
    let (verdict, reason, _) = judged(OutcomeRole::Primary, practices(8, PRACTICES, 0.3, 1, START, 1.0), &items, 1, START);
    assert_eq!((verdict, reason.as_str()), ("too little data to say", "fewer than 5 items a month before the start"));
    // Four months before the start.
    let (verdict, reason, _) = judged(OutcomeRole::Primary, practices(9, PRACTICES, 5.0, SITES, 4, 1.0), &items, SITES, 4);
    assert_eq!((verdict, reason.as_str()), ("too little data to say", "fewer than 6 values before or after the start"));
    // Nobody else.
    let alone = |effect| judged(OutcomeRole::Primary, practices(10, SITES, 50.0, SITES, START, effect), &items, SITES, START);
    let (verdict, reason, sentence) = alone(0.6);
    assert_eq!(
        (verdict, reason.as_str()),
        ("moved as hoped, nothing to compare with", "nothing to compare with: fewer than 39 comparable places")
    );
    assert!(sentence.starts_with("Moved as hoped: fell by"), "{sentence}");
    assert_eq!(alone(1.6).0, "moved the wrong way, nothing to compare with");
    let (verdict, _, sentence) = judged(OutcomeRole::Balancing, practices(10, SITES, 50.0, SITES, START, 1.6), &items, SITES, START);
    assert_eq!(verdict, "harm not excluded");
    assert!(sentence.starts_with("Harm not excluded: nothing to compare with"), "{sentence}");
}

#[test]
fn missing_zero_and_wild_values_never_become_nan() {
    let (items, dose) = (measure("opioidper1000_90"), measure("opioidome"));
    for measure in [&items, &dose] {
        for hole in 0..6 {
            let mut region = practices(11, PRACTICES, 5.0, SITES, START, 0.8);
            for (number, series) in region.iter_mut().enumerate() {
                for month in 0..MONTHS {
                    match hole {
                        0 if (month + number) % 9 == 0 => series.numerator[month] = None,
                        1 if (month * 7 + number) % 5 == 0 => series.numerator[month] = Some(0.0),
                        2 if month > START => series.denominator[month] = Some(0.0),
                        3 if number % 2 == 0 => series.numerator[month] = Some(f64::NAN),
                        4 => series.numerator[month] = Some(if month == 20 { 0.0 } else { 7.0 }),
                        5 => series.numerator.truncate(50),
                        _ => {}
                    }
                }
            }
            for sites in [1, SITES] {
                let intervention = intervention(sites, START, vec![outcome(&measure.id, OutcomeRole::Primary)]);
                let finding =
                    evaluate(&intervention, &intervention.outcomes[0], &evidence(measure, region.clone()), &excluded(&intervention));
                assert_whole(&finding);
                // A month without any item has a logarithm by half an item added; of milligrams it is refused.
                if hole == 4 {
                    let verdict = if measure.id == items.id { Verdict::NoClearChange } else { Verdict::TooLittleData };
                    assert_eq!(finding.verdict, verdict, "{} {sites}: {}", measure.id, finding.reason);
                }
            }
        }
    }
}

#[test]
fn a_staggered_start_leaves_the_months_of_roll_in_out() {
    let measure = measure("opioidper1000_90");
    let mut staggered = intervention(SITES, 38, vec![outcome(&measure.id, OutcomeRole::Primary)]);
    // The last site starts in the middle of the next month: complete two months later.
    staggered.sites[5].start = "2023-04-15".parse().unwrap();
    let region = evidence(&measure, practices(12, PRACTICES, 5.0, SITES, 40, 0.8));
    let finding = evaluate(&staggered, &staggered.outcomes[0], &region, &excluded(&staggered));
    assert!(finding.method.contains("2 months of roll-in left out"), "{}", finding.method);
    assert!(finding.chart[38].under_intervention && finding.chart[38].fitted.is_none() && finding.chart[38].counterfactual.is_some());
    assert_eq!((finding.months_before, finding.months_after), (36, 12));
    assert_eq!(finding.expected, finding.chart[40 + 11].counterfactual);
    assert_eq!(last_month().to_string(), "2024-12");
}

#[test]
fn secondary_outcomes_share_their_chance_and_words_mark_what_is_exploratory() {
    let ids = ["opioidper1000_90", "opioidspercent_90", "opioidper1000_120", "opioidome"];
    let measures: Vec<Measure> = ids.iter().map(|id| measure(id)).collect();
    let roles = [OutcomeRole::Primary, OutcomeRole::Secondary, OutcomeRole::Secondary, OutcomeRole::Process];
    let mut outcomes: Vec<_> = ids.iter().zip(roles).map(|(id, role)| outcome(id, role)).collect();
    outcomes[2].registration = Registration::Exploratory;
    outcomes[3].direction = Direction::Higher;
    let intervention = intervention(SITES, START, outcomes);
    let evidence: Vec<_> = measures
        .iter()
        .zip([0.8, 0.8, 1.0, 1.0])
        .zip(20..)
        .map(|((measure, effect), seed)| evidence(measure, practices(seed, PRACTICES, 5.0, SITES, START, effect)))
        .collect();
    let findings = evaluate_all(&intervention, &evidence, &excluded(&intervention));
    assert_eq!(findings.len(), 4);
    assert!(findings[0].p_adjusted.is_none() && findings[3].p_adjusted.is_none());
    // Holm by hand on two: the smaller doubles, the larger stands unless the smaller's double exceeds it.
    let (first, second) = (findings[1].p.unwrap(), findings[2].p.unwrap());
    assert!(first < second, "{first} {second}");
    assert_eq!((findings[1].p_adjusted, findings[2].p_adjusted), (Some(2.0 * first), Some(second.max(2.0 * first))));
    assert!(findings[2].sentence.ends_with("Exploratory: registered after the start."), "{}", findings[2].sentence);
    assert!(!findings[1].sentence.contains("Exploratory"));
    // A percentage is a hundred times the ratio of sums.
    let point = findings[1].chart[0].observed.unwrap();
    let plain = findings[0].chart[0].observed.unwrap();
    assert!(point > 50.0 * plain, "{point} {plain}");
    assert!(headline(&intervention, &findings).sentence.ends_with("No balancing outcome is registered: harm was not looked for."));
}

#[test]
fn what_happens_everywhere_is_no_effect() {
    let measure = measure("opioidper1000_90");
    // A rule that halves prescribing in the whole region in the month of the start.
    let region = evidence(&measure, practices(14, PRACTICES, 10.0, PRACTICES, START, 0.5));
    let intervention = intervention(SITES, START, vec![outcome(&measure.id, OutcomeRole::Primary)]);
    let finding = evaluate(&intervention, &intervention.outcomes[0], &region, &excluded(&intervention));
    assert_eq!(finding.verdict, Verdict::NoClearChange);
    assert!(finding.effect_percent.unwrap().abs() < 20.0, "{:?}", finding.effect_percent);
    // What was expected already holds the shared fall.
    assert!((finding.expected.unwrap() / finding.observed.unwrap() - 1.0).abs() < 0.25);
}

#[test]
fn a_month_in_which_too_few_report_does_not_count() {
    let measure = measure("opioidper1000_90");
    let mut region = practices(15, PRACTICES, 5.0, SITES, START, 0.8);
    // One of six sites is silent for three months: more than a tenth of the usual list.
    region[2].numerator[10..13].fill(None);
    let intervention = intervention(SITES, START, vec![outcome(&measure.id, OutcomeRole::Primary)]);
    let finding = evaluate(&intervention, &intervention.outcomes[0], &evidence(&measure, region), &excluded(&intervention));
    assert_eq!((finding.months_before, finding.months_after), (33, 12));
    assert!(finding.chart[10..13].iter().all(|point| point.observed.is_none() && point.comparison.is_some()));
}

#[test]
fn a_single_site_is_judged_by_every_single_place_of_its_size() {
    let measure = measure("opioidper1000_90");
    let mut region = practices(13, PRACTICES, 20.0, 1, START, 0.5);
    // Twenty places of another size, and one under another intervention, are no comparison.
    for series in &mut region[100..] {
        series.denominator.iter_mut().flatten().for_each(|thousands| *thousands *= 50.0);
    }
    let intervention = intervention(1, START, vec![outcome(&measure.id, OutcomeRole::Primary)]);
    let mut others = excluded(&intervention);
    others.insert(code(50));
    let size = |series: &signpost_evaluation::evaluation::PracticeSeries| series.denominator[0].unwrap();
    let own = size(&region[0]);
    let expected = region.iter().filter(|series| !others.contains(&series.code) && (own / 2.0..=own * 2.0).contains(&size(series))).count();
    let finding = evaluate(&intervention, &intervention.outcomes[0], &evidence(&measure, region), &others);
    assert_eq!(finding.placebos as usize, expected);
    assert!((39..100).contains(&expected));
    assert_eq!(finding.verdict, Verdict::Improvement);
    assert!(finding.sentence.contains("comparable places without the programme"), "{}", finding.sentence);
}
