//! A run: a call of a guest that goes on step by step, on whichever thread steps it.

use std::sync::Arc;
use std::task::Waker;

use crate::entry::Lent;
use crate::gate::{Gate, Guarded, Inside, Paused, RESTS};
use crate::refused::Refused;
use crate::run_state::{self, RunState, Stop, Token};
use crate::sync::{Ordering, UnsafeCell, lock, this_thread, thread_number};
use crate::turns::Turn;
use crate::want::Want;
use crate::word::{AWAITED, FLIGHT, SHUT, rest};

/// What shares a gate with others, such as a store.
pub trait Gated {
    /// What the gate guards.
    type Root: Guarded;

    /// The gate, the same one each time.
    fn gate(&self) -> &Gate<Self::Root>;
}

impl<T: Guarded> Gated for Arc<Gate<T>> {
    type Root = T;

    fn gate(&self) -> &Gate<T> {
        self
    }
}

type Fiber<S> = <<S as Gated>::Root as Guarded>::Fiber;
type Answer<S> = <<S as Gated>::Root as Guarded>::Answer;
type Event<S> = <<S as Gated>::Root as Guarded>::Event;

/// What a step came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<E> {
    /// Others are before it: step it again, with no answer, when the waker has been called. It may be called too often.
    Waits,
    /// The guest called an async host function: the next step brings its answer. Meanwhile the token lets that function call
    /// into the guest.
    Host(E, Token),
    /// Let others have a turn; then step it again, with no answer.
    Turn(E),
    /// The guest is over.
    Done(E),
}

/// A call of a guest. Dropping it cancels it.
pub struct Run<S: Gated> {
    gated: S,
    state: Arc<RunState>,
    of: Option<Token>,
    /// Until it is in flight. For the thread that has set `is_stepped`.
    fiber: UnsafeCell<Option<Fiber<S>>>,
}

// SAFETY: only the thread that has set `is_stepped` reaches the fiber, which is `Send` as `Guarded` says; the rest may be shared.
unsafe impl<S: Gated + Send + Sync> Send for Run<S> {}
// SAFETY: as for `Send`: a shared run lends its fiber to nobody but the thread that has set `is_stepped`.
unsafe impl<S: Gated + Send + Sync> Sync for Run<S> {}

/// A thread steps the run.
struct Stepping<'a>(&'a RunState);

impl Drop for Stepping<'_> {
    fn drop(&mut self) {
        self.0.is_stepped.store(false, Ordering::Release);
    }
}

impl<S: Gated> Run<S> {
    /// A run that takes its turn when it is first stepped. `of` is the async host call that it comes from, if any. `make` makes
    /// its fiber; a tick of the guest should ask what it is given whether the guest has to end.
    pub fn new(gated: S, of: Option<Token>, make: impl FnOnce(Stop) -> Fiber<S>) -> Self {
        let state = RunState::new(gated.gate().run_number());
        let fiber = make(Stop(Arc::clone(&state)));
        Self { gated, state, of, fiber: UnsafeCell::new(Some(fiber)) }
    }

    /// What has its gate.
    pub fn gated(&self) -> &S {
        &self.gated
    }

    /// The guest goes on until it is done, wants something of an async host function, or lets others have a turn. A run that
    /// is not in flight yet takes its turn, or waits for it in line.
    ///
    /// Nested runs that are still in flight when the answer comes are ended first: waiting for them would be waiting for ever
    /// where they wait for what this run does next. Fails with `Stepped` where another thread steps this run or it is over, with
    /// `Busy` where it would wait for itself, and with `Cancelled`, `Closed` or `Escaped` where it was ended.
    pub fn step(&self, answer: Option<Answer<S>>, waker: &Waker) -> Result<Step<Event<S>>, Refused> {
        let (gate, state) = (self.gated.gate(), &*self.state);
        if state.is_stepped.swap(true, Ordering::Acquire) {
            return Err(Refused::Stepped);
        }
        let _stepping = Stepping(state);
        let stage = state.stage.load(Ordering::Acquire);
        state.refused().map_or(Ok(()), Err)?;
        let (turn, is_first) = if stage == run_state::FLYING {
            (self.resume_turn(gate)?, false)
        } else {
            match gate.begin_run(&self.state, self.of, waker)? {
                Some(turn) => (turn, true),
                None => return Ok(Step::Waits),
            }
        };
        // Whoever leaves has to look at what happened meanwhile, and that may have been the end.
        match self.resume(turn, is_first, answer)? {
            Step::Done(event) => Ok(Step::Done(event)),
            other => state.refused().map_or(Ok(other), Err),
        }
    }

    /// Takes the gate for a run in flight, and has what is nested in it end.
    fn resume_turn<'a>(&self, gate: &'a Gate<S::Root>) -> Result<Turn<'a, S::Root>, Refused> {
        let state = &*self.state;
        let me = this_thread();
        if gate.is_mine(me) {
            // From below itself.
            return Err(Refused::Busy);
        }
        let mine = rest(state.id) | if state.is_shut.load(Ordering::Relaxed) { SHUT } else { 0 };
        let (word, held) = (gate.owner.load(Ordering::Relaxed), me | FLIGHT);
        let mark = word & AWAITED;
        // Nothing is nested in it, and nobody has the turn. Who waits is looked after when this leaves.
        let takes = || gate.owner.compare_exchange(word, held | mark, Ordering::Acquire, Ordering::Relaxed).is_ok();
        if word == mine | mark && takes() {
            state.call.store(0, Ordering::Relaxed);
            return Ok(Turn::of(gate, held));
        }
        gate.check_open()?;
        let (held, next) = gate.wait_for_turn(me, Want::Step(&self.state), &|| Ok::<_, Refused>(()))?;
        let turn = Turn::leaving(gate, held, next);
        let mut wakers = Vec::new();
        let nested = {
            let mut line = lock(&gate.line);
            state.refused().map_or(Ok(()), Err)?;
            state.call.store(0, Ordering::Relaxed);
            line.sweep(&mut wakers);
            1 + line.flight.iter().take_while(|run| run.id != state.id).count()
        };
        gate.unwind(nested, run_state::ESCAPED);
        wakers.into_iter().for_each(Waker::wake);
        Ok(turn)
    }

    /// Resumes the guest, with the turn taken.
    fn resume(
        &self,
        turn: Turn<'_, S::Root>,
        is_first: bool,
        answer: Option<Answer<S>>,
    ) -> Result<Step<Event<S>>, Refused> {
        let (gate, state) = (turn.gate, &*self.state);
        let is_open = gate.check_open();
        if is_open.is_err() || state.is_stopped() {
            let is_closed = is_open == Err(Refused::Closed);
            let reason = state.stop(if is_closed { run_state::CLOSED } else { run_state::CANCELLED });
            if is_first {
                // It has nothing inside yet.
                lock(&gate.line).land(reason);
            }
            // Whoever leaves has what is in flight end.
            drop(turn);
            return Err(is_open.err().or(state.refused()).unwrap_or(Refused::Cancelled));
        }
        state.thread.store(thread_number(), Ordering::Relaxed);
        state.is_shut.store(true, Ordering::Relaxed);
        gate.hosting.store(0, Ordering::Relaxed);
        gate.with_state(|state| state.lent = true);
        // Given back before the turn.
        let lent = Lent::new(gate);
        let paused = gate.with_fibers(|mut root, fibers| {
            if is_first {
                let fiber = self.fiber.get_mut();
                // SAFETY: this thread has set `is_stepped`.
                fibers.extend(unsafe { fiber.deref() }.take());
                if fibers.len() == 1 && gate.dropped.is_filled() {
                    // SAFETY: by `with_fibers`; the only fiber has not begun and holds nothing.
                    gate.reclaim(&mut Inside::Root(unsafe { root.as_mut() }));
                }
            }
            Guarded::resume(root, fibers, answer)
        });
        let step = match paused {
            Ok(Paused::Host(event)) => {
                // A number that no synchronous host call has, and not 0.
                let call = gate.with_state(|owner| {
                    let call = owner.next_id + 1;
                    owner.next_id = call + 1;
                    owner.next = rest(state.id);
                    call
                });
                state.is_shut.store(false, Ordering::Relaxed);
                state.call.store(call, Ordering::Relaxed);
                gate.hosting.store(call, Ordering::Relaxed);
                Ok(Step::Host(event, Token { run: state.id, call }))
            }
            Ok(Paused::Turn(event)) => {
                let rests = gate.with_state(|owner| {
                    owner.next = rest(state.id) | SHUT;
                    owner.next_id += 1;
                    owner.next_id
                });
                gate.hosting.store(RESTS | rests, Ordering::Relaxed);
                Ok(Step::Turn(event))
            }
            Ok(Paused::Done(event)) => {
                gate.land();
                Ok(Step::Done(event))
            }
            Err(refused) => {
                // The root is gone.
                lock(&gate.line).land(run_state::CLOSED);
                Err(refused)
            }
        };
        drop(lent);
        drop(turn);
        step
    }

    /// This thread goes on with the run, whichever one takes the next steps: a call from here that would have to wait for the run is
    /// refused. Of a run of which nothing is said, that is the thread that stepped it last.
    pub fn goes_on_here(&self) {
        self.state.home.store(thread_number(), Ordering::Relaxed);
    }

    /// Any thread may go on with the run: nobody who waits for it keeps it from that.
    pub fn goes_on_anywhere(&self) {
        self.state.home.store(run_state::ANYWHERE, Ordering::Relaxed);
    }

    /// Has the guest end, and what is nested in it, on any thread and without waiting: at once if it rests, else when the thread
    /// that is inside leaves. A guest that computes ends at its next tick, if that looks at its `Stop`.
    pub fn cancel(&self) {
        self.gated.gate().cancel(&self.state);
    }
}

impl<S: Gated> Drop for Run<S> {
    fn drop(&mut self) {
        if self.state.stage.load(Ordering::Relaxed) != run_state::FRESH {
            self.cancel();
        }
    }
}
