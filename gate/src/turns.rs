//! Turns: one thread after the other has the gate, and the last one takes a closed gate's root along.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::gate::{AWAITED, CLOSED, Gate, Guarded, NOBODY, Refused, TURN};
use crate::sync::{Ordering, fence, is_gone, lock, this_thread};

impl<T: Guarded> Gate<T> {
    /// Something looks at the root from outside now, until `unpin`. For the thread that is inside.
    pub fn pin(&self) {
        debug_assert!(self.is_inside());
        self.pins.0.fetch_add(1, Ordering::Relaxed);
    }

    /// One of those is gone. Any thread may say so; it never waits. The last one takes a closed gate's root along.
    pub fn unpin(&self) {
        if self.pins.0.fetch_sub(1, Ordering::Release) == 1 {
            self.retire();
        }
    }

    /// Drops a closed gate's root unless a view pins it or a thread is inside. That view, or that thread, calls this again.
    pub(crate) fn retire(&self) {
        // A thread that closes, leaves or unpins first stores that, then has a fence, then loads what the others stored. So the
        // last of them sees all of it.
        fence(Ordering::SeqCst);
        if self.condition.load(Ordering::Acquire) == CLOSED && !self.pins.any() {
            let me = this_thread();
            if !self.is_mine(me) && self.try_own(me) {
                drop(Turn { gate: self, outermost: true });
            }
        }
    }

    /// Closes the gate and drops the root before it returns, after the thread that is inside has left.
    /// Inside a host function of this very store, later entries fail at once and the root is dropped when
    /// the outermost call leaves. With pins out, the last one drops it. Closing twice does nothing.
    // Only the tests of the gate wait without an end.
    #[allow(dead_code)]
    pub fn close(&self) -> Result<(), Refused> {
        self.close_as(&|| Ok(()))
    }

    /// The same, where `may_wait` may end the waiting by an error, as in `enter_as`. The gate is closed all the same, and who is
    /// inside takes the root along.
    pub fn close_as<E: From<Refused>>(&self, may_wait: &dyn Fn() -> Result<(), E>) -> Result<(), E> {
        let has_to_end = Cell::new(false);
        let waits = || may_wait().inspect_err(|_| has_to_end.set(true));
        match self.take_turn(this_thread(), &waits) {
            Ok(turn) => {
                self.condition.store(CLOSED, Ordering::Release);
                drop(turn);
                Ok(())
            }
            Err(error) => {
                if has_to_end.get() {
                    self.close_from_outside();
                }
                Err(error)
            }
        }
    }

    /// Closes the gate for a thread that waits no longer for the one that is inside, which takes the root along.
    pub fn close_from_outside(&self) {
        let me = this_thread();
        let sleepers = lock(&self.sleepers);
        self.condition.store(CLOSED, Ordering::Release);
        while !self.try_own(me) {
            let owner = self.owner.load(Ordering::Relaxed);
            // A thread that takes the word with `AWAITED` in it locks `sleepers`, and then looks whether the gate was closed. So
            // does each later owner, since the bit passes from one to the next.
            let is_told = owner != NOBODY
                && self.owner.compare_exchange(owner, owner | AWAITED, Ordering::Release, Ordering::Relaxed).is_ok();
            if is_told {
                return;
            }
        }
        // The one that was inside has left meanwhile.
        drop(sleepers);
        drop(Turn { gate: self, outermost: true });
    }

    /// Takes a turn if that needs no waiting.
    pub fn try_turn(&self) -> Option<Turn<'_, T>> {
        self.turn_at_once(this_thread())
    }

    #[inline(always)]
    pub(crate) fn turn_at_once(&self, me: usize) -> Option<Turn<'_, T>> {
        let is_mine = self.is_mine(me);
        (is_mine || self.try_own(me)).then(|| Turn { gate: self, outermost: !is_mine })
    }

    /// Takes a turn after the thread that is inside, unless the gate is closed.
    #[cold]
    pub(crate) fn turn_after_others<E: From<Refused>>(
        &self,
        me: usize,
        may_wait: &dyn Fn() -> Result<(), E>,
    ) -> Result<Turn<'_, T>, E> {
        self.check_open()?;
        self.take_turn(me, may_wait)
    }

    #[inline(always)]
    pub(crate) fn take_turn<E: From<Refused>>(
        &self,
        me: usize,
        may_wait: &dyn Fn() -> Result<(), E>,
    ) -> Result<Turn<'_, T>, E> {
        if self.is_mine(me) {
            return Ok(Turn { gate: self, outermost: false });
        }
        if !self.try_own(me) {
            self.wait_for_turn(me, may_wait)?;
        }
        Ok(Turn { gate: self, outermost: true })
    }

    #[cold]
    fn wait_for_turn<E: From<Refused>>(&self, me: usize, may_wait: &dyn Fn() -> Result<(), E>) -> Result<(), E> {
        /// How often a thread that waits looks around.
        const LOOK: Duration = Duration::from_millis(20);
        /// It may be woken each time, and find that others were faster.
        const AT_LEAST: u32 = 64;
        let mut sleepers = lock(&self.sleepers);
        let (mut hosting, mut since) = (0, Instant::now());
        let mut rounds = 0;
        // Others may sleep as well: a thread that has slept wakes the next one when it leaves.
        while !self.try_own(me | AWAITED) {
            let owner = self.owner.load(Ordering::Relaxed);
            if owner != NOBODY && is_gone(owner & !AWAITED) {
                return Err(Refused::Orphaned.into());
            }
            let patience = Duration::from_millis(self.patience.load(Ordering::Relaxed));
            let awaited = owner != NOBODY
                && self.owner.compare_exchange(owner, owner | AWAITED, Ordering::Relaxed, Ordering::Relaxed).is_ok();
            let mut has_to_ask = false;
            // The thread that takes the word with the mark in it locks `sleepers` before it notifies: not before
            // this thread sleeps.
            if awaited {
                let slept = self.turn.wait_timeout(sleepers, LOOK.min(patience));
                let (guard, slept) = slept.unwrap_or_else(std::sync::PoisonError::into_inner);
                sleepers = guard;
                rounds += 1;
                has_to_ask = slept.timed_out() || rounds % AT_LEAST == 0;
            }
            let now = self.hosting.load(Ordering::Relaxed);
            if now == 0 || now != hosting {
                (hosting, since) = (now, Instant::now());
            } else if since.elapsed() >= patience {
                // The word may have been for this thread: another one has to look.
                self.turn.notify_one();
                return Err(if now & TURN == 0 { Refused::Stuck } else { Refused::Keeps }.into());
            }
            if has_to_ask {
                // The answer may take any code, which may come here again: not with the lock.
                drop(sleepers);
                if let Err(error) = may_wait() {
                    // As above.
                    self.turn.notify_one();
                    return Err(error);
                }
                sleepers = lock(&self.sleepers);
            }
        }
        Ok(())
    }

    /// Lets go of what was dropped inside. For a thread that has left.
    #[cold]
    fn let_go(&self) {
        drop(self.departed.take());
    }

    #[inline(always)]
    fn try_own(&self, me: usize) -> bool {
        self.owner.compare_exchange(NOBODY, me, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }
}

/// Holds the gate; the outermost one gives it up.
pub struct Turn<'a, T: Guarded> {
    gate: &'a Gate<T>,
    outermost: bool,
}

impl<'a, T: Guarded> Turn<'a, T> {
    /// A turn that its thread has already, in another form.
    pub(crate) fn new(gate: &'a Gate<T>, outermost: bool) -> Self {
        Self { gate, outermost }
    }

    #[inline(always)]
    pub(crate) fn is_outermost(&self) -> bool {
        self.outermost
    }
}

impl<T: Guarded> Drop for Turn<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        if !self.outermost {
            return;
        }
        let gate = self.gate;
        let is_closed = gate.condition.load(Ordering::Acquire) == CLOSED;
        let (root, is_kept) = if is_closed { gate.take_root() } else { (None, false) };
        let is_awaited = gate.owner.swap(NOBODY, Ordering::Release) & AWAITED != 0;
        if is_awaited {
            gate.wake_one();
        }
        // Outside the gate: dropping the root may run code of the host, which may come back here.
        drop(root);
        if gate.departed.is_filled() {
            gate.let_go();
        }
        if gate.condition.load(Ordering::Acquire) == CLOSED {
            drop(gate.dropped.take());
        }
        // The last pin may have gone while this thread was inside, and another thread may have closed the gate from outside.
        if is_kept || is_awaited && !is_closed {
            gate.retire();
        }
    }
}

impl<T: Guarded> Gate<T> {
    /// The root of a closed gate, unless something looks at it from outside, and whether something does. Only for the outermost
    /// turn, as it ends.
    #[cold]
    fn take_root(&self) -> (Option<T>, bool) {
        fence(Ordering::SeqCst);
        if self.pins.any() {
            return (None, true);
        }
        let root = self.root.get_mut();
        // SAFETY: this thread is still the owner, and nothing of the root is borrowed: this is the
        // outermost turn, its entry has ended, and nothing looks from outside.
        (unsafe { root.deref() }.take(), false)
    }

    #[cold]
    fn wake_one(&self) {
        drop(lock(&self.sleepers));
        self.turn.notify_one();
    }
}
