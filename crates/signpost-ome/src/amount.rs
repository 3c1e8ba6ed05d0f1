//! Exact integer amounts.

/// Oral morphine equivalent in the counted unit (1/10,000 microgram) that makes one milligram.
pub const OME_PER_MILLIGRAM: u64 = 10_000_000;

/// Oral morphine equivalent of one line in 1/10,000 microgram.
///
/// Content in nanograms per counted unit, times quantity in thousandths of a unit, times factor in
/// 1/10,000, over 1,000,000 (1,000 for the thousandths and 1,000 from nanogram to microgram),
/// rounded half up. `None` if the result does not fit 64 bits.
pub fn line_ome(nanograms_per_unit: u64, factor_ten_thousandths: u32, quantity_thousandths: u64) -> Option<u64> {
    let scaled =
        u128::from(nanograms_per_unit).checked_mul(u128::from(quantity_thousandths))?.checked_mul(u128::from(factor_ten_thousandths))?;
    rounded_ratio(scaled, 1_000_000)
}

/// `amount` over `by`, rounded half up; `None` if `by` is zero or the result exceeds 64 bits.
pub(crate) fn rounded_ratio(amount: u128, by: u128) -> Option<u64> {
    let half = by.checked_div(2)?;
    let whole = amount.checked_add(half)?.checked_div(by)?;
    u64::try_from(whole).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longtec_80_mg_56_tablets_weigh_6720_mg() {
        // domain.md section 5, vector 23: op2024 factor 1.5.
        let ome = line_ome(80_000_000, 15_000, 56_000);
        assert_eq!(ome, Some(6_720 * OME_PER_MILLIGRAM));
    }

    #[test]
    fn halves_round_up_and_less_than_half_down() {
        assert_eq!(line_ome(1, 500_000, 1), Some(1));
        assert_eq!(line_ome(1, 499_999, 1), Some(0));
    }

    #[test]
    fn too_large_is_none_not_wrapped() {
        assert_eq!(line_ome(u64::MAX, u32::MAX, u64::MAX), None);
        assert_eq!(line_ome(u64::MAX, 10_000, 1_000_000), None);
    }
}
