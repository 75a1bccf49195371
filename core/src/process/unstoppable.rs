//! Tells a language what one thread waits for that nothing can stop: a guest of an engine without `epoch_interruption`, or
//! a compilation.
//!
//! In some languages only one thread sees Ctrl-C. They ask here what that thread does.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use trimaran_gate::this_thread;

use crate::Result;

/// The number of the thread; 0 is none. Only that thread changes `RUN` and `RUNS`.
static THREAD: AtomicUsize = AtomicUsize::new(0);
/// The number of the run that the thread is in; 0 where it is in none, or in a host function.
static RUN: AtomicU64 = AtomicU64::new(0);
/// How many runs the thread has had.
static RUNS: AtomicU64 = AtomicU64::new(0);

/// The number of a run is even for a guest, and odd for a compilation.
const COMPILATION: u64 = 1;

/// What the language calls before each compilation.
static BEFORE: OnceLock<fn() -> Result<()>> = OnceLock::new();

/// From now on `unstoppable_run` tells about this thread.
pub fn tell_of_this_thread() {
    let me = this_thread();
    if THREAD.swap(me, Ordering::Relaxed) != me {
        RUN.store(0, Ordering::Relaxed);
    }
}

/// From now on `look` is called before each compilation, on any thread. A language installs its handler for Ctrl-C there. If
/// `look` fails, the compilation fails with that error.
pub fn before_compiling(look: fn() -> Result<()>) {
    // A process has one language's adapter, which sets this once.
    _ = BEFORE.set(look);
}

/// The number of the run that the thread waits for and that nothing can stop; 0 for none. May be called in a signal handler.
pub fn unstoppable_run() -> u64 {
    RUN.load(Ordering::Relaxed)
}

/// Whether the run of that number is a compilation, and not a guest. May be called in a signal handler.
pub fn is_compilation(run: u64) -> bool {
    run & COMPILATION != 0
}

/// Restores the number of the outer run when it is dropped.
pub(crate) struct InRun {
    outer: u64,
}

impl Drop for InRun {
    fn drop(&mut self) {
        RUN.store(self.outer, Ordering::Relaxed);
    }
}

/// Whether `unstoppable_run` tells about the thread `me`.
#[inline]
fn is_told(me: usize) -> bool {
    THREAD.load(Ordering::Relaxed) == me
}

/// A guest that nothing can stop begins to run on this thread.
#[inline]
pub(crate) fn enter(me: usize) -> Option<InRun> {
    is_told(me).then(|| begin(0))
}

/// A compilation begins on this thread, or on another one that this thread waits for. Fails where the language's check does.
pub(crate) fn compile() -> Result<Option<InRun>> {
    BEFORE.get().map_or(Ok(()), |look| look())?;
    Ok(is_told(this_thread()).then(|| begin(COMPILATION)))
}

fn begin(kind: u64) -> InRun {
    let run = RUNS.load(Ordering::Relaxed) + 2;
    RUNS.store(run, Ordering::Relaxed);
    go(run | kind)
}

fn go(run: u64) -> InRun {
    let outer = RUN.load(Ordering::Relaxed);
    RUN.store(run, Ordering::Relaxed);
    InRun { outer }
}

/// Runs host code. A language can stop that by its own means.
#[inline]
pub fn in_host<R>(work: impl FnOnce() -> R) -> R {
    let is_in_run = RUN.load(Ordering::Relaxed) != 0 && is_told(this_thread());
    let _outer = is_in_run.then(|| go(0));
    work()
}
