//! Compiling within a time. Wasmtime has no way to end a compilation: one that takes too long goes on beside its caller, who does
//! not wait for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use crate::{Result, WasmtimeError};

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
    let is_decided = Arc::new(AtomicBool::new(false));
    let (sender, receiver) = sync_channel(1);
    let compiler = {
        let is_decided = Arc::clone(&is_decided);
        move || {
            // Nobody takes it where it is late.
            _ = sender.send(work());
            if is_decided.swap(true, Ordering::SeqCst) {
                LATE.fetch_sub(1, Ordering::SeqCst);
            }
        }
    };
    let thread = thread::Builder::new().name("trimaran-compiles".to_owned()).stack_size(STACK);
    let no_thread = |error| WasmtimeError::limit(format!("the thread that compiles cannot be started: {error}"));
    thread.spawn(compiler).map_err(no_thread)?;
    match receiver.recv_timeout(Duration::from_millis(milliseconds)) {
        Ok(done) => done,
        Err(RecvTimeoutError::Disconnected) => Err(panicked()),
        Err(RecvTimeoutError::Timeout) => {
            LATE.fetch_add(1, Ordering::SeqCst);
            if !is_decided.swap(true, Ordering::SeqCst) {
                let reason =
                    format!("the module takes longer to compile than {milliseconds} ms, which is the engine's limit");
                return Err(WasmtimeError::limit(reason));
            }
            // It has just ended.
            LATE.fetch_sub(1, Ordering::SeqCst);
            receiver.recv().unwrap_or_else(|_| Err(panicked()))
        }
    }
}

fn panicked() -> WasmtimeError {
    WasmtimeError::Unexpected { reason: "the compiler panicked".to_owned() }
}
