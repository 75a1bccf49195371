//! The gate itself: its root, what it keeps about its owner, and the types that callers of the gate use.

use std::ptr::NonNull;
use std::sync::Arc;

use crate::drop_queue::DropQueue;
use crate::line::Line;
use crate::pins::Pins;
use crate::refused::Refused;
use crate::sync::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Condvar, Mutex, Ordering, UnsafeCell, this_thread};
use crate::word::{LOOK, NOBODY, is_left_behind};

/// What a gate can guard.
pub trait Guarded: Sized {
    /// What a host function is given: a way back into the root while the guest waits.
    type Caller;
    /// What may be dropped by any thread at any time, but only goes away inside the gate.
    type Deferred: Send;
    /// What may be dropped inside, but only goes away outside: it may run any code of the host.
    type Departed: Send;
    /// A guest that runs step by step. Inside the gate it is dropped when it is over, or when `unwind` has returned.
    type Fiber: Send;
    /// With what a step resumes a guest.
    type Answer;
    /// What a step ends with.
    type Event;

    /// Drops what other code left in the queue while it could not enter.
    fn reclaim(inside: &mut Inside<'_, Self>, deferred: Self::Deferred);

    /// Resumes the innermost fiber, the last one. Nothing else reaches the root meanwhile. The first answer is none.
    fn resume(root: NonNull<Self>, fibers: &mut [Self::Fiber], answer: Option<Self::Answer>) -> Paused<Self::Event>;

    /// Has the innermost fiber do `work`, once, by the caller of the host function that it waits for.
    fn visit(root: NonNull<Self>, fibers: &mut [Self::Fiber], work: &mut dyn FnMut(&mut Self::Caller));

    /// Has the innermost fiber unwind.
    fn unwind(root: NonNull<Self>, fibers: &mut [Self::Fiber]);
}

/// Why a fiber came back from a step.
pub enum Paused<E> {
    /// It waits for an async host function: meanwhile the root may be visited, and that function may call into the guest.
    Host(E),
    /// It was suspended in the middle of its own code: nothing can enter before it goes on.
    Turn(E),
    /// It is over.
    Done(E),
}

/// Where an entry arrived: at the root, or at the innermost caller.
pub enum Inside<'a, T: Guarded> {
    /// Nothing runs: the root itself.
    Root(&'a mut T),
    /// The guest waits for a host function: the caller that it was given.
    Caller(&'a mut T::Caller),
}

/// Names one synchronous host call for as long as it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostCallId(pub u64);

pub(crate) const OPEN: u8 = 0;
pub(crate) const CLOSED: u8 = 1;
pub(crate) const POISONED: u8 = 2;

/// What only the owner thread touches, and never across a call of foreign code.
pub(crate) struct State<T: Guarded> {
    /// The callers of the synchronous host functions that are running now, innermost last. Empty while a run rests.
    pub(crate) callers: Vec<(HostCallId, NonNull<T::Caller>)>,
    pub(crate) next_id: u64,
    /// The innermost context is borrowed by an entry or a step further up this thread's stack.
    pub(crate) lent: bool,
    /// What an owner with `FLIGHT` leaves in the owner word if nobody waits, or `LOOK`.
    pub(crate) next: usize,
    /// The turns that the owner keeps between its entries, innermost last.
    pub(crate) kept: Vec<Kept>,
}

/// How long to wait for one host function, in milliseconds. It may itself wait for the thread that waits, which the gate cannot
/// know.
pub(crate) const PATIENCE: u64 = 30_000;

/// Guards one root. See the head of this crate.
pub struct Gate<T: Guarded> {
    /// See `word.rs`. One word, so that no order between two has to be argued about.
    pub(crate) owner: AtomicUsize,
    /// How long another thread or run may be in one host function while this one waits, in milliseconds.
    pub(crate) patience: AtomicU64,
    /// The number of the host call that lasts, plus one, or of the kept turn, marked by `TURN`, of the waiter that was given its
    /// turn, marked by `GIVEN`, or of the rest of a run, marked by `RESTS`; 0 is none. Waiting threads read it.
    pub(crate) hosting: AtomicU64,
    pub(crate) condition: AtomicU8,
    /// Someone waits in line for the runs in flight to end. Written with the line's lock held.
    pub(crate) has_line: AtomicBool,
    pub(crate) dropped: Arc<DropQueue<T::Deferred>>,
    pub(crate) pins: Arc<Pins>,
    /// Apart from `state`, because an entry borrows it for as long as the guest runs.
    pub(crate) root: UnsafeCell<Option<T>>,
    pub(crate) state: UnsafeCell<State<T>>,
    /// Behind the root, which leaves things there when it goes.
    pub(crate) departed: Arc<DropQueue<T::Departed>>,
    /// Those of the runs in flight, innermost last.
    pub(crate) fibers: UnsafeCell<Vec<T::Fiber>>,
    pub(crate) next_run: AtomicUsize,
    pub(crate) line: Mutex<Line>,
    /// Where threads sleep that wait, with the line's lock.
    pub(crate) turn: Condvar,
}

// SAFETY: `root`, `fibers` and `state` are reached only by the thread whose token is in `owner`. It is set there by a
// compare-and-swap from `NOBODY` or from a run's number, and given up only when nothing of them is borrowed. The root and the
// fibers cross threads that way, so they have to be `Send`; `Guarded` says so of fibers. The callers are pointers that only the
// owner thread pushes, uses and pops, while it owns the gate.
unsafe impl<T: Guarded + Send> Send for Gate<T> {}
// SAFETY: `&Gate` gives access to `root`, `fibers` and `state` to one thread at a time, as said for `Send`.
unsafe impl<T: Guarded + Send> Sync for Gate<T> {}

/// Marks the number of a turn that is kept, which no host function has.
pub(crate) const TURN: u64 = 1 << 63;
/// Marks the number of a waiter that was given its turn and has not taken it.
pub(crate) const GIVEN: u64 = 1 << 62;
/// Marks the number of a rest in the middle of a guest's code, after which its run should go on at once.
pub(crate) const RESTS: u64 = 1 << 61;

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
            line: Mutex::new(Line::default()),
            turn: Condvar::new(),
            patience: AtomicU64::new(PATIENCE),
            hosting: AtomicU64::new(0),
            condition: AtomicU8::new(OPEN),
            has_line: AtomicBool::new(false),
            next_run: AtomicUsize::new(1),
            dropped: Arc::new(DropQueue::new()),
            pins,
            root: UnsafeCell::new(Some(root)),
            fibers: UnsafeCell::new(Vec::new()),
            state: UnsafeCell::new(State {
                callers: Vec::new(),
                next_id: 0,
                lent: false,
                next: LOOK,
                kept: Vec::new(),
            }),
        }
    }

    /// How long to wait for one host function, in milliseconds: at most what it was at first.
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

    /// A number that no other run or waiter of this gate has.
    pub(crate) fn run_number(&self) -> usize {
        self.next_run.fetch_add(1, Ordering::Relaxed)
    }

    /// Runs `work` with the state. Only for the owner thread; `work` must not use the gate.
    #[inline(always)]
    pub(crate) fn with_state<R>(&self, work: impl FnOnce(&mut State<T>) -> R) -> R {
        debug_assert!(self.is_mine(this_thread()));
        let state = self.state.get_mut();
        // SAFETY: this thread is the owner, and `work` does not use the gate: so no other borrow of `state` lives.
        work(unsafe { state.deref() })
    }

    /// Runs `work` with the root and the fibers of the runs in flight. Only for the owner thread, which has set `lent` where it
    /// was not set.
    pub(crate) fn with_fibers<R>(&self, work: impl FnOnce(NonNull<T>, &mut Vec<T::Fiber>) -> R) -> Result<R, Refused> {
        debug_assert!(self.with_state(|state| state.lent));
        let (root, fibers) = (self.root.get_mut(), self.fibers.get_mut());
        // SAFETY: this thread is the owner, and has set `lent` where it was not set: no entry and no step further up the stack
        // holds the root or the fibers, and `lent` keeps later ones out.
        let (root, fibers) = unsafe { (root.deref(), fibers.deref()) };
        let root = root.as_mut().ok_or(Refused::Closed)?;
        Ok(work(NonNull::from(root), fibers))
    }
}

impl<T: Guarded> Drop for Gate<T> {
    fn drop(&mut self) {
        // What was left in the queue goes with the root.
        drop(self.dropped.take());
        if is_left_behind(self.owner.load(Ordering::Relaxed)) {
            let (root, fibers) = (self.root.get_mut(), self.fibers.get_mut());
            // SAFETY: this is the only reference.
            let (root, fibers) = unsafe { (root.deref(), fibers.deref()) };
            if !fibers.is_empty() {
                // Guests of the parent process are suspended there. This process must not unwind them, and forgets them.
                std::mem::forget((root.take(), std::mem::take(fibers)));
            }
        }
    }
}
