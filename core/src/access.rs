//! The gate: who may enter a store, and when.
//!
//! Wasmtime wants `&mut Store`; callers come from any thread. A gate owns the guarded root and lets one
//! thread in at a time. While guest code runs a host function, the thread that is inside may enter again,
//! and then meets the innermost caller that wasmtime handed out. This file knows nothing of wasmtime, so
//! that a model checker can run it alone (`tests/rust/gate`).

use std::collections::VecDeque;
use std::ptr::NonNull;
use std::time::{Duration, Instant};

#[cfg(not(loom))]
mod sync {
    pub(super) use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering, fence};
    pub(super) use std::sync::{Condvar, Mutex, MutexGuard};

    std::thread_local!(static TOKEN: std::cell::Cell<usize> = const { std::cell::Cell::new(0) });

    /// How many forks lie between the first process and this one, and which thread the last one left.
    static FORKS: AtomicUsize = AtomicUsize::new(0);
    static SURVIVOR: AtomicUsize = AtomicUsize::new(0);

    /// Above the addresses of a process.
    const FORKS_AT: u32 = usize::BITS - 8;

    /// A number that no other living thread has: the address of a thread-local, and in its highest byte the fork after which
    /// the thread began. It is even, and not zero.
    #[inline]
    pub(crate) fn this_thread() -> usize {
        TOKEN.with(|token| if token.get() == 0 { first(token) } else { token.get() })
    }

    #[cold]
    fn first(token: &std::cell::Cell<usize>) -> usize {
        let address = std::ptr::from_ref(token).addr() & !(0xff << FORKS_AT);
        token.set(address | FORKS.load(Ordering::Relaxed) << FORKS_AT);
        token.get()
    }

    /// This process is the child of a fork, and of its threads there is only this one.
    pub(crate) fn after_fork() {
        SURVIVOR.store(this_thread(), Ordering::Relaxed);
        FORKS.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn forks() -> usize {
        FORKS.load(Ordering::Relaxed)
    }

    /// Whether the thread of that number was left behind by a fork.
    pub(crate) fn is_gone(thread: usize) -> bool {
        let forks = FORKS.load(Ordering::Relaxed) & 0xff;
        thread >> FORKS_AT != forks && thread != SURVIVOR.load(Ordering::Relaxed)
    }

    /// `std::cell::UnsafeCell` by loom's interface, where loom would look for races.
    pub(super) struct UnsafeCell<V>(std::cell::UnsafeCell<V>);

    impl<V> UnsafeCell<V> {
        pub(super) const fn new(value: V) -> Self {
            Self(std::cell::UnsafeCell::new(value))
        }

        pub(super) fn get_mut(&self) -> MutPtr<V> {
            MutPtr(self.0.get())
        }
    }

    pub(super) struct MutPtr<V>(*mut V);

    impl<V> MutPtr<V> {
        /// # Safety
        /// Nobody else may reach the value while the reference lives.
        #[expect(clippy::mut_from_ref, reason = "the shape of loom's own pointer")]
        pub(super) unsafe fn deref(&self) -> &mut V {
            // SAFETY: by the contract of this function; the pointer comes from a live cell.
            unsafe { &mut *self.0 }
        }
    }
}

#[cfg(loom)]
mod sync {
    pub(super) use loom::cell::UnsafeCell;
    pub(super) use loom::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering, fence};
    pub(super) use loom::sync::{Condvar, Mutex, MutexGuard};

    loom::thread_local!(static TOKEN: Box<u64> = Box::new(0));

    pub(crate) fn this_thread() -> usize {
        TOKEN.with(|token| std::ptr::from_ref::<u64>(token).addr())
    }

    pub(crate) fn after_fork() {}

    pub(crate) fn forks() -> usize {
        0
    }

    pub(crate) fn is_gone(_thread: usize) -> bool {
        false
    }
}

use sync::is_gone;
use sync::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Condvar, Mutex, MutexGuard, Ordering, UnsafeCell, fence};
// The tests of the gate alone have no use for some of these.
#[allow(unused_imports)]
pub(crate) use sync::{after_fork, forks, this_thread};

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
    /// The thread that is inside has been in one host function for too long: it may wait for this very thread.
    Stuck,
    /// The thread that is inside is not in this process, which was forked meanwhile.
    Orphaned,
}

/// Names one host call for as long as it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pass(pub(crate) u64);

/// Counts what looks at the root from outside. As long as there is any, a closed gate keeps its root.
pub(crate) struct Pins(AtomicUsize);

impl Pins {
    pub(crate) fn new() -> std::sync::Arc<Self> {
        std::sync::Arc::new(Self(AtomicUsize::new(0)))
    }

    /// Whether anything looks. What is gone has done with the root.
    pub(crate) fn any(&self) -> bool {
        self.0.load(Ordering::Acquire) != 0
    }
}

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

    fn is_filled(&self) -> bool {
        self.filled.load(Ordering::Acquire)
    }

    fn take(&self) -> VecDeque<D> {
        if !self.is_filled() {
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
/// Beside the owner's token: somebody sleeps, or may, and has to be woken.
const AWAITED: usize = 1;

/// What only the owner thread may touch, for moments only.
struct State<T: Guarded> {
    /// The callers of the host functions that are running now, innermost last.
    callers: Vec<(Pass, NonNull<T::Caller>)>,
    next_pass: u64,
    /// The innermost context is borrowed by an `enter` further up this thread's stack.
    lent: bool,
}

/// How long to wait for a thread that is in one host function, in milliseconds: it may wait for this one, which nobody can
/// know.
const PATIENCE: u64 = 30_000;

/// Guards one root. See the head of this file.
pub(crate) struct Gate<T: Guarded> {
    /// The token of the thread that is inside, with or without `AWAITED`, or `NOBODY`. One word, so that
    /// no order between two has to be argued about.
    owner: AtomicUsize,
    sleepers: Mutex<()>,
    turn: Condvar,
    /// How long another thread may be in one host function while this one waits, in milliseconds.
    patience: AtomicU64,
    /// Which host function runs, by one more than its pass; 0 is none. For those who wait.
    hosting: AtomicU64,
    condition: AtomicU8,
    dropped: std::sync::Arc<DropQueue<T::Deferred>>,
    pins: std::sync::Arc<Pins>,
    /// Apart from `state`, because an entry borrows it for as long as the guest runs.
    root: UnsafeCell<Option<T>>,
    state: UnsafeCell<State<T>>,
}

// SAFETY: `root` and `state` are reached only by the thread whose token is in `owner`, which is set by a
// compare-and-swap from `NOBODY` and given up only when nothing of them is borrowed. The root crosses
// threads that way, so it has to be `Send`. The callers are pointers that only the owner thread pushes,
// uses and pops, while it owns the gate.
unsafe impl<T: Guarded + Send> Send for Gate<T> {}
// SAFETY: as above; `&Gate` gives access to the root to one thread at a time.
unsafe impl<T: Guarded + Send> Sync for Gate<T> {}

fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl<T: Guarded> Gate<T> {
    pub(crate) fn new(root: T, pins: std::sync::Arc<Pins>) -> Self {
        Self {
            owner: AtomicUsize::new(NOBODY),
            sleepers: Mutex::new(()),
            turn: Condvar::new(),
            patience: AtomicU64::new(PATIENCE),
            hosting: AtomicU64::new(0),
            condition: AtomicU8::new(OPEN),
            dropped: std::sync::Arc::new(DropQueue::new()),
            pins,
            root: UnsafeCell::new(Some(root)),
            state: UnsafeCell::new(State { callers: Vec::new(), next_pass: 0, lent: false }),
        }
    }

    /// How long to wait for a thread that is in one host function, in milliseconds: at most what it was at first.
    pub(crate) fn set_patience(&self, milliseconds: u64) {
        self.patience.store(milliseconds.min(PATIENCE), Ordering::Relaxed);
    }

    /// Where values that belong inside are left when they are dropped outside.
    pub(crate) fn drop_queue(&self) -> std::sync::Arc<DropQueue<T::Deferred>> {
        std::sync::Arc::clone(&self.dropped)
    }

    /// Something looks at the root from outside now, until `unpin`. For the thread that is inside.
    pub(crate) fn pin(&self) {
        debug_assert!(self.is_inside());
        self.pins.0.fetch_add(1, Ordering::Relaxed);
    }

    /// One of those is gone. Any thread may say so; it never waits. The last one takes a closed gate's root along.
    pub(crate) fn unpin(&self) {
        if self.pins.0.fetch_sub(1, Ordering::Release) == 1 {
            self.retire();
        }
    }

    /// Drops what a closed gate has kept, unless somebody looks at it or is inside, who will see to it.
    fn retire(&self) {
        // Whoever closes, leaves or lets go says so first and then looks at what the others have said, with a fence in
        // between: so the last of them sees it all.
        fence(Ordering::SeqCst);
        if self.condition.load(Ordering::Acquire) == CLOSED && !self.pins.any() {
            let me = this_thread();
            if !self.is_mine(me) && self.try_own(me) {
                drop(Turn { gate: self, outermost: true });
            }
        }
    }

    /// Fails if the gate is closed or poisoned. Takes no turn.
    pub(crate) fn check_open(&self) -> Result<(), Refused> {
        match self.condition.load(Ordering::Acquire) {
            OPEN => Ok(()),
            POISONED => Err(Refused::Poisoned),
            _ => Err(Refused::Closed),
        }
    }

    /// Whether this very thread is inside.
    pub(crate) fn is_inside(&self) -> bool {
        self.is_mine(this_thread())
    }

    /// Runs `work` inside: at the root, or at the innermost caller if this thread is in a host function.
    /// Another thread waits until this one has left.
    pub(crate) fn enter<R>(&self, work: impl FnOnce(Inside<'_, T>) -> R) -> Result<R, Refused> {
        self.enter_as(this_thread(), |inside| Ok(work(inside)))
    }

    /// The same, for who knows the number of its thread and has an error of its own.
    // Inlined, and the result made in its place: it is wide, and to hand it up through layers costs more than the turn.
    #[inline(always)]
    pub(crate) fn enter_as<R, E: From<Refused>>(
        &self,
        me: usize,
        work: impl FnOnce(Inside<'_, T>) -> Result<R, E>,
    ) -> Result<R, E> {
        self.check_open()?;
        let _turn = self.take_turn(me)?;
        // It may have been closed while this thread waited.
        self.check_open()?;
        let caller = self.with_state(|state| {
            if state.lent {
                return Err(Refused::Reentered);
            }
            state.lent = true;
            Ok(state.callers.last().map(|(_, caller)| *caller))
        })?;
        // Given back before the turn.
        let _lent = Lent { gate: self, unwinding: std::thread::panicking() };
        let root;
        let mut inside = if let Some(mut caller) = caller {
            // SAFETY: `publish` keeps the caller borrowed until its host function has returned, and while
            // `lent` is set this is its only use.
            Inside::Caller(unsafe { caller.as_mut() })
        } else {
            root = self.root.get_mut();
            // SAFETY: only the owner thread, which is this one, reaches the root. No caller is published and
            // `lent` was not set, so no entry further up the stack holds it; `lent` keeps later ones out.
            Inside::Root(unsafe { root.deref() }.as_mut().ok_or(Refused::Closed)?)
        };
        if self.dropped.is_filled() {
            self.reclaim(&mut inside);
        }
        work(inside)
    }

    #[cold]
    fn reclaim(&self, inside: &mut Inside<'_, T>) {
        for item in self.dropped.take() {
            T::reclaim(inside, item);
        }
    }

    /// A moment with the state. Only for the owner thread; `work` must not reach the gate.
    fn with_state<R>(&self, work: impl FnOnce(&mut State<T>) -> R) -> R {
        debug_assert!(self.is_mine(this_thread()));
        let state = self.state.get_mut();
        // SAFETY: this thread is the owner, and every use of `state` is a moment like this one, none inside
        // another.
        work(unsafe { state.deref() })
    }

    /// Like [`Gate::enter`], for one host call only: fails when that call has returned, and on any thread
    /// but the one that it runs on.
    pub(crate) fn enter_with<R>(&self, pass: Pass, work: impl FnOnce(Inside<'_, T>) -> R) -> Result<R, Refused> {
        self.check_pass(pass)?;
        self.enter(work)
    }

    /// Fails where that host call has returned, and on any thread but the one that it runs on.
    pub(crate) fn check_pass(&self, pass: Pass) -> Result<(), Refused> {
        self.check_open()?;
        let is_live = || self.with_state(|state| state.callers.iter().any(|(other, _)| *other == pass));
        if self.is_inside() && is_live() { Ok(()) } else { Err(Refused::Escaped) }
    }

    /// Runs a host function, and lets this thread enter through `caller` while it runs.
    /// The thread must be inside already: wasmtime calls host functions only from within `enter`.
    pub(crate) fn publish<R>(&self, caller: &mut T::Caller, work: impl FnOnce(Pass) -> R) -> R {
        let pass = self.with_state(|state| {
            let pass = Pass(state.next_pass);
            state.next_pass += 1;
            state.callers.push((pass, NonNull::from(caller)));
            state.lent = false;
            pass
        });
        self.hosting.store(pass.0 + 1, Ordering::Relaxed);
        let published = Published { gate: self, pass };
        work(published.pass)
    }

    /// Closes the gate and drops the root before it returns, after the thread that is inside has left.
    /// Inside a host function of this very store, later entries fail at once and the root is dropped when
    /// the outermost call leaves. With pins out, the last one drops it. Closing twice does nothing.
    pub(crate) fn close(&self) -> Result<(), Refused> {
        let turn = self.take_turn(this_thread())?;
        self.condition.store(CLOSED, Ordering::Release);
        drop(turn);
        Ok(())
    }

    /// Takes a turn if that needs no waiting.
    pub(crate) fn try_turn(&self) -> Option<Turn<'_, T>> {
        let me = this_thread();
        let is_mine = self.is_mine(me);
        (is_mine || self.try_own(me)).then(|| Turn { gate: self, outermost: !is_mine })
    }

    fn take_turn(&self, me: usize) -> Result<Turn<'_, T>, Refused> {
        if self.is_mine(me) {
            return Ok(Turn { gate: self, outermost: false });
        }
        if !self.try_own(me) {
            self.wait_for_turn(me)?;
        }
        Ok(Turn { gate: self, outermost: true })
    }

    #[cold]
    fn wait_for_turn(&self, me: usize) -> Result<(), Refused> {
        /// How often somebody who waits looks around.
        const LOOK: Duration = Duration::from_secs(1);
        let mut sleepers = lock(&self.sleepers);
        let (mut hosting, mut since) = (0, Instant::now());
        // Others may sleep as well: whoever has slept wakes the next one when it leaves.
        while !self.try_own(me | AWAITED) {
            let owner = self.owner.load(Ordering::Relaxed);
            if owner != NOBODY && is_gone(owner & !AWAITED) {
                return Err(Refused::Orphaned);
            }
            let patience = Duration::from_millis(self.patience.load(Ordering::Relaxed));
            let awaited = owner != NOBODY
                && self.owner.compare_exchange(owner, owner | AWAITED, Ordering::Relaxed, Ordering::Relaxed).is_ok();
            // Whoever takes the word with the mark in it locks `sleepers` before it notifies: not before
            // this thread sleeps.
            if awaited {
                let slept = self.turn.wait_timeout(sleepers, LOOK.min(patience));
                sleepers = slept.unwrap_or_else(std::sync::PoisonError::into_inner).0;
            }
            let now = self.hosting.load(Ordering::Relaxed);
            if now == 0 || now != hosting {
                (hosting, since) = (now, Instant::now());
            } else if since.elapsed() >= patience {
                // The word may have been for this thread: somebody else has to look.
                self.turn.notify_one();
                return Err(Refused::Stuck);
            }
        }
        Ok(())
    }

    /// Whether the thread with that number is inside.
    pub(crate) fn is_mine(&self, me: usize) -> bool {
        self.owner.load(Ordering::Relaxed) & !AWAITED == me
    }

    fn try_own(&self, me: usize) -> bool {
        self.owner.compare_exchange(NOBODY, me, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }
}

impl<T: Guarded> Drop for Gate<T> {
    fn drop(&mut self) {
        // What was left in the queue goes with the root.
        drop(self.dropped.take());
    }
}

/// Holds the gate; the outermost one gives it up.
pub(crate) struct Turn<'a, T: Guarded> {
    gate: &'a Gate<T>,
    outermost: bool,
}

impl<T: Guarded> Drop for Turn<'_, T> {
    fn drop(&mut self) {
        if !self.outermost {
            return;
        }
        let gate = self.gate;
        let is_closed = gate.condition.load(Ordering::Acquire) == CLOSED;
        let is_kept = is_closed && {
            fence(Ordering::SeqCst);
            gate.pins.any()
        };
        let root = if is_closed && !is_kept {
            let root = gate.root.get_mut();
            // SAFETY: this thread is still the owner, and nothing of the root is borrowed: this is the
            // outermost turn, its entry has ended, and nothing looks from outside.
            unsafe { root.deref() }.take()
        } else {
            None
        };
        if gate.owner.swap(NOBODY, Ordering::Release) & AWAITED != 0 {
            drop(lock(&gate.sleepers));
            gate.turn.notify_one();
        }
        // Outside the gate: dropping the root may run code of the host's, which may come back here.
        drop(root);
        if gate.condition.load(Ordering::Acquire) == CLOSED {
            drop(gate.dropped.take());
        }
        if is_kept {
            // The last pin may have gone while this thread was inside.
            gate.retire();
        }
    }
}

/// The innermost context is in use by an entry.
struct Lent<'a, T: Guarded> {
    gate: &'a Gate<T>,
    /// This thread was unwinding already when it entered.
    unwinding: bool,
}

impl<T: Guarded> Drop for Lent<'_, T> {
    fn drop(&mut self) {
        self.gate.with_state(|state| state.lent = false);
        if std::thread::panicking() && !self.unwinding {
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
        let (popped, outer) = self.gate.with_state(|state| {
            // The entry that called the guest has its context again.
            state.lent = true;
            (state.callers.pop(), state.callers.last().map_or(0, |(pass, _)| pass.0 + 1))
        });
        self.gate.hosting.store(outer, Ordering::Relaxed);
        debug_assert_eq!(popped.map(|(pass, _)| pass), Some(self.pass));
    }
}
