use std::io;
use std::path::PathBuf;

use signpost_core::{ErrorKind, Month, OrgCode};

/// Why a command is refused. Nothing of it may be sent.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// No file to read.
    #[error("no file given; name at least one")]
    NoFiles,
    /// An option that no import can work with.
    #[error("option {option}: {problem}")]
    Option {
        /// The option's name.
        option: &'static str,
        /// What is wrong, and what to write.
        problem: &'static str,
    },
    /// The path leads nowhere.
    #[error("{}: no such file; check the path", file.display())]
    Missing {
        /// The path.
        file: PathBuf,
    },
    /// The path is a directory.
    #[error("{}: a directory; name the files in it", file.display())]
    Directory {
        /// The path.
        file: PathBuf,
    },
    /// The operating system failed.
    #[error("{}: cannot be read: {source}; check the disk and the permissions, then try again", file.display())]
    Read {
        /// The path.
        file: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// The content is no CSV at all.
    #[error("{}: {found}, not CSV; {advice}", file.display())]
    WrongType {
        /// The path.
        file: PathBuf,
        /// What it looks like.
        found: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// Not a byte.
    #[error("{}: the file is empty; fetch it again", file.display())]
    Empty {
        /// The path.
        file: PathBuf,
    },
    /// A header, and nothing below it.
    #[error("{}: a header without rows; fetch the file again", file.display())]
    HeaderOnly {
        /// The path.
        file: PathBuf,
    },
    /// Rows, and none of the kind that is wanted.
    #[error("{}: no row of the file is {wanted}; check that it is the right file", file.display())]
    NothingKept {
        /// The path.
        file: PathBuf,
        /// What was looked for.
        wanted: &'static str,
    },
    /// A column that every layout of the feed has is absent.
    #[error("{}, line 1: no column {column}; give a file in a layout of {layout}", file.display())]
    MissingColumn {
        /// The path.
        file: PathBuf,
        /// The column, by all names it is known under.
        column: String,
        /// The family of layouts.
        layout: &'static str,
    },
    /// Two columns of one name.
    #[error("{}, line 1: column {column} occurs twice; remove one of the two", file.display())]
    DuplicateColumn {
        /// The path.
        file: PathBuf,
        /// The column.
        column: String,
    },
    /// The same content twice in one command: its rows would count twice.
    #[error("{}: the same content as {}; name each file once", file.display(), earlier.display())]
    SameContent {
        /// The path.
        file: PathBuf,
        /// The path given before.
        earlier: PathBuf,
    },
    /// A row that cannot be taken.
    #[error("{}, line {line}{}: {problem}", file.display(), column.as_ref().map(|name| format!(", column {name}")).unwrap_or_default())]
    Row {
        /// The path.
        file: PathBuf,
        /// Line of the file, from 1, at which the row starts.
        line: u64,
        /// The column, where it is one value's fault.
        column: Option<String>,
        /// What is wrong, and what to do.
        problem: RowProblem,
    },
    /// A practice's month that does not fit one event.
    #[error("practice {practice}, {month}: its lines do not fit one event; ask for fewer BNF prefixes")]
    SnapshotTooLarge {
        /// The practice.
        practice: OrgCode,
        /// The month.
        month: Month,
    },
}

impl ImportError {
    /// Whose fault it is; only a failing disk or network is worth another try.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Read { .. } => ErrorKind::External,
            _ => ErrorKind::Data,
        }
    }
}

/// What is wrong with a row, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RowProblem {
    /// Another number of values than the header has.
    #[error("{found} values where the header has {expected}: half a line, or a stray comma or quote; fetch the file again")]
    Width {
        /// Columns of the header.
        expected: usize,
        /// Values of the row.
        found: usize,
    },
    /// Longer than [`crate::LINE_BYTES_MAX`].
    #[error("longer than {} bytes: no CSV, or a quote that is never closed; fetch the file again", crate::LINE_BYTES_MAX)]
    TooLong,
    /// The header again.
    #[error("the header again; give joined files one by one")]
    HeaderAgain,
    /// Bytes that are not UTF-8.
    #[error("not UTF-8; convert the file, or say that it is latin-1 if that is what it is")]
    NotUtf8,
    /// Not a month.
    #[error("not a month; write YYYYMM, YYYY_MM or YYYY-MM, 1900-01 to 2199-12")]
    NotMonth,
    /// Not a date.
    #[error("not a date; write 2017-09-01, 01SEP2017, 01-Sep-17, 20170901 or 01/09/2017")]
    NotDate,
    /// Not an organisation code.
    #[error("not an organisation code; write 1 to 12 capital letters and digits")]
    NotOrgCode,
    /// Not a BNF code.
    #[error("not a BNF code; write 15 capital letters and digits, 11 for an appliance")]
    NotBnfCode,
    /// Not a number.
    #[error("not a number; write digits with at most one decimal point")]
    NotNumber,
    /// Below zero.
    #[error("below zero; correct the row at its source")]
    Negative,
    /// A fraction where none can be.
    #[error("not a whole number; correct the row at its source")]
    NotWhole,
    /// Finer than a thousandth.
    #[error("finer than a thousandth; give at most three decimals")]
    TooFine,
    /// More than a limit of the events.
    #[error("larger than the limit; correct the row at its source")]
    TooLarge,
    /// Neither Y, N, true nor false.
    #[error("neither Y, N, true nor false; half a line, or another layout")]
    NotFlag,
    /// A name that is absent.
    #[error("no name; correct the row at its source")]
    NoName,
    /// A name that no screen could show.
    #[error("a name longer than {} bytes or with control characters; correct the row at its source", signpost_events::NAME_BYTES_MAX)]
    BadName,
    /// More lines than a snapshot can hold.
    #[error("more than {} different lines of one practice and month; ask for fewer BNF prefixes", signpost_events::LINES_MAX)]
    TooManyLines,
    /// More practices than a month can hold.
    #[error("more than {} practices in one month; check that the column holds practice codes", signpost_events::PRACTICES_MAX)]
    TooManyPractices,
    /// A second row about the same thing, with another answer.
    #[error("another value than an earlier row for the same practice and month; keep one of the two")]
    Contradiction,
}
