//! What one thread waits for that nothing can stop: a guest of an engine without `epoch_interruption`, or a
//! compilation.
//!
//! A language whose Ctrl-C is seen by one thread asks here what that thread is in.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use trimaran_gate::this_thread;

use crate::Result;

/// The number of the thread; 0 is none. Only that thread changes what stands below.
static THREAD: AtomicUsize = AtomicUsize::new(0);
/// The number of the run that it is in; 0 where it is in none, or in a host function.
static RUN: AtomicU64 = AtomicU64::new(0);
/// How many runs it has had.
static RUNS: AtomicU64 = AtomicU64::new(0);

/// The number of a run is even for a guest, and odd for a compilation.
const COMPILATION: u64 = 1;

/// What the language does before something is compiled.
static BEFORE: OnceLock<fn() -> Result<()>> = OnceLock::new();

/// From now on this thread is the one that `unstoppable_run` tells about.
pub fn tell_of_this_thread() {
    let me = this_thread();
    if THREAD.swap(me, Ordering::Relaxed) != me {
        RUN.store(0, Ordering::Relaxed);
    }
}

/// From now on `look` is called before something is compiled, on any thread: so a language can see to its handler for
/// Ctrl-C. Where it fails, nothing is compiled.
pub fn before_compiling(look: fn() -> Result<()>) {
    // There is one language.
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

/// The thread is somewhere, until this is dropped.
pub(crate) struct Somewhere {
    outer: u64,
}

impl Drop for Somewhere {
    fn drop(&mut self) {
        RUN.store(self.outer, Ordering::Relaxed);
    }
}

/// Whether that thread is the one that `unstoppable_run` tells about.
#[inline]
fn is_told(me: usize) -> bool {
    THREAD.load(Ordering::Relaxed) == me
}

/// A guest runs on this thread that nothing can stop.
#[inline]
pub(crate) fn enter(me: usize) -> Option<Somewhere> {
    is_told(me).then(|| begin(0))
}

/// Something is compiled on this thread, or for it. Fails with what the language says.
pub(crate) fn compile() -> Result<Option<Somewhere>> {
    BEFORE.get().map_or(Ok(()), |look| look())?;
    Ok(is_told(this_thread()).then(|| begin(COMPILATION)))
}

fn begin(kind: u64) -> Somewhere {
    let run = RUNS.load(Ordering::Relaxed) + 2;
    RUNS.store(run, Ordering::Relaxed);
    go(run | kind)
}

fn go(run: u64) -> Somewhere {
    let outer = RUN.load(Ordering::Relaxed);
    RUN.store(run, Ordering::Relaxed);
    Somewhere { outer }
}

/// Runs what belongs to the host, which may be told by its language that it has to end.
#[inline]
pub fn in_host<R>(work: impl FnOnce() -> R) -> R {
    let is_somewhere = RUN.load(Ordering::Relaxed) != 0 && is_told(this_thread());
    let _outer = is_somewhere.then(|| go(0));
    work()
}
