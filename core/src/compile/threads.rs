//! Compiling: on enough stack, on threads that are there, in a place, and within a time.
//!
//! Wasmtime has no way to end a compilation: one that takes too long goes on beside its caller, who does not wait for it.

use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use crate::compile::places::Places;
use crate::process::{fork, stack};
use crate::{Result, WasmtimeError};

/// What compiling is given of a stack where it needs one of its own, and where less is left than it may take, in bytes. Measured
/// with Cranelift: between 128 and 192 KiB, whatever the module is.
const NEEDED: usize = 512 << 10;

/// What a compiler may use of its thread's stack, in bytes, as on the first thread of a process.
const STACK: usize = 8 << 20;

/// Runs `work`, which compiles, and spreads that over threads where it `is_parallel`. They are gone in a child of a fork:
/// there it gets another one. What is not spread, or is one piece, is compiled on this thread, which may be a small one or
/// inside a host function that is the last that its stack has room for.
///
/// Fails with `Limit`, and has done nothing, where the system has no room for a stack or starts no thread.
pub(crate) fn run<R: Send>(is_parallel: bool, work: impl FnOnce() -> R + Send) -> Result<R> {
    // Inside `on_own_threads` there are some.
    let has_threads = || rayon::current_thread_index().is_some();
    if is_parallel && !has_threads() && (fork::generation() > 0 || !has_pool()) {
        return Ok(pool(1)?.install(work));
    }
    if stack::has_room(NEEDED) { Ok(work()) } else { stack::grow(2 * NEEDED, work) }
}

/// Whether there are the threads that all compilations share. Rayon starts them once: where that fails it has none ever after,
/// and panics when it is asked for them.
fn has_pool() -> bool {
    static HAS: OnceLock<bool> = OnceLock::new();
    *HAS.get_or_init(|| match rayon::ThreadPoolBuilder::new().build_global() {
        Ok(()) => true,
        // Without a source it says that they are there already.
        Err(error) => error.source().is_none(),
    })
}

/// Threads that compile, and end with what this gives.
fn pool(count: usize) -> Result<rayon::ThreadPool> {
    let name = |_| "trimaran-worker".to_owned();
    rayon::ThreadPoolBuilder::new().num_threads(count).stack_size(STACK).thread_name(name).build().map_err(no_thread)
}

/// Runs `work`, which compiles a module of so many bytes in parallel, on threads that no other compilation shares: one that takes
/// too long would keep the threads of all others busy, and those would be late in turn. Fails with `Limit`.
pub(crate) fn on_own_threads<R: Send>(length: usize, work: impl FnOnce() -> Result<R> + Send) -> Result<R> {
    /// What one thread compiles in some hundredths of a second, in bytes.
    const SMALL: usize = 64 << 10;
    let count = if length <= SMALL { 1 } else { thread::available_parallelism().map_or(1, usize::from) };
    pool(count)?.install(work)
}

fn no_thread(error: impl std::fmt::Display) -> WasmtimeError {
    WasmtimeError::limit(format!("the thread that compiles cannot be started: {error}"))
}

/// Runs `work`, which compiles, for so long at most, the wait for a place among `places` included. Fails with `Limit`.
pub(crate) fn within<R: Send + 'static>(
    milliseconds: u64,
    places: &Arc<Places>,
    work: impl FnOnce() -> Result<R> + Send + 'static,
) -> Result<R> {
    let (start, limit) = (Instant::now(), Duration::from_millis(milliseconds));
    let place = places.take(limit)?;
    let (sender, receiver) = sync_channel(1);
    let compiler = move || {
        let done = catch_unwind(AssertUnwindSafe(work));
        // The place is free before the caller goes on and may need it again.
        drop(place);
        // Where it is late, the caller no longer waits for it.
        _ = sender.send(done.unwrap_or_else(|panic| Err(WasmtimeError::from_panic(panic.as_ref()))));
    };
    let thread = thread::Builder::new().name("trimaran-compiles".to_owned()).stack_size(STACK);
    thread.spawn(compiler).map_err(no_thread)?;
    // By the clock, and not by who of the two comes first. A compiler that panics gives something as well.
    match receiver.recv_timeout(limit.saturating_sub(start.elapsed())) {
        Ok(done) if start.elapsed() <= limit => done,
        _ => Err(WasmtimeError::limit(format!(
            "the module takes longer to compile than {milliseconds} ms, which is the engine's limit"
        ))),
    }
}
