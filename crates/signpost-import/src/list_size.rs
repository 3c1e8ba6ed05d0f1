//! Patients registered with each practice at the start of a month.
//!
//! Layouts, told apart by column names:
//! - NHS England's "patients registered at a GP practice", by five-year bands or whole
//!   (`EXTRACT_DATE`, `ORG_TYPE` or `TYPE`, `ORG_CODE` or `CODE`, `SEX`, `AGE_GROUP_5` or `AGE`,
//!   `NUMBER_OF_PATIENTS`): only the row of a practice with both sexes and all ages is kept.
//! - The simplest: `practice,month,patients`, month as `2017-09`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use csv::ByteRecord;
use signpost_core::{Month, OrgCode};
use signpost_events::ListSize;

use crate::rows::{Rows, read_files, value};
use crate::value::{code, month, month_of_date, whole};
use crate::{Encoding, Import, ImportError, Progress, RowProblem, Skip, Summary};

const LAYOUT: &str = "patients registered at a GP practice, or practice,month,patients";
const REVISION_MAX: u32 = 1_000_000;
const PATIENTS_MAX: u32 = 1_000_000;

/// What to read, and as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Revision of the months in the files, from 1.
    pub revision: u32,
    /// Encoding of the files.
    pub encoding: Encoding,
}

/// Reads list sizes. A row repeated with the same answer is harmless; with another it is refused.
///
/// # Errors
/// The first thing wrong with an option, a file or a row: nothing of the command is usable then.
pub fn read(files: &[PathBuf], options: &Options, progress: &mut dyn FnMut(Progress)) -> Result<Import, ImportError> {
    if !(1..=REVISION_MAX).contains(&options.revision) {
        return Err(ImportError::Option { option: "revision", problem: "write a number from 1 to 1000000" });
    }
    let mut counts = Summary::default();
    let mut patients: BTreeMap<(Month, OrgCode), u32> = BTreeMap::new();
    let read = read_files(files, options.encoding, progress, |rows| read_file(rows, &mut patients, &mut counts))?;
    let practices: BTreeSet<&OrgCode> = patients.keys().map(|(_, practice)| practice).collect();
    let practices = u32::try_from(practices.len()).unwrap_or(u32::MAX);
    let revision = options.revision;
    let event = |((month, practice), patients)| ListSize { practice, month, revision, patients };
    Ok(Import {
        summary: Summary { files: read.files, bytes: read.bytes, rows_read: read.rows_read, practices, ..counts },
        organisations: Vec::new(),
        snapshots: Vec::new(),
        list_sizes: patients.into_iter().map(event).collect(),
        months: Vec::new(),
    })
}

struct Columns {
    practice: usize,
    month: usize,
    read_month: fn(&[u8]) -> Result<Month, RowProblem>,
    patients: usize,
    /// Those that tell whose patients a row counts; absent in the simplest layout.
    kind: Option<Kind>,
}

struct Kind {
    organisation: usize,
    sex: usize,
    age: usize,
}

impl Columns {
    fn of(rows: &Rows<'_>) -> Result<Self, ImportError> {
        if rows.find(&["PATIENTS"])?.is_some() {
            return Ok(Self {
                practice: rows.need(&["PRACTICE"], LAYOUT)?,
                month: rows.need(&["MONTH"], LAYOUT)?,
                read_month: month,
                patients: rows.need(&["PATIENTS"], LAYOUT)?,
                kind: None,
            });
        }
        Ok(Self {
            practice: rows.need(&["ORG_CODE", "CODE"], LAYOUT)?,
            month: rows.need(&["EXTRACT_DATE"], LAYOUT)?,
            read_month: month_of_date,
            patients: rows.need(&["NUMBER_OF_PATIENTS"], LAYOUT)?,
            kind: Some(Kind {
                organisation: rows.need(&["ORG_TYPE", "TYPE"], LAYOUT)?,
                sex: rows.need(&["SEX"], LAYOUT)?,
                age: rows.need(&["AGE_GROUP_5", "AGE"], LAYOUT)?,
            }),
        })
    }

    fn skip(&self, record: &ByteRecord) -> Option<Skip> {
        let kind = self.kind.as_ref()?;
        let whole = |column| value(record, column).eq_ignore_ascii_case(b"ALL");
        match value(record, kind.organisation) {
            b"GP" if whole(kind.sex) && whole(kind.age) => None,
            b"GP" => Some(Skip::PartOfList),
            _ => Some(Skip::NotPractice),
        }
    }
}

fn read_file(rows: &mut Rows<'_>, patients_of: &mut BTreeMap<(Month, OrgCode), u32>, counts: &mut Summary) -> Result<(), ImportError> {
    rows.read_header()?;
    let columns = Columns::of(rows)?;
    let mut record = ByteRecord::new();
    let mut is_any = false;
    while rows.next(&mut record)? {
        let patients = rows.parse(&record, columns.patients, |text| match whole(text) {
            Ok(patients) if patients > PATIENTS_MAX => Err(RowProblem::TooLarge),
            patients => patients,
        })?;
        if let Some(reason) = columns.skip(&record) {
            counts.skip(reason);
            continue;
        }
        let month = rows.parse(&record, columns.month, columns.read_month)?;
        let practice = rows.parse(&record, columns.practice, code)?;
        let known = *patients_of.entry((month, practice)).or_insert(patients);
        if known != patients {
            return Err(rows.refuse(Some(columns.patients), RowProblem::Contradiction));
        }
        counts.keep();
        is_any = true;
    }
    if is_any {
        return Ok(());
    }
    Err(ImportError::NothingKept { file: rows.file().to_owned(), wanted: "a practice's whole list (GP, ALL, ALL)" })
}
