//! The rows of a command's files, one by one, with the words that errors need.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use csv::{ByteRecord, ReaderBuilder, Terminator};
use signpost_events::NAME_BYTES_MAX;

use crate::source::{LINE_BYTES_MAX, Source};
use crate::{Encoding, ImportError, Progress, RowProblem, Summary};

/// A power of two: rows between two reports.
const ROWS_PER_REPORT: u64 = 1 << 16;
const BUFFER_BYTES: usize = 64 * 1024;

/// Reads every file in turn with `read_one`; the summary counts files, bytes and rows read.
pub(crate) fn read_files(
    files: &[PathBuf],
    encoding: Encoding,
    progress: &mut dyn FnMut(Progress),
    mut read_one: impl FnMut(&mut Rows<'_>) -> Result<(), ImportError>,
) -> Result<Summary, ImportError> {
    if files.is_empty() {
        return Err(ImportError::NoFiles);
    }
    let size = |file: &PathBuf| std::fs::metadata(file).map(|data| data.len()).unwrap_or(0);
    let mut done = Progress {
        file: 0,
        files: u32::try_from(files.len()).unwrap_or(u32::MAX),
        bytes_read: 0,
        bytes_total: files.iter().map(size).fold(0, u64::saturating_add),
        rows_read: 0,
    };
    let mut seen: Vec<((u64, u64), &Path)> = Vec::new();
    for file in files {
        done.file = done.file.saturating_add(1);
        let mut rows = Rows::new(Source::open(file)?, encoding, done, progress);
        read_one(&mut rows)?;
        let fingerprint = rows.reader.get_ref().fingerprint();
        done = rows.now();
        progress(done);
        if let Some((_, earlier)) = seen.iter().find(|(other, _)| *other == fingerprint) {
            return Err(ImportError::SameContent { file: file.clone(), earlier: earlier.to_path_buf() });
        }
        seen.push((fingerprint, file));
    }
    Ok(Summary { files: done.files, bytes: done.bytes_read, rows_read: done.rows_read, ..Summary::default() })
}

/// One file's rows. Errors name the column by the header, which the layout gives.
pub(crate) struct Rows<'a> {
    reader: csv::Reader<Source>,
    encoding: Encoding,
    header: Vec<String>,
    line: u64,
    rows: u64,
    before: Progress,
    progress: &'a mut dyn FnMut(Progress),
}

impl<'a> Rows<'a> {
    pub(crate) fn new(source: Source, encoding: Encoding, before: Progress, progress: &'a mut dyn FnMut(Progress)) -> Self {
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            // A carriage return is blank at the end of the last value; values are trimmed.
            .terminator(Terminator::Any(b'\n'))
            .buffer_capacity(BUFFER_BYTES)
            .from_reader(source);
        Self { reader, encoding, header: Vec::new(), line: 1, rows: 0, before, progress }
    }

    pub(crate) fn file(&self) -> &Path {
        self.reader.get_ref().file()
    }

    /// Reads the first line as the header. Names lose blanks around and doubled blanks within, and
    /// are compared in capitals.
    pub(crate) fn read_header(&mut self) -> Result<(), ImportError> {
        let mut first = ByteRecord::new();
        if !self.read(&mut first)? {
            return Err(ImportError::Empty { file: self.file().to_owned() });
        }
        self.header_is(names(&first));
        Ok(())
    }

    /// Names the columns of a file that has no header.
    pub(crate) fn header_is(&mut self, header: Vec<String>) {
        self.header = header;
    }

    /// The column known under one of `names`, if the file has it.
    pub(crate) fn find(&self, names: &[&str]) -> Result<Option<usize>, ImportError> {
        let mut places = self.header.iter().enumerate().filter(|(_, column)| names.contains(&column.as_str()));
        let found = places.next().map(|(place, _)| place);
        match places.next() {
            Some((_, column)) => Err(ImportError::DuplicateColumn { file: self.file().to_owned(), column: column.clone() }),
            None => Ok(found),
        }
    }

    /// The column known under one of `names`.
    pub(crate) fn need(&self, names: &[&str], layout: &'static str) -> Result<usize, ImportError> {
        self.find(names)?.ok_or_else(|| ImportError::MissingColumn { file: self.file().to_owned(), column: names.join(" or "), layout })
    }

    /// The next row, as wide as the header, in the file's encoding; false after the last.
    pub(crate) fn next(&mut self, record: &mut ByteRecord) -> Result<bool, ImportError> {
        if !self.read(record)? {
            return match self.rows {
                0 => Err(ImportError::HeaderOnly { file: self.file().to_owned() }),
                _ => Ok(false),
            };
        }
        if self.rows.is_multiple_of(ROWS_PER_REPORT) && self.rows > 0 {
            let now = self.now();
            (self.progress)(now);
        }
        self.check(record)?;
        Ok(true)
    }

    /// Counts a row and checks its width and encoding; for the first row of a file without header.
    pub(crate) fn check(&mut self, record: &ByteRecord) -> Result<(), ImportError> {
        self.rows = self.rows.saturating_add(1);
        if record.len() != self.header.len() {
            let problem = RowProblem::Width { expected: self.header.len(), found: record.len() };
            return Err(self.refuse(None, problem));
        }
        let is_header = |name: &String| value(record, 0).eq_ignore_ascii_case(name.as_bytes());
        if self.header.first().is_some_and(is_header) {
            return Err(self.refuse(None, RowProblem::HeaderAgain));
        }
        self.check_encoding(record)
    }

    /// The next record that is not blank, of any width.
    pub(crate) fn read(&mut self, record: &mut ByteRecord) -> Result<bool, ImportError> {
        loop {
            let start = self.reader.position();
            let start_byte = start.byte();
            self.line = start.line();
            self.reader.get_mut().record_starts_at(start_byte);
            let more = match self.reader.read_byte_record(record) {
                Ok(more) => more,
                Err(_) if self.reader.get_ref().is_too_long() => return Err(self.refuse(None, RowProblem::TooLong)),
                Err(error) => return Err(ImportError::Read { file: self.file().to_owned(), source: error.into() }),
            };
            if self.reader.position().byte().saturating_sub(start_byte) > LINE_BYTES_MAX {
                return Err(self.refuse(None, RowProblem::TooLong));
            }
            let blank = more && record.len() == 1 && value(record, 0).is_empty();
            if !blank {
                return Ok(more);
            }
        }
    }

    fn check_encoding(&self, record: &ByteRecord) -> Result<(), ImportError> {
        if self.encoding == Encoding::Latin1 || record.as_slice().is_ascii() {
            return Ok(());
        }
        match record.iter().position(|field| std::str::from_utf8(field).is_err()) {
            Some(column) => Err(self.refuse(Some(column), RowProblem::NotUtf8)),
            None => Ok(()),
        }
    }

    /// The error that refuses the current row.
    pub(crate) fn refuse(&self, column: Option<usize>, problem: RowProblem) -> ImportError {
        ImportError::Row {
            file: self.file().to_owned(),
            line: self.line,
            column: column.and_then(|place| self.header.get(place).cloned()),
            problem,
        }
    }

    /// The value of a column, parsed; its error names the column.
    pub(crate) fn parse<'r, T>(
        &self,
        record: &'r ByteRecord,
        column: usize,
        parse: impl Fn(&'r [u8]) -> Result<T, RowProblem>,
    ) -> Result<T, ImportError> {
        parse(value(record, column)).map_err(|problem| self.refuse(Some(column), problem))
    }

    /// A name, decoded and within the limits of the events; may be empty.
    pub(crate) fn name<'r>(&self, record: &'r ByteRecord, column: usize) -> Result<Cow<'r, str>, ImportError> {
        let bytes = value(record, column);
        let name = match (std::str::from_utf8(bytes), self.encoding) {
            (Ok(text), Encoding::Utf8) => Cow::Borrowed(text),
            (Err(_), Encoding::Utf8) => return Err(self.refuse(Some(column), RowProblem::NotUtf8)),
            (_, Encoding::Latin1) => bytes.iter().map(|&byte| char::from(byte)).collect(),
        };
        if name.len() > NAME_BYTES_MAX || name.chars().any(char::is_control) {
            return Err(self.refuse(Some(column), RowProblem::BadName));
        }
        Ok(name)
    }

    fn now(&self) -> Progress {
        Progress {
            bytes_read: self.before.bytes_read.saturating_add(self.reader.get_ref().handed()),
            rows_read: self.before.rows_read.saturating_add(self.rows),
            ..self.before
        }
    }
}

/// The value of a column without blanks around it; empty if the row is too short.
pub(crate) fn value(record: &ByteRecord, column: usize) -> &[u8] {
    record.get(column).unwrap_or_default().trim_ascii()
}

/// The names of a header's columns, in capitals, with single blanks.
pub(crate) fn names(header: &ByteRecord) -> Vec<String> {
    let tidy = |field: &[u8]| {
        let text = String::from_utf8_lossy(field).to_uppercase();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    header.iter().map(tidy).collect()
}
