//! Abbreviated names as published before 2020, with the milligrams per unit that the published
//! measure of 2020 used (ebmdatalab/opioid-measure-rework@e412215 `data/revised.csv`), unless said.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use signpost_ome::{FactorSet, Kind, OnceDailyBrand, Release, Substance as S, Unmapped, classify, ddd_micro, product};

/// Code, name, substance, route, micrograms per unit, and the factor of `op2020` in 1/10,000.
const PUBLISHED: &str = "\
0407010F0AAAQAQ|Co-Codamol Eff_Pdr Sach 30mg/500mg|Codeine|Oral|30000|1000
0407010F0AAARAR|Co-Codamol Eff_Pdr Sach 60mg/1g|Codeine|Oral|60000|1000
0407010F0AAASAS|Co-Codamol_Liq Spec 8mg/500mg/5ml|Codeine|Oral|1600|1000
0407010M0AAABAB|Co-Codaprin Disper_Tab 8mg/400mg|Codeine|Oral|8000|1000
0407010N0AAACAC|Co-Dydramol_Oral Soln 10mg/500mg/5ml|Dihydrocodeine|Oral|2000|1000
0407010N0AAAKAK|Paracet/Dihydrocod_Tab Sol 500mg/7.46mg|Dihydrocodeine|Oral|7460|1000
0407010N0AAANAN|Gppe Tab_Remedeine Fte Eff|Dihydrocodeine|Oral|30000|1000
0407010N0AAAMAM|Gppe Tab_Remedeine Eff|Dihydrocodeine|Oral|20000|1000
0407010Q0AAABAB|Co-Proxamol_Susp 32.5mg/325mg/5ml S/F|Dextropropoxyphene|Oral|6500|1000
0407010W0AAADAD|Aspirin/Codeine Phos_Tab Disper 500/8mg|Codeine|Oral|8000|1000
0407010X0AAADAD|Gppe Tab_Syndol|Codeine|Oral|8000|1000
0407010A0BBAAAB|Aspirin/Papaveretum_Tab Solb 500/7.7mg|Papaveretum|Oral|7700|10000
1001010J0AAAYAY|Ibuprofen/Codeine Phos_Tab 200mg/12.8mg|Codeine|Oral|12800|1000
040702020AAABAB|Morph/Cyclizine_Inj 15mg/50mg 1ml Amp|Morphine|Injection|15000|20000
040702040AAABAB|Tramadol HCl_Inj 50mg/ml 2ml Amp|Tramadol|Injection|100000|1000
040702040AABABA|Tramadol/Paracet_Tab Eff 37.5/325mg S/F|Tramadol|Oral|37500|1000
040702040AABBBB|Tramadol HCl_Oral Dps 100mg/ml|Tramadol|Oral|100000|1000
040702050AAADAD|Hydromorphone HCl_Cap 2.6mg|Hydromorphone|Oral|2600|50000
0407020A0AAAQAR|Fentanyl_Patch Self-Adh 8.4mg/72hrs|Fentanyl|Transdermal|3600|1000000
0407020A0AAANAN|Fentanyl_Loz 1.2mg|Fentanyl|Lozenge|1200|1000000
0407020A0AABXBX|Fentanyl_Tab Sublingual 133mcg S/F|Fentanyl|Sublingual|133|1300000
0407020A0AABCBC|Fentanyl_Tab Buccal 100mcg S/F|Fentanyl|Buccal|100|1300000
0407020A0AABVBV|Fentanyl_Buccal Film 800mcg S/F|Fentanyl|BuccalFilm|800|1800000
0407020A0AABHBH|Fentanyl_Nsl Spy 50mcg|Fentanyl|Nasal|50|1600000
0407020ABAAABAB|Papaveretum_Inj 15.4mg/ml (20mg) 1ml Amp|Papaveretum|Injection|15400|10000
0407020ABAAAIAI|Papaveret/Hyoscine_Inj 15.4/0.4mg 1ml Am|Papaveretum|Injection|15400|10000
0407020ADAAABAB|Oxycodone HCl_Oral Soln 10mg/1ml S/F|Oxycodone|Oral|10000|20000
0407020ADAAAMAM|Oxycodone HCl_Inj 10mg/ml 2ml Amp|Oxycodone|Injection|20000|20000
0407020AFAAAEAE|Oxycodone/Naloxone_Liq Spec40mg/20mg/5ml|Oxycodone|Oral|8000|20000
0407020Z0AAAAAA|Oxycodone_Suppos 30mg|Oxycodone|Rectal|30000|20000
0407020B0AAAAAA|Buprenorphine_Inj 300mcg/ml 1ml Amp|Buprenorphine|Injection|300|1000000
0407020B0AAAKAK|Buprenorphine_Patch 15mcg/hr (7day)|Buprenorphine|Transdermal|2520|1000000
0407020D0AAACAC|Dextromoramide Tart_Suppos 10mg|Dextromoramide|Rectal|10000|40000
0407020H0AAABAB|Dipipanone HCl/Cyclizine HCl_Tab 10/30mg|Dipipanone|Oral|10000|5000
0407020K0AABFBF|Diamorph HCl_Reefer 30mg|Diamorphine|Inhalation|30000|10000
0407020K0AACUCU|Diamorph HCl_Suppos 5mg|Diamorphine|Rectal|5000|30000
0407020K0AAEFEF|Diamorph HCl_Inj 5mg Vl (Dry)|Diamorphine|Injection|5000|30000
0407020M0AAATAT|Methadone HCl_Inj 10mg/ml 3.5ml Amp|Methadone|Injection|35000|30000
0407020P0AABABA|Morph HCl_I/V Inf 50mg/50ml Pfs|Morphine|Injection|50000|20000
0407020Q0AAFKFK|Morph Sulf_Inj 30mg/1ml 10ml Amp|Morphine|Injection|300000|20000
0407020Q0AAFJFJ|Morph Sulf_Inj 1mg/ml 10ml Pfs|Morphine|Injection|10000|20000
0407020Q0AAERER|Morph Sulph_Liq Spec 1g/5ml|Morphine|Oral|200000|10000
0407020Q0AACTCT|Morph Sulf_Oral Soln 30mg/5ml Udv S/F|Morphine|Oral|30000|10000
0407020U0AAABAB|Pentazocine_Lact Suppos 50mg|Pentazocine|Rectal|50000|3700
0407020V0AAAIAI|Gppe Inj_Pamergan P 100 2ml Amp|Pethidine|Injection|100000|2400
0407020X0BBAAAA|Phenazocine Hydrob_Tab 5mg|Phenazocine|Oral|5000|40000
";

#[test]
fn published_names_hold_what_the_published_measure_used() {
    let op2020 = FactorSet::named("op2020").unwrap();
    for line in PUBLISHED.lines() {
        let [bnf, name, substance, route, micrograms, factor] = line.split('|').collect::<Vec<_>>().try_into().unwrap();
        let read = product(bnf, name).unwrap_or_else(|reason| panic!("{name}: {reason}"));
        let read_as = (format!("{:?}", read.substance), format!("{:?}", read.route));
        assert_eq!(read_as, (substance.to_owned(), route.to_owned()), "{name}");
        let micrograms: u64 = micrograms.parse().unwrap();
        assert_eq!(read.nanograms_per_unit, micrograms * 1_000, "{name}");
        let ours = op2020.factor(read.substance, read.route);
        assert_eq!(ours, factor.parse().ok(), "{name}");
    }
    assert_eq!(PUBLISHED.lines().count(), 46);
}

#[test]
fn old_and_new_names_of_one_product_read_alike() {
    let pairs = [
        ("0407020ADBEAEAI", "Longtec_Tab 80mg M/R", "Longtec 80mg modified-release tablets"),
        ("0407020A0AAAFAF", "Fentanyl_T/Derm Patch 50mcg/hr", "Fentanyl 50micrograms/hour transdermal patches"),
        ("0407020A0BBAJAF", "Durogesic DTrans_T/Derm Patch 50mcg", "Durogesic DTrans 50micrograms transdermal patches"),
        ("0407020Q0BKACEH", "Zomorph_Cap 60mg", "Zomorph 60mg modified-release capsules"),
        ("0407020ADAAAMAM", "Oxycodone HCl_Inj 10mg/ml 2ml Amp", "Oxycodone 20mg/2ml solution for injection ampoules"),
        ("0407020Q0AAA6A6", "Morph Sulf_Conc Soln 20mg/ml S/F", "Morphine sulfate 20mg/ml oral solution sugar free"),
        ("0407010N0AAAIAI", "Paracet/Dihydrocodeine_Tab 500mg/30mg", "Co-dydramol 30mg/500mg tablets"),
        ("0407020C0AAAEAE", "Codeine Phos_Tab 30mg", "  CODEINE 30 mg TABLETS "),
        ("0407020A0AABHBH", "Fentanyl_Nsl Spy 50mcg", "Fentanyl 50\u{b5}g/dose nasal spray"),
    ];
    for (bnf, old, new) in pairs {
        assert_eq!(product(bnf, old), product(bnf, new), "{old} and {new}");
        assert!(product(bnf, old).is_ok(), "{old}");
    }
}

#[test]
fn patches_weigh_rate_times_wear() {
    // 50 micrograms an hour for 72 h; 20 for 168 h; 52.5 for 96 h (domain.md section 2).
    let fentanyl = product("0407020A0AAAFAF", "Fentanyl_Transdermal Patch 50mcg/hr").unwrap();
    assert_eq!((fentanyl.wear_hours, fentanyl.nanograms_per_unit), (Some(72), 3_600_000));
    assert_eq!((fentanyl.labelled_nanograms, fentanyl.release), (50_000, Release::Modified));
    let week = product("0407020B0BHACAJ", "Butec_Transdermal Patch 20mcg/hr").unwrap();
    assert_eq!((week.wear_hours, week.nanograms_per_unit), (Some(168), 3_360_000));
    let days = product("0407020B0BGABAF", "Hapoctasin_Patch 52.5mcg/hr").unwrap();
    assert_eq!((days.wear_hours, days.nanograms_per_unit), (Some(96), 5_040_000));
}

#[test]
fn once_daily_brands_are_known_by_name() {
    let brand = |bnf, name| product(bnf, name).unwrap().once_daily;
    assert_eq!(brand("0407020Q0BIABEH", "MXL_Cap 60mg"), Some(OnceDailyBrand::Mxl));
    assert_eq!(brand("0407020ADBQACAH", "Onexila XL_Tab 40mg"), Some(OnceDailyBrand::Onexila));
    assert_eq!(brand("0407020Q0BKACEH", "Zomorph_Cap 60mg"), None);
    // Onexila 80 mg once a day is 120 mg: the published rule leaves out the 40 mg strength alone.
    let onexila_80 = classify("0407020ADBQADAI", "Onexila XL_Tab 80mg");
    assert!(onexila_80.high120 && onexila_80.high90);
}

#[test]
fn what_cannot_be_read_says_why() {
    let cases = [
        ("0407020C0AAAGAG", "Codeine Phos_(S)", Unmapped::UnknownForm),
        ("0407020Q0AAANAN", "Morphine sulfate powder", Unmapped::NoStrength),
        ("0407020Q0AAFQFQ", "Morph Sulf_Gel 2%", Unmapped::NoStrength),
        ("0407020QZAAAAAA", "Levorphanol_Tab 1.5mg", Unmapped::UnknownSubstance),
        ("0407020B0AAAZAZ", "Buprenorphine_Patch 25mcg/hr", Unmapped::UnknownWearTime),
        ("0407020A0AAAZZZ", "Fentanyl_Patch 9.9mg/72hrs", Unmapped::AmbiguousStrength),
        ("0407020Q0AAAZZZ", "Morph Sulf_Inj 10mg/ml", Unmapped::AmbiguousUnit),
        ("0407020Q0AAAZZZ", "Morph Sulf_Inj 10mg/ml Amp", Unmapped::AmbiguousUnit),
        ("0407020A0BPAABJ", "PecFent_Nsl Spy 100mcg/D", Unmapped::AmbiguousUnit),
        ("1501043R0AAAAAA", "Remifentanil_Inj 1mg Vl", Unmapped::UnknownSubstance),
    ];
    let op2024 = FactorSet::named("op2024").unwrap();
    for (bnf, name, reason) in cases {
        assert_eq!(product(bnf, name), Err(reason), "{name}");
        let class = classify(bnf, name);
        assert_eq!(class.kind, Kind::UnmappedOpioid(reason), "{name}");
        assert_eq!(class.ome(op2024, 1_000), Err(reason), "{name}");
        assert!(class.is_opioid() && reason.is_gap() && !class.regular && !class.high90, "{name}");
    }
}

#[test]
fn a_product_without_a_factor_is_a_gap_not_a_zero() {
    // Opium has no row in either set (domain.md section 2).
    let drops = classify("0407020W0BBAAAA", "Dropizol 10mg/ml oral drops");
    assert!(matches!(drops.kind, Kind::Opioid(_)));
    for set in FactorSet::all() {
        assert_eq!(drops.ome(set, 10_000), Err(Unmapped::NoFactor), "{}", set.name);
    }
}

#[test]
fn lines_that_are_none_of_ours_are_no_gaps() {
    let none = [
        ("0407010H0AAAMAM", "Paracet_Tab 500mg"),
        ("0407010X0AAAAAA", "Paracet/Caffeine_Tab 500mg/65mg"),
        ("1001010J0AAADAD", "Ibuprofen_Tab 400mg"),
        ("0309010C0AAAAAA", "Codeine Phos_Linct 15mg/5ml"),
        ("0407041A0BBABAG", "Migraleve_Pink Tab"),
        ("0408010A0AAAAAA", "Levetiracetam_Tab 250mg"),
        ("21220000111", "Detect test strips"),
        ("", ""),
    ];
    for (bnf, name) in none {
        assert_eq!(classify(bnf, name).kind, Kind::NotOpioid, "{name}");
        assert_eq!(product(bnf, name), Err(Unmapped::NotAnOpioid), "{name}");
    }
    // A brand that hides its codeine is known by its generic code; plain ibuprofen is not codeine.
    let plus = product("1001010J0BXAAAY", "Nurofen Plus_Tab").unwrap();
    assert_eq!((plus.substance, plus.nanograms_per_unit), (S::Codeine, 12_800_000));
    let headache = classify("0407010X0BZAAAK", "Solpadeine_Headache Tab");
    assert_eq!(headache.kind, Kind::NotOpioid);
    let suboxone = classify("0410030B0BBAAAA", "Suboxone_Tab Subling 8mg/2mg");
    assert_eq!(suboxone.kind, Kind::Dependence);
    assert!(!suboxone.is_opioid());
}

#[test]
fn gabapentinoids_count_daily_doses() {
    // 56 capsules of 300 mg over 300 mg; 100 of 300 mg over 1,800 mg = 16.666667; 473 ml of 20 mg.
    assert_eq!(ddd_micro("0408010AEAAAGAG", "Pregabalin_Cap 300mg", 56_000), Some(56_000_000));
    assert_eq!(ddd_micro("0408010G0AAABAB", "Gabapentin 300mg capsules", 100_000), Some(16_666_667));
    let liquid = ddd_micro("0408010AEAAAJAJ", "Pregabalin_Oral Soln 20mg/ml S/F", 473_000);
    assert_eq!(liquid, Some(31_533_333));
    assert_eq!(ddd_micro("0408010A0AAAAAA", "Levetiracetam_Tab 250mg", 1_000), None);
    let nameless = classify("0408010G0AAAZZZ", "Gabapentin_Powder");
    assert_eq!(nameless.kind, Kind::UnmappedGabapentinoid(Unmapped::NoStrength));
    assert_eq!(nameless.ddd_micro(1_000), Err(Unmapped::NoStrength));
}
