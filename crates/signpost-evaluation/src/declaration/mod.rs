//! An improvement lead's file, as events.
//!
//! ```toml
//! id = "redwood-mdt"
//! title = "MDT review in Redwood"
//! kind = "mdt_review"              # see `kinds`
//! owner = "Redwood PCN pharmacy team"
//! hypothesis = "Reviews of everyone on 90 mg a day or more lower high-dose prescribing by a fifth."
//! template = true                  # optional: the kind's default outcomes, beside those below
//!
//! [[site]]
//! code = "U12345"                  # a practice, a network, a sub-ICB location, a board
//! start = 2024-04-01               # first day of delivery
//! end = 2025-03-31                 # optional: last day of delivery
//!
//! [[outcome]]                      # none at all: the kind's default outcomes
//! measure = "opioidper1000_90"
//! role = "primary"                 # primary, secondary, process, balancing
//! direction = "lower"              # hoped for; of a balancing outcome: harmless
//! horizon_months = 12              # when it is judged, 1 to 60 months from the start
//! margin_percent = 10              # balancing only: the harm that is tolerable; 10 if left out
//! ```
//! An outcome of the file replaces the template's outcome for the same measure.

mod fault;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::civil::Date;
use serde::Deserialize;
use signpost_core::OrgCode;
use signpost_events::{
    Declared, Direction, InterventionId, NAME_BYTES_MAX, OutcomeRegistered, OutcomeRole, Payload, SiteStarted, SiteStopped, TEXT_BYTES_MAX,
};
use signpost_measures::Library;
use toml::Spanned;

use crate::kinds::{self, KINDS, Kind, MARGIN_PERCENT};
use fault::nearest;
pub use fault::{DeclarationError, Fault, UnknownSites};

/// Largest declaration, in bytes: some 5,000 sites.
pub const FILE_BYTES_MAX: usize = 1024 * 1024;

/// The keys of a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: Spanned<String>,
    title: Spanned<String>,
    kind: Spanned<String>,
    owner: Spanned<String>,
    hypothesis: Spanned<String>,
    #[serde(default)]
    template: bool,
    #[serde(default)]
    site: Vec<SiteEntry>,
    #[serde(default)]
    outcome: Vec<OutcomeEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SiteEntry {
    code: Spanned<String>,
    start: Spanned<toml::Value>,
    end: Option<Spanned<toml::Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutcomeEntry {
    measure: Spanned<String>,
    role: OutcomeRole,
    direction: Direction,
    horizon_months: Spanned<i64>,
    margin_percent: Option<Spanned<f64>>,
}

/// Where in the text a fault lies.
type Located = (Option<Range<usize>>, Fault);

/// Reads a declaration: what is declared, its outcomes (the primary first), its sites' starts and
/// ends, in the order in which they are to be sent. `file_name` is named in errors.
///
/// # Errors
/// The first [`DeclarationError`]: nothing of a faulty file is sent.
pub fn read(file_name: &str, text: &str, library: &Library) -> Result<Vec<Payload>, DeclarationError> {
    let located =
        |(span, fault): Located| DeclarationError { file: file_name.to_owned(), line: span.map(|span| line_of(text, span.start)), fault };
    if text.len() > FILE_BYTES_MAX {
        return Err(located((None, Fault::TooLarge { max_bytes: FILE_BYTES_MAX })));
    }
    let file: File = toml::from_str(text).map_err(|error| located((error.span(), Fault::Form(form(&error)))))?;
    let declared = declared(&file).map_err(located)?;
    let kind = known_kind(&file.kind).map_err(located)?;
    let outcomes = outcomes(&file, kind, &declared.intervention, library).map_err(located)?;
    let sites = sites(&file.site, text, &declared.intervention).map_err(located)?;
    let mut payloads = vec![Payload::Declared(declared)];
    payloads.extend(outcomes.into_iter().map(Payload::OutcomeRegistered));
    payloads.extend(sites);
    Ok(payloads)
}

/// Checks that every site is an organisation of the imported lists.
///
/// # Errors
/// [`UnknownSites`] names those that aren't.
pub fn check_sites(payloads: &[Payload], known: &BTreeSet<OrgCode>) -> Result<(), UnknownSites> {
    let unknown: Vec<(String, Option<String>)> = payloads
        .iter()
        .filter_map(|payload| if let Payload::SiteStarted(started) = payload { Some(&started.site) } else { None })
        .filter(|site| !known.contains(*site))
        .map(|site| (site.to_string(), nearest(site.as_str(), known.iter().map(OrgCode::as_str))))
        .collect();
    if unknown.is_empty() { Ok(()) } else { Err(UnknownSites(unknown)) }
}

/// The parser's message on one line, with what to do where it only says what is wrong.
fn form(error: &toml::de::Error) -> String {
    let message = error.message().trim().replace('\n', ", ");
    if message.starts_with("missing field") { format!("{message}: add it") } else { message }
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.as_bytes().iter().take(offset).filter(|&&byte| byte == b'\n').count()
}

fn declared(file: &File) -> Result<Declared, Located> {
    let within = |key: &'static str, value: &Spanned<String>, max_bytes: usize| {
        let text = value.get_ref().trim();
        if (1..=max_bytes).contains(&text.len()) {
            Ok(text.to_owned())
        } else {
            Err((Some(value.span()), Fault::Text { key, bytes: text.len(), max_bytes }))
        }
    };
    let id: Result<InterventionId, String> = file.id.get_ref().parse();
    Ok(Declared {
        intervention: id.map_err(|reason| (Some(file.id.span()), Fault::Id(reason)))?,
        title: within("title", &file.title, NAME_BYTES_MAX)?,
        kind: file.kind.get_ref().clone(),
        owner: within("owner", &file.owner, NAME_BYTES_MAX)?,
        hypothesis: within("hypothesis", &file.hypothesis, TEXT_BYTES_MAX)?,
    })
}

fn known_kind(given: &Spanned<String>) -> Result<&'static Kind, Located> {
    kinds::kind(given.get_ref()).ok_or_else(|| {
        let fault = Fault::UnknownKind {
            given: given.get_ref().clone(),
            nearest: nearest(given.get_ref(), KINDS.iter().map(|kind| kind.id)),
            known: KINDS.iter().map(|kind| kind.id.to_owned()).collect(),
        };
        (Some(given.span()), fault)
    })
}

fn outcomes(file: &File, kind: &Kind, id: &InterventionId, library: &Library) -> Result<Vec<OutcomeRegistered>, Located> {
    let mut registered: Vec<OutcomeRegistered> = Vec::new();
    for entry in &file.outcome {
        let outcome = outcome(entry, id, library)?;
        if registered.iter().any(|other| other.measure == outcome.measure) {
            return Err((Some(entry.measure.span()), Fault::DuplicateMeasure { measure: outcome.measure }));
        }
        registered.push(outcome);
    }
    if file.template || file.outcome.is_empty() {
        for outcome in kind.outcomes {
            if registered.iter().any(|given| given.measure == outcome.measure) {
                continue;
            }
            known_measure(outcome.measure, library).map_err(|fault| (Some(file.kind.span()), fault))?;
            registered.push(OutcomeRegistered {
                intervention: id.clone(),
                measure: outcome.measure.to_owned(),
                role: outcome.role,
                direction: outcome.direction,
                horizon_months: outcome.horizon_months,
                margin_percent: (outcome.role == OutcomeRole::Balancing).then_some(MARGIN_PERCENT),
            });
        }
    }
    let primary: Vec<String> =
        registered.iter().filter(|outcome| outcome.role == OutcomeRole::Primary).map(|outcome| outcome.measure.clone()).collect();
    if primary.len() != 1 {
        return Err((None, Fault::PrimaryCount { count: primary.len(), measures: primary }));
    }
    registered.sort_by_key(|outcome| outcome.role);
    Ok(registered)
}

fn outcome(entry: &OutcomeEntry, id: &InterventionId, library: &Library) -> Result<OutcomeRegistered, Located> {
    known_measure(entry.measure.get_ref(), library).map_err(|fault| (Some(entry.measure.span()), fault))?;
    let horizon = *entry.horizon_months.get_ref();
    let horizon_months = u8::try_from(horizon)
        .ok()
        .filter(|months| (1..=60).contains(months))
        .ok_or_else(|| (Some(entry.horizon_months.span()), Fault::Horizon(horizon)))?;
    if let Some(margin) = &entry.margin_percent {
        if entry.role != OutcomeRole::Balancing {
            return Err((Some(margin.span()), Fault::MarginNotBalancing));
        }
        if !(0.0..=100.0).contains(margin.get_ref()) {
            return Err((Some(margin.span()), Fault::Margin(*margin.get_ref())));
        }
    }
    let default = (entry.role == OutcomeRole::Balancing).then_some(MARGIN_PERCENT);
    Ok(OutcomeRegistered {
        intervention: id.clone(),
        measure: entry.measure.get_ref().clone(),
        role: entry.role,
        direction: entry.direction,
        horizon_months,
        margin_percent: entry.margin_percent.as_ref().map(|margin| *margin.get_ref()).or(default),
    })
}

fn known_measure(given: &str, library: &Library) -> Result<(), Fault> {
    if library.get(given).is_some() {
        return Ok(());
    }
    Err(Fault::UnknownMeasure {
        given: given.to_owned(),
        nearest: nearest(given, library.iter().map(|measure| measure.id.as_str())),
        known: library.iter().map(|measure| measure.id.clone()).collect(),
    })
}

fn sites(entries: &[SiteEntry], text: &str, id: &InterventionId) -> Result<Vec<Payload>, Located> {
    if entries.is_empty() {
        return Err((None, Fault::NoSite));
    }
    let mut lines: BTreeMap<OrgCode, usize> = BTreeMap::new();
    let (mut starts, mut stops) = (Vec::new(), Vec::new());
    for entry in entries {
        let given = entry.code.get_ref();
        let site: OrgCode = given.parse().map_err(|_| (Some(entry.code.span()), Fault::SiteCode { given: given.clone() }))?;
        if let Some(first_line) = lines.insert(site.clone(), line_of(text, entry.code.span().start)) {
            return Err((Some(entry.code.span()), Fault::DuplicateSite { site: site.to_string(), first_line }));
        }
        let start = date("start", &entry.start)?;
        starts.push(Payload::SiteStarted(SiteStarted { intervention: id.clone(), site: site.clone(), on: start }));
        if let Some(written) = &entry.end {
            let end = date("end", written)?;
            if end < start {
                return Err((Some(written.span()), Fault::EndBeforeStart { site: site.to_string(), start, end }));
            }
            // The event names the first day without it.
            let on = end.tomorrow().map_err(|_| (Some(written.span()), Fault::DateOutOfRange { key: "end", date: end }))?;
            stops.push(Payload::SiteStopped(SiteStopped { intervention: id.clone(), site, on }));
        }
    }
    starts.append(&mut stops);
    Ok(starts)
}

fn date(key: &'static str, written: &Spanned<toml::Value>) -> Result<Date, Located> {
    let text = match written.get_ref() {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let not_a_date = || (Some(written.span()), Fault::NotADate { key, given: text.chars().take(40).collect() });
    if text.len() != "2024-04-01".len() {
        return Err(not_a_date());
    }
    let date: Date = text.parse().map_err(|_| not_a_date())?;
    let last = Date::constant(2099, 12, 30);
    if !(Date::constant(2000, 1, 1)..=last).contains(&date) {
        return Err((Some(written.span()), Fault::DateOutOfRange { key, date }));
    }
    Ok(date)
}
