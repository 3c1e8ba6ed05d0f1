//! What is wrong with the data themselves, said aloud.

use std::collections::{BTreeMap, BTreeSet};

use signpost_core::Month;

use crate::Input;
use crate::membership::Membership;
use crate::rows::{DataQuality, Freshness};

#[allow(clippy::cast_precision_loss)] // shares
fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { 100.0 * part as f64 / whole as f64 }
}

pub(crate) fn findings(input: &Input<'_>, membership: &Membership<'_>, without_list_size: &BTreeSet<(&str, Month)>) -> Vec<DataQuality> {
    let mut found = Vec::new();
    let mut items: BTreeMap<Month, u64> = BTreeMap::new();
    for row in &input.opioid_items {
        *items.entry(row.month).or_default() += row.items;
    }
    for product in &input.unmapped {
        found.push(DataQuality {
            finding: "unmapped product".to_owned(),
            month: product.month,
            subject: product.bnf.clone(),
            detail: format!("{} ({})", product.name, product.reason),
            count: product.items,
            share_percent: percent(product.items, items.get(&product.month).copied().unwrap_or(0)),
        });
    }
    let counts: BTreeMap<Month, u64> = input.complete.iter().map(|complete| (complete.month, complete.practices.len() as u64)).collect();
    let mut practice = |finding: &str, month: Month, code: &str, detail: &str| {
        found.push(DataQuality {
            finding: finding.to_owned(),
            month,
            subject: code.to_owned(),
            detail: detail.to_owned(),
            count: 1,
            share_percent: percent(1, counts.get(&month).copied().unwrap_or(0)),
        });
    };
    for (code, month) in without_list_size {
        practice("no list size", *month, code, "its rates per patient are unknown and not summed");
    }
    let mut before: Option<(Month, BTreeSet<&str>)> = None;
    let mut months: Vec<_> = input.complete.iter().collect();
    months.sort_by_key(|complete| complete.month);
    for complete in months {
        let practices: BTreeSet<&str> = complete.practices.iter().map(|code| code.as_str()).collect();
        for code in practices.iter().filter(|code| !membership.is_known(code)) {
            practice("unknown organisation", complete.month, code, "nobody has described it: it is not summed upwards");
        }
        if let Some((month, earlier)) = &before
            && complete.month.since(*month) == 1
        {
            for code in earlier.difference(&practices) {
                practice("missing practice", complete.month, code, "it reported the month before");
            }
        }
        before = Some((complete.month, practices));
    }
    found.sort_by(|left, right| {
        (&left.finding, left.month, &left.subject, &left.detail).cmp(&(&right.finding, right.month, &right.subject, &right.detail))
    });
    found
}

pub(crate) fn freshness(input: &Input<'_>) -> Freshness {
    let newest = input.complete.iter().max_by_key(|complete| complete.month);
    let arriving = u32::try_from(input.arriving.len()).unwrap_or(u32::MAX);
    let sentence = match newest {
        None => "No complete month yet".to_owned(),
        Some(complete) => {
            let more = match arriving {
                0 => String::new(),
                1 => "; a later month is arriving".to_owned(),
                months => format!("; {months} later months are arriving"),
            };
            format!("Data to {} (revision {}), {} practices{more}", complete.month.long(), complete.revision, complete.practices.len())
        }
    };
    Freshness {
        feed: input.feed.clone(),
        complete_to: newest.map(|complete| complete.month),
        revision: newest.map_or(0, |complete| complete.revision),
        practices: newest.map_or(0, |complete| u32::try_from(complete.practices.len()).unwrap_or(u32::MAX)),
        arriving,
        sentence,
    }
}
