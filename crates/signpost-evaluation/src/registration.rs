//! What was promised, by whom, and when: recorded events folded into interventions.
//!
//! The first registration stands for ever; a later different one is listed as an amendment and
//! changes nothing. What was recorded before the first site's first day (Europe/London) is
//! pre-specified; what came later is exploratory, for ever.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use signpost_core::{Month, OrgCode};
use signpost_events::{Closed, Declared, Direction, InterventionId, OutcomeRegistered, OutcomeRole, Payload, SiteStarted, SiteStopped};

/// An event with the time and place of its recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// What it says; payloads about anything but interventions are passed over.
    pub payload: Payload,
    /// When the broker appended it (the demo: when it says it happened).
    pub at: Timestamp,
    /// Its place in the order of recording, such as its offset.
    pub order: u64,
}

/// An intervention as registered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Intervention {
    /// Its id.
    pub id: InterventionId,
    /// Its name.
    pub title: String,
    /// Its kind.
    pub kind: String,
    /// Who answers for it.
    pub owner: String,
    /// What was expected, and why.
    pub hypothesis: String,
    /// Its sites, sorted by code.
    pub sites: Vec<Site>,
    /// The practices of its sites, each with its first full month under intervention.
    pub practices: BTreeMap<OrgCode, Month>,
    /// Its outcomes, the primary first.
    pub outcomes: Vec<Outcome>,
    /// Whether everything that counts was recorded before the first site started.
    pub registration: Registration,
    /// Later different registrations, in their order; they don't count.
    pub amendments: Vec<Amendment>,
    /// Its conclusion, once closed.
    pub conclusion: Option<Conclusion>,
}

/// A site and its time of delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Site {
    /// The practice, network or board.
    pub code: OrgCode,
    /// The first day of delivery.
    pub start: Date,
    /// The first day without it, if it stopped.
    pub stop: Option<Date>,
}

/// An outcome as registered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// The measure's id.
    pub measure: String,
    /// What it is for.
    pub role: OutcomeRole,
    /// Which way is hoped for, or harmless.
    pub direction: Direction,
    /// Months after the start at which it is judged.
    pub horizon_months: u8,
    /// Tolerable harm in per cent; balancing outcomes only.
    pub margin_percent: Option<f64>,
    /// Whether it, the declaration and every site were recorded before the first site started.
    pub registration: Registration,
}

/// Whether something was promised before it could be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Registration {
    /// Recorded before the start.
    PreSpecified,
    /// Recorded later.
    Exploratory,
}

impl Registration {
    /// The word on screens.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PreSpecified => "pre-specified",
            Self::Exploratory => "exploratory",
        }
    }
}

/// A later registration that differs from the first, and doesn't count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Amendment {
    /// When it was recorded.
    pub at: Timestamp,
    /// What it would have changed.
    pub what: String,
}

/// How an intervention ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conclusion {
    /// The day of closing.
    pub on: Date,
    /// What was learnt.
    pub lesson: String,
}

impl Intervention {
    /// The first full month under intervention at the earliest site.
    #[must_use]
    pub fn start_month(&self) -> Option<Month> {
        self.sites.iter().filter_map(|site| first_full_month(site.start)).min()
    }

    /// The first full month in which every site is under intervention: the start of the analysis.
    #[must_use]
    pub fn complete_month(&self) -> Option<Month> {
        self.sites.iter().filter_map(|site| first_full_month(site.start)).max()
    }

    /// The month of the earliest site's first day.
    #[must_use]
    pub fn first_touched_month(&self) -> Option<Month> {
        self.sites.iter().map(|site| site.start).min().and_then(month_of)
    }

    /// `running` or `closed`.
    #[must_use]
    pub fn status(&self) -> &'static str {
        if self.conclusion.is_some() { "closed" } else { "running" }
    }
}

/// The practices under any of these interventions at any time: never a comparison.
#[must_use]
pub fn treated_practices(interventions: &[Intervention]) -> BTreeSet<OrgCode> {
    interventions.iter().flat_map(|intervention| intervention.practices.keys().cloned()).collect()
}

/// The first full month from a day on: the month itself when the day is its first. `None` only
/// outside the calendar of [`Month`], where no event's day lies.
#[must_use]
pub fn first_full_month(day: Date) -> Option<Month> {
    month_of(day).map(|month| if day.day() == 1 { month } else { month.plus(1) })
}

fn month_of(day: Date) -> Option<Month> {
    Month::new(i32::from(day.year()), u32::from(day.month().unsigned_abs())).ok()
}

/// Folds recorded events into interventions, sorted by id. `practices_of` expands a site to the
/// practices that belong to it (a practice to itself; an unknown code to none).
///
/// Events may come in any order and more than once: their own order decides. Events about an
/// intervention that nobody declared are passed over until it is.
#[must_use]
pub fn fold(recorded: &[Recorded], practices_of: &dyn Fn(&OrgCode) -> Vec<OrgCode>) -> Vec<Intervention> {
    let mut ordered: Vec<&Recorded> = recorded.iter().collect();
    ordered.sort_by_key(|event| event.order);
    let mut drafts: BTreeMap<InterventionId, Draft> = BTreeMap::new();
    for event in ordered {
        match &event.payload {
            Payload::Declared(data) => drafts.entry(data.intervention.clone()).or_default().declare(data, event.at),
            Payload::OutcomeRegistered(data) => drafts.entry(data.intervention.clone()).or_default().register(data, event.at),
            Payload::SiteStarted(data) => drafts.entry(data.intervention.clone()).or_default().start(data, event.at),
            Payload::SiteStopped(data) => drafts.entry(data.intervention.clone()).or_default().stop(data, event.at),
            Payload::Closed(data) => drafts.entry(data.intervention.clone()).or_default().close(data, event.at),
            _ => {}
        }
    }
    drafts.into_iter().filter_map(|(id, draft)| draft.finished(id, practices_of)).collect()
}

/// What stands so far, each with the time of its recording.
#[derive(Default)]
struct Draft {
    declared: Option<(Declared, Timestamp)>,
    outcomes: Vec<(OutcomeRegistered, Timestamp)>,
    sites: BTreeMap<OrgCode, (Site, Timestamp)>,
    closed: Option<Closed>,
    amendments: Vec<Amendment>,
}

impl Draft {
    fn declare(&mut self, data: &Declared, at: Timestamp) {
        match &self.declared {
            None => self.declared = Some((data.clone(), at)),
            Some((first, _)) if first != data => self.amend(at, "the declaration was sent again with other words".into()),
            Some(_) => {}
        }
    }

    fn register(&mut self, data: &OutcomeRegistered, at: Timestamp) {
        let measure = &data.measure;
        if let Some((first, _)) = self.outcomes.iter().find(|(first, _)| first.measure == *measure) {
            if first != data {
                let what = format!("outcome {measure}: from {} to {}", described(first), described(data));
                self.amend(at, what);
            }
        } else if data.role == OutcomeRole::Primary && self.outcomes.iter().any(|(first, _)| first.role == OutcomeRole::Primary) {
            self.amend(at, format!("outcome {measure}: a second primary outcome"));
        } else {
            self.outcomes.push((data.clone(), at));
        }
    }

    fn start(&mut self, data: &SiteStarted, at: Timestamp) {
        match self.sites.get(&data.site) {
            None => {
                let site = Site { code: data.site.clone(), start: data.on, stop: None };
                self.sites.insert(data.site.clone(), (site, at));
            }
            Some((first, _)) if first.start != data.on => {
                let what = format!("site {}: start from {} to {}", data.site, first.start, data.on);
                self.amend(at, what);
            }
            Some(_) => {}
        }
    }

    fn stop(&mut self, data: &SiteStopped, at: Timestamp) {
        match self.sites.get_mut(&data.site) {
            Some((site, _)) if site.stop.is_none() && data.on > site.start => site.stop = Some(data.on),
            Some((site, _)) if site.stop == Some(data.on) => {}
            Some(_) => self.amend(at, format!("site {}: another stop, on {}", data.site, data.on)),
            None => self.amend(at, format!("site {}: a stop on {} without a start", data.site, data.on)),
        }
    }

    fn close(&mut self, data: &Closed, at: Timestamp) {
        match &self.closed {
            None => self.closed = Some(data.clone()),
            Some(first) if first != data => self.amend(at, "it was closed again with other words".into()),
            Some(_) => {}
        }
    }

    fn amend(&mut self, at: Timestamp, what: String) {
        // A repeated message is not a second amendment.
        if !self.amendments.iter().any(|amendment| amendment.what == what) {
            self.amendments.push(Amendment { at, what });
        }
    }

    fn finished(self, id: InterventionId, practices_of: &dyn Fn(&OrgCode) -> Vec<OrgCode>) -> Option<Intervention> {
        let (declared, declared_at) = self.declared?;
        let start = self.sites.values().map(|(site, _)| site.start).min();
        let in_time = |at: Timestamp| start.is_none_or(|start| at < midnight_in_london(start));
        let frame_in_time = in_time(declared_at) && self.sites.values().all(|(_, at)| in_time(*at));
        let mut outcomes: Vec<Outcome> = self
            .outcomes
            .into_iter()
            .map(|(data, at)| Outcome {
                measure: data.measure,
                role: data.role,
                direction: data.direction,
                horizon_months: data.horizon_months,
                margin_percent: data.margin_percent,
                registration: if frame_in_time && in_time(at) { Registration::PreSpecified } else { Registration::Exploratory },
            })
            .collect();
        outcomes.sort_by_key(|outcome| outcome.role);
        let all_in_time = frame_in_time && outcomes.iter().all(|outcome| outcome.registration == Registration::PreSpecified);
        let sites: Vec<Site> = self.sites.into_values().map(|(site, _)| site).collect();
        let mut practices: BTreeMap<OrgCode, Month> = BTreeMap::new();
        for site in &sites {
            let Some(month) = first_full_month(site.start) else { continue };
            for practice in practices_of(&site.code) {
                practices.entry(practice).and_modify(|first| *first = month.min(*first)).or_insert(month);
            }
        }
        Some(Intervention {
            id,
            title: declared.title,
            kind: declared.kind,
            owner: declared.owner,
            hypothesis: declared.hypothesis,
            sites,
            practices,
            outcomes,
            registration: if all_in_time { Registration::PreSpecified } else { Registration::Exploratory },
            amendments: self.amendments,
            conclusion: self.closed.map(|closed| Conclusion { on: closed.on, lesson: closed.lesson }),
        })
    }
}

fn described(outcome: &OutcomeRegistered) -> String {
    let role = match outcome.role {
        OutcomeRole::Primary => "primary",
        OutcomeRole::Secondary => "secondary",
        OutcomeRole::Process => "process",
        OutcomeRole::Balancing => "balancing",
    };
    let direction = match outcome.direction {
        Direction::Lower => "lower",
        Direction::Higher => "higher",
    };
    let margin = outcome.margin_percent.map(|margin| format!(", margin {margin} %")).unwrap_or_default();
    format!("{role}, {direction}, {} months{margin}", outcome.horizon_months)
}

/// The first instant of a day in London: summer time from the last Sunday of March to the last of
/// October, as a rule in the text because a pure crate reads no time-zone files.
fn midnight_in_london(day: Date) -> Timestamp {
    let london = TimeZone::posix("GMT0BST,M3.5.0/1,M10.5.0").unwrap_or(TimeZone::UTC);
    day.to_zoned(london).map_or(Timestamp::MIN, |zoned| zoned.timestamp())
}
