//! The plain entry of a guest, in one step: no thread is inside, or only this one, with a turn that it keeps.

use crate::entry::Lent;
use crate::gate::{Gate, Guarded, OPEN};
use crate::kept::GuestRuns;
use crate::sync::{MutPtr, Ordering};
use crate::turns::Turn;

/// A guest may run at the root, until this is dropped.
// The fields go in this order: the turn is given up last.
pub struct Plain<'a, T: Guarded> {
    root: MutPtr<Option<T>>,
    _lent: Lent<'a, T>,
    kept: Option<GuestRuns<'a, T>>,
    _turn: Turn<'a, T>,
}

impl<T: Guarded> Gate<T> {
    /// Enters to run a guest, if the thread with that number need not wait, is in no entry and no host function, and finds
    /// everything as it mostly is. Where this gives nothing, nothing has changed, and `enter_as` does it or says why not.
    #[inline(always)]
    pub fn enter_plainly(&self, me: usize) -> Option<Plain<'_, T>> {
        let turn = self.turn_at_once(me)?;
        if self.condition.load(Ordering::Acquire) != OPEN || self.dropped.is_filled() {
            return None;
        }
        let is_free = self.with_state(|state| {
            let is_free = !state.lent && state.callers.is_empty();
            state.lent |= is_free;
            is_free
        });
        if !is_free {
            return None;
        }
        let lent = Lent::new(self);
        let kept = if turn.is_outermost() { None } else { Some(self.kept_turn()) };
        Some(Plain { root: self.root.get_mut(), _lent: lent, kept, _turn: turn })
    }
}

impl<T: Guarded> Plain<'_, T> {
    /// Whether the thread came in by this, and not by a turn that it keeps.
    #[inline(always)]
    pub fn is_outermost(&self) -> bool {
        self.kept.is_none()
    }

    /// The root, which is there as long as the gate is open.
    #[inline(always)]
    pub fn root(&mut self) -> Option<&mut T> {
        // SAFETY: only the owner thread, which is this one, reaches the root. No caller was published and `lent` was not set as
        // this came in, so no entry further up the stack holds it; `lent` keeps later ones out until this is dropped, and
        // this is borrowed for as long as what is given.
        unsafe { self.root.deref() }.as_mut()
    }
}
