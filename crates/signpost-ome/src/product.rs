//! A product: substance, route, release and opioid content, read from BNF code and published name.

use serde::{Deserialize, Serialize};

use crate::amount::rounded_ratio;
use crate::exceptions::{self, Exception};
use crate::label::{self, Label, Per, Strength};
use crate::scope;
use crate::unmapped::Unmapped;

/// The opioid that a product counts for; salts of one opioid share a row, as in the factor sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Substance {
    Alfentanil,
    Buprenorphine,
    Codeine,
    Dextromoramide,
    Dextropropoxyphene,
    Diamorphine,
    Dihydrocodeine,
    Dipipanone,
    Fentanyl,
    Hydromorphone,
    Meptazinol,
    Methadone,
    Morphine,
    Nalbuphine,
    Opium,
    Oxycodone,
    Papaveretum,
    Pentazocine,
    Pethidine,
    Phenazocine,
    Tapentadol,
    Tramadol,
}

/// How a product is given, as finely as any factor set tells routes apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Route {
    /// Swallowed.
    Oral,
    /// Suppositories.
    Rectal,
    /// Injections and infusions by any parenteral route.
    Injection,
    /// Patches.
    Transdermal,
    /// Tablets under the tongue.
    Sublingual,
    /// Tablets in the cheek.
    Buccal,
    /// Films in the cheek.
    BuccalFilm,
    /// Lozenges for the whole mouth.
    Lozenge,
    /// Nasal sprays.
    Nasal,
    /// Cigarettes and inhaled forms.
    Inhalation,
    /// Gels on the skin or a wound.
    Cutaneous,
}

/// Whether a product gives its content at once or over hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Release {
    /// At once.
    Immediate,
    /// Over hours: modified-release oral forms and patches.
    Modified,
}

/// Brands that the published high-dose rule takes as given once a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnceDailyBrand {
    /// Morphine capsules, MXL.
    Mxl,
    /// Oxycodone tablets, Onexila XL.
    Onexila,
}

/// What one counted unit of a presentation holds of its opioid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Product {
    /// The opioid.
    pub substance: Substance,
    /// How it is given.
    pub route: Route,
    /// At once or over hours.
    pub release: Release,
    /// Nanograms of the opioid in one unit of the published quantity (tablet, patch, ampoule,
    /// millilitre of liquid, metered dose). For a patch: rate times hours of wear.
    pub nanograms_per_unit: u64,
    /// Printed strength in nanograms: per hour for a patch, else the same as the content.
    pub labelled_nanograms: u64,
    /// Hours that a patch is worn.
    pub wear_hours: Option<u16>,
    /// Set for the brands that the high-dose rule takes as once a day.
    pub once_daily: Option<OnceDailyBrand>,
}

/// Reads a product from its 15-letter BNF presentation code and its name as published, in the
/// abbreviated form of 2017 (`Longtec_Tab 80mg M/R`) or the long form since.
///
/// # Errors
/// [`Unmapped`] with the reason; [`Unmapped::is_gap`] tells a gap from a line that is none of ours.
pub fn product(bnf: &str, name: &str) -> Result<Product, Unmapped> {
    read(bnf, &label::normalised(name))
}

pub(crate) fn read(bnf: &str, name: &str) -> Result<Product, Unmapped> {
    let substance = scope::opioid(bnf, name);
    if substance.is_err_and(|reason| reason == Unmapped::Dependence) {
        return Err(Unmapped::Dependence);
    }
    if let Some(exception) = exceptions::find(bnf, name) {
        return from_exception(exception, name);
    }
    let substance = substance?;
    let route = route(name)?;
    let label = label::read(name);
    let strength = label.strengths.first().ok_or(Unmapped::NoStrength)?;
    let mass = opioid_mass(bnf, name, &label)?;
    if route == Route::Transdermal {
        return patch(substance, mass, strength.per);
    }
    let nanograms = match (route, strength.per) {
        (_, Per::Other) | (_, Per::Hours(_)) => Err(Unmapped::AmbiguousStrength),
        (_, Per::Unit) | (Route::Nasal, Per::Dose) => Ok(mass),
        (_, Per::Dose) => Err(Unmapped::AmbiguousUnit),
        (Route::Injection, Per::Volume { microlitres, stated }) => injected(name, mass, microlitres, stated, &label),
        (Route::Oral, Per::Volume { microlitres, stated }) => drunk(name, mass, microlitres, stated, &label),
        (_, Per::Volume { .. }) => Err(Unmapped::AmbiguousUnit),
    }?;
    let release = if route == Route::Oral { release(name) } else { Release::Immediate };
    Ok(whole(substance, route, release, nanograms, name))
}

fn whole(substance: Substance, route: Route, release: Release, nanograms: u64, name: &str) -> Product {
    Product {
        substance,
        route,
        release,
        nanograms_per_unit: nanograms,
        labelled_nanograms: nanograms,
        wear_hours: None,
        once_daily: once_daily(substance, name),
    }
}

fn from_exception(exception: &Exception, name: &str) -> Result<Product, Unmapped> {
    let read = exception.reading()?;
    match read.wear_hours {
        Some(hours) => worn(read.substance, read.nanograms, hours),
        None => Ok(whole(read.substance, read.route, read.release, read.nanograms, name)),
    }
}

/// The opioid's own mass: of several, the smaller where its partners come in hundreds of
/// milligrams, else the first printed.
fn opioid_mass(bnf: &str, name: &str, label: &Label) -> Result<u64, Unmapped> {
    let printed = || label.strengths.iter().flat_map(|strength: &Strength| &strength.masses);
    let chosen = if scope::opioid_is_smaller_part(bnf, name) { printed().min() } else { printed().next() };
    chosen.copied().filter(|mass| *mass > 0).ok_or(Unmapped::NoStrength)
}

/// Content of one ampoule, vial, syringe or bag.
fn injected(name: &str, mass: u64, microlitres: u64, stated: bool, label: &Label) -> Result<u64, Unmapped> {
    match label.volumes.as_slice() {
        [container] => concentration(mass, microlitres, *container),
        [] if stated && has_container(name) => Ok(mass),
        _ => Err(Unmapped::AmbiguousUnit),
    }
}

/// Content of one millilitre of liquid, or of one unit-dose vial.
fn drunk(name: &str, mass: u64, microlitres: u64, stated: bool, label: &Label) -> Result<u64, Unmapped> {
    let unit_dose = name.contains("unit dose") || words(name).any(|word| matches!(word, "udv" | "ud"));
    match (unit_dose, label.volumes.as_slice()) {
        (true, [container]) => concentration(mass, microlitres, *container),
        (true, []) if stated => Ok(mass),
        (false, []) => concentration(mass, microlitres, 1_000),
        _ => Err(Unmapped::AmbiguousUnit),
    }
}

fn concentration(mass: u64, microlitres: u64, container: u64) -> Result<u64, Unmapped> {
    let amount = u128::from(mass).checked_mul(u128::from(container)).ok_or(Unmapped::OutOfRange)?;
    rounded_ratio(amount, u128::from(microlitres)).ok_or(Unmapped::OutOfRange)
}

/// Most micrograms per hour that any patch gives; more means that the label states its content.
const STRONGEST_PATCH: u64 = 200_000;

fn patch(substance: Substance, rate: u64, per: Per) -> Result<Product, Unmapped> {
    // `Durogesic DTrans_T/Derm Patch 50mcg` leaves the hour out.
    if !matches!(per, Per::Unit | Per::Hours(1)) || rate > STRONGEST_PATCH {
        return Err(Unmapped::AmbiguousStrength);
    }
    worn(substance, rate, wear_hours(substance, rate)?)
}

fn worn(substance: Substance, rate: u64, hours: u16) -> Result<Product, Unmapped> {
    Ok(Product {
        substance,
        route: Route::Transdermal,
        release: Release::Modified,
        nanograms_per_unit: rate.checked_mul(u64::from(hours)).ok_or(Unmapped::OutOfRange)?,
        labelled_nanograms: rate,
        wear_hours: Some(hours),
        once_daily: None,
    })
}

/// Hours of wear by strength. Source: `vw__opioids_total_dmd.sql` of OpenPrescribing, commit
/// 5839302a: fentanyl 72; buprenorphine 168 up to 20 micrograms per hour, 96 for 35, 52.5 and 70.
fn wear_hours(substance: Substance, rate: u64) -> Result<u16, Unmapped> {
    match (substance, rate) {
        (Substance::Fentanyl, _) => Ok(72),
        (Substance::Buprenorphine, 5_000 | 10_000 | 15_000 | 20_000) => Ok(168),
        (Substance::Buprenorphine, 35_000 | 52_500 | 70_000) => Ok(96),
        _ => Err(Unmapped::UnknownWearTime),
    }
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}

fn has_container(name: &str) -> bool {
    const CONTAINERS: [&str; 8] = ["amp", "vial", "syringe", "bag", "pfs", "vl", "cart", "pen"];
    words(name).any(|word| CONTAINERS.iter().any(|container| word.starts_with(container)))
}

fn route(name: &str) -> Result<Route, Unmapped> {
    let words_of = |word: &str| match word {
        "oral" | "tab" | "tabs" | "tablet" | "tablets" | "cap" | "caps" | "capsule" | "capsules" | "capl" | "caplet" | "caplets"
        | "soln" | "solution" | "susp" | "suspension" | "syrup" | "linct" | "linctus" | "elix" | "elixir" | "mix" | "mixture" | "drops"
        | "dps" | "gran" | "granules" | "sach" | "sachet" | "sachets" | "sacheff" | "pdr" | "powder" | "liq" | "liquid" => {
            Some(Route::Oral)
        }
        "inj" | "injection" | "inf" | "infusion" => Some(Route::Injection),
        "gel" | "cream" | "ointment" => Some(Route::Cutaneous),
        "reefer" | "cigarette" | "cigarettes" | "inhalation" | "inha" => Some(Route::Inhalation),
        "nasal" | "nsl" => Some(Route::Nasal),
        "film" | "films" => Some(Route::BuccalFilm),
        "buccal" => Some(Route::Buccal),
        _ if word.starts_with("patch") => Some(Route::Transdermal),
        _ if word.starts_with("subling") => Some(Route::Sublingual),
        _ if word.starts_with("loz") => Some(Route::Lozenge),
        _ if word.starts_with("suppos") => Some(Route::Rectal),
        // `Oxycodone/Naloxone_Liq Spec40mg/20mg/5ml`
        _ if word.starts_with("spec") => Some(Route::Oral),
        _ => None,
    };
    // The most telling word wins: `buccal films`, `powder for solution for injection`.
    words(name).filter_map(words_of).max_by_key(|route| telling(*route)).ok_or(Unmapped::UnknownForm)
}

fn telling(route: Route) -> u8 {
    match route {
        Route::Oral => 0,
        Route::Buccal => 1,
        _ => 2,
    }
}

fn release(name: &str) -> Release {
    const WORDS: [&str; 11] = ["sr", "xl", "pr", "mxl", "continus", "retard", "24hr", "zomorph", "oxycontin", "longtec", "targinact"];
    let marked = ["m/r", "modified-release", "prolonged-release"];
    if marked.iter().any(|mark| name.contains(mark)) || words(name).any(|word| WORDS.contains(&word)) {
        Release::Modified
    } else {
        Release::Immediate
    }
}

fn once_daily(substance: Substance, name: &str) -> Option<OnceDailyBrand> {
    match substance {
        Substance::Morphine if name.contains("mxl") => Some(OnceDailyBrand::Mxl),
        Substance::Oxycodone if name.contains("onexila") => Some(OnceDailyBrand::Onexila),
        _ => None,
    }
}
