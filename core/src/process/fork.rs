//! Forks: how many there were, and locks that a child finds free.
//!
//! A child process has none of its parent's other threads. What such a thread has locked stays locked in the child. So a fork waits
//! until no thread holds one of these locks, and a thread that wants one meanwhile waits for the fork.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many forks there were between the process that first called `watch` and this one.
pub(crate) fn generation() -> usize {
    trimaran_gate::forks()
}

/// How many threads hold locks.
static HOLDERS: AtomicUsize = AtomicUsize::new(0);

/// Whether a thread forks now.
static IS_FORKING: AtomicBool = AtomicBool::new(false);

std::thread_local! {
    /// How many locks this thread holds.
    static HELD: Cell<usize> = const { Cell::new(0) };
}

/// No fork happens until this is dropped.
pub(crate) struct Held(());

/// Waits for a fork that happens now, and then keeps others off. For short work, which runs no code of the host's language.
#[inline]
pub(crate) fn hold() -> Held {
    watch();
    let held = HELD.get();
    if held == 0 {
        begin();
    }
    HELD.set(held + 1);
    Held(())
}

fn begin() {
    loop {
        // In this order, and in the other one in `before`: one of the two sees the other. So both are sequentially consistent.
        HOLDERS.fetch_add(1, Ordering::SeqCst);
        if !IS_FORKING.load(Ordering::SeqCst) {
            return;
        }
        HOLDERS.fetch_sub(1, Ordering::SeqCst);
        std::thread::sleep(PAUSE);
    }
}

impl Drop for Held {
    #[inline]
    fn drop(&mut self) {
        let held = HELD.get() - 1;
        HELD.set(held);
        if held == 0 {
            HOLDERS.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// A locked value. Its lock is free in every child of a fork.
pub(crate) struct Locked<'a, T> {
    guard: MutexGuard<'a, T>,
    /// Behind the guard, which goes first.
    _held: Held,
}

/// Locks a value so that no fork happens meanwhile.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> Locked<'_, T> {
    let held = hold();
    Locked { guard: mutex.lock().unwrap_or_else(PoisonError::into_inner), _held: held }
}

impl<T> Deref for Locked<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for Locked<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

/// How long a thread sleeps before it looks again.
const PAUSE: std::time::Duration = std::time::Duration::from_micros(50);

#[cfg(unix)]
mod handlers {
    use std::time::{Duration, Instant};

    use super::{HELD, HOLDERS, IS_FORKING, Ordering, PAUSE};

    /// How long a fork waits. A thread may hold a lock for longer only where the system makes it wait, as for a file of a network.
    const PATIENCE: Duration = Duration::from_secs(2);

    /// The locks of the thread that forks are its own in the child as well.
    fn own() -> usize {
        usize::from(HELD.get() > 0)
    }

    pub(super) extern "C" fn before() {
        let end = Instant::now() + PATIENCE;
        // Two threads may fork at once.
        while IS_FORKING.swap(true, Ordering::SeqCst) && Instant::now() < end {
            std::thread::sleep(PAUSE);
        }
        while HOLDERS.load(Ordering::SeqCst) > own() && Instant::now() < end {
            std::thread::sleep(PAUSE);
        }
    }

    pub(super) extern "C" fn after_in_parent() {
        IS_FORKING.store(false, Ordering::SeqCst);
    }

    pub(super) extern "C" fn after_in_child() {
        trimaran_gate::after_fork();
        HOLDERS.store(own(), Ordering::SeqCst);
        IS_FORKING.store(false, Ordering::SeqCst);
    }
}

/// Counts the forks from now on, and makes them wait for the locks.
#[inline]
pub(crate) fn watch() {
    #[cfg(unix)]
    {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| {
            use handlers::{after_in_child, after_in_parent, before};
            // SAFETY: `pthread_atfork` wants functions that may run before and after a fork, the last one in the child:
            // `after_in_child` only writes atomics and reads a thread-local without a destructor, so it is async-signal-safe. Their
            // code stays for as long as the process lives. If registering fails for want of memory, a child hangs when it compiles.
            unsafe { libc::pthread_atfork(Some(before), Some(after_in_parent), Some(after_in_child)) };
        });
    }
}
