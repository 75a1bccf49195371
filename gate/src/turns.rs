//! Turns: one thread after the other has the gate, and the last one takes a closed gate's root along.

use crate::gate::{CLOSED, GIVEN, Gate, Guarded};
use crate::refused::Refused;
use crate::run_state::{CANCELLED, CLOSED as RUN_CLOSED};
use crate::sync::{Ordering, fence, lock, this_thread};
use crate::want::Want;
use crate::word::{AWAITED, FLIGHT, LOOK, NOBODY, SHUT, rest};

/// Holds the gate; the outermost one gives it up.
pub struct Turn<'a, T: Guarded> {
    pub(crate) gate: &'a Gate<T>,
    /// The owner word that it put there, without `AWAITED`; 0 in one that is not the outermost.
    pub(crate) held: usize,
}

impl<'a, T: Guarded> Turn<'a, T> {
    /// None yet. A turn is taken in its place: to hand it up in a result costs more than to take it.
    #[inline(always)]
    pub(crate) fn none(gate: &'a Gate<T>) -> Self {
        Self { gate, held: 0 }
    }

    /// The turn with that owner word, which its thread has already. Whoever leaves looks at the line.
    #[inline(always)]
    pub(crate) fn of(gate: &'a Gate<T>, held: usize) -> Self {
        Self::leaving(gate, held, LOOK)
    }

    /// The same, which leaves `next` in the owner word if nobody waits.
    #[inline(always)]
    pub(crate) fn leaving(gate: &'a Gate<T>, held: usize, next: usize) -> Self {
        if held & FLIGHT != 0 {
            gate.with_state(|state| state.next = next);
        }
        Self { gate, held }
    }

    /// Takes the turn for the thread `me`, which waits for it as long as `may_wait` lets it.
    #[inline(always)]
    pub(crate) fn take<E: From<Refused>>(
        &mut self,
        me: usize,
        want: Want<'_>,
        may_wait: &dyn Fn() -> Result<(), E>,
    ) -> Result<(), E> {
        if self.gate.is_mine(me) {
            return Ok(());
        }
        if self.gate.try_own(me) {
            self.held = me;
            return Ok(());
        }
        let (held, next) = self.gate.wait_for_turn(me, want, may_wait)?;
        *self = Self::leaving(self.gate, held, next);
        Ok(())
    }

    /// Whether the thread came in with it.
    #[inline(always)]
    pub(crate) fn is_outermost(&self) -> bool {
        self.held != 0
    }
}

impl<T: Guarded> Drop for Turn<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.held == 0 {
            return;
        }
        let gate = self.gate;
        let is_open = gate.condition.load(Ordering::Acquire) != CLOSED;
        // Where nobody stands in line, whoever comes first is next, and need not wait for this thread to wake another one.
        let is_plain = is_open
            && self.held & FLIGHT == 0
            && (!gate.has_line.load(Ordering::Relaxed) || gate.owner.load(Ordering::Relaxed) & AWAITED == 0);
        if is_plain {
            if gate.owner.swap(NOBODY, Ordering::Release) & AWAITED != 0 {
                gate.wake(self.held);
            }
        } else {
            gate.leave(self.held);
        }
        // Outside the gate.
        if gate.departed.is_filled() {
            gate.let_go();
        }
    }
}

impl<T: Guarded> Gate<T> {
    /// Takes a turn if that needs no waiting.
    pub fn try_turn(&self) -> Option<Turn<'_, T>> {
        self.turn_at_once(this_thread())
    }

    #[inline(always)]
    pub(crate) fn turn_at_once(&self, me: usize) -> Option<Turn<'_, T>> {
        let is_mine = self.is_mine(me);
        (is_mine || self.try_own(me)).then(|| Turn { gate: self, held: if is_mine { 0 } else { me } })
    }

    /// Lets go of what was dropped inside. For a thread that has left.
    #[cold]
    fn let_go(&self) {
        drop(self.departed.take());
    }

    /// The gate was given up with the mark on it. Wakes one of those who sleep. Where there is a line, this thread looks at it,
    /// or whoever was faster.
    #[cold]
    fn wake(&self, me: usize) {
        loop {
            let line = lock(&self.line);
            if line.waiting.is_empty() {
                drop(line);
                self.turn.notify_one();
                break;
            }
            let word = self.owner.load(Ordering::Relaxed);
            let mark =
                || self.owner.compare_exchange(word, word | AWAITED, Ordering::Relaxed, Ordering::Relaxed).is_ok();
            if word != NOBODY && mark() {
                return;
            }
            drop(line);
            if self.try_own(me) {
                return self.look();
            }
        }
        // Another thread may have closed the gate from outside, and left that mark.
        self.retire();
    }

    /// Leaves where runs are in flight, where someone stands in line, or where the gate is closed.
    #[cold]
    fn leave(&self, held: usize) {
        let next = if held & FLIGHT == 0 { LOOK } else { self.with_state(|state| state.next) };
        let is_open = self.condition.load(Ordering::Acquire) != CLOSED;
        // The mark makes it fail.
        let leaves = || self.owner.compare_exchange(held, next, Ordering::Release, Ordering::Relaxed).is_ok();
        if !(is_open && next != LOOK && leaves()) {
            self.look();
        }
    }

    /// Leaves, and looks for whoever waits, was cancelled, or has closed.
    fn look(&self) {
        let mut wakers = Vec::new();
        let mut line = lock(&self.line);
        let mut is_closed;
        loop {
            is_closed = self.condition.load(Ordering::Acquire) == CLOSED;
            let goes_on = line.flight.iter().take_while(|run| !run.is_stopped()).count();
            let from = if is_closed { 0 } else { goes_on };
            if from >= line.flight.len() {
                break;
            }
            drop(line);
            self.unwind(from, if is_closed { RUN_CLOSED } else { CANCELLED });
            line = lock(&self.line);
        }
        if is_closed {
            line.dissolve(&mut wakers);
            drop(line);
            self.leave_closed();
        } else {
            line.sweep(&mut wakers);
            let next = match (line.give_turn(&mut wakers), line.flight.last()) {
                (Some(id), _) => {
                    self.hosting.store(GIVEN | id as u64, Ordering::Relaxed);
                    rest(id)
                }
                (None, Some(top)) => rest(top.id) | if top.is_shut.load(Ordering::Relaxed) { SHUT } else { 0 },
                (None, None) => NOBODY,
            };
            let is_awaited = next != NOBODY && line.is_awaited();
            self.has_line.store(!line.waiting.is_empty(), Ordering::Relaxed);
            // Nobody else writes the word now: whoever sets the mark has the lock.
            self.owner.store(next | usize::from(is_awaited), Ordering::Release);
            let asleep = line.asleep;
            drop(line);
            match (asleep, next) {
                (0, _) => {}
                // The first to wake wakes the next.
                (_, NOBODY) => self.turn.notify_one(),
                // Not each of them may come in now, and some have to stand in line.
                _ => self.turn.notify_all(),
            }
        }
        wakers.into_iter().for_each(std::task::Waker::wake);
    }

    /// Leaves a closed gate, whose runs are over, and takes its root along unless something looks at it from outside.
    fn leave_closed(&self) {
        fence(Ordering::SeqCst);
        let is_kept = self.pins.any();
        let root = if is_kept {
            None
        } else {
            let root = self.root.get_mut();
            // SAFETY: this thread is still the owner, and nothing of the root is borrowed: this is the outermost turn, its
            // entry has ended, the runs are over, and nothing looks from outside.
            unsafe { root.deref() }.take()
        };
        {
            // With the lock: whoever has set the mark sleeps by now.
            let _line = lock(&self.line);
            self.owner.store(NOBODY, Ordering::Release);
        }
        self.turn.notify_all();
        // Outside the gate: dropping the root may run code of the host, which may come back here.
        drop(root);
        drop(self.dropped.take());
        if is_kept {
            // The last pin may have gone while this thread was inside.
            self.retire();
        }
    }
}
