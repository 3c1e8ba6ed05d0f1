//! What is prescribed: presentations, items and quantities as in the EPD of September 2017.

/// A presentation: BNF code, name, items per 1,000 patients and month, units per item.
pub(crate) struct Presentation {
    pub(crate) bnf: &'static str,
    pub(crate) name: &'static str,
    pub(crate) items_per_1000: f64,
    pub(crate) units: u64,
    pub(crate) kind: Kind,
}

/// What a presentation counts as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An opioid.
    Opioid,
    /// An opioid of the high-dose rule at 90 mg a day.
    HighDose,
    /// Gabapentin or pregabalin.
    Gabapentinoid,
}

const fn line(bnf: &'static str, name: &'static str, items_per_1000: f64, units: u64, kind: Kind) -> Presentation {
    Presentation { bnf, name, items_per_1000, units, kind }
}

pub(crate) const PRESENTATIONS: [Presentation; 37] = [
    line("040702040AAAAAA", "Tramadol HCl_Cap 50mg", 9.2, 95, Kind::Opioid),
    line("0407010F0AAAHAH", "Co-Codamol_Tab 30mg/500mg", 7.1, 125, Kind::Opioid),
    line("0407020C0AAAEAE", "Codeine Phos_Tab 30mg", 5.5, 88, Kind::Opioid),
    line("0407010F0AAAAAA", "Co-Codamol_Tab 8mg/500mg", 4.6, 96, Kind::Opioid),
    line("0407020C0AAADAD", "Codeine Phos_Tab 15mg", 3.9, 71, Kind::Opioid),
    line("0407010F0BSAAAH", "Zapain_Tab 30mg/500mg", 3.9, 127, Kind::Opioid),
    line("0407010F0AAAKAK", "Co-Codamol_Tab 15mg/500mg", 3.1, 106, Kind::Opioid),
    line("0407020Q0AACNCN", "Morph Sulf_Oral Soln 10mg/5ml", 2.5, 306, Kind::Opioid),
    line("0407010N0AAAAAA", "Co-Dydramol_Tab 10mg/500mg", 1.9, 100, Kind::Opioid),
    line("0407010F0AAADAD", "Co-Codamol_Cap 30mg/500mg", 1.8, 158, Kind::Opioid),
    line("0407020G0AAACAC", "Dihydrocodeine Tart_Tab 30mg", 1.5, 118, Kind::Opioid),
    line("0407020Q0BKAAEF", "Zomorph_Cap 10mg", 1.4, 56, Kind::Opioid),
    line("0407020Q0BKABEG", "Zomorph_Cap 30mg", 1.1, 58, Kind::Opioid),
    line("0407020Q0BCAGCN", "Oramorph_Oral Soln 10mg/5ml", 1.1, 313, Kind::Opioid),
    line("0407020Q0AAEFEF", "Morph Sulf_Cap 10mg M/R", 0.6, 56, Kind::Opioid),
    line("0407020B0BHABAI", "Butec_Transdermal Patch 10mcg/hr", 0.6, 5, Kind::Opioid),
    line("0407020B0BHAAAH", "Butec_Transdermal Patch 5mcg/hr", 0.6, 4, Kind::Opioid),
    line("0407020G0AAADAD", "Dihydrocodeine Tart_Tab 60mg M/R", 0.5, 56, Kind::Opioid),
    line("0407020ADBEAAAK", "Longtec_Tab 5mg M/R", 0.5, 22, Kind::Opioid),
    line("0407020A0BEAAAU", "Matrifen_Patch 12mcg/hr", 0.4, 9, Kind::Opioid),
    line("0407020A0BEABAE", "Matrifen_Patch 25mcg/hr", 0.3, 9, Kind::Opioid),
    line("0407020ADBEABAF", "Longtec_Tab 10mg M/R", 0.3, 72, Kind::Opioid),
    line("0407020ADBEACAG", "Longtec_Tab 20mg M/R", 0.3, 35, Kind::Opioid),
    line("040702040AAAHAH", "Tramadol HCl_Cap 100mg M/R", 0.3, 60, Kind::Opioid),
    line("0407020Q0BKACEH", "Zomorph_Cap 60mg", 0.5, 54, Kind::HighDose),
    line("0407020Q0BKADEB", "Zomorph_Cap 100mg", 0.3, 51, Kind::HighDose),
    line("0407020ADBEADAH", "Longtec_Tab 40mg M/R", 0.4, 22, Kind::HighDose),
    line("0407020ADBEAHAR", "Longtec_Tab 30mg M/R", 0.6, 22, Kind::HighDose),
    line("0407020ADBEAEAI", "Longtec_Tab 80mg M/R", 0.3, 56, Kind::HighDose),
    line("0407020A0BEACAF", "Matrifen_Patch 50mcg/hr", 0.4, 10, Kind::HighDose),
    line("0407020ZZSYNAAA", "Inventadol_Wafer", 0.02, 28, Kind::Opioid),
    line("0408010G0AAABAB", "Gabapentin_Cap 300mg", 3.9, 98, Kind::Gabapentinoid),
    line("0408010G0AAAAAA", "Gabapentin_Cap 100mg", 2.8, 93, Kind::Gabapentinoid),
    line("0408010AEAAAEAE", "Pregabalin_Cap 150mg", 0.9, 36, Kind::Gabapentinoid),
    line("0408010AEAAAGAG", "Pregabalin_Cap 300mg", 0.9, 49, Kind::Gabapentinoid),
    line("0408010AEAAACAC", "Pregabalin_Cap 75mg", 0.8, 40, Kind::Gabapentinoid),
    line("0408010G0AAAJAJ", "Gabapentin_Tab 600mg", 0.7, 71, Kind::Gabapentinoid),
];

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Kind, PRESENTATIONS};
    use signpost_ome::{FactorSet, Threshold, classify};

    #[test]
    fn each_presentation_is_what_it_is_said_to_be() {
        let factors = FactorSet::named("op2024").unwrap();
        for one in &PRESENTATIONS {
            let class = classify(one.bnf, one.name);
            assert_eq!(class.high(Threshold::Mg90), one.kind == Kind::HighDose, "{}", one.name);
            assert_eq!(class.is_opioid(), one.kind != Kind::Gabapentinoid, "{}", one.name);
            let dosed = class.ome(factors, 1_000).is_ok();
            assert_eq!(dosed, one.name != "Inventadol_Wafer", "{}: the one invented product has no dose", one.name);
        }
    }
}
