//! One file as bounded bytes: what it is, how much was read, what it hashes to.

use std::fs::File;
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

use crate::ImportError;

/// Longest line accepted, in bytes, quoted line breaks included. Real ones have 200 to 400.
pub const LINE_BYTES_MAX: u64 = 64 * 1024;

/// Bytes looked at to tell what a file is.
const SIGNATURE_BYTES: usize = 512;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A reader that stops within a record of more than [`LINE_BYTES_MAX`], and fingerprints what it
/// hands on.
pub(crate) struct Source {
    file: PathBuf,
    bytes: Box<dyn Read>,
    handed: u64,
    record_start: u64,
    too_long: bool,
    fingerprint: DefaultHasher,
}

impl Source {
    /// Opens a file, refusing what is no text by its first bytes.
    pub(crate) fn open(file: &Path) -> Result<Self, ImportError> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => ImportError::Missing { file: file.to_owned() },
            io::ErrorKind::IsADirectory => ImportError::Directory { file: file.to_owned() },
            _ => ImportError::Read { file: file.to_owned(), source },
        };
        if std::fs::metadata(file).map_err(failed)?.is_dir() {
            return Err(ImportError::Directory { file: file.to_owned() });
        }
        let opened = File::open(file).map_err(failed)?;
        Self::of(file, Box::new(opened))
    }

    /// Any bytes under a name.
    pub(crate) fn of(file: &Path, mut bytes: Box<dyn Read>) -> Result<Self, ImportError> {
        let mut head = Vec::new();
        bytes
            .by_ref()
            .take(SIGNATURE_BYTES as u64)
            .read_to_end(&mut head)
            .map_err(|source| ImportError::Read { file: file.to_owned(), source })?;
        if let Some((found, advice)) = other_type(&head) {
            return Err(ImportError::WrongType { file: file.to_owned(), found, advice });
        }
        let is_whole = head.len() < SIGNATURE_BYTES;
        if head.starts_with(BYTE_ORDER_MARK) {
            head.drain(..BYTE_ORDER_MARK.len());
        }
        if is_whole && head.trim_ascii().is_empty() {
            return Err(ImportError::Empty { file: file.to_owned() });
        }
        Ok(Self {
            file: file.to_owned(),
            bytes: Box::new(Cursor::new(head).chain(bytes)),
            handed: 0,
            record_start: 0,
            too_long: false,
            fingerprint: DefaultHasher::new(),
        })
    }

    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// Bytes handed on so far.
    pub(crate) fn handed(&self) -> u64 {
        self.handed
    }

    /// Says where, counted in bytes handed on, the record that is being read starts.
    pub(crate) fn record_starts_at(&mut self, byte: u64) {
        self.record_start = byte;
    }

    /// Whether reading ended because a record was too long.
    pub(crate) fn is_too_long(&self) -> bool {
        self.too_long
    }

    /// Length and hash of what was handed on; equal only for equal content, but for a chance of
    /// one in 2^64.
    pub(crate) fn fingerprint(&self) -> (u64, u64) {
        (self.handed, self.fingerprint.finish())
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Asked for more only when all that was handed on belongs to the record at record_start.
        if self.handed.saturating_sub(self.record_start) > LINE_BYTES_MAX {
            self.too_long = true;
            return Err(io::Error::new(io::ErrorKind::InvalidData, "line too long"));
        }
        let read = self.bytes.read(buffer)?;
        self.fingerprint.write(buffer.get(..read).unwrap_or_default());
        self.handed = self.handed.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        Ok(read)
    }
}

/// What bytes are that are no CSV, and what to do instead; `None` for text.
fn other_type(head: &[u8]) -> Option<(&'static str, &'static str)> {
    const UNPACK: &str = "unpack it and give the CSV in it";
    const SAVE: &str = "open it and save the sheet as CSV";
    const FETCH: &str = "fetch the CSV instead";
    const RECODE: &str = "convert it to UTF-8";
    const SIGNATURES: [(&[u8], &str, &str); 14] = [
        (b"PK\x03\x04", "a ZIP archive or an Excel workbook", "unpack it, or save the sheet as CSV"),
        (b"PK\x05\x06", "an empty ZIP archive", FETCH),
        (b"\x1F\x8B", "a gzip archive", UNPACK),
        (b"BZh", "a bzip2 archive", UNPACK),
        (b"\xFD7zXZ", "an xz archive", UNPACK),
        (b"\x28\xB5\x2F\xFD", "a zstd archive", UNPACK),
        (b"7z\xBC\xAF", "a 7z archive", UNPACK),
        (b"\xD0\xCF\x11\xE0", "an old Excel workbook", SAVE),
        (b"\x89PNG", "a PNG picture", FETCH),
        (b"%PDF", "a PDF", FETCH),
        (b"PAR1", "a Parquet file", FETCH),
        (b"SQLite format 3", "a SQLite database", FETCH),
        (b"\xFF\xFE", "UTF-16 text", RECODE),
        (b"\xFE\xFF", "UTF-16 text", RECODE),
    ];
    let signature = SIGNATURES.iter().find(|(start, ..)| head.starts_with(start));
    if let Some(&(_, found, advice)) = signature {
        return Some((found, advice));
    }
    let text = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head).trim_ascii_start();
    match text.first() {
        _ if head.contains(&0) => Some(("binary or UTF-16", "convert it to UTF-8 text, or fetch the CSV instead")),
        Some(b'<') => Some(("an HTML page or XML", "the download may have failed; fetch the CSV again")),
        Some(b'{' | b'[') => Some(("JSON", FETCH)),
        _ => None,
    }
}
