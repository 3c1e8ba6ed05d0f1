//! Reads the strengths printed in a presentation name.
//!
//! Covers `30mg/500mg`, `20/10mgM/R`, `10mg/5ml`, `50mg/ml 1ml`, `37.5mcg/hr`, `25micrograms/hour`
//! and `100micrograms/dose`. Durations such as `(7day)` and numbers in brand names such as `DF 118`
//! are passed over.

/// What one printed mass is per.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Per {
    /// One tablet, capsule, sachet, suppository, ampoule.
    Unit,
    /// A volume in microlitres; `stated` if the number was printed (`/5ml`), not implied (`/ml`).
    Volume { microlitres: u64, stated: bool },
    /// A time in hours.
    Hours(u64),
    /// One metered dose.
    Dose,
    /// Something that this crate does not convert, such as a gram of gel.
    Other,
}

/// One strength as printed: one mass, or several for a combination, and what they are per.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Strength {
    /// Masses in nanograms, in printed order.
    pub(crate) masses: Vec<u64>,
    pub(crate) per: Per,
}

/// All strengths and free-standing volumes of a name, in printed order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) strengths: Vec<Strength>,
    /// Volumes of a container in microlitres, such as the last part of `10mg/ml 2ml`.
    pub(crate) volumes: Vec<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    /// Nanograms in one.
    Mass(u64),
    /// Microlitres in one.
    Volume(u64),
    /// Hours in one.
    Time(u64),
    Dose,
}

/// A number in millionths, absent in `/ml`, and its measure, absent in the first part of `20/10mg`.
type Term = (Option<u64>, Option<Measure>);

const MILLION: u128 = 1_000_000;

/// Lower case, with the underscore of abbreviated names as a space and the micro sign as `mc`.
pub(crate) fn normalised(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for letter in name.trim().chars() {
        match letter {
            '_' => text.push(' '),
            '\u{b5}' | '\u{3bc}' => text.push_str("mc"),
            _ => text.push(letter.to_ascii_lowercase()),
        }
    }
    text
}

/// Reads a [`normalised`] name.
pub(crate) fn read(name: &str) -> Label {
    let mut label = Label::default();
    let mut rest = name;
    while let Some(start) = rest.find(|letter: char| letter.is_ascii_digit()) {
        let (terms, after) = group(rest.get(start..).unwrap_or_default());
        match strength(&terms) {
            Some(strength) => label.strengths.push(strength),
            None => label.volumes.extend(free_volume(&terms)),
        }
        rest = after;
    }
    label
}

/// Terms joined by slashes, from text that begins with a digit; always consumes at least that digit.
fn group(text: &str) -> (Vec<Term>, &str) {
    let (number, mut rest) = decimal(text);
    let mut terms = Vec::with_capacity(3);
    let Some(number) = number else {
        return (terms, rest);
    };
    let first = measure(rest);
    rest = first.map_or(rest, |(_, after)| after);
    terms.push((Some(number), first.map(|(kind, _)| kind)));
    while let Some(after_slash) = rest.strip_prefix('/') {
        let (number, after_number) = match decimal(after_slash) {
            (None, _) => (None, after_slash),
            read => read,
        };
        let kind = measure(after_number);
        if number.is_none() && kind.is_none() {
            break;
        }
        rest = kind.map_or(after_number, |(_, after)| after);
        terms.push((number, kind.map(|(kind, _)| kind)));
    }
    (terms, rest)
}

/// A decimal in millionths and the text after its digits; `None` if it is absent or too long.
fn decimal(text: &str) -> (Option<u64>, &str) {
    let (whole, rest) = digits(text);
    if whole.is_empty() {
        return (None, text);
    }
    let (fraction, rest) = match rest.strip_prefix('.').map(digits) {
        Some((fraction, after)) if !fraction.is_empty() => (fraction, after),
        _ => ("", rest),
    };
    if whole.len() > 9 || fraction.len() > 6 {
        return (None, rest);
    }
    let number = format!("{whole}{fraction:0<6}").parse().ok();
    (number, rest)
}

fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// The unit at the start of the text, after spaces, and the text behind it.
fn measure(text: &str) -> Option<(Measure, &str)> {
    let text = text.trim_start_matches(' ');
    let end = text.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end)?;
    let kind = match word {
        // `20/10mgM/R`: published names of 40 letters drop the space.
        "mgm" if rest.starts_with("/r") => {
            return text.split_at_checked("mg".len()).map(|(_, rest)| (Measure::Mass(1_000_000), rest));
        }
        "g" | "gram" | "grams" => Measure::Mass(1_000_000_000),
        "mg" | "milligram" | "milligrams" => Measure::Mass(1_000_000),
        "mcg" | "microgram" | "micrograms" => Measure::Mass(1_000),
        "nanogram" | "nanograms" => Measure::Mass(1),
        "ml" | "millilitre" | "millilitres" => Measure::Volume(1_000),
        "l" | "litre" | "litres" => Measure::Volume(1_000_000),
        "h" | "hr" | "hrs" | "hour" | "hours" => Measure::Time(1),
        "day" | "days" => Measure::Time(24),
        "dose" | "doses" | "actuation" | "spray" => Measure::Dose,
        _ => return None,
    };
    Some((kind, rest))
}

fn strength(terms: &[Term]) -> Option<Strength> {
    let mut masses = Vec::with_capacity(2);
    let mut per = Per::Unit;
    for (index, (number, kind)) in terms.iter().enumerate() {
        match (number, kind.or_else(|| shared_mass(terms, index))) {
            (Some(number), Some(Measure::Mass(nanograms))) => masses.push(scaled(*number, nanograms)?),
            (number, Some(Measure::Volume(microlitres))) => {
                let amount = scaled(number.unwrap_or(1_000_000), microlitres)?;
                per = Per::Volume { microlitres: amount, stated: number.is_some() };
            }
            (number, Some(Measure::Time(hours))) => {
                per = Per::Hours(scaled(number.unwrap_or(1_000_000), hours)?);
            }
            (_, Some(Measure::Dose)) => per = Per::Dose,
            (None, Some(Measure::Mass(_))) | (_, None) => per = Per::Other,
        }
    }
    (!masses.is_empty()).then_some(Strength { masses, per })
}

/// The unit that a bare number shares with the term after it, as in `20/10mg`.
fn shared_mass(terms: &[Term], index: usize) -> Option<Measure> {
    let (number, next) = terms.get(index.checked_add(1)?)?;
    number.and(next.filter(|kind| matches!(kind, Measure::Mass(_))))
}

fn free_volume(terms: &[Term]) -> Option<u64> {
    match terms {
        [(Some(number), Some(Measure::Volume(microlitres)))] => scaled(*number, *microlitres),
        _ => None,
    }
}

fn scaled(millionths: u64, unit: u64) -> Option<u64> {
    let product = u128::from(millionths).checked_mul(u128::from(unit))?;
    u64::try_from(product.checked_div(MILLION)?).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn only(name: &str) -> Strength {
        let label = read(&normalised(name));
        assert_eq!(label.strengths.len(), 1, "{name}");
        label.strengths[0].clone()
    }

    #[test]
    fn combinations_share_a_unit_and_lose_the_space_before_modified_release() {
        let strength = only("Oxycodone HCl/NaloxoneHCl_Tab 5/2.5mgM/R");
        assert_eq!(strength.masses, [5_000_000, 2_500_000]);
        assert_eq!(strength.per, Per::Unit);
    }

    #[test]
    fn liquids_keep_their_volume() {
        let strength = only("Co-codamol 8mg/500mg/5ml oral solution");
        assert_eq!(strength.masses, [8_000_000, 500_000_000]);
        assert_eq!(strength.per, Per::Volume { microlitres: 5_000, stated: true });
        let implied = only("Morph Sulf_Conc Soln 20mg/ml S/F");
        assert_eq!(implied.per, Per::Volume { microlitres: 1_000, stated: false });
    }

    #[test]
    fn a_free_volume_is_the_container() {
        let label = read("oxycodone hcl inj 10mg/ml 2ml amp");
        assert_eq!(label.volumes, [2_000]);
    }

    #[test]
    fn durations_and_brand_numbers_are_no_strengths() {
        assert_eq!(only("Buprenorphine_Patch 5mcg/hr (7day)").masses, [5_000]);
        assert_eq!(only("Zamadol 24hr 150mg modified-release tablets").masses, [150_000_000]);
        assert_eq!(only("DF 118 Forte 40mg tablets").masses, [40_000_000]);
        assert!(read("morphine 2% gel").strengths.is_empty());
    }
}
