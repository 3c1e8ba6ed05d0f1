//! Practices and what they belong to.
//!
//! Layouts:
//! - `epraccur` of the Organisation Data Service: 27 columns without a header. Every row becomes a
//!   practice, closed ones too (their past prescribing needs them), with its prescribing setting.
//! - "PCN Core Partner Details" of `ePCN`, the sheet saved as CSV: networks, with their names.
//! - The simplest: `code,name`, and any of `setting,pcn,pcn_name,sub_icb,sub_icb_name,icb,icb_name,
//!   region,region_name`.
//!
//! Given in one command they complete each other; the earlier of this list wins where two differ.
//! Neither says from which month it holds, so the caller does.

use std::collections::BTreeMap;
use std::path::PathBuf;

use csv::ByteRecord;
use signpost_core::{Month, OrgCode};
use signpost_events::PRACTICES_MAX;

use crate::directory::{Directory, Membership, Named};
use crate::rows::{Rows, names, read_files, value};
use crate::value::{code, month_of_date, optional_code, whole};
use crate::{Encoding, Import, ImportError, Progress, RowProblem, Skip, Summary};

const LAYOUT: &str = "epraccur, of PCN Core Partner Details, or code,name,setting,pcn,...";
const EPRACCUR_WIDTH: usize = 27;

/// What to read, and as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The month from which this is the newest word; network memberships are those in force in it.
    pub as_of: Month,
    /// Encoding of the files.
    pub encoding: Encoding,
}

/// Reads practice details: an organisation for each practice, and for each network, sub-ICB
/// location, ICB and region whose name is given.
///
/// # Errors
/// The first thing wrong with a file or a row: nothing of the command is usable then.
pub fn read(files: &[PathBuf], options: &Options, progress: &mut dyn FnMut(Progress)) -> Result<Import, ImportError> {
    let mut counts = Summary::default();
    let mut register = Register::default();
    let read = read_files(files, options.encoding, progress, |rows| read_file(rows, options.as_of, &mut register, &mut counts))?;
    let members = register.into_members();
    let mut directory = Directory::default();
    members.values().for_each(|member| directory.note(member, options.as_of));
    let practices = u32::try_from(members.len()).unwrap_or(u32::MAX);
    Ok(Import {
        organisations: directory.into_organisations(),
        snapshots: Vec::new(),
        list_sizes: Vec::new(),
        months: Vec::new(),
        summary: Summary { files: read.files, bytes: read.bytes, rows_read: read.rows_read, practices, ..counts },
    })
}

/// What each kind of file says of each practice.
#[derive(Default)]
struct Register {
    details: BTreeMap<OrgCode, Membership>,
    /// With the month a membership began: of two in force the later stands.
    networks: BTreeMap<OrgCode, (Month, Membership)>,
    simple: BTreeMap<OrgCode, Membership>,
}

impl Register {
    fn into_members(self) -> BTreeMap<OrgCode, Membership> {
        let mut members = self.details;
        let networks = self.networks.into_values().map(|(_, member)| member);
        for member in networks.chain(self.simple.into_values()) {
            match members.get_mut(&member.practice) {
                Some(known) => known.fill(member),
                None => drop(members.insert(member.practice.clone(), member)),
            }
        }
        members
    }
}

/// Keeps the greater of two rows about one key, whichever came first.
fn keep_greater<T: Ord>(known: &mut BTreeMap<OrgCode, T>, key: OrgCode, new: T) -> Result<(), RowProblem> {
    if known.len() >= PRACTICES_MAX && !known.contains_key(&key) {
        return Err(RowProblem::TooManyPractices);
    }
    match known.get_mut(&key) {
        Some(old) if *old >= new => {}
        Some(old) => *old = new,
        None => drop(known.insert(key, new)),
    }
    Ok(())
}

/// Where each value is; the month columns only in the network layout.
#[derive(Default)]
struct Columns {
    practice: usize,
    name: Option<usize>,
    setting: Option<usize>,
    pcn: Upper,
    sub_icb: Upper,
    icb: Upper,
    region: Upper,
    in_force: Option<(usize, usize)>,
}

#[derive(Default)]
struct Upper {
    code: Option<usize>,
    name: Option<usize>,
}

fn read_file(rows: &mut Rows<'_>, as_of: Month, register: &mut Register, counts: &mut Summary) -> Result<(), ImportError> {
    let mut record = ByteRecord::new();
    if !rows.read(&mut record)? {
        return Err(ImportError::Empty { file: rows.file().to_owned() });
    }
    let is_epraccur = record.len() == EPRACCUR_WIDTH && is_practice_code(value(&record, 0));
    let columns = if is_epraccur { epraccur(rows) } else { headed(rows, &record)? };
    let mut more = if is_epraccur { rows.check(&record).map(|()| true)? } else { rows.next(&mut record)? };
    while more {
        let member = membership(rows, &record, &columns)?;
        let refuse = |problem| rows.refuse(Some(columns.practice), problem);
        let key = member.practice.clone();
        let since = match columns.in_force {
            Some((start, end)) => in_force(rows, &record, start, end, as_of)?,
            None => Some(as_of),
        };
        match since {
            None => counts.skip(Skip::NotInForce),
            Some(_) if is_epraccur => keep_greater(&mut register.details, key, member).map_err(refuse)?,
            Some(since) if columns.in_force.is_some() => {
                keep_greater(&mut register.networks, key, (since, member)).map_err(refuse)?;
            }
            Some(_) => keep_greater(&mut register.simple, key, member).map_err(refuse)?,
        }
        if since.is_some() {
            counts.keep();
        }
        more = rows.next(&mut record)?;
    }
    Ok(())
}

/// A letter and five digits: what tells epraccur from the files of larger organisations, which have
/// the same 27 columns.
fn is_practice_code(text: &[u8]) -> bool {
    matches!(text, [letter, digits @ ..]
        if letter.is_ascii_uppercase() && digits.len() == 5 && digits.iter().all(u8::is_ascii_digit))
}

fn epraccur(rows: &mut Rows<'_>) -> Columns {
    let column = |number: usize| match number {
        1 => "1 (practice)".to_owned(),
        2 => "2 (name)".to_owned(),
        3 => "3 (region)".to_owned(),
        4 => "4 (ICB)".to_owned(),
        15 => "15 (sub-ICB)".to_owned(),
        26 => "26 (setting)".to_owned(),
        number => number.to_string(),
    };
    rows.header_is((1..=EPRACCUR_WIDTH).map(column).collect());
    let only_code = |code| Upper { code: Some(code), name: None };
    Columns {
        practice: 0,
        name: Some(1),
        region: only_code(2),
        icb: only_code(3),
        sub_icb: only_code(14),
        setting: Some(25),
        ..Columns::default()
    }
}

fn headed(rows: &mut Rows<'_>, first: &ByteRecord) -> Result<Columns, ImportError> {
    rows.header_is(names(first));
    let upper =
        |code: &[&str], name: &[&str]| -> Result<Upper, ImportError> { Ok(Upper { code: rows.find(code)?, name: rows.find(name)? }) };
    if let Some(practice) = rows.find(&["PARTNER ORGANISATION CODE"])? {
        return Ok(Columns {
            practice,
            name: Some(rows.need(&["PARTNER NAME"], LAYOUT)?),
            pcn: Upper { code: Some(rows.need(&["PCN CODE"], LAYOUT)?), name: Some(rows.need(&["PCN NAME"], LAYOUT)?) },
            sub_icb: upper(
                &["PRACTICE PARENT SUB ICB LOC CODE", "PRACTICE PARENT CCG CODE"],
                &["PRACTICE PARENT SUB ICB LOC NAME", "PRACTICE PARENT CCG NAME"],
            )?,
            in_force: Some((
                rows.need(&["PRACTICE TO PCN RELATIONSHIP START DATE"], LAYOUT)?,
                rows.need(&["PRACTICE TO PCN RELATIONSHIP END DATE"], LAYOUT)?,
            )),
            ..Columns::default()
        });
    }
    Ok(Columns {
        practice: rows.need(&["CODE"], LAYOUT)?,
        name: Some(rows.need(&["NAME"], LAYOUT)?),
        setting: rows.find(&["SETTING"])?,
        pcn: upper(&["PCN"], &["PCN_NAME"])?,
        sub_icb: upper(&["SUB_ICB"], &["SUB_ICB_NAME"])?,
        icb: upper(&["ICB"], &["ICB_NAME"])?,
        region: upper(&["REGION"], &["REGION_NAME"])?,
        in_force: None,
    })
}

/// The month a membership began, if it holds in `as_of`.
fn in_force(rows: &Rows<'_>, record: &ByteRecord, start: usize, end: usize, as_of: Month) -> Result<Option<Month>, ImportError> {
    let began = rows.parse(record, start, month_of_date)?;
    let ended = match value(record, end) {
        b"" => None,
        _ => Some(rows.parse(record, end, month_of_date)?),
    };
    let holds = began <= as_of && ended.is_none_or(|ended| ended >= as_of);
    Ok(holds.then_some(began))
}

fn membership(rows: &Rows<'_>, record: &ByteRecord, columns: &Columns) -> Result<Membership, ImportError> {
    let name = |column: Option<usize>| -> Result<String, ImportError> {
        column.map_or(Ok(String::new()), |column| rows.name(record, column).map(|name| name.into_owned()))
    };
    let named = |upper: &Upper| -> Result<Option<Named>, ImportError> {
        let Some(column) = upper.code else { return Ok(None) };
        let code = rows.parse(record, column, optional_code)?;
        code.map(|code| Ok(Named { code, name: name(upper.name)? })).transpose()
    };
    let setting = |column| {
        rows.parse(record, column, |text| match text {
            b"" => Ok(None),
            text => u8::try_from(whole(text)?).map(Some).map_err(|_| RowProblem::TooLarge),
        })
    };
    Ok(Membership {
        practice: rows.parse(record, columns.practice, code)?,
        name: name(columns.name)?,
        setting: columns.setting.map_or(Ok(None), setting)?,
        pcn: named(&columns.pcn)?,
        sub_icb: named(&columns.sub_icb)?,
        icb: named(&columns.icb)?,
        region: named(&columns.region)?,
    })
}
