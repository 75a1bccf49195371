//! The line: who waits for what. It lies behind the gate's lock, which no thread takes on its way into or out of a gate that is
//! free, nor between the steps of a run for which nobody waits.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;

use crate::run_state::{CLOSED, ESCAPED, RunState, Token, WAITING};
use crate::sync::Ordering;

/// A thread or a run that waits for the end of a run.
pub(crate) struct Waiter {
    pub(crate) id: usize,
    /// The host call that it comes from, if it is nested.
    pub(crate) of: Option<Token>,
    /// None for a thread, which sleeps.
    pub(crate) run: Option<(Arc<RunState>, Waker)>,
}

impl Waiter {
    /// A thread that waits for the runs in flight to end.
    pub(crate) fn thread(id: usize) -> Self {
        Self { id, of: None, run: None }
    }

    /// Its run is over before it began. A thread looks for itself when it wakes up.
    pub(crate) fn end(self, reason: u8, wakers: &mut Vec<Waker>) {
        if let Some((run, waker)) = self.run {
            run.stage.store(reason, Ordering::Release);
            wakers.push(waker);
        }
    }
}

/// Where a call or a run belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Behind the runs in flight.
    Root,
    /// On top of the innermost run, which waits for its host call.
    Nested,
    /// The same, once an elder sibling is over.
    Sibling,
    /// It comes from a run in flight, by a host call that has returned.
    Stale,
}

/// Who waits, and for whom.
#[derive(Default)]
pub(crate) struct Line {
    /// How many threads sleep.
    pub(crate) asleep: usize,
    /// The runs in flight, innermost last.
    pub(crate) flight: Vec<Arc<RunState>>,
    /// Who was given the turn and has not taken it yet.
    pub(crate) given: Option<Waiter>,
    /// Who waits for the outermost run to end.
    pub(crate) waiting: VecDeque<Waiter>,
    /// Who waits for an elder sibling to end.
    pub(crate) inner: VecDeque<Waiter>,
}

impl Line {
    pub(crate) fn place(&self, of: Option<Token>) -> Place {
        let Some(token) = of else { return Place::Root };
        let Some(at) = self.flight.iter().rposition(|run| run.id == token.run) else { return Place::Root };
        match self.flight.get(at).and_then(|run| run.token()) {
            found if found != of => Place::Stale,
            _ if at + 1 == self.flight.len() => Place::Nested,
            _ => Place::Sibling,
        }
    }

    /// Whether a run in flight waits for that host call.
    pub(crate) fn has_call(&self, call: u64) -> bool {
        self.flight.iter().any(|run| run.call.load(Ordering::Relaxed) == call)
    }

    /// The runs that are nested in that one, innermost first.
    pub(crate) fn nested_in(&self, id: usize) -> impl Iterator<Item = &Arc<RunState>> {
        let is_there = self.flight.iter().any(|run| run.id == id);
        self.flight.iter().rev().take_while(move |run| is_there && run.id != id)
    }

    /// Whether a call that comes now has to stand in line.
    pub(crate) fn is_formed(&self) -> bool {
        !self.flight.is_empty() || self.given.is_some() || !self.waiting.is_empty()
    }

    /// Whether whoever leaves has to look for others.
    pub(crate) fn is_awaited(&self) -> bool {
        self.asleep > 0 || !self.waiting.is_empty() || !self.inner.is_empty()
    }

    /// Whether that very thread has to go on with a run in front of it, which it would not come to if it slept now.
    pub(crate) fn is_driven_by(&self, thread: usize) -> bool {
        let waiters = self.given.iter().chain(&self.waiting);
        let ahead = waiters.filter_map(|waiter| waiter.run.as_ref().map(|(run, _)| run));
        ahead.chain(&self.flight).any(|run| run.is_driven_by(thread))
    }

    /// Puts a run in line, or notes its new waker.
    pub(crate) fn await_turn(&mut self, run: &Arc<RunState>, of: Option<Token>, is_inner: bool, waker: &Waker) {
        let queue = if is_inner { &mut self.inner } else { &mut self.waiting };
        let is_there = run.stage.load(Ordering::Relaxed) == WAITING;
        let known = queue.iter_mut().chain(&mut self.given).find(|waiter| is_there && waiter.id == run.id);
        let noted = Some((Arc::clone(run), waker.clone()));
        match known {
            Some(waiter) => waiter.run = noted,
            None => queue.push_back(Waiter { id: run.id, of, run: noted }),
        }
        run.stage.store(WAITING, Ordering::Relaxed);
    }

    /// Takes a waiter out of the line. Gives it, and whether it had been given the turn.
    pub(crate) fn remove(&mut self, id: usize) -> (Option<Waiter>, bool) {
        if let Some(waiter) = self.given.take_if(|waiter| waiter.id == id) {
            return (Some(waiter), true);
        }
        for queue in [&mut self.inner, &mut self.waiting] {
            if let Some(at) = queue.iter().position(|waiter| waiter.id == id) {
                return (queue.remove(at), false);
            }
        }
        (None, false)
    }

    /// The innermost run is over. Whoever has the lock sees both: that it is not in flight, and why.
    pub(crate) fn land(&mut self, stage: u8) {
        if let Some(run) = self.flight.pop() {
            run.call.store(0, Ordering::Relaxed);
            run.stage.store(stage, Ordering::Release);
        }
    }

    /// Sends those away whose host call has returned.
    pub(crate) fn sweep(&mut self, wakers: &mut Vec<Waker>) {
        let may_stay = |line: &Self, waiter: &Waiter| matches!(line.place(waiter.of), Place::Nested | Place::Sibling);
        if let Some(waiter) = self.given.take() {
            if waiter.of.is_none() || may_stay(self, &waiter) {
                self.given = Some(waiter);
            } else {
                waiter.end(ESCAPED, wakers);
            }
        }
        for waiter in std::mem::take(&mut self.inner) {
            if may_stay(self, &waiter) {
                self.inner.push_back(waiter);
            } else {
                waiter.end(ESCAPED, wakers);
            }
        }
    }

    /// Gives the turn to whoever is next, and says who that is.
    pub(crate) fn give_turn(&mut self, wakers: &mut Vec<Waker>) -> Option<usize> {
        if self.given.is_none() {
            self.given = match self.flight.last() {
                None => self.waiting.pop_front(),
                Some(top) => {
                    let token = top.token();
                    let at = token.and_then(|_| self.inner.iter().position(|waiter| waiter.of == token));
                    at.and_then(|at| self.inner.remove(at))
                }
            };
        }
        // Each time: it may have come meanwhile and found a visitor.
        if let Some(Waiter { run: Some((_, waker)), .. }) = &self.given {
            wakers.push(waker.clone());
        }
        self.given.as_ref().map(|waiter| waiter.id)
    }

    /// Sends everybody away: the gate is closed.
    pub(crate) fn dissolve(&mut self, wakers: &mut Vec<Waker>) {
        for waiter in self.given.take().into_iter().chain(self.waiting.drain(..)).chain(self.inner.drain(..)) {
            waiter.end(CLOSED, wakers);
        }
    }
}
