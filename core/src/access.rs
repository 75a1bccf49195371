//! The gate: who may enter a store, and when.
//!
//! Wasmtime wants `&mut Store`; callers come from any thread. A gate owns the guarded root and lets one
//! thread in at a time. While guest code runs a host function, the thread that is inside may enter again,
//! and then meets the innermost caller that wasmtime handed out. This file knows nothing of wasmtime, so
//! that a model checker can run it alone (`tests/rust/gate`).

use std::cell::UnsafeCell;
use std::collections::VecDeque;
use std::ptr::NonNull;

#[cfg(not(loom))]
mod sync {
    pub(super) use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
    pub(super) use std::sync::{Condvar, Mutex, MutexGuard};
    std::thread_local!(static TOKEN: u8 = const { 0 });

    /// A number that no other living thread has, and that is never zero: the address of a thread-local.
    pub(super) fn this_thread() -> usize {
        TOKEN.with(|token| std::ptr::from_ref(token).addr())
    }
}

#[cfg(loom)]
mod sync {
    pub(super) use loom::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
    pub(super) use loom::sync::{Condvar, Mutex, MutexGuard};
    loom::thread_local!(static TOKEN: Box<u8> = Box::new(0));

    pub(super) fn this_thread() -> usize {
        TOKEN.with(|token| std::ptr::from_ref::<u8>(token).addr())
    }
}

use sync::{AtomicBool, AtomicU8, AtomicUsize, Condvar, Mutex, MutexGuard, Ordering, this_thread};

/// What a gate can guard.
pub(crate) trait Guarded {
    /// What a host function is given: a way back into the root while the guest waits.
    type Caller;
    /// What may be dropped by any thread at any time, but only goes away inside the gate.
    type Deferred: Send;
    /// Lets go of what was dropped while nobody could enter.
    fn reclaim(inside: &mut Inside<'_, Self>, deferred: Self::Deferred)
    where
        Self: Sized;
}

/// Where an entry arrived: at the root, or at the innermost caller.
pub(crate) enum Inside<'a, T: Guarded> {
    /// Nothing runs: the root itself.
    Root(&'a mut T),
    /// The guest waits for a host function: the caller that it was given.
    Caller(&'a mut T::Caller),
}

/// Why nobody was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The gate was closed.
    Closed,
    /// An earlier panic left the inside in an unknown state.
    Poisoned,
    /// This very thread is inside already, and not by way of a host function.
    Reentered,
    /// The pass belongs to a host call that has returned, or to another thread.
    Escaped,
}

/// Names one host call for as long as it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pass(u64);

/// Values that were dropped outside, waiting for the next entry.
pub(crate) struct DropQueue<D> {
    filled: AtomicBool,
    items: Mutex<VecDeque<D>>,
}

impl<D> DropQueue<D> {
    pub(crate) fn new() -> Self {
        Self { filled: AtomicBool::new(false), items: Mutex::new(VecDeque::new()) }
    }

    /// Leaves a value for the next entry. Never waits for the gate.
    pub(crate) fn push(&self, item: D) {
        let mut items = lock(&self.items);
        items.push_back(item);
        self.filled.store(true, Ordering::Release);
    }

    fn take(&self) -> VecDeque<D> {
        if !self.filled.load(Ordering::Acquire) {
            return VecDeque::new();
        }
        let mut items = lock(&self.items);
        self.filled.store(false, Ordering::Relaxed);
        std::mem::take(&mut *items)
    }
}

const OPEN: u8 = 0;
const CLOSED: u8 = 1;
const POISONED: u8 = 2;

/// No thread is inside.
const NOBODY: usize = 0;

/// What only the owner thread may touch.
struct State<T: Guarded> {
    root: Option<T>,
    /// The callers of the host functions that are running now, innermost last.
    callers: Vec<(Pass, NonNull<T::Caller>)>,
    next_pass: u64,
    /// The innermost context is borrowed by an `enter` further up this thread's stack.
    lent: bool,
}

/// Guards one root. See the head of this file.
pub(crate) struct Gate<T: Guarded> {
    /// The token of the thread that is inside, or `NOBODY`.
    owner: AtomicUsize,
    /// How many threads sleep on `turn`.
    waiting: AtomicUsize,
    sleepers: Mutex<()>,
    turn: Condvar,
    condition: AtomicU8,
    dropped: std::sync::Arc<DropQueue<T::Deferred>>,
    state: UnsafeCell<State<T>>,
}

// SAFETY: `state` is reached only by the thread whose token is in `owner`, which is set by a
// compare-and-swap from `NOBODY` and given up only when nothing of `state` is borrowed. The root crosses
// threads that way, so it has to be `Send`. The callers are pointers that only the owner thread pushes,
// uses and pops, while it owns the gate.
unsafe impl<T: Guarded + Send> Send for Gate<T> {}
// SAFETY: as above; `&Gate` gives access to the root to one thread at a time.
unsafe impl<T: Guarded + Send> Sync for Gate<T> {}

fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl<T: Guarded> Gate<T> {
    pub(crate) fn new(root: T) -> Self {
        Self {
            owner: AtomicUsize::new(NOBODY),
            waiting: AtomicUsize::new(0),
            sleepers: Mutex::new(()),
            turn: Condvar::new(),
            condition: AtomicU8::new(OPEN),
            dropped: std::sync::Arc::new(DropQueue::new()),
            state: UnsafeCell::new(State { root: Some(root), callers: Vec::new(), next_pass: 0, lent: false }),
        }
    }

    /// Where values that belong inside are left when they are dropped outside.
    pub(crate) fn drop_queue(&self) -> std::sync::Arc<DropQueue<T::Deferred>> {
        std::sync::Arc::clone(&self.dropped)
    }

    /// Fails if the gate is closed or poisoned. Takes no turn.
    pub(crate) fn check_open(&self) -> Result<(), Refused> {
        match self.condition.load(Ordering::Acquire) {
            OPEN => Ok(()),
            POISONED => Err(Refused::Poisoned),
            _ => Err(Refused::Closed),
        }
    }

    /// Runs `work` inside: at the root, or at the innermost caller if this thread is in a host function.
    /// Another thread waits until this one has left.
    pub(crate) fn enter<R>(&self, work: impl FnOnce(Inside<'_, T>) -> R) -> Result<R, Refused> {
        self.check_open()?;
        let turn = self.take_turn();
        // It may have been closed while this thread waited.
        self.check_open()?;
        // SAFETY: this thread is the owner, and the reference ends before `work` can reach `state` again.
        let context = {
            let state = unsafe { &mut *self.state.get() };
            if state.lent {
                return Err(Refused::Reentered);
            }
            let context = match (state.callers.last(), state.root.as_mut()) {
                (Some((_, caller)), _) => Ok(*caller),
                (None, Some(root)) => Err(NonNull::from(root)),
                (None, None) => return Err(Refused::Closed),
            };
            state.lent = true;
            context
        };
        let lent = Lent { gate: self };
        // SAFETY: both pointers are live and unaliased while `lent` is set: the root because only its owner
        // thread, which is this one, can reach it, and only through the innermost entry; the caller because
        // `publish` keeps it borrowed until its host function has returned.
        let mut inside = match context {
            Ok(mut caller) => Inside::Caller(unsafe { caller.as_mut() }),
            Err(mut root) => Inside::Root(unsafe { root.as_mut() }),
        };
        for item in self.dropped.take() {
            T::reclaim(&mut inside, item);
        }
        let result = work(inside);
        drop(lent);
        drop(turn);
        Ok(result)
    }

    /// Like [`Gate::enter`], for one host call only: fails when that call has returned, and on any thread
    /// but the one that it runs on.
    pub(crate) fn enter_with<R>(&self, pass: Pass, work: impl FnOnce(Inside<'_, T>) -> R) -> Result<R, Refused> {
        self.check_open()?;
        if self.owner.load(Ordering::Relaxed) != this_thread() {
            return Err(Refused::Escaped);
        }
        // SAFETY: this thread is the owner, and the reference ends on this line.
        let live = unsafe { &*self.state.get() }.callers.iter().any(|(other, _)| *other == pass);
        if live { self.enter(work) } else { Err(Refused::Escaped) }
    }

    /// Runs a host function, and lets this thread enter through `caller` while it runs.
    /// The thread must be inside already: wasmtime calls host functions only from within `enter`.
    pub(crate) fn publish<R>(&self, caller: &mut T::Caller, work: impl FnOnce(Pass) -> R) -> R {
        debug_assert_eq!(self.owner.load(Ordering::Relaxed), this_thread());
        let published = {
            // SAFETY: this thread is the owner: it is inside `enter`, which called the guest, which called
            // this host function. The reference ends with this block.
            let state = unsafe { &mut *self.state.get() };
            let pass = Pass(state.next_pass);
            state.next_pass += 1;
            state.callers.push((pass, NonNull::from(caller)));
            state.lent = false;
            Published { gate: self, pass }
        };
        work(published.pass)
    }

    /// Closes the gate and drops the root before it returns, after the thread that is inside has left.
    /// Inside a host function of this very store, later entries fail at once and the root is dropped when
    /// the outermost call leaves. Closing twice does nothing.
    pub(crate) fn close(&self) {
        let turn = self.take_turn();
        if self.condition.swap(CLOSED, Ordering::AcqRel) == CLOSED {
            return;
        }
        drop(turn);
    }

    fn take_turn(&self) -> Turn<'_, T> {
        let me = this_thread();
        if self.owner.load(Ordering::Relaxed) == me {
            return Turn { gate: self, outermost: false };
        }
        if self.try_own(me) {
            return Turn { gate: self, outermost: true };
        }
        let mut sleeping = lock(&self.sleepers);
        self.waiting.fetch_add(1, Ordering::SeqCst);
        while !self.try_own(me) {
            sleeping = self.turn.wait(sleeping).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        drop(sleeping);
        Turn { gate: self, outermost: true }
    }

    fn try_own(&self, me: usize) -> bool {
        self.owner.compare_exchange(NOBODY, me, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }
}

impl<T: Guarded> Drop for Gate<T> {
    fn drop(&mut self) {
        // What was left in the queue goes with the root.
        drop(self.dropped.take());
    }
}

/// Holds the gate; the outermost one gives it up.
struct Turn<'a, T: Guarded> {
    gate: &'a Gate<T>,
    outermost: bool,
}

impl<T: Guarded> Drop for Turn<'_, T> {
    fn drop(&mut self) {
        if !self.outermost {
            return;
        }
        let gate = self.gate;
        let root = if gate.condition.load(Ordering::Acquire) == CLOSED {
            // SAFETY: this thread is still the owner, and nothing of `state` is borrowed: `Lent` went first.
            unsafe { &mut *gate.state.get() }.root.take()
        } else {
            None
        };
        gate.owner.store(NOBODY, Ordering::SeqCst);
        // Pairs with `take_turn`: a sleeper counts itself, then tries once more before it sleeps. Either
        // it sees NOBODY, or this load sees it.
        if gate.waiting.load(Ordering::SeqCst) > 0 {
            drop(lock(&gate.sleepers));
            gate.turn.notify_one();
        }
        // Outside the gate: dropping the root may run code of the host's, which may come back here.
        drop(root);
        if gate.condition.load(Ordering::Acquire) == CLOSED {
            drop(gate.dropped.take());
        }
    }
}

/// The innermost context is in use by an entry.
struct Lent<'a, T: Guarded> {
    gate: &'a Gate<T>,
}

impl<T: Guarded> Drop for Lent<'_, T> {
    fn drop(&mut self) {
        // SAFETY: an entry drops this while its thread is the owner and after its borrow has ended.
        unsafe { &mut *self.gate.state.get() }.lent = false;
        if std::thread::panicking() {
            let _ = self.gate.condition.compare_exchange(OPEN, POISONED, Ordering::AcqRel, Ordering::Relaxed);
        }
    }
}

/// A host function runs, and its caller can be entered.
struct Published<'a, T: Guarded> {
    gate: &'a Gate<T>,
    pass: Pass,
}

impl<T: Guarded> Drop for Published<'_, T> {
    fn drop(&mut self) {
        // SAFETY: `publish` drops this on the owner thread, inside the entry that called the guest.
        let state = unsafe { &mut *self.gate.state.get() };
        let popped = state.callers.pop();
        debug_assert_eq!(popped.map(|(pass, _)| pass), Some(self.pass));
        // The entry that called the guest has its context again.
        state.lent = true;
    }
}
