//! How a gate is closed, and what keeps its root after that.

use std::cell::Cell;

use crate::gate::{CLOSED, Gate, Guarded};
use crate::refused::Refused;
use crate::sync::{Ordering, fence, lock, this_thread};
use crate::turns::Turn;
use crate::want::Want;

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
                drop(Turn::of(self, me));
            }
        }
    }

    /// Closes the gate and drops the root before it returns, after the thread that is inside has left. Runs that rest are
    /// cancelled: their guests unwind before this returns, and their next steps fail with `Closed`.
    /// Inside a host function of this very store, later entries fail at once and the root is dropped when
    /// the outermost call or step leaves. With pins out, the last one drops it. Closing twice does nothing.
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
        let mut turn = Turn::none(self);
        if let Err(error) = turn.take(this_thread(), Want::Close, &waits) {
            if has_to_end.get() {
                self.close_from_outside();
            }
            return Err(error);
        }
        self.condition.store(CLOSED, Ordering::Release);
        Ok(())
    }

    /// Closes the gate for a thread that waits no longer for the one that is inside, which takes the root along.
    pub fn close_from_outside(&self) {
        let held = {
            let _line = lock(&self.line);
            self.condition.store(CLOSED, Ordering::Release);
            // A thread that leaves the word with the mark in it locks the line, and then looks whether the gate was closed. So
            // does each later owner, since the mark passes from one to the next.
            self.mark_or_own(this_thread())
        };
        // Where no thread was inside, this one takes the root along.
        drop(Turn::of(self, held));
    }
}
