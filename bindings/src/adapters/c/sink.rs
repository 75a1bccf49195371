//! Callbacks for what guests print: C functions with a context.

use std::ffi::c_void;
use std::sync::Arc;

use trimaran::{OutputSink, Result, UniFfiTag, WasmtimeError};
use uniffi::Lower;

use super::host::{Context, Release};

/// Takes the next piece. Gives 0, or 1 and the number under which the language keeps what was thrown.
type Write = unsafe extern "C" fn(context: *mut c_void, bytes: *const u8, length: usize, thrown: *mut u64) -> i32;

struct Sink {
    write: Write,
    context: Context,
}

impl OutputSink for Sink {
    fn write(&self, bytes: Vec<u8>) -> Result<bool> {
        let mut thrown = 0;
        // SAFETY: the function came with this context, which is still there, as the bytes are for the call.
        match unsafe { (self.write)(self.context.pointer, bytes.as_ptr(), bytes.len(), &raw mut thrown) } {
            0 => Ok(true),
            _ => Err(WasmtimeError::thrown(thrown)),
        }
    }
}

/// A handle of a sink that writes to `context`, which is let go of with the last hold on the sink. The handle is for one
/// record, which takes it over.
///
/// # Safety
/// `write` and `release` may be called with `context` on any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_output_sink_new(write: Write, release: Release, context: *mut c_void) -> u64 {
    let made: Arc<dyn OutputSink> = Arc::new(Sink { write, context: Context { pointer: context, release } });
    <Arc<dyn OutputSink> as Lower<UniFfiTag>>::lower(made).as_raw()
}
