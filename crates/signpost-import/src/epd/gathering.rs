//! Practices, months and lines, gathered in whatever order the rows come.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use signpost_core::{Month, OrgCode};
use signpost_events::{LINES_MAX, Line, PAYLOAD_BYTES_MAX, PRACTICES_MAX, Snapshot};

use crate::directory::{Directory, Membership};
use crate::{Import, ImportError, ImportedMonth, RowProblem, Summary};

/// A practice's month, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct PlaceId(u32);

/// A presentation, by number: its code and name are held once, not once per practice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct PresentationId(u32);

#[derive(Debug)]
struct Place {
    month: Month,
    member: Membership,
    lines: usize,
}

/// What the lines of one place and presentation add up to.
#[derive(Debug, Default)]
pub(super) struct Total {
    pub(super) quantity_thousandths: u64,
    pub(super) items: u32,
}

/// All that the files of a command say of wanted medicines.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    places_of: BTreeMap<Month, HashMap<Vec<u8>, PlaceId>>,
    places: Vec<Place>,
    presentations: Vec<(String, String)>,
    presentation_of: HashMap<String, PresentationId>,
    totals: HashMap<(PlaceId, PresentationId), Total>,
    scratch: String,
}

impl Gathering {
    pub(super) fn find_place(&self, month: Month, practice: &[u8]) -> Option<PlaceId> {
        self.places_of.get(&month)?.get(practice).copied()
    }

    /// A practice's month that was not there before.
    pub(super) fn add_place(&mut self, month: Month, member: Membership) -> Result<PlaceId, RowProblem> {
        let places = self.places_of.entry(month).or_default();
        if places.len() >= PRACTICES_MAX {
            return Err(RowProblem::TooManyPractices);
        }
        let id = PlaceId(u32::try_from(self.places.len()).map_err(|_| RowProblem::TooManyPractices)?);
        places.insert(member.practice.as_str().as_bytes().to_vec(), id);
        self.places.push(Place { month, member, lines: 0 });
        Ok(id)
    }

    /// Some practices have rows under two commissioners in one month: the greater stands.
    pub(super) fn note_membership(&mut self, id: PlaceId, member: Membership) {
        if let Some(place) = usize::try_from(id.0).ok().and_then(|index| self.places.get_mut(index))
            && place.member < member
        {
            place.member = member;
        }
    }

    /// The total to which a row of this presentation adds.
    pub(super) fn line(&mut self, place: PlaceId, bnf: &str, name: &str) -> Result<&mut Total, RowProblem> {
        let key = (place, self.presentation(bnf, name)?);
        if !self.totals.contains_key(&key)
            && let Some(known) = usize::try_from(place.0).ok().and_then(|index| self.places.get_mut(index))
        {
            known.lines = known.lines.saturating_add(1);
            if known.lines > LINES_MAX {
                return Err(RowProblem::TooManyLines);
            }
        }
        Ok(self.totals.entry(key).or_default())
    }

    fn presentation(&mut self, bnf: &str, name: &str) -> Result<PresentationId, RowProblem> {
        self.scratch.clear();
        self.scratch.push_str(bnf);
        // Codes hold no blank, so the key is read in one way only.
        self.scratch.push(' ');
        self.scratch.push_str(name);
        if let Some(&known) = self.presentation_of.get(&self.scratch) {
            return Ok(known);
        }
        let id = PresentationId(u32::try_from(self.presentations.len()).map_err(|_| RowProblem::TooManyLines)?);
        self.presentations.push((bnf.to_owned(), name.to_owned()));
        self.presentation_of.insert(self.scratch.clone(), id);
        Ok(id)
    }

    /// The events, in an order that the order of the rows does not change.
    pub(super) fn into_import(self, feed: &str, revision: u32, counts: Summary) -> Result<Import, ImportError> {
        let mut directory = Directory::default();
        let mut snapshots: Vec<Snapshot> = Vec::with_capacity(self.places.len());
        for place in &self.places {
            directory.note(&place.member, place.month);
            snapshots.push(Snapshot {
                practice: place.member.practice.clone(),
                month: place.month,
                feed: feed.to_owned(),
                revision,
                lines: Vec::with_capacity(place.lines),
            });
        }
        let mut lines = 0_u64;
        for ((place, presentation), total) in self.totals {
            let snapshot = usize::try_from(place.0).ok().and_then(|index| snapshots.get_mut(index));
            let presentation = usize::try_from(presentation.0).ok().and_then(|index| self.presentations.get(index));
            if let (Some(snapshot), Some((bnf, name))) = (snapshot, presentation) {
                lines = lines.saturating_add(1);
                snapshot.lines.push(Line {
                    bnf: bnf.clone(),
                    name: name.clone(),
                    quantity_thousandths: total.quantity_thousandths,
                    items: total.items,
                });
            }
        }
        for snapshot in &mut snapshots {
            snapshot.lines.sort();
            check_size(snapshot)?;
        }
        snapshots.sort_by(|one, two| (one.month, &one.practice).cmp(&(two.month, &two.practice)));
        let practices: BTreeSet<&OrgCode> = self.places.iter().map(|place| &place.member.practice).collect();
        let practices = u32::try_from(practices.len()).unwrap_or(u32::MAX);
        Ok(Import {
            organisations: directory.into_organisations(),
            months: months(&snapshots, revision),
            snapshots,
            list_sizes: Vec::new(),
            summary: Summary { practices, lines, ..counts },
        })
    }
}

fn months(snapshots: &[Snapshot], revision: u32) -> Vec<ImportedMonth> {
    let month_of = |part: &[Snapshot]| {
        let month = part.first()?.month;
        let practices = part.iter().map(|snapshot| snapshot.practice.clone()).collect();
        Some(ImportedMonth { month, revision, practices })
    };
    snapshots.chunk_by(|one, two| one.month == two.month).filter_map(month_of).collect()
}

/// Refuses what would not fit one event, by the most that JSON can make of it.
fn check_size(snapshot: &Snapshot) -> Result<(), ImportError> {
    const EVENT_BYTES_MAX: usize = 4096;
    const LINE_BYTES_BESIDE_NAME_MAX: usize = 120;
    // A quote or backslash doubles; control characters are refused as a row is read.
    let line = |line: &Line| line.name.len().saturating_mul(2).saturating_add(LINE_BYTES_BESIDE_NAME_MAX);
    let bytes = snapshot.lines.iter().map(line).fold(EVENT_BYTES_MAX, usize::saturating_add);
    if bytes <= PAYLOAD_BYTES_MAX {
        return Ok(());
    }
    Err(ImportError::SnapshotTooLarge { practice: snapshot.practice.clone(), month: snapshot.month })
}
