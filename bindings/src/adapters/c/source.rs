//! Callbacks for what guests read: C functions with a context.

use std::ffi::c_void;
use std::sync::Arc;

use trimaran::{InputSource, Result, UniFfiTag, WasmtimeError};
use uniffi::Lower;

use super::host::{Context, Release};

/// Leaves up to `most` bytes, and how many there are, which may be more: the bytes are left out then. Gives 0, or 1 and the
/// number under which the language keeps what was thrown.
type Read = unsafe extern "C" fn(
    context: *mut c_void,
    bytes: *mut u8,
    most: usize,
    length: *mut usize,
    thrown: *mut u64,
) -> i32;

struct Source {
    read: Read,
    context: Context,
}

impl InputSource for Source {
    fn read(&self, most: u64) -> Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(most).unwrap_or_default()];
        let (mut length, mut thrown) = (0, 0);
        // SAFETY: the function came with this context, which is still there; there is room for so many bytes, for their
        // number and for that of what was thrown, all borrowed for the call.
        let status = unsafe {
            (self.read)(self.context.pointer, bytes.as_mut_ptr(), bytes.len(), &raw mut length, &raw mut thrown)
        };
        if status != 0 {
            return Err(WasmtimeError::thrown(thrown));
        }
        // The core refuses one more than it asked for.
        bytes.resize(length.min(bytes.len().saturating_add(1)), 0);
        Ok(bytes)
    }
}

/// Makes a source that reads from `context`, and returns its handle. The last reference to the source releases `context`. One
/// record takes ownership of the handle.
///
/// # Safety
/// `read` and `release` may be called with `context` on any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_input_source_new(read: Read, release: Release, context: *mut c_void) -> u64 {
    let made: Arc<dyn InputSource> = Arc::new(Source { read, context: Context { pointer: context, release } });
    <Arc<dyn InputSource> as Lower<UniFfiTag>>::lower(made).as_raw()
}
