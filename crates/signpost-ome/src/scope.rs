//! Which BNF sections hold opioids, and which opioid a code or name means.

use crate::product::Substance;
use crate::unmapped::Unmapped;

/// BNF code prefixes of every line that this crate can count: opioids in scope and gabapentinoids.
///
/// An importer may keep only these; lines below them that are no opioid are told apart by
/// [`classify`](crate::classify).
pub const BNF_PREFIXES: [&str; 6] = ["0407010", "040702", "0408010AE", "0408010G0", "1001010J0", "1501043"];

/// Chemical codes (first nine letters) that name their opioid. Source: BNF chemical substances as
/// in the published prescribing data and the NHSBSA BNF to SNOMED mapping.
fn of_chemical(chemical: &str) -> Option<Substance> {
    Some(match chemical {
        "0407010F0" | "0407010M0" | "0407020C0" => Substance::Codeine,
        "0407010N0" | "0407020G0" => Substance::Dihydrocodeine,
        "0407010Q0" | "0407020E0" => Substance::Dextropropoxyphene,
        "040702020" | "0407020P0" | "0407020Q0" => Substance::Morphine,
        "040702040" => Substance::Tramadol,
        "040702050" => Substance::Hydromorphone,
        "0407020A0" => Substance::Fentanyl,
        "0407020AB" => Substance::Papaveretum,
        "0407020AD" | "0407020AF" | "0407020Z0" => Substance::Oxycodone,
        "0407020AG" | "0407020AH" => Substance::Tapentadol,
        "0407020B0" => Substance::Buprenorphine,
        "0407020D0" => Substance::Dextromoramide,
        "0407020H0" => Substance::Dipipanone,
        "0407020K0" => Substance::Diamorphine,
        "0407020L0" => Substance::Meptazinol,
        "0407020M0" => Substance::Methadone,
        "0407020T0" | "0407020U0" => Substance::Pentazocine,
        "0407020V0" => Substance::Pethidine,
        "0407020W0" => Substance::Opium,
        "0407020X0" => Substance::Phenazocine,
        "0407020Y0" => Substance::Nalbuphine,
        _ => return None,
    })
}

/// Word beginnings as printed in names, the longer word before the one that it contains.
const NAMED: [(&str, Option<Substance>); 22] = [
    ("dihydrocod", Some(Substance::Dihydrocodeine)),
    ("codein", Some(Substance::Codeine)),
    ("dextroprop", Some(Substance::Dextropropoxyphene)),
    ("papaveret", Some(Substance::Papaveretum)),
    ("diamorph", Some(Substance::Diamorphine)),
    ("hydromorph", Some(Substance::Hydromorphone)),
    ("morph", Some(Substance::Morphine)),
    ("oxycod", Some(Substance::Oxycodone)),
    ("tramadol", Some(Substance::Tramadol)),
    ("tapentadol", Some(Substance::Tapentadol)),
    ("alfentan", Some(Substance::Alfentanil)),
    // No factor set lists these two: they are opioids all the same.
    ("remifentan", None),
    ("sufentan", None),
    ("fentan", Some(Substance::Fentanyl)),
    ("buprenorph", Some(Substance::Buprenorphine)),
    ("methadon", Some(Substance::Methadone)),
    ("pethidin", Some(Substance::Pethidine)),
    ("meptazinol", Some(Substance::Meptazinol)),
    ("dipipanon", Some(Substance::Dipipanone)),
    ("pentazocin", Some(Substance::Pentazocine)),
    ("nalbuphin", Some(Substance::Nalbuphine)),
    ("opium", Some(Substance::Opium)),
];

fn of_name(name: &str) -> Option<Option<Substance>> {
    NAMED.iter().find(|(word, _)| name.contains(word)).map(|(_, substance)| *substance)
}

/// The opioid of a presentation in scope; `name` is normalised.
pub(crate) fn opioid(bnf: &str, name: &str) -> Result<Substance, Unmapped> {
    if bnf.starts_with("0410") {
        return Err(Unmapped::Dependence);
    }
    if let Some(substance) = bnf.get(..9).and_then(of_chemical) {
        return Ok(substance);
    }
    let all_opioids = bnf.starts_with("040702") || bnf.starts_with("1501043");
    let some_opioids = bnf.starts_with("0407010") || bnf.starts_with("1001010J0");
    match of_name(name) {
        Some(substance) if all_opioids || some_opioids => substance.ok_or(Unmapped::UnknownSubstance),
        None if all_opioids => Err(Unmapped::UnknownSubstance),
        _ => Err(Unmapped::NotAnOpioid),
    }
}

/// True if the other ingredients of a combination are given in larger amounts than the opioid:
/// paracetamol, aspirin and ibuprofen come in hundreds of milligrams.
pub(crate) fn opioid_is_smaller_part(bnf: &str, name: &str) -> bool {
    !bnf.starts_with("040702") || ["paracet", "aspirin", "ibuprofen"].iter().any(|partner| name.contains(partner))
}
