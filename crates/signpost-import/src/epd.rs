//! The English Prescribing Dataset: every medicine each practice prescribed in a month.
//!
//! A row says that ITEMS prescriptions of QUANTITY each, TOTAL_QUANTITY together, were dispensed of
//! one presentation. Rows of a practice's month that share code and name (other quantities, other
//! SNOMED codes) are added up to one line: measures use total quantity and items, never the
//! quantity of one item. Rows whose BNF code starts with none of the wanted prefixes are skipped
//! after a look at their practice, month and the first character of their numbers.
//!
//! Layouts: 26 columns with AREA_TEAM, STP or ICB names; the names of 2025; 27 columns with
//! SNOMED_CODE. They are told apart by column names alone; order is free and further columns are
//! ignored. STP and ICB codes are taken as the ICB; an area team is none of today's levels and is
//! left out.

mod gathering;

use std::path::PathBuf;

use csv::ByteRecord;

use self::gathering::{Gathering, PlaceId};
use crate::directory::{Membership, Named};
use crate::rows::{Rows, read_files, value};
use crate::value::{bnf, code, digits_first, month, optional_code, sub_icb, thousandths, whole};
use crate::{Encoding, Import, ImportError, Progress, RowProblem, Skip, Summary};

const LAYOUT: &str = "the English Prescribing Dataset (EPD)";
const REVISION_MAX: u32 = 1_000_000;
const QUANTITY_THOUSANDTHS_MAX: u64 = 1_000_000_000_000;
const ITEMS_MAX: u32 = 1_000_000;

/// What to read, and as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The feed's name in events, such as `epd`: 2 to 32 lower-case letters and hyphens.
    pub feed: String,
    /// Revision of the months in the files, from 1; the newest complete one counts.
    pub revision: u32,
    /// Beginnings of the BNF codes to keep; at least one.
    pub bnf_prefixes: Vec<String>,
    /// Encoding of the files.
    pub encoding: Encoding,
}

impl Options {
    fn check(&self) -> Result<(), ImportError> {
        let refuse = |option, problem| Err(ImportError::Option { option, problem });
        let feed = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
        if !(2..=32).contains(&self.feed.len()) || !self.feed.bytes().all(feed) {
            return refuse("feed", "write 2 to 32 lower-case letters and hyphens");
        }
        if !(1..=REVISION_MAX).contains(&self.revision) {
            return refuse("revision", "write a number from 1 to 1000000");
        }
        let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        let prefix = |text: &String| (1..=15).contains(&text.len()) && text.bytes().all(plain);
        if self.bnf_prefixes.is_empty() || !self.bnf_prefixes.iter().all(prefix) {
            return refuse("bnf_prefixes", "write at least one, each of 1 to 15 capital letters and digits");
        }
        Ok(())
    }

    fn wants(&self, code: &[u8]) -> bool {
        self.bnf_prefixes.iter().any(|prefix| code.starts_with(prefix.as_bytes()))
    }
}

/// Reads the files of one or several months: a snapshot for each practice and month in them, empty
/// where nothing wanted was prescribed, and the organisations that the rows name.
///
/// Every file is read before anything is returned; `progress` is called every 65,536 rows and at
/// the end of each file.
///
/// # Errors
/// The first thing wrong with an option, a file or a row: nothing of the command is usable then.
pub fn read(files: &[PathBuf], options: &Options, progress: &mut dyn FnMut(Progress)) -> Result<Import, ImportError> {
    options.check()?;
    let mut gathering = Gathering::default();
    let mut counts = Summary::default();
    let read = read_files(files, options.encoding, progress, |rows| read_file(rows, options, &mut gathering, &mut counts))?;
    let counts = Summary { files: read.files, bytes: read.bytes, rows_read: read.rows_read, ..counts };
    gathering.into_import(&options.feed, options.revision, counts)
}

/// Where each value is, whatever the era calls it.
struct Columns {
    month: usize,
    practice: usize,
    unidentified: usize,
    practice_name: Option<usize>,
    sub_icb: Upper,
    icb: Upper,
    region: Upper,
    bnf: usize,
    bnf_name: usize,
    items: usize,
    total_quantity: usize,
    /// Those that tell whose row it is: equal values in a row and the one before mean one place.
    place: Vec<usize>,
}

/// The columns of an organisation above the practice.
struct Upper {
    code: Option<usize>,
    name: Option<usize>,
}

impl Columns {
    fn of(rows: &Rows<'_>) -> Result<Self, ImportError> {
        let upper =
            |code: &[&str], name: &[&str]| -> Result<Upper, ImportError> { Ok(Upper { code: rows.find(code)?, name: rows.find(name)? }) };
        let mut columns = Self {
            month: rows.need(&["YEAR_MONTH"], LAYOUT)?,
            practice: rows.need(&["PRACTICE_CODE"], LAYOUT)?,
            bnf: rows.need(&["BNF_CODE", "BNF_PRESENTATION_CODE"], LAYOUT)?,
            bnf_name: rows.need(&["BNF_DESCRIPTION", "BNF_PRESENTATION_NAME"], LAYOUT)?,
            items: rows.need(&["ITEMS"], LAYOUT)?,
            total_quantity: rows.need(&["TOTAL_QUANTITY"], LAYOUT)?,
            unidentified: rows.need(&["UNIDENTIFIED"], LAYOUT)?,
            practice_name: rows.find(&["PRACTICE_NAME"])?,
            sub_icb: upper(&["PCO_CODE"], &["PCO_NAME"])?,
            icb: upper(&["ICB_CODE", "STP_CODE"], &["ICB_NAME", "STP_NAME"])?,
            region: upper(&["REGIONAL_OFFICE_CODE"], &["REGIONAL_OFFICE_NAME"])?,
            place: Vec::new(),
        };
        columns.place = [columns.practice, columns.month, columns.unidentified]
            .into_iter()
            .chain(columns.practice_name)
            .chain([&columns.sub_icb, &columns.icb, &columns.region].into_iter().flat_map(|upper| upper.code.into_iter().chain(upper.name)))
            .collect();
        Ok(columns)
    }
}

fn read_file(rows: &mut Rows<'_>, options: &Options, gathering: &mut Gathering, counts: &mut Summary) -> Result<(), ImportError> {
    rows.read_header()?;
    let columns = Columns::of(rows)?;
    let mut before = ByteRecord::new();
    let mut record = ByteRecord::new();
    let mut place = None;
    while rows.next(&mut record)? {
        let same = columns.place.iter().all(|&column| record.get(column) == before.get(column));
        if !same || before.is_empty() {
            place = find_place(rows, &record, &columns, gathering)?;
        }
        if !options.wants(value(&record, columns.bnf)) {
            rows.parse(&record, columns.total_quantity, digits_first)?;
            rows.parse(&record, columns.items, digits_first)?;
            counts.skip(Skip::OtherMedicine);
        } else if let Some(place) = place {
            keep_line(rows, &record, &columns, gathering, place)?;
            counts.keep();
        } else {
            counts.skip(Skip::Unidentified);
        }
        std::mem::swap(&mut before, &mut record);
    }
    Ok(())
}

/// The practice and month of a row; `None` where the prescriber is not identified.
fn find_place(rows: &Rows<'_>, record: &ByteRecord, columns: &Columns, gathering: &mut Gathering) -> Result<Option<PlaceId>, ImportError> {
    let month = rows.parse(record, columns.month, month)?;
    let unidentified = rows.parse(record, columns.unidentified, flag)?;
    if unidentified || value(record, columns.practice) == b"-" {
        return Ok(None);
    }
    let refuse = |problem| rows.refuse(Some(columns.practice), problem);
    let id = match gathering.find_place(month, value(record, columns.practice)) {
        Some(id) => id,
        None => {
            let member = membership(rows, record, columns)?;
            return gathering.add_place(month, member).map(Some).map_err(refuse);
        }
    };
    gathering.note_membership(id, membership(rows, record, columns)?);
    Ok(Some(id))
}

fn membership(rows: &Rows<'_>, record: &ByteRecord, columns: &Columns) -> Result<Membership, ImportError> {
    let name = |column: Option<usize>| -> Result<String, ImportError> {
        column.map_or(Ok(String::new()), |column| rows.name(record, column).map(|name| name.into_owned()))
    };
    let named = |upper: &Upper, trim: fn(&[u8]) -> &[u8]| -> Result<Option<Named>, ImportError> {
        let Some(column) = upper.code else { return Ok(None) };
        let code = rows.parse(record, column, |text| optional_code(trim(text)))?;
        code.map(|code| Ok(Named { code, name: name(upper.name)? })).transpose()
    };
    Ok(Membership {
        practice: rows.parse(record, columns.practice, code)?,
        name: name(columns.practice_name)?,
        setting: None,
        pcn: None,
        sub_icb: named(&columns.sub_icb, sub_icb)?,
        icb: named(&columns.icb, |text| text)?,
        region: named(&columns.region, |text| text)?,
    })
}

fn keep_line(
    rows: &Rows<'_>,
    record: &ByteRecord,
    columns: &Columns,
    gathering: &mut Gathering,
    place: PlaceId,
) -> Result<(), ImportError> {
    let bnf = rows.parse(record, columns.bnf, bnf)?;
    let name = rows.name(record, columns.bnf_name)?;
    if name.is_empty() {
        return Err(rows.refuse(Some(columns.bnf_name), RowProblem::NoName));
    }
    let quantity = rows.parse(record, columns.total_quantity, thousandths)?;
    let items = rows.parse(record, columns.items, whole)?;
    let line = gathering.line(place, bnf, &name).map_err(|problem| rows.refuse(Some(columns.practice), problem))?;
    let too_large = |column| rows.refuse(Some(column), RowProblem::TooLarge);
    line.quantity_thousandths = line
        .quantity_thousandths
        .checked_add(quantity)
        .filter(|&total| total <= QUANTITY_THOUSANDTHS_MAX)
        .ok_or_else(|| too_large(columns.total_quantity))?;
    line.items = line.items.checked_add(items).filter(|&total| total <= ITEMS_MAX).ok_or_else(|| too_large(columns.items))?;
    Ok(())
}

/// Y or N; true or false where the file went through a data portal.
fn flag(text: &[u8]) -> Result<bool, RowProblem> {
    match text {
        b"N" | b"n" => Ok(false),
        b"Y" | b"y" => Ok(true),
        text if text.eq_ignore_ascii_case(b"false") => Ok(false),
        text if text.eq_ignore_ascii_case(b"true") => Ok(true),
        _ => Err(RowProblem::NotFlag),
    }
}

#[cfg(test)]
mod tests;
