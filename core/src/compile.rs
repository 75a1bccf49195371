//! Compiling: on enough stack, on threads that are there, and within a time.
//!
//! Wasmtime has no way to end a compilation: one that takes too long goes on beside its caller, who does not wait for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Result, WasmtimeError, fork, stack};

/// What compiling is given of a stack where it needs one of its own, and where less is left than it may take, in bytes. Measured
/// with Cranelift: between 128 and 192 KiB, whatever the module is.
const NEEDED: usize = 512 << 10;

/// Runs `work`, which compiles. The threads that it is spread over are gone in a child of a fork: there it gets others. What is not
/// spread, or is one piece, is compiled on this thread, which may be a small one or inside a host function that is the last that
/// its stack has room for.
pub(crate) fn run<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    if fork::generation() > 0
        && let Ok(threads) = rayon::ThreadPoolBuilder::new().num_threads(1).build()
    {
        return threads.install(work);
    }
    if stack::has_room(NEEDED) { work() } else { stack::grow(2 * NEEDED, work) }
}

/// How many compilations nobody waits for any more.
static LATE: AtomicUsize = AtomicUsize::new(0);

/// Where there are so many of them, no other begins that has a limit: they would pile up.
const MOST_LATE: usize = 4;

/// What a compiler may use of its thread's stack, in bytes, as on the first thread of a process.
const STACK: usize = 8 << 20;

/// Runs `work`, which compiles, for so long at most. Fails with `Limit`.
pub(crate) fn within<R: Send + 'static>(
    milliseconds: u64,
    work: impl FnOnce() -> Result<R> + Send + 'static,
) -> Result<R> {
    if LATE.load(Ordering::SeqCst) >= MOST_LATE {
        return Err(WasmtimeError::limit(format!(
            "{MOST_LATE} modules that took too long are still being compiled: try again later"
        )));
    }
    let start = Instant::now();
    let is_decided = Arc::new(AtomicBool::new(false));
    let (sender, receiver) = sync_channel(1);
    let compiler = {
        let is_decided = Arc::clone(&is_decided);
        move || {
            let done = catch_unwind(AssertUnwindSafe(work));
            // Nobody takes it where it is late.
            _ = sender.send(done.unwrap_or_else(|panic| Err(WasmtimeError::from_panic(panic.as_ref()))));
            if is_decided.swap(true, Ordering::SeqCst) {
                LATE.fetch_sub(1, Ordering::SeqCst);
            }
        }
    };
    let thread = thread::Builder::new().name("trimaran-compiles".to_owned()).stack_size(STACK);
    let no_thread = |error| WasmtimeError::limit(format!("the thread that compiles cannot be started: {error}"));
    thread.spawn(compiler).map_err(no_thread)?;
    // By the clock, and not by who of the two comes first.
    let limit = Duration::from_millis(milliseconds);
    match receiver.recv_timeout(limit) {
        Ok(done) if start.elapsed() <= limit => return done,
        // A compiler that panics gives something as well.
        Ok(_) | Err(RecvTimeoutError::Disconnected) => {}
        Err(RecvTimeoutError::Timeout) => {
            LATE.fetch_add(1, Ordering::SeqCst);
            if is_decided.swap(true, Ordering::SeqCst) {
                // It has just ended.
                LATE.fetch_sub(1, Ordering::SeqCst);
            }
        }
    }
    Err(WasmtimeError::limit(format!(
        "the module takes longer to compile than {milliseconds} ms, which is the engine's limit"
    )))
}
