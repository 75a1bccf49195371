//! The gate itself: its owner word, its root, and the types that callers of the gate use.

use std::ptr::NonNull;
use std::sync::Arc;

use crate::drop_queue::DropQueue;
use crate::pins::Pins;
use crate::sync::{AtomicU8, AtomicU64, AtomicUsize, Condvar, Mutex, Ordering, UnsafeCell, this_thread};

/// What a gate can guard.
pub trait Guarded {
    /// What a host function is given: a way back into the root while the guest waits.
    type Caller;
    /// What may be dropped by any thread at any time, but only goes away inside the gate.
    type Deferred: Send;
    /// What may be dropped inside, but only goes away outside: it may run any code of the host.
    type Departed: Send;
    /// Drops what other code left in the queue while it could not enter.
    fn reclaim(inside: &mut Inside<'_, Self>, deferred: Self::Deferred)
    where
        Self: Sized;
}

/// Where an entry arrived: at the root, or at the innermost caller.
pub enum Inside<'a, T: Guarded> {
    /// Nothing runs: the root itself.
    Root(&'a mut T),
    /// The guest waits for a host function: the caller that it was given.
    Caller(&'a mut T::Caller),
}

/// Why a thread may not enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The gate was closed.
    Closed,
    /// An earlier panic left the inside in an unknown state.
    Poisoned,
    /// This very thread is inside already, and not by way of a host function.
    Reentered,
    /// The host call has returned, or runs on another thread.
    Escaped,
    /// The thread that is inside has been in one host function for too long: it may wait for this very thread.
    Stuck,
    /// The same of a thread that keeps a turn.
    Keeps,
    /// The thread that is inside is not in this process, which was forked meanwhile.
    Orphaned,
}

/// Names one host call for as long as it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostCallId(pub u64);

pub(crate) const OPEN: u8 = 0;
pub(crate) const CLOSED: u8 = 1;
pub(crate) const POISONED: u8 = 2;

/// No thread is inside.
pub(crate) const NOBODY: usize = 0;
/// A bit beside the owner's token: a thread may sleep, and the owner has to wake it.
pub(crate) const AWAITED: usize = 1;

/// What only the owner thread touches, and never across a call of foreign code.
pub(crate) struct State<T: Guarded> {
    /// The callers of the host functions that are running now, innermost last.
    pub(crate) callers: Vec<(HostCallId, NonNull<T::Caller>)>,
    pub(crate) next_id: u64,
    /// The innermost context is borrowed by an `enter` further up this thread's stack.
    pub(crate) lent: bool,
    /// The turns that the owner keeps between its entries, innermost last.
    pub(crate) kept: Vec<Kept>,
}

/// How long to wait for a thread that is in one host function, in milliseconds. That thread may itself wait for this one, which
/// the gate cannot know.
pub(crate) const PATIENCE: u64 = 30_000;

/// Guards one root. See the head of this crate.
pub struct Gate<T: Guarded> {
    /// The token of the thread that is inside, with or without `AWAITED`, or `NOBODY`. One word, so that
    /// no order between two has to be argued about.
    pub(crate) owner: AtomicUsize,
    pub(crate) sleepers: Mutex<()>,
    pub(crate) turn: Condvar,
    /// How long another thread may be in one host function while this one waits, in milliseconds.
    pub(crate) patience: AtomicU64,
    /// The number of the host call that runs, plus one, or of the kept turn, marked by `TURN`; 0 is none. Waiting threads read
    /// it.
    pub(crate) hosting: AtomicU64,
    pub(crate) condition: AtomicU8,
    pub(crate) dropped: Arc<DropQueue<T::Deferred>>,
    pub(crate) pins: Arc<Pins>,
    /// Apart from `state`, because an entry borrows it for as long as the guest runs.
    pub(crate) root: UnsafeCell<Option<T>>,
    pub(crate) state: UnsafeCell<State<T>>,
    /// Behind the root, which leaves things there when it goes.
    pub(crate) departed: Arc<DropQueue<T::Departed>>,
}

// SAFETY: `root` and `state` are reached only by the thread whose token is in `owner`, which is set by a
// compare-and-swap from `NOBODY` and given up only when nothing of them is borrowed. The root crosses
// threads that way, so it has to be `Send`. The callers are pointers that only the owner thread pushes,
// uses and pops, while it owns the gate.
unsafe impl<T: Guarded + Send> Send for Gate<T> {}
// SAFETY: `&Gate` gives access to `root` and `state` to one thread at a time, as said for `Send`.
unsafe impl<T: Guarded + Send> Sync for Gate<T> {}

/// Marks the number of a turn that is kept, which no host function has.
pub(crate) const TURN: u64 = 1 << 63;

/// A turn that a thread keeps between its entries.
pub(crate) struct Kept {
    /// How many host functions were running when it began.
    pub(crate) depth: usize,
    /// Whether the thread came in with it, and leaves with it.
    pub(crate) outermost: bool,
    /// What others who wait for the gate see in the place of a host function's number.
    pub(crate) stamp: u64,
}

impl<T: Guarded> Gate<T> {
    /// Makes an open gate in front of `root`, which `pins` keep after it was closed.
    pub fn new(root: T, pins: Arc<Pins>) -> Self {
        Self {
            departed: Arc::new(DropQueue::new()),
            owner: AtomicUsize::new(NOBODY),
            sleepers: Mutex::new(()),
            turn: Condvar::new(),
            patience: AtomicU64::new(PATIENCE),
            hosting: AtomicU64::new(0),
            condition: AtomicU8::new(OPEN),
            dropped: Arc::new(DropQueue::new()),
            pins,
            root: UnsafeCell::new(Some(root)),
            state: UnsafeCell::new(State { callers: Vec::new(), next_id: 0, lent: false, kept: Vec::new() }),
        }
    }

    /// How long to wait for a thread that is in one host function, in milliseconds: at most what it was at first.
    pub fn set_patience(&self, milliseconds: u64) {
        self.patience.store(milliseconds.min(PATIENCE), Ordering::Relaxed);
    }

    /// Where values that belong inside are left when they are dropped outside.
    pub fn drop_queue(&self) -> Arc<DropQueue<T::Deferred>> {
        Arc::clone(&self.dropped)
    }

    /// Where values are left that only go away outside, when they are dropped inside. A thread that leaves the gate drops them.
    pub fn departed(&self) -> Arc<DropQueue<T::Departed>> {
        Arc::clone(&self.departed)
    }

    /// Fails if the gate is closed or poisoned. Takes no turn.
    #[inline(always)]
    pub fn check_open(&self) -> Result<(), Refused> {
        match self.condition.load(Ordering::Acquire) {
            OPEN => Ok(()),
            POISONED => Err(Refused::Poisoned),
            _ => Err(Refused::Closed),
        }
    }

    /// Whether this very thread is inside.
    pub fn is_inside(&self) -> bool {
        self.is_mine(this_thread())
    }

    /// Whether the thread with that number is inside.
    #[inline(always)]
    pub fn is_mine(&self, me: usize) -> bool {
        self.owner.load(Ordering::Relaxed) & !AWAITED == me
    }

    /// Runs `work` with the state. Only for the owner thread; `work` must not use the gate.
    #[inline(always)]
    pub(crate) fn with_state<R>(&self, work: impl FnOnce(&mut State<T>) -> R) -> R {
        debug_assert!(self.is_mine(this_thread()));
        let state = self.state.get_mut();
        // SAFETY: this thread is the owner, and `work` does not use the gate: so no other borrow of `state` lives.
        work(unsafe { state.deref() })
    }
}

impl<T: Guarded> Drop for Gate<T> {
    fn drop(&mut self) {
        // What was left in the queue goes with the root.
        drop(self.dropped.take());
    }
}
