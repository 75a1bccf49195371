//! Threads for work that blocks: a language's own may be few, as those of Swift's tasks are.

use std::ffi::c_void;
use std::thread;

use trimaran::WasmtimeError;

use super::{Bytes, entry, status};

/// What a thread does with its context.
type Work = unsafe extern "C" fn(context: *mut c_void);

/// A context that goes to its thread.
struct Sent(*mut c_void);

// SAFETY: the header says that the work is done on another thread, with its context.
unsafe impl Send for Sent {}

/// Calls `work` once, on a thread of its own; never where this fails.
///
/// # Safety
/// `work` may be called with `context` on any thread; there is room for an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_on_thread(work: Work, context: *mut c_void, error: *mut Bytes) -> i32 {
    let context = Sent(context);
    let start = || {
        let runs = move || {
            let Sent(context) = { context };
            // SAFETY: the contract of this function; it is called once, here.
            unsafe { work(context) }
        };
        thread::Builder::new()
            .name("trimaran".to_owned())
            .spawn(runs)
            .map(drop)
            .map_err(|error| WasmtimeError::Limit { reason: format!("a thread cannot be started: {error}") })
    };
    // SAFETY: the caller gives room for the error.
    unsafe { status(entry(start), error) }
}
