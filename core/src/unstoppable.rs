//! Which guest one thread waits for that nothing can stop: an engine without `epoch_interruption` asks nobody.
//!
//! A language whose Ctrl-C is seen by one thread asks here what that thread is in.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::access::this_thread;

/// The number of the thread; 0 is none. Only that thread changes what stands below.
static THREAD: AtomicUsize = AtomicUsize::new(0);
/// The number of the run that it is in; 0 where it is in none, or in a function of the host.
static RUN: AtomicU64 = AtomicU64::new(0);
/// How many runs it has had.
static RUNS: AtomicU64 = AtomicU64::new(0);

/// From now on this thread is the one that `unstoppable_run` tells about.
pub fn tell_of_this_thread() {
    let me = this_thread();
    if THREAD.swap(me, Ordering::Relaxed) != me {
        RUN.store(0, Ordering::Relaxed);
    }
}

/// The number of the run that the thread waits for and that nothing can stop; 0 for none. May be called in a signal handler.
pub fn unstoppable_run() -> u64 {
    RUN.load(Ordering::Relaxed)
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

/// A guest runs on this thread that nothing can stop.
#[inline]
pub(crate) fn enter(me: usize) -> Option<Somewhere> {
    (THREAD.load(Ordering::Relaxed) == me).then(|| {
        let run = RUNS.load(Ordering::Relaxed) + 1;
        RUNS.store(run, Ordering::Relaxed);
        go(run)
    })
}

fn go(run: u64) -> Somewhere {
    let outer = RUN.load(Ordering::Relaxed);
    RUN.store(run, Ordering::Relaxed);
    Somewhere { outer }
}

/// Runs what belongs to the host, which may be told by its language that it has to end.
#[inline]
pub fn in_host<R>(work: impl FnOnce() -> R) -> R {
    let is_told = RUN.load(Ordering::Relaxed) != 0 && THREAD.load(Ordering::Relaxed) == this_thread();
    let _outer = is_told.then(|| go(0));
    work()
}
