//! Whose the gate is, and how that changes by one compare-and-swap.

use crate::gate::{Gate, Guarded};
use crate::sync::Ordering;
use crate::word::{AWAITED, FLIGHT, NOBODY, Owner, is_left_behind, is_run};

impl<T: Guarded> Gate<T> {
    /// Whose the gate is at this moment.
    pub fn owner(&self) -> Owner {
        Owner::of(self.owner.load(Ordering::Relaxed))
    }

    /// Whether the thread with that number is inside.
    #[inline(always)]
    pub fn is_mine(&self, me: usize) -> bool {
        self.owner.load(Ordering::Relaxed) & !(AWAITED | FLIGHT) == me
    }

    #[inline(always)]
    pub(crate) fn try_own(&self, me: usize) -> bool {
        self.owner.compare_exchange(NOBODY, me, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Sets the mark, or takes the gate where no thread is inside, so that someone looks at what has changed. Gives the word
    /// that this thread holds then, and 0 where another thread is inside, which looks when it leaves. Never waits. For a thread
    /// with the line's lock.
    pub(crate) fn mark_or_own(&self, me: usize) -> usize {
        loop {
            let word = self.owner.load(Ordering::Relaxed);
            if is_left_behind(word) {
                return 0;
            }
            let held = match word & !AWAITED {
                NOBODY => me,
                _ if is_run(word) => me | FLIGHT,
                _ => 0,
            };
            let new = if held == 0 { word | AWAITED } else { held | word & AWAITED };
            if self.owner.compare_exchange(word, new, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                return held;
            }
        }
    }
}
