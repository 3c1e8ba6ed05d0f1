//! One snapshot under one factor set: the pure step of derive.

use signpost_ome::{Classification, FactorSet, Threshold, Unmapped, classify};
use signpost_store::{PracticeMonthRow, SnapshotRow};

/// Revision of the dose rules; raise it whenever a number could change.
pub(crate) const RULES: u32 = 1;

/// The practice-month of a snapshot, line by line.
pub(crate) fn practice_month(snapshot: &SnapshotRow, factors: &FactorSet) -> PracticeMonthRow {
    let lines = snapshot.bnf.len();
    let mut row = PracticeMonthRow {
        bucket: snapshot.bucket,
        practice: snapshot.practice.clone(),
        month: snapshot.month,
        feed: snapshot.feed.clone(),
        revision: snapshot.revision,
        factor_set: factors.name.clone(),
        rules: RULES,
        bnf: snapshot.bnf.clone(),
        name: snapshot.name.clone(),
        items: Vec::with_capacity(lines),
        ome: Vec::with_capacity(lines),
        ddd: Vec::with_capacity(lines),
        opioid: Vec::with_capacity(lines),
        regular: Vec::with_capacity(lines),
        high_90: Vec::with_capacity(lines),
        high_120: Vec::with_capacity(lines),
        unmapped: Vec::with_capacity(lines),
        version: snapshot.version,
    };
    let columns = snapshot.bnf.iter().zip(&snapshot.name).zip(&snapshot.quantity).zip(&snapshot.items);
    for (((bnf, name), &quantity), &items) in columns {
        let class = classify(bnf, name);
        let (ome, ddd, unmapped) = amounts(&class, factors, quantity);
        row.items.push(u64::from(items));
        row.ome.push(ome);
        row.ddd.push(ddd);
        row.opioid.push(class.is_opioid());
        row.regular.push(class.regular);
        row.high_90.push(class.high(Threshold::Mg90));
        row.high_120.push(class.high(Threshold::Mg120));
        row.unmapped.push(unmapped.map(|reason| reason.code().to_owned()).unwrap_or_default());
    }
    row
}

/// OME, DDD, and why there is none though there should be.
fn amounts(class: &Classification, factors: &FactorSet, quantity_thousandths: u64) -> (u64, u64, Option<Unmapped>) {
    let ome = class.ome(factors, quantity_thousandths);
    let ddd = class.ddd_micro(quantity_thousandths);
    let gap = ome.err().or(ddd.err()).filter(|_| class.is_opioid());
    (ome.ok().flatten().unwrap_or(0), ddd.ok().flatten().unwrap_or(0), gap)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::practice_month;
    use signpost_ome::FactorSet;
    use signpost_store::SnapshotRow;

    #[test]
    fn doses_are_those_of_the_worked_vectors_and_an_unknown_product_is_named() {
        let snapshot = SnapshotRow {
            bucket: 1,
            practice: "L84018".into(),
            month: "2017-09".parse().unwrap(),
            feed: "epd".into(),
            revision: 1,
            bnf: vec!["0407020ADBEAEAI".into(), "0407020Q0ZZZZZZ".into()],
            name: vec!["Longtec_Tab 80mg M/R".into(), "Invented Opioid".into()],
            quantity: vec![56_000, 10_000],
            items: vec![1, 3],
            content: 0,
            epoch: 1,
            partition: 0,
            offset: 0,
            version: 7,
        };
        let row = practice_month(&snapshot, FactorSet::named("op2024").unwrap());
        // ome_vectors.csv: Longtec 80 mg x 56 is 6,720 mg under op2024, 8,960 under op2020.
        assert_eq!(row.ome.first(), Some(&67_200_000_000));
        let older = practice_month(&snapshot, FactorSet::named("op2020").unwrap());
        assert_eq!(older.ome.first(), Some(&89_600_000_000));
        assert_eq!(row.unmapped.first().map(String::as_str), Some(""));
        assert!(row.unmapped.last().is_some_and(|reason| !reason.is_empty()), "{row:?}");
        assert_eq!(row.opioid, [true, true]);
    }
}
