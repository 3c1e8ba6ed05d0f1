#![allow(clippy::unwrap_used)]

use std::cell::Cell;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

use super::*;
use crate::source::{LINE_BYTES_MAX, Source};

const HEADER: &[u8] = b"YEAR_MONTH,PRACTICE_CODE,BNF_CODE,BNF_DESCRIPTION,ITEMS,TOTAL_QUANTITY,UNIDENTIFIED\n";

/// A header, then one byte for ever; counts what was asked of it.
struct Endless {
    start: io::Cursor<Vec<u8>>,
    byte: u8,
    given: Rc<Cell<u64>>,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let started = self.start.read(buffer)?;
        let read = if started > 0 { started } else { buffer.len() };
        if started == 0 {
            buffer.fill(self.byte);
        }
        self.given.set(self.given.get() + read as u64);
        Ok(read)
    }
}

#[test]
fn a_line_without_end_is_refused_while_it_streams() {
    for (start, byte, line) in [
        (HEADER.to_vec(), b'x', 2),
        (HEADER.to_vec(), b',', 2),
        ([HEADER, b"\"open quote\n"].concat(), b'\n', 2),
        (b"no header but ".to_vec(), b'x', 1),
    ] {
        let given = Rc::new(Cell::new(0));
        let endless = Endless { start: io::Cursor::new(start), byte, given: Rc::clone(&given) };
        let source = Source::of(Path::new("endless.csv"), Box::new(endless)).unwrap();
        let nothing = Progress { file: 1, files: 1, bytes_read: 0, bytes_total: 0, rows_read: 0 };
        let mut progress = |_| {};
        let mut rows = Rows::new(source, Encoding::Utf8, nothing, &mut progress);
        let options = Options { feed: "epd".into(), revision: 1, bnf_prefixes: vec!["04".into()], encoding: Encoding::Utf8 };
        let error = read_file(&mut rows, &options, &mut Gathering::default(), &mut Summary::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "endless.csv, line {line}: longer than 65536 bytes: no CSV, or a quote that is never closed; \
                 fetch the file again"
            )
        );
        assert!(given.get() < 4 * LINE_BYTES_MAX, "{} bytes were read before the end", given.get());
    }
}
