//! Connections to the engine, queries and inserts on them, and nothing of C for the callers.

use std::ffi::{CString, c_char, c_int};
use std::path::Path;
use std::sync::Arc;

use super::library::{Functions, Handle};

/// Bytes handed to an insert at once; the engine copies them.
const PIECE: usize = 4 << 20;

/// The engine, opened on one data folder.
#[derive(Clone)]
pub(super) struct Engine {
    functions: Arc<Functions>,
    arguments: Arc<Vec<CString>>,
}

/// One connection: settings made on it end with it. Two queries on one connection would wait for
/// each other, so every request has its own; the engine serves them side by side.
pub(super) struct Session<'a> {
    functions: &'a Functions,
    connection: *mut Handle,
}

/// Why a query gave no stream.
pub(super) enum NoStream {
    /// One statement of a kind that isn't streamed; it has been parsed, not run.
    OtherKind,
    /// It was refused.
    Failed(String),
}

impl Engine {
    /// Loads the library and says where data are.
    pub(super) fn open(library: &Path, data: &Path) -> Result<Self, String> {
        let functions = Functions::load(library)?;
        let text = |text: String| CString::new(text).map_err(|_| "the data folder's name holds a zero byte".to_owned());
        let arguments = vec![text("clickhouse".into())?, text(format!("--path={}", data.display()))?];
        Ok(Self { functions: Arc::new(functions), arguments: Arc::new(arguments) })
    }

    /// A new connection.
    pub(super) fn session(&self) -> Result<Session<'_>, String> {
        let mut arguments: Vec<*mut c_char> = self.arguments.iter().map(|argument| argument.as_ptr().cast_mut()).collect();
        let count = c_int::try_from(arguments.len()).map_err(|error| error.to_string())?;
        // SAFETY: the pointers live through the call, and the engine copies what it keeps.
        let connection = unsafe { (self.functions.connect)(count, arguments.as_mut_ptr()) };
        if connection.is_null() {
            return Err("the engine could not open its data folder: is it from another version, or not writable?".into());
        }
        Ok(Session { functions: &self.functions, connection })
    }
}

/// Named values in ClickHouse's escaped text form, as C wants them.
struct Parameters {
    texts: Vec<(CString, CString)>,
}

impl Parameters {
    fn of(parameters: &[(String, String)]) -> Result<Self, String> {
        let text = |text: &String| CString::new(text.as_str()).map_err(|_| "a parameter holds a zero byte".to_owned());
        let texts = parameters.iter().map(|(name, value)| Ok((text(name)?, text(value)?))).collect::<Result<_, String>>()?;
        Ok(Self { texts })
    }

    /// Calls with names, their lengths, values, their lengths.
    fn pass<T>(&self, call: impl FnOnce(&[*const c_char], &[usize], &[*const c_char], &[usize]) -> T) -> T {
        let names: Vec<_> = self.texts.iter().map(|(name, _)| name.as_ptr()).collect();
        let name_lengths: Vec<_> = self.texts.iter().map(|(name, _)| name.as_bytes().len()).collect();
        let values: Vec<_> = self.texts.iter().map(|(_, value)| value.as_ptr()).collect();
        let value_lengths: Vec<_> = self.texts.iter().map(|(_, value)| value.as_bytes().len()).collect();
        call(&names, &name_lengths, &values, &value_lengths)
    }
}

/// Calls one of the engine's starting functions on a session.
macro_rules! start {
    ($session:expr, $function:ident, $sql:expr, $format:expr, $parameters:expr) => {{
        let (sql, format): (&str, &str) = ($sql, $format);
        Parameters::of($parameters)?.pass(|names, name_lengths, values, value_lengths| {
            // SAFETY: every pointer is valid for its length through the call; the connection is ours.
            unsafe {
                ($session.functions.$function)(
                    *$session.connection,
                    sql.as_ptr().cast(),
                    sql.len(),
                    format.as_ptr().cast(),
                    format.len(),
                    names.as_ptr(),
                    name_lengths.as_ptr(),
                    values.as_ptr(),
                    value_lengths.as_ptr(),
                    names.len(),
                )
            }
        })
    }};
}

impl Session<'_> {
    /// Runs one statement and gives its whole answer.
    pub(super) fn query(&self, sql: &str, format: &str, parameters: &[(String, String)]) -> Result<Vec<u8>, String> {
        let result = start!(self, query, sql, format, parameters);
        // SAFETY: the result is ours.
        unsafe { self.functions.take(result) }
    }

    /// Parses one statement; if it is a query, it can be fetched piece by piece. The engine's own
    /// parser refuses several statements here, before any of them runs.
    pub(super) fn stream(&self, sql: &str, format: &str, parameters: &[(String, String)]) -> Result<Stream<'_>, NoStream> {
        let start = || -> Result<Handle, String> { Ok(start!(self, stream, sql, format, parameters)) };
        let handle = start().map_err(NoStream::Failed)?;
        if handle.is_null() {
            return Err(NoStream::Failed("the engine opened no query".into()));
        }
        let stream = Stream { session: self, handle, is_ended: false };
        // SAFETY: the handle is alive.
        match unsafe { self.functions.error_of(handle) } {
            None => Ok(stream),
            Some(error) => {
                let kind = error.contains("Streaming query is not supported for query");
                Err(if kind { NoStream::OtherKind } else { NoStream::Failed(error) })
            }
        }
    }

    /// Opens an insert. The data never become part of the statement: what followed an empty line
    /// in them would be run as SQL.
    pub(super) fn insert(&self, sql: &str, format: &str, parameters: &[(String, String)]) -> Result<Insert<'_>, String> {
        let handle = start!(self, insert, sql, format, parameters);
        if handle.is_null() {
            return Err("the engine opened no insert".into());
        }
        let insert = Insert { functions: self.functions, handle, is_done: false };
        insert.error().map_or(Ok(insert), Err)
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        // SAFETY: opened by connect, closed once.
        unsafe { (self.functions.close)(self.connection) }
    }
}

/// A query whose answer is fetched piece by piece.
pub(super) struct Stream<'a> {
    session: &'a Session<'a>,
    handle: Handle,
    is_ended: bool,
}

impl Stream<'_> {
    /// The next piece; `None` at the end. Each piece is a whole answer of its format: a format with
    /// a heading repeats it.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, String> {
        if self.is_ended {
            return Ok(None);
        }
        let functions = self.session.functions;
        // SAFETY: connection and handle are alive; the piece is taken, and so destroyed, once.
        let piece = unsafe { functions.take((functions.fetch)(*self.session.connection, self.handle)) };
        self.is_ended = !matches!(&piece, Ok(bytes) if !bytes.is_empty());
        piece.map(|bytes| (!bytes.is_empty()).then_some(bytes))
    }
}

impl Drop for Stream<'_> {
    fn drop(&mut self) {
        // SAFETY: both are alive; the handle is destroyed once. A stream left early must be
        // cancelled, or the connection would wait for it.
        unsafe {
            if !self.is_ended && self.session.functions.error_of(self.handle).is_none() {
                (self.session.functions.cancel_stream)(*self.session.connection, self.handle);
            }
            (self.session.functions.destroy_result)(self.handle);
        }
    }
}

/// An open insert; dropped before [`Insert::finish`], it is given up.
pub(super) struct Insert<'a> {
    functions: &'a Functions,
    handle: Handle,
    is_done: bool,
}

impl Insert<'_> {
    fn error(&self) -> Option<String> {
        // SAFETY: the stream is alive, and its error text with it.
        unsafe { Functions::text((self.functions.insert_error)(self.handle)) }
    }

    /// Hands data over, in the insert's format; they may end anywhere within a row.
    pub(super) fn append(&mut self, data: &[u8]) -> Result<(), String> {
        for piece in data.chunks(PIECE) {
            // SAFETY: the piece is valid for its length through the call; the engine copies it.
            if unsafe { (self.functions.append)(self.handle, piece.as_ptr().cast(), piece.len()) } != 0 {
                return Err(self.error().unwrap_or_else(|| "the engine refused the data".into()));
            }
        }
        Ok(())
    }

    /// Ends the data and waits until they are stored.
    pub(super) fn finish(mut self) -> Result<(), String> {
        self.is_done = true;
        // SAFETY: the stream is alive and is finished once.
        unsafe { self.functions.take((self.functions.done)(self.handle)) }.map(|_| ())
    }
}

impl Drop for Insert<'_> {
    fn drop(&mut self) {
        // SAFETY: the stream is alive and is destroyed once.
        unsafe {
            if !self.is_done {
                (self.functions.cancel_insert)(self.handle);
            }
            (self.functions.destroy_insert)(self.handle);
        }
    }
}
