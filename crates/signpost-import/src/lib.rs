//! Reads published NHS files and returns the events they amount to.
//!
//! [`epd`] reads prescribing, [`list_size`] registered patients, [`practices`] who belongs where.
//! Invariants:
//! - A command is read whole or not at all: the first refused row ends it, and nothing is returned.
//! - The answer depends on the set of rows only: neither their order nor their division into files
//!   changes an event.
//! - Every returned event is within the limits that [`signpost_events::decode`] checks.
//! - Memory is bounded by what is kept; a row that is skipped allocates nothing, and a line that
//!   never ends is refused after [`LINE_BYTES_MAX`].
//! - An error names file, line and column, and never repeats a value of the file: a file given by
//!   mistake may hold patients.
//!
//! Deliberately absent: Kafka, positions, a clock, archives (unpack a ZIP first), workbooks (save
//! the sheet as CSV), and floats.

mod directory;
pub mod epd;
mod error;
pub mod list_size;
pub mod practices;
mod rows;
mod source;
mod value;

use std::collections::BTreeMap;

use signpost_core::{Month, OrgCode};
use signpost_events::{ListSize, Organisation, Snapshot};

pub use error::{ImportError, RowProblem};
pub use source::LINE_BYTES_MAX;

/// What the files of one command amount to. Send organisations, list sizes and snapshots; then,
/// with the acknowledged positions, a "month complete" for each of `months`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Names and membership, sorted by level and code.
    pub organisations: Vec<Organisation>,
    /// One per practice and month of the files, empty ones too, sorted by month and practice.
    pub snapshots: Vec<Snapshot>,
    /// Registered patients, sorted by month and practice.
    pub list_sizes: Vec<ListSize>,
    /// The months of prescribing, sorted.
    pub months: Vec<ImportedMonth>,
    /// What was read, kept and skipped.
    pub summary: Summary,
}

/// A month of prescribing that the files hold: the "month complete" without its positions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedMonth {
    /// The month.
    pub month: Month,
    /// The revision given for it.
    pub revision: u32,
    /// Every practice in it, sorted.
    pub practices: Vec<OrgCode>,
}

/// What became of the rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files read.
    pub files: u32,
    /// Bytes read.
    pub bytes: u64,
    /// Rows read, headers apart; kept and skipped ones add up to it.
    pub rows_read: u64,
    /// Rows that went into an event.
    pub rows_kept: u64,
    /// Rows that did not, by reason; reasons that did not occur are absent.
    pub rows_skipped: BTreeMap<Skip, u64>,
    /// Different practices with an event.
    pub practices: u32,
    /// Prescribing lines in the snapshots, after adding up.
    pub lines: u64,
}

impl Summary {
    fn skip(&mut self, reason: Skip) {
        let count = self.rows_skipped.entry(reason).or_default();
        *count = count.saturating_add(1);
    }

    fn keep(&mut self) {
        self.rows_kept = self.rows_kept.saturating_add(1);
    }
}

/// Why a lawful row is not part of any event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Skip {
    /// Its BNF code starts with none of the wanted prefixes.
    OtherMedicine,
    /// A wanted medicine whose prescriber could not be traced to a practice.
    Unidentified,
    /// Part of a list (one sex or age band); the whole list has its own row.
    PartOfList,
    /// About an organisation that is no practice.
    NotPractice,
    /// A network membership that is not in force in the month asked for.
    NotInForce,
}

impl Skip {
    /// The reason in words, for the summary.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OtherMedicine => "other medicine",
            Self::Unidentified => "practice not identified",
            Self::PartOfList => "part of a list",
            Self::NotPractice => "not a practice",
            Self::NotInForce => "membership not in force",
        }
    }
}

/// How far a command has got; reported now and then, and at the end of each file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The file being read, from 1.
    pub file: u32,
    /// Files of the command.
    pub files: u32,
    /// Bytes read, all files together.
    pub bytes_read: u64,
    /// Bytes of all files; what is no plain file (a pipe) counts as none.
    pub bytes_total: u64,
    /// Rows read, all files together.
    pub rows_read: u64,
}

/// The encoding of a file's text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8; anything else is refused.
    #[default]
    Utf8,
    /// ISO 8859-1, in which several NHS files are published. Every byte is lawful in it, so it is
    /// never guessed.
    Latin1,
}
