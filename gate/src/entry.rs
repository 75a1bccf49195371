//! Entries: the ways to the root, and to the innermost caller while a host function runs.

use std::ptr::NonNull;

use crate::gate::{Gate, Guarded, HostCallId, Inside, OPEN, POISONED};
use crate::line::Place;
use crate::refused::Refused;
use crate::run_state::Token;
use crate::sync::{Ordering, lock, this_thread};
use crate::turns::Turn;
use crate::want::Want;
use crate::word::FLIGHT;

impl<T: Guarded> Gate<T> {
    /// Runs `work` inside: at the root, or at the innermost caller if this thread is in a host function.
    /// Another thread waits until this one has left.
    pub fn enter<R>(&self, work: impl FnOnce(Inside<'_, T>) -> R) -> Result<R, Refused> {
        self.enter_as(this_thread(), &|| Ok(()), |inside| Ok(work(inside)))
    }

    /// The same, for a caller that knows the number of its thread and has an error of its own. While it waits for another
    /// thread, `may_wait` is asked every now and then, and ends the waiting by an error. Where a run waits for its host function,
    /// this does not wait, and enters at that function's caller.
    // Inlined, and the result made in its place: it is wide, and to hand it up through layers costs more than the turn.
    #[inline(always)]
    pub fn enter_as<R, E: From<Refused>>(
        &self,
        me: usize,
        may_wait: &dyn Fn() -> Result<(), E>,
        work: impl FnOnce(Inside<'_, T>) -> Result<R, E>,
    ) -> Result<R, E> {
        let mut turn = Turn::none(self);
        turn.take(me, Want::Moment, may_wait)?;
        self.inside(&turn, None, work)
    }

    /// Runs a guest to its end. While a run is in flight it waits in line, unless it comes from the host call of the innermost
    /// one and says so by `of`. Fails with `Busy` where it would wait for itself.
    pub fn call<R>(&self, of: Option<Token>, work: impl FnOnce(Inside<'_, T>) -> R) -> Result<R, Refused> {
        self.call_as(this_thread(), of, &|| Ok(()), |inside| Ok(work(inside)))
    }

    /// The same, as `enter_as`.
    #[inline(always)]
    pub fn call_as<R, E: From<Refused>>(
        &self,
        me: usize,
        of: Option<Token>,
        may_wait: &dyn Fn() -> Result<(), E>,
        work: impl FnOnce(Inside<'_, T>) -> Result<R, E>,
    ) -> Result<R, E> {
        let mut turn = Turn::none(self);
        turn.take(me, Want::Call(of), may_wait)?;
        self.inside(&turn, None, work)
    }

    /// Like [`Gate::enter`], for one async host call only, on any thread: fails with `Escaped` when that call has returned.
    pub fn enter_of<R>(&self, of: Token, work: impl FnOnce(Inside<'_, T>) -> R) -> Result<R, Refused> {
        self.enter_of_as(of, &|| Ok(()), |inside| Ok(work(inside)))
    }

    /// The same, as `enter_as`.
    pub fn enter_of_as<R, E: From<Refused>>(
        &self,
        of: Token,
        may_wait: &dyn Fn() -> Result<(), E>,
        work: impl FnOnce(Inside<'_, T>) -> Result<R, E>,
    ) -> Result<R, E> {
        let mut turn = Turn::none(self);
        turn.take(this_thread(), Want::Moment, may_wait)?;
        self.inside(&turn, Some(of), work)
    }

    /// Runs `work` inside, with the turn taken.
    #[inline(always)]
    fn inside<R, E: From<Refused>>(
        &self,
        turn: &Turn<'_, T>,
        of: Option<Token>,
        work: impl FnOnce(Inside<'_, T>) -> Result<R, E>,
    ) -> Result<R, E> {
        // It may have been closed while this thread waited.
        self.check_open()?;
        if of.is_some() && matches!(lock(&self.line).place(of), Place::Root | Place::Stale) {
            return Err(Refused::Escaped.into());
        }
        let caller = self.with_state(|state| {
            if state.lent {
                return Err(Refused::Reentered);
            }
            state.lent = true;
            Ok(state.callers.last().map(|(_, caller)| *caller))
        })?;
        // Given back before the turn.
        let _lent = Lent::new(self);
        let root;
        let mut inside = if let Some(mut caller) = caller {
            // SAFETY: `publish` keeps the caller borrowed until its host function has returned, and while
            // `lent` is set this is its only use.
            Inside::Caller(unsafe { caller.as_mut() })
        } else if turn.held & FLIGHT != 0 && self.is_in_flight()? {
            return self.visit(work);
        } else {
            root = self.root.get_mut();
            // SAFETY: only the owner thread, which is this one, reaches the root. No caller is published, no run is in flight,
            // and `lent` was not set, so no entry further up the stack holds it; `lent` keeps later ones out.
            Inside::Root(unsafe { root.deref() }.as_mut().ok_or(Refused::Closed)?)
        };
        if self.dropped.is_filled() {
            self.reclaim(&mut inside);
        }
        work(inside)
    }

    /// Whether runs are in flight. For the owner thread, with `lent` set.
    #[cold]
    fn is_in_flight(&self) -> Result<bool, Refused> {
        self.with_fibers(|_, fibers| !fibers.is_empty())
    }

    /// Runs `work` by the caller of the host function that the innermost run waits for, on that run's fiber.
    #[cold]
    fn visit<R, E: From<Refused>>(&self, work: impl FnOnce(Inside<'_, T>) -> Result<R, E>) -> Result<R, E> {
        let (mut work, mut done) = (Some(work), None);
        self.with_fibers(|root, fibers| {
            T::visit(root, fibers, &mut |caller| {
                if let Some(work) = work.take() {
                    let mut inside = Inside::Caller(caller);
                    if self.dropped.is_filled() {
                        self.reclaim(&mut inside);
                    }
                    done = Some(work(inside));
                }
            });
        })?;
        // Nothing, if its fiber did not do the work.
        done.unwrap_or(Err(Refused::Busy.into()))
    }

    #[cold]
    pub(crate) fn reclaim(&self, inside: &mut Inside<'_, T>) {
        for item in self.dropped.take() {
            T::reclaim(inside, item);
        }
    }

    /// Like [`Gate::enter`], for one host call only: fails when that call has returned, and on any thread
    /// but the one that it runs on.
    pub fn enter_with<R>(&self, call_id: HostCallId, work: impl FnOnce(Inside<'_, T>) -> R) -> Result<R, Refused> {
        self.enter_with_as(call_id, |inside| Ok(work(inside)))
    }

    /// The same, for a caller that has an error of its own.
    #[inline(always)]
    pub fn enter_with_as<R, E: From<Refused>>(
        &self,
        call_id: HostCallId,
        work: impl FnOnce(Inside<'_, T>) -> Result<R, E>,
    ) -> Result<R, E> {
        let me = this_thread();
        self.check_call_of(me, call_id)?;
        // The thread is inside already, and does not wait.
        self.enter_as(me, &|| Ok(()), work)
    }

    /// Fails where that host call has returned, and on any thread but the one that it runs on.
    pub fn check_call(&self, call_id: HostCallId) -> Result<(), Refused> {
        self.check_call_of(this_thread(), call_id)
    }

    #[inline(always)]
    fn check_call_of(&self, me: usize, call_id: HostCallId) -> Result<(), Refused> {
        self.check_open()?;
        let is_live = || self.with_state(|state| state.callers.iter().any(|(other, _)| *other == call_id));
        if self.is_mine(me) && is_live() { Ok(()) } else { Err(Refused::Escaped) }
    }

    /// Runs a host function, and lets this thread enter through `caller` while it runs.
    /// The thread must be inside already: wasmtime calls host functions only from within `enter`, `call` or a step.
    pub fn publish<R>(&self, caller: &mut T::Caller, work: impl FnOnce(HostCallId) -> R) -> R {
        let call_id = self.with_state(|state| {
            let call_id = HostCallId(state.next_id);
            state.next_id += 1;
            state.callers.push((call_id, NonNull::from(caller)));
            state.lent = false;
            call_id
        });
        self.hosting.store(call_id.0 + 1, Ordering::Relaxed);
        let published = Published { gate: self, call_id };
        work(published.call_id)
    }
}

impl<T: Guarded> Gate<T> {
    /// Runs code of the host, which cannot enter. The thread must be inside. Others that wait see it as a host function, for which
    /// they wait no longer than their patience.
    pub fn host<R>(&self, work: impl FnOnce() -> R) -> R {
        if !self.is_inside() {
            return work();
        }
        let number = self.with_state(|state| {
            state.next_id += 1;
            state.next_id
        });
        let _hosting = Hosting { gate: self, outer: self.hosting.swap(number, Ordering::Relaxed) };
        work()
    }
}

/// What others see while code of the host runs; afterwards, what they saw before.
struct Hosting<'a, T: Guarded> {
    gate: &'a Gate<T>,
    outer: u64,
}

impl<T: Guarded> Drop for Hosting<'_, T> {
    fn drop(&mut self) {
        self.gate.hosting.store(self.outer, Ordering::Relaxed);
    }
}

/// The innermost context is in use by an entry or a step.
pub(crate) struct Lent<'a, T: Guarded> {
    gate: &'a Gate<T>,
    /// This thread was unwinding already when it entered.
    unwinding: bool,
}

impl<'a, T: Guarded> Lent<'a, T> {
    /// For the thread that has just set `lent`.
    #[inline(always)]
    pub(crate) fn new(gate: &'a Gate<T>) -> Self {
        Self { gate, unwinding: std::thread::panicking() }
    }
}

impl<T: Guarded> Drop for Lent<'_, T> {
    #[inline(always)]
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
    call_id: HostCallId,
}

impl<T: Guarded> Drop for Published<'_, T> {
    fn drop(&mut self) {
        let (popped, outer) = self.gate.with_state(|state| {
            // The entry that called the guest has its context again.
            state.lent = true;
            let popped = state.callers.pop();
            let depth = state.callers.len();
            // Turns that the host function kept and did not end, end with it.
            if !state.kept.is_empty() {
                state.kept.retain(|kept| kept.depth <= depth);
            }
            (popped, state.callers.last().map_or(0, |(call_id, _)| call_id.0 + 1))
        });
        self.gate.hosting.store(outer, Ordering::Relaxed);
        debug_assert_eq!(popped.map(|(call_id, _)| call_id), Some(self.call_id));
    }
}
