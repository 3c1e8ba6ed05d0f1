//! The C interface of libchdb, declared by hand: the library comes without a header.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::sync::Arc;

use libloading::Library;

type Handle = *mut c_void;

/// The functions used, each with the signature found in chdb's sources (chdb.h of 26.7).
struct Functions {
    connect: unsafe extern "C" fn(c_int, *mut *mut c_char) -> *mut Handle,
    close: unsafe extern "C" fn(*mut Handle),
    query: unsafe extern "C" fn(
        Handle,
        *const c_char,
        usize,
        *const c_char,
        usize,
        *const *const c_char,
        *const usize,
        *const *const c_char,
        *const usize,
        usize,
    ) -> Handle,
    insert: unsafe extern "C" fn(Handle, *const c_char, usize, *const c_char, usize) -> Handle,
    append: unsafe extern "C" fn(Handle, *const c_void, usize) -> c_int,
    done: unsafe extern "C" fn(Handle) -> Handle,
    insert_error: unsafe extern "C" fn(Handle) -> *const c_char,
    destroy_insert: unsafe extern "C" fn(Handle),
    result_buffer: unsafe extern "C" fn(Handle) -> *const c_char,
    result_length: unsafe extern "C" fn(Handle) -> usize,
    result_error: unsafe extern "C" fn(Handle) -> *const c_char,
    destroy_result: unsafe extern "C" fn(Handle),
    _library: Library,
}

/// The engine, opened on one data folder.
#[derive(Clone)]
pub(super) struct Engine {
    functions: Arc<Functions>,
    arguments: Arc<Vec<CString>>,
}

/// One connection: settings made on it end with it. Two queries on one connection would wait for
/// each other, so every request has its own; the engine serves them side by side.
pub(super) struct Session<'a> {
    engine: &'a Engine,
    connection: *mut Handle,
}

/// The engine may be called from any thread; a connection is used by one at a time (chdb's contract).
// SAFETY: a Session owns its connection and hands it to no one else.
unsafe impl Send for Session<'_> {}

impl Engine {
    /// Loads the library and says where data are.
    pub(super) fn open(library: &Path, data: &Path) -> Result<Self, String> {
        // SAFETY: libchdb's initialisers have no precondition; it is loaded once per process.
        let loaded = unsafe { Library::new(library) }.map_err(|error| format!("{} can't be loaded: {error}", library.display()))?;
        // SAFETY: the types are those of the functions' declarations, see above.
        let functions = unsafe { Functions::find(loaded) }.map_err(|error| format!("{} is another version: {error}", library.display()))?;
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
            return Err("the engine opened no connection; another process may have this data folder".into());
        }
        Ok(Session { engine: self, connection })
    }
}

impl Functions {
    unsafe fn find(library: Library) -> Result<Self, libloading::Error> {
        // SAFETY: of each symbol, the type is the caller's promise.
        unsafe {
            // Its handlers would replace those of the runtime; must precede the first connection.
            let handlers: unsafe extern "C" fn(c_int) = *library.get(b"chdb_set_signal_handlers_enabled\0")?;
            handlers(0);
            Ok(Self {
                connect: *library.get(b"chdb_connect\0")?,
                close: *library.get(b"chdb_close_conn\0")?,
                query: *library.get(b"chdb_query_with_params_n\0")?,
                insert: *library.get(b"chdb_stream_insert_n\0")?,
                append: *library.get(b"chdb_stream_append\0")?,
                done: *library.get(b"chdb_stream_done\0")?,
                insert_error: *library.get(b"chdb_stream_insert_error\0")?,
                destroy_insert: *library.get(b"chdb_destroy_insert_stream\0")?,
                result_buffer: *library.get(b"chdb_result_buffer\0")?,
                result_length: *library.get(b"chdb_result_length\0")?,
                result_error: *library.get(b"chdb_result_error\0")?,
                destroy_result: *library.get(b"chdb_destroy_query_result\0")?,
                _library: library,
            })
        }
    }

    /// The text behind a pointer, if there is any.
    fn text(pointer: *const c_char) -> Option<String> {
        // SAFETY: the engine's error texts end with a zero byte and live until their owner is destroyed.
        (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()).filter(|text| !text.is_empty())
    }

    /// The bytes of a result, which is destroyed.
    fn take(&self, result: Handle) -> Result<Vec<u8>, String> {
        if result.is_null() {
            return Err("the engine gave no answer".into());
        }
        // SAFETY: the result is alive until it is destroyed at the end of this function, once.
        unsafe {
            let error = Self::text((self.result_error)(result));
            let (buffer, length) = ((self.result_buffer)(result), (self.result_length)(result));
            let bytes = if buffer.is_null() || length == 0 {
                Vec::new()
            } else {
                std::slice::from_raw_parts(buffer.cast::<u8>(), length).to_vec()
            };
            (self.destroy_result)(result);
            error.map_or(Ok(bytes), Err)
        }
    }
}

impl Session<'_> {
    /// Runs one statement; `parameters` are named values in ClickHouse's escaped text form.
    pub(super) fn query(&self, sql: &str, format: &str, parameters: &[(String, String)]) -> Result<Vec<u8>, String> {
        let c_text = |text: &String| CString::new(text.as_str()).map_err(|_| "a parameter holds a zero byte".to_owned());
        let names: Vec<CString> = parameters.iter().map(|(name, _)| c_text(name)).collect::<Result<_, _>>()?;
        let values: Vec<CString> = parameters.iter().map(|(_, value)| c_text(value)).collect::<Result<_, _>>()?;
        let pointers = |texts: &[CString]| texts.iter().map(|text| text.as_ptr()).collect::<Vec<_>>();
        let lengths = |texts: &[CString]| texts.iter().map(|text| text.as_bytes().len()).collect::<Vec<_>>();
        let (name_pointers, name_lengths) = (pointers(&names), lengths(&names));
        let (value_pointers, value_lengths) = (pointers(&values), lengths(&values));
        let functions = &self.engine.functions;
        // SAFETY: every pointer is valid for its length through the call; the connection is ours.
        let result = unsafe {
            (functions.query)(
                *self.connection,
                sql.as_ptr().cast(),
                sql.len(),
                format.as_ptr().cast(),
                format.len(),
                name_pointers.as_ptr(),
                name_lengths.as_ptr(),
                value_pointers.as_ptr(),
                value_lengths.as_ptr(),
                names.len(),
            )
        };
        functions.take(result)
    }

    /// Inserts `data`, written in `format`. Never as part of the statement: what followed an empty
    /// line in the data would be run as SQL.
    pub(super) fn insert(&self, sql: &str, format: &str, data: &[u8]) -> Result<(), String> {
        let functions = &self.engine.functions;
        // SAFETY: the pointers are valid through each call; the stream is destroyed once, at the end.
        unsafe {
            let stream = (functions.insert)(*self.connection, sql.as_ptr().cast(), sql.len(), format.as_ptr().cast(), format.len());
            if stream.is_null() {
                return Err("the engine opened no insert".into());
            }
            let mut outcome = Functions::text((functions.insert_error)(stream)).map_or(Ok(()), Err);
            if outcome.is_ok() && !data.is_empty() && (functions.append)(stream, data.as_ptr().cast(), data.len()) != 0 {
                outcome = Err(Functions::text((functions.insert_error)(stream)).unwrap_or_else(|| "the insert was refused".into()));
            }
            if outcome.is_ok() {
                outcome = functions.take((functions.done)(stream)).map(|_| ());
            }
            (functions.destroy_insert)(stream);
            outcome
        }
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        // SAFETY: opened by connect, closed once.
        unsafe { (self.engine.functions.close)(self.connection) }
    }
}
