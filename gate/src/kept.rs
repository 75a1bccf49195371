//! Turns that a thread keeps between its entries: it passes the gate once for many of them, and no other thread comes between.

use crate::gate::{Gate, Guarded, Kept, State, TURN};
use crate::refused::Refused;
use crate::sync::{Ordering, this_thread};
use crate::turns::Turn;
use crate::want::Want;

impl<T: Guarded> Gate<T> {
    /// Takes a turn that lasts until `give_back`, on the same thread. While the thread waits for another one, `may_wait` may
    /// end the waiting by an error, as in `enter_as`. Says whether the thread came in with it: then `abandon` has to be called
    /// where the thread ends before the turn does.
    pub fn keep<E: From<Refused>>(&self, may_wait: &dyn Fn() -> Result<(), E>) -> Result<bool, E> {
        self.check_open()?;
        let mut turn = Turn::none(self);
        // It lasts as a call does: not while a run is in flight.
        turn.take(this_thread(), Want::Call(None), may_wait)?;
        self.check_open()?;
        let outermost = turn.is_outermost();
        let stamp = self.with_state(|state| {
            if state.lent {
                return Err(Refused::Reentered);
            }
            // A number as a host function has, so that no two are the same.
            state.next_id += 1;
            let stamp = state.next_id | TURN;
            state.kept.push(Kept { depth: state.callers.len(), outermost, stamp });
            Ok(stamp)
        })?;
        // `give_back` makes it again.
        std::mem::forget(turn);
        if outermost {
            // The thread does anything now, as in a host function: it may wait for one that waits for the gate.
            self.hosting.store(stamp, Ordering::Relaxed);
        }
        Ok(outermost)
    }

    /// Ends the last turn that was kept. The gate may be closed. Fails on another thread, where none is kept, and in a host
    /// function that began after it: then nothing has changed. Says whether the thread has left with it.
    pub fn give_back(&self) -> Result<bool, Refused> {
        let me = this_thread();
        if !self.is_mine(me) {
            return Err(Refused::Escaped);
        }
        let kept = self.with_state(|state| {
            let (depth, lent) = (state.callers.len(), state.lent);
            let is_here = |kept: &mut Kept| kept.depth == depth && !lent;
            state.kept.pop_if(is_here).ok_or(Refused::Escaped)
        })?;
        if kept.outermost {
            self.hosting.store(0, Ordering::Relaxed);
        }
        drop(Turn::of(self, if kept.outermost { me } else { 0 }));
        Ok(kept.outermost)
    }

    /// Ends all turns that this thread keeps, because it ends itself. One that ends within an entry, as by a forced unwind that
    /// leaves its frames where they are, is inside for ever.
    pub fn abandon(&self) {
        let has_left = |state: &mut State<T>| !state.lent && state.callers.is_empty() && !state.kept.is_empty();
        let me = this_thread();
        if self.is_mine(me) && self.with_state(|state| has_left(state).then(|| state.kept.clear()).is_some()) {
            self.hosting.store(0, Ordering::Relaxed);
            drop(Turn::of(self, me));
        }
    }

    /// Whether the thread with that number is inside, and in an entry or a host function: not only with a turn that it keeps.
    pub fn is_within(&self, me: usize) -> bool {
        self.is_mine(me) && self.with_state(|state| state.lent || !state.callers.is_empty())
    }

    /// A guest runs in a kept turn until the result is dropped: meanwhile a waiting thread's patience does not run out. Gives
    /// nothing where no turn is kept.
    #[inline]
    pub fn guest_runs(&self, me: usize) -> Option<GuestRuns<'_, T>> {
        self.is_mine(me).then(|| self.kept_turn())
    }

    /// The same, for the thread that is inside.
    #[inline(always)]
    pub(crate) fn kept_turn(&self) -> GuestRuns<'_, T> {
        let stamp = self.with_state(|state| state.kept.first().map_or(0, |kept| kept.stamp));
        self.hosting.store(0, Ordering::Relaxed);
        GuestRuns { gate: self, stamp }
    }
}

/// See `Gate::guest_runs`.
pub struct GuestRuns<'a, T: Guarded> {
    gate: &'a Gate<T>,
    stamp: u64,
}

impl<T: Guarded> Drop for GuestRuns<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        self.gate.hosting.store(self.stamp, Ordering::Relaxed);
    }
}
