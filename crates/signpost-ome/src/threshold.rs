//! The published high-dose rule: a likely daily dose from product strength.

use serde::{Deserialize, Serialize};

use crate::product::{OnceDailyBrand, Product, Release, Route, Substance};

/// A daily dose of oral morphine equivalent at which a product counts as high dose.
///
/// The published measure moved from 120 to 90 mg in November 2025; both stay in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Threshold {
    /// 90 mg a day, the published rule since November 2025.
    Mg90,
    /// 120 mg a day, the published rule before.
    Mg120,
}

impl Threshold {
    /// Milligrams of oral morphine equivalent a day.
    pub fn milligrams(self) -> u16 {
        match self {
            Self::Mg90 => 90,
            Self::Mg120 => 120,
        }
    }
}

/// True for the long-acting products that the rule looks at, the denominator of `opioidspercent`:
/// patches of fentanyl and buprenorphine, and modified-release oral morphine, oxycodone (also with
/// naloxone), tapentadol and hydromorphone. Tramadol and dihydrocodeine are not among them.
pub fn is_regular(product: &Product) -> bool {
    match product.substance {
        Substance::Fentanyl | Substance::Buprenorphine => product.route == Route::Transdermal,
        Substance::Morphine | Substance::Oxycodone | Substance::Tapentadol | Substance::Hydromorphone => {
            product.route == Route::Oral && product.release == Release::Modified
        }
        _ => false,
    }
}

/// True if the product's strength makes the threshold likely in ordinary use.
///
/// Source: OpenPrescribing measure definitions `opioidper1000`, commits 62015f4a (120 mg) and
/// 5839302a (90 mg). Kept as published, so that numbers agree: once-daily brands are known by name
/// only, a generic once-daily capsule is read as twice daily, and hydromorphone counts at 90 only.
pub fn high_dose(product: &Product, threshold: Threshold) -> bool {
    is_regular(product) && cut_off(product, threshold).is_some_and(|least| product.labelled_nanograms >= least)
}

/// Least counted strength in nanograms, per hour for patches; `None` where the rule has none.
fn cut_off(product: &Product, threshold: Threshold) -> Option<u64> {
    let (at_90, at_120) = match (product.substance, product.once_daily) {
        (Substance::Fentanyl, _) => (37_500, Some(50_000)),
        (Substance::Buprenorphine, _) => (39_375, Some(52_500)),
        (Substance::Morphine, Some(OnceDailyBrand::Mxl)) => (90_000_000, Some(120_000_000)),
        (Substance::Morphine, _) => (45_000_000, Some(60_000_000)),
        // The rule leaves out this one strength of the brand by name.
        (Substance::Oxycodone, Some(OnceDailyBrand::Onexila)) if product.labelled_nanograms == 40_000_000 => {
            return None;
        }
        (Substance::Oxycodone, _) => (30_000_000, Some(40_000_000)),
        (Substance::Tapentadol, _) => (112_500_000, Some(150_000_000)),
        (Substance::Hydromorphone, _) => (9_000_000, None),
        _ => return None,
    };
    match threshold {
        Threshold::Mg90 => Some(at_90),
        Threshold::Mg120 => at_120,
    }
}
