//! Streams and futures of components: the host reads those that guests give, and gives guests what a function of its own has.

use std::ffi::c_void;
use std::sync::Arc;

use trimaran::adapter::{ComponentSource, component_source};
use trimaran::{ComponentStream, Store};

use super::component_host::{Body, Call, Prepare};
use super::component_run::{ComponentRun, Started};
use super::component_values::{Taken, leave};
use super::host::{Context, Release};
use super::run::started;
use super::{Bytes, entry, opened, shared, status};

/// Reads the next elements of a stream, at most so many, or the value of a future.
///
/// # Safety
/// The objects are alive; `taken` and the pointer for the error may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_component_stream_read(
    stream: *const ComponentStream,
    store: *const Store,
    most: u32,
    taken: *mut Taken,
    error: *mut Bytes,
) -> i32 {
    let work = || {
        // SAFETY: the caller keeps the objects alive until this returns.
        let received = unsafe { opened(stream)?.read(opened(store)?, most)? };
        // SAFETY: the caller gives room for the values.
        unsafe { leave(received, taken) };
        Ok(())
    };
    // SAFETY: the contract says that the pointer for the error may be written to.
    unsafe { status(entry(work), error) }
}

/// The same, step by step.
///
/// # Safety
/// The objects are alive; the pointers for a run and for an error may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_component_stream_start_read(
    stream: *const ComponentStream,
    store: *const Store,
    most: u32,
    run: *mut *mut ComponentRun,
    error: *mut Bytes,
) -> i32 {
    // SAFETY: the caller keeps the stream alive until this returns.
    let start = |store: &_, of| unsafe { shared(stream)?.start_read(store, most, of).map(Started::Call) };
    // SAFETY: the contract of this function.
    unsafe { started(store, run, error, start) }
}

/// Makes what guests read from a host function, an async one where it `waits`: see `component_source` in the core. It is for one handle among
/// values that go into a guest, which take it over.
///
/// # Safety
/// `prepare`, `call` and `release` may be called on any thread with `context`, and `release` with what `prepare` gives as well.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_component_source_new(
    prepare: Prepare,
    call: Call,
    release: Release,
    context: *mut c_void,
    waits: bool,
) -> *mut ComponentSource {
    let context = Context { pointer: context, release };
    let body = Body { prepare, call, call_plain: None, context, is_checked: false, waits };
    Box::into_raw(Box::new(component_source(Arc::new(body))))
}
