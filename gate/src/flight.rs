//! How runs come into flight, and how they end before they are done.

use std::sync::Arc;
use std::task::Waker;

use crate::gate::{Gate, Guarded};
use crate::line::Place;
use crate::refused::Refused;
use crate::run_state::{self, CANCELLED, RunState, Token};
use crate::sync::{Ordering, lock, this_thread, thread_number};
use crate::turns::Turn;
use crate::word::{AWAITED, FLIGHT, NOBODY, is_left_behind, is_run, rest};

impl<T: Guarded> Gate<T> {
    /// Puts a run in flight and gives its turn, or puts it in line.
    pub(crate) fn begin_run(
        &self,
        run: &Arc<RunState>,
        of: Option<Token>,
        waker: &Waker,
    ) -> Result<Option<Turn<'_, T>>, Refused> {
        let me = this_thread();
        let held = me | FLIGHT;
        let mut line = lock(&self.line);
        run.thread.store(thread_number(), Ordering::Relaxed);
        let refused = loop {
            let word = self.owner.load(Ordering::Relaxed);
            let bare = word & !AWAITED;
            if let Some(refused) = self.refuses_run(run, word) {
                break refused;
            }
            let place = line.place(of);
            let is_its_turn = match place {
                Place::Stale => break Refused::Busy,
                _ if word == NOBODY || bare == rest(run.id) => true,
                // Whoever was given the turn is before it.
                Place::Nested => is_run(word) && line.given.is_none(),
                Place::Root | Place::Sibling => false,
            };
            let mine = if is_its_turn { held | word & AWAITED } else { word | AWAITED };
            if self.owner.compare_exchange(word, mine, Ordering::Acquire, Ordering::Relaxed).is_err() {
                continue;
            }
            if is_its_turn {
                line.remove(run.id);
                line.flight.push(Arc::clone(run));
                run.stage.store(run_state::FLYING, Ordering::Relaxed);
                return Ok(Some(Turn::of(self, held)));
            }
            line.await_turn(run, of, place != Place::Root, waker);
            self.has_line.store(true, Ordering::Relaxed);
            return Ok(None);
        };
        let was_given = line.remove(run.id).1;
        let held = if was_given { self.mark_or_own(me) } else { 0 };
        drop(line);
        drop(Turn::of(self, held));
        Err(refused)
    }

    /// Why a run may not begin at all.
    fn refuses_run(&self, run: &RunState, word: usize) -> Option<Refused> {
        if let Some(refused) = run.refused() {
            return Some(refused);
        }
        if run.is_stopped() {
            return Some(Refused::Cancelled);
        }
        if let Err(refused) = self.check_open() {
            return Some(refused);
        }
        if is_left_behind(word) {
            return Some(Refused::Orphaned);
        }
        // A turn that this thread keeps would not end before the run does.
        (self.is_mine(this_thread()) && self.with_state(|state| !state.kept.is_empty())).then_some(Refused::Busy)
    }

    /// Has a run end, and those that are nested in it. Never waits: where a thread is inside, that one has them end.
    pub(crate) fn cancel(&self, run: &Arc<RunState>) {
        if is_left_behind(self.owner.load(Ordering::Relaxed)) {
            // A child of a fork leaves its parent's guests alone, and its locks.
            return;
        }
        let mut wakers = Vec::new();
        let mut line = lock(&self.line);
        if run.refused().is_some() {
            return;
        }
        run.stop(CANCELLED);
        line.nested_in(run.id).for_each(|nested| _ = nested.stop(CANCELLED));
        let flies = line.flight.iter().any(|other| other.id == run.id);
        let (waiter, was_given) = line.remove(run.id);
        if let Some(waiter) = waiter {
            waiter.end(CANCELLED, &mut wakers);
        }
        let held = if flies || was_given { self.mark_or_own(this_thread()) } else { 0 };
        drop(line);
        drop(Turn::of(self, held));
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Has the guests of the runs from `from` on unwind, innermost first. For the owner thread, when it has nothing borrowed.
    pub(crate) fn unwind(&self, from: usize, reason: u8) {
        self.with_state(|state| state.lent = true);
        loop {
            let run = match lock(&self.line).flight.get(from..) {
                Some([.., run]) => Arc::clone(run),
                _ => break,
            };
            // Its root is there: a closed gate lets its runs end first.
            let fiber = self.with_fibers(|root, fibers| {
                T::unwind(root, fibers);
                fibers.pop()
            });
            // It may have code of the host run, which finds the gate taken.
            drop(fiber);
            let reason = run.stop(reason);
            lock(&self.line).land(reason);
        }
        self.hosting.store(0, Ordering::Relaxed);
        self.with_state(|state| state.lent = false);
    }

    /// The guest of the innermost run is over. For the owner thread, with `lent` set.
    pub(crate) fn land(&self) {
        drop(self.with_fibers(|_, fibers| fibers.pop()));
        lock(&self.line).land(run_state::DONE);
    }
}
