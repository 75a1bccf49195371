//! Runs compilations: with enough stack, on threads that exist, in a place (`places.rs`), and within a time limit.
//!
//! Wasmtime cannot stop a compilation. One that takes too long goes on in the background, and its caller no longer waits for
//! it.

use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use crate::compile::places::Places;
use crate::process::{fork, stack};
use crate::{Result, WasmtimeError};

/// How many bytes of stack compiling needs at most. Measured with Cranelift: between 128 and 192 KiB for any module.
const NEEDED: usize = 512 << 10;

/// The stack of a thread that compiles, in bytes: as much as the first thread of a process has.
const STACK: usize = 8 << 20;

/// Runs `work`, which compiles, on several threads where it `is_parallel`. A child of a fork does not have the parent's
/// threads, so `work` gets a new one there. Work that is not parallel runs on this thread; if too little of its stack is left,
/// on a new stack.
///
/// Fails with `Limit` where the system gives no stack or no thread; `work` has not run then.
pub(crate) fn run<R: Send>(is_parallel: bool, work: impl FnOnce() -> R + Send) -> Result<R> {
    // `on_own_threads` has made this thread one of a pool.
    let has_threads = || rayon::current_thread_index().is_some();
    if is_parallel && !has_threads() && (fork::generation() > 0 || !has_pool()) {
        return Ok(pool(1)?.install(work));
    }
    if stack::has_space(NEEDED) { Ok(work()) } else { stack::grow(2 * NEEDED, work) }
}

/// Whether the threads that all compilations share exist. Rayon tries to start them once. If that fails, rayon never has any,
/// and panics when someone asks for them.
fn has_pool() -> bool {
    static HAS: OnceLock<bool> = OnceLock::new();
    *HAS.get_or_init(|| match rayon::ThreadPoolBuilder::new().build_global() {
        Ok(()) => true,
        // An error without a source means that they exist already.
        Err(error) => error.source().is_none(),
    })
}

/// Threads that compile. They end when the pool is dropped.
fn pool(count: usize) -> Result<rayon::ThreadPool> {
    let name = |_| "trimaran-worker".to_owned();
    rayon::ThreadPoolBuilder::new().num_threads(count).stack_size(STACK).thread_name(name).build().map_err(no_thread)
}

/// Runs `work`, which compiles a module of `length` bytes in parallel, on threads of its own. On shared threads, a compilation
/// that takes too long would make all others late. Fails with `Limit`.
pub(crate) fn on_own_threads<R: Send>(length: usize, work: impl FnOnce() -> Result<R> + Send) -> Result<R> {
    /// A module of so many bytes takes one thread some hundredths of a second.
    const SMALL: usize = 64 << 10;
    let count = if length <= SMALL { 1 } else { thread::available_parallelism().map_or(1, usize::from) };
    pool(count)?.install(work)
}

fn no_thread(error: impl std::fmt::Display) -> WasmtimeError {
    WasmtimeError::limit(format!("the thread that compiles cannot be started: {error}"))
}

/// Runs `work`, which compiles, and waits for it no longer than `milliseconds`, including the wait for a place. Fails with
/// `Limit`.
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
        // Frees the place before the caller goes on, because the caller may need it again.
        drop(place);
        // This fails where the caller no longer waits.
        _ = sender.send(done.unwrap_or_else(|panic| Err(WasmtimeError::from_panic(panic.as_ref()))));
    };
    let thread = thread::Builder::new().name("trimaran-compiles".to_owned()).stack_size(STACK);
    thread.spawn(compiler).map_err(no_thread)?;
    // The clock decides, and not which of the two comes first. A panic of the compiler arrives as an error.
    match receiver.recv_timeout(limit.saturating_sub(start.elapsed())) {
        Ok(done) if start.elapsed() <= limit => done,
        _ => Err(WasmtimeError::limit(format!(
            "the module takes longer to compile than {milliseconds} ms, which is the engine's limit"
        ))),
    }
}
