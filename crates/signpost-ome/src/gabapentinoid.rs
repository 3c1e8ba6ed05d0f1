//! Defined daily doses of pregabalin and gabapentin, the balancing measure beside opioids.

use crate::amount::rounded_ratio;
use crate::label::{self, Per};
use crate::unmapped::Unmapped;

/// Content of one unit and the defined daily dose that it is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DailyDose {
    /// Nanograms of the drug in one tablet, capsule or millilitre.
    pub nanograms_per_unit: u64,
    /// Nanograms in one defined daily dose.
    pub ddd_nanograms: u64,
}

impl DailyDose {
    /// Millionths of a defined daily dose in a quantity given in thousandths of a unit, rounded
    /// half up; `None` if it does not fit 64 bits.
    pub fn micro(self, quantity_thousandths: u64) -> Option<u64> {
        let scaled = u128::from(self.nanograms_per_unit).checked_mul(u128::from(quantity_thousandths))?.checked_mul(1_000)?;
        rounded_ratio(scaled, u128::from(self.ddd_nanograms))
    }
}

/// Millionths of a defined daily dose in one line of pregabalin or gabapentin.
///
/// `None` for any other drug, for a name without a readable strength, and beyond 64 bits; use
/// [`classify`](crate::classify) to tell these apart.
pub fn ddd_micro(bnf: &str, name: &str, quantity_thousandths: u64) -> Option<u64> {
    read(bnf, &label::normalised(name))?.ok()?.micro(quantity_thousandths)
}

/// `None` if the code is no gabapentinoid. Daily doses: WHO ATC/DDD index, N02BF02 pregabalin
/// 300 mg and N02BF01 gabapentin 1,800 mg, as in the OpenPrescribing measure `gabapentinoidsddd`.
pub(crate) fn read(bnf: &str, name: &str) -> Option<Result<DailyDose, Unmapped>> {
    let ddd_nanograms = match bnf.get(..9)? {
        "0408010AE" => 300_000_000,
        "0408010G0" => 1_800_000_000,
        _ => return None,
    };
    Some(content(name).map(|nanograms_per_unit| DailyDose { nanograms_per_unit, ddd_nanograms }))
}

fn content(name: &str) -> Result<u64, Unmapped> {
    let label = label::read(name);
    let [strength] = label.strengths.as_slice() else {
        return Err(if label.strengths.is_empty() { Unmapped::NoStrength } else { Unmapped::AmbiguousStrength });
    };
    let [mass] = strength.masses.as_slice() else {
        return Err(Unmapped::AmbiguousStrength);
    };
    match strength.per {
        _ if *mass == 0 => Err(Unmapped::NoStrength),
        Per::Unit => Ok(*mass),
        Per::Volume { microlitres, .. } if label.volumes.is_empty() => {
            let per_litre = u128::from(*mass).checked_mul(1_000).ok_or(Unmapped::OutOfRange)?;
            rounded_ratio(per_litre, u128::from(microlitres)).ok_or(Unmapped::OutOfRange)
        }
        _ => Err(Unmapped::AmbiguousUnit),
    }
}
