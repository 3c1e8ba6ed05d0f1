//! Runs one request on a connection of its own and hands the answer on, piece by piece.

use super::failure::exception;
use super::frames;
use super::request::{Head, Request};
use super::session::{Engine, NoStream, Session};

/// Where an answer goes.
pub(super) trait Sink {
    /// Takes a piece; `false` when nobody listens any more.
    fn take(&mut self, piece: Vec<u8>) -> bool;
}

/// Formats whose answers may be cut between rows, once repeated headings are taken off.
const STREAMED: [&str; 6] = ["RowBinary", "RowBinaryWithNamesAndTypes", "Native", "TabSeparated", "TSV", "JSONEachRow"];

/// Runs the request; every piece goes to the sink as soon as it is there.
pub(super) fn run(engine: &Engine, head: &Head, request: &Request, sink: &mut impl Sink) -> Result<(), String> {
    let session = engine.session()?;
    prepare(&session, head)?;
    let mut hand_on = |piece: Vec<u8>| sink.take(if head.compress { frames::compress(&piece) } else { piece });
    match request {
        Request::Insert { sql, format, data } => {
            let mut insert = session.insert(sql, format, &head.parameters)?;
            data.read(|piece| insert.append(piece))?;
            insert.finish()
        }
        Request::Statement { sql, format } => {
            match session.stream(sql, format, &head.parameters) {
                Err(NoStream::Failed(error)) => return Err(error),
                Ok(mut stream) if STREAMED.iter().any(|streamed| streamed.eq_ignore_ascii_case(format)) => {
                    let mut heading = Heading::of(format);
                    while let Some(piece) = stream.next()? {
                        if !hand_on(heading.take_off(piece)?) {
                            break;
                        }
                    }
                    return Ok(());
                }
                Ok(_) | Err(NoStream::OtherKind) => {}
            }
            hand_on(session.query(sql, format, &head.parameters)?);
            Ok(())
        }
    }
}

/// Database and settings of a request, on its connection.
fn prepare(session: &Session<'_>, head: &Head) -> Result<(), String> {
    if let Some(database) = &head.database {
        let database = database.replace('\\', "\\\\").replace('`', "\\`");
        session.query(&format!("USE `{database}`"), "Null", &[])?;
    }
    let mut assignments = Vec::new();
    for (name, value) in &head.settings {
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(exception(115, &format!("Unknown setting '{name}'"), "UNKNOWN_SETTING"));
        }
        assignments.push(format!("{name} = '{}'", value.replace('\\', "\\\\").replace('\'', "\\'")));
    }
    if !assignments.is_empty() {
        session.query(&format!("SET {}", assignments.join(", ")), "Null", &[])?;
    }
    Ok(())
}

/// What each piece of a format begins with; kept on the first piece, taken off the others.
enum Heading {
    None,
    NamesAndTypes,
    Known(Vec<u8>),
}

impl Heading {
    fn of(format: &str) -> Self {
        if format.eq_ignore_ascii_case("RowBinaryWithNamesAndTypes") { Self::NamesAndTypes } else { Self::None }
    }

    fn take_off(&mut self, mut piece: Vec<u8>) -> Result<Vec<u8>, String> {
        match self {
            Self::None => Ok(piece),
            Self::NamesAndTypes => {
                let length = names_and_types(&piece).ok_or("the engine's answer has a broken heading")?;
                *self = Self::Known(piece.get(..length).unwrap_or_default().to_vec());
                Ok(piece)
            }
            Self::Known(heading) => {
                if !piece.starts_with(heading) {
                    return Err("the engine's answer changed its heading on the way".into());
                }
                piece.drain(..heading.len());
                Ok(piece)
            }
        }
    }
}

/// The length of RowBinaryWithNamesAndTypes' heading: a count, then that many names, then types.
fn names_and_types(piece: &[u8]) -> Option<usize> {
    let (columns, mut at) = variable_length_number(piece, 0)?;
    for _ in 0..columns.checked_mul(2)? {
        let (length, behind) = variable_length_number(piece, at)?;
        at = behind.checked_add(length)?;
    }
    (at <= piece.len()).then_some(at)
}

/// A LEB128 number and where it ends.
fn variable_length_number(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let mut number = 0_usize;
    for shift in (0..63).step_by(7) {
        let byte = *bytes.get(at)?;
        at += 1;
        number |= usize::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some((number, at));
        }
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Heading;

    // Bytes as ClickHouse 26.7 writes them for SELECT number FROM numbers(1).
    #[test]
    fn a_repeated_heading_is_taken_off() {
        let piece = b"\x01\x06number\x06UInt64\x00\x00\x00\x00\x00\x00\x00\x00".to_vec();
        let mut heading = Heading::of("RowBinaryWithNamesAndTypes");
        assert_eq!(heading.take_off(piece.clone()).unwrap(), piece);
        assert_eq!(heading.take_off(piece).unwrap(), [0; 8]);
        assert!(heading.take_off(vec![9]).is_err());
    }
}
