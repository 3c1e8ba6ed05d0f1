//! The C interface of libchdb, declared by hand: the library comes without a header.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem::ManuallyDrop;
use std::path::Path;

use libloading::Library;

/// Any object of the engine's; null is none.
pub(super) type Handle = *mut c_void;

/// Query or insert with parameters: connection; statement and its length; format and its length;
/// names and their lengths; values and their lengths; how many.
type Start = unsafe extern "C" fn(
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
) -> Handle;

/// The functions used, each with the signature in chdb's own header (chdb.h of 26.7).
pub(super) struct Functions {
    pub(super) connect: unsafe extern "C" fn(c_int, *mut *mut c_char) -> *mut Handle,
    pub(super) close: unsafe extern "C" fn(*mut Handle),
    pub(super) query: Start,
    pub(super) stream: Start,
    pub(super) fetch: unsafe extern "C" fn(Handle, Handle) -> Handle,
    pub(super) cancel_stream: unsafe extern "C" fn(Handle, Handle),
    pub(super) insert: Start,
    pub(super) append: unsafe extern "C" fn(Handle, *const c_void, usize) -> c_int,
    pub(super) done: unsafe extern "C" fn(Handle) -> Handle,
    pub(super) cancel_insert: unsafe extern "C" fn(Handle),
    pub(super) insert_error: unsafe extern "C" fn(Handle) -> *const c_char,
    pub(super) destroy_insert: unsafe extern "C" fn(Handle),
    result_buffer: unsafe extern "C" fn(Handle) -> *const c_char,
    result_length: unsafe extern "C" fn(Handle) -> usize,
    result_error: unsafe extern "C" fn(Handle) -> *const c_char,
    pub(super) destroy_result: unsafe extern "C" fn(Handle),
    /// Never unloaded: its threads outlive every connection.
    _library: ManuallyDrop<Library>,
}

impl Functions {
    /// Loads the library and finds its functions.
    pub(super) fn load(path: &Path) -> Result<Self, String> {
        // SAFETY: libchdb's initialisers have no precondition; it is loaded once per process.
        let library = unsafe { Library::new(path) }.map_err(|error| format!("{} can't be loaded: {error}", path.display()))?;
        // SAFETY: the types are those of the functions' declarations, see above.
        unsafe { Self::find(library) }.map_err(|error| format!("{} is another version than the one pinned: {error}", path.display()))
    }

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
                stream: *library.get(b"chdb_stream_query_with_params_n\0")?,
                fetch: *library.get(b"chdb_stream_fetch_result\0")?,
                cancel_stream: *library.get(b"chdb_stream_cancel_query\0")?,
                insert: *library.get(b"chdb_stream_insert_with_params_n\0")?,
                append: *library.get(b"chdb_stream_append\0")?,
                done: *library.get(b"chdb_stream_done\0")?,
                cancel_insert: *library.get(b"chdb_stream_cancel_insert\0")?,
                insert_error: *library.get(b"chdb_stream_insert_error\0")?,
                destroy_insert: *library.get(b"chdb_destroy_insert_stream\0")?,
                result_buffer: *library.get(b"chdb_result_buffer\0")?,
                result_length: *library.get(b"chdb_result_length\0")?,
                result_error: *library.get(b"chdb_result_error\0")?,
                destroy_result: *library.get(b"chdb_destroy_query_result\0")?,
                _library: ManuallyDrop::new(library),
            })
        }
    }

    /// The text behind a pointer, if there is any.
    ///
    /// # Safety
    /// The pointer is null or ends with a zero byte and lives through the call.
    pub(super) unsafe fn text(pointer: *const c_char) -> Option<String> {
        // SAFETY: the caller's promise.
        (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()).filter(|text| !text.is_empty())
    }

    /// The error of a result, if it has one.
    ///
    /// # Safety
    /// The result is alive.
    pub(super) unsafe fn error_of(&self, result: Handle) -> Option<String> {
        // SAFETY: the caller's promise; the text lives as long as the result.
        unsafe { Self::text((self.result_error)(result)) }
    }

    /// The bytes of a result, which is destroyed.
    ///
    /// # Safety
    /// The result is null or alive, and nobody else destroys it.
    pub(super) unsafe fn take(&self, result: Handle) -> Result<Vec<u8>, String> {
        if result.is_null() {
            return Err("the engine gave no answer".into());
        }
        // SAFETY: the result is alive until it is destroyed at the end of this block, once.
        unsafe {
            let error = self.error_of(result);
            let (buffer, length) = ((self.result_buffer)(result), (self.result_length)(result));
            let bytes =
                if buffer.is_null() || length == 0 { Vec::new() } else { std::slice::from_raw_parts(buffer.cast::<u8>(), length).to_vec() };
            (self.destroy_result)(result);
            error.map_or(Ok(bytes), Err)
        }
    }
}
