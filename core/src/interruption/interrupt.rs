//! Interruption: how a guest that runs is stopped by the clock, by another thread, or by its language.
//!
//! Guests compare the engine's epoch with a deadline in every loop and function. When the epoch has passed it, wasmtime calls
//! the store, which asks here whether the guest may go on. See `docs/adr/0015-guests-are-stopped-by-ticks.md` and
//! `docs/adr/0019-a-run-is-interrupted-as-a-whole.md`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use trimaran_gate::Runs;

use crate::interruption::clock::{NEVER, nanoseconds, now};
use crate::interruption::deadlines::Deadlines;
use crate::interruption::epochs::{Epochs, TICK};
use crate::interruption::interrupt_check::InterruptCheck;
use crate::interruption::profile::{Profile, Profiled};
use crate::process::failpoint;
use crate::process::host_stack::on_own_stack;
use crate::process::stack::HOST_CALL;
use crate::process::thread_end::{self, EndsWithThread};
use crate::traps::carried::{HostError, Interrupted};
use crate::{Interruption, Result, WasmtimeError};

impl Interruption {
    /// The error of a call that was interrupted where no guest runs.
    fn outside(self) -> WasmtimeError {
        let code = Some(crate::TrapCode::Interrupt);
        WasmtimeError::Trap { code, reason: self.reason(), interruption: Some(self), frames: Vec::new() }
    }
}

/// The error of a call whose time was over before it could begin: for a language that makes its callers wait before they come here.
pub fn time_is_over() -> WasmtimeError {
    Interruption::TimeLimit.outside()
}

/// What can stop the guests of one store.
pub(crate) struct Interrupts {
    pub(super) epochs: Arc<Epochs>,
    /// The number of the user's epoch at which guests have to end.
    deadline: AtomicU64,
    /// How long a run may take, in nanoseconds; 0 is for ever.
    timeout: AtomicU64,
    /// When the present run has to end, in nanoseconds of `now`. Only the thread that has the turn writes it.
    until: AtomicU64,
    pub(super) runs: Runs,
    pub(super) deadlines: Deadlines,
    interrupt_check: OnceLock<Arc<dyn InterruptCheck>>,
    /// How many ticks there had been when the language was last asked.
    asked: AtomicU64,
    /// When the language need not be asked before, in nanoseconds of `now`, while a profile makes more ticks.
    due: AtomicU64,
    pub(crate) profiled: Profiled,
}

impl Interrupts {
    pub(crate) fn new(epochs: Arc<Epochs>) -> Arc<Self> {
        Arc::new(Self {
            epochs,
            deadline: AtomicU64::new(NEVER),
            timeout: AtomicU64::new(0),
            until: AtomicU64::new(NEVER),
            runs: Runs::new(),
            deadlines: Deadlines::new(),
            interrupt_check: OnceLock::new(),
            asked: AtomicU64::new(0),
            due: AtomicU64::new(0),
            profiled: Profiled::default(),
        })
    }

    pub(crate) fn set_deadline(&self, ticks: u64) {
        let deadline = self.epochs.moved.load(Ordering::SeqCst).saturating_add(ticks);
        self.deadline.store(deadline, Ordering::SeqCst);
    }

    pub(crate) fn set_timeout(&self, milliseconds: Option<u64>) {
        self.timeout.store(milliseconds.map_or(0, nanoseconds), Ordering::SeqCst);
    }

    /// What `set_timeout` has set, in milliseconds; 0 is for ever.
    pub(crate) fn timeout(&self) -> u64 {
        self.timeout.load(Ordering::SeqCst).div_ceil(1_000_000)
    }

    pub(crate) fn set_check(&self, interrupt_check: &Arc<dyn InterruptCheck>) {
        // The first check stays: a process has one language's adapter.
        _ = self.interrupt_check.set(Arc::clone(interrupt_check));
    }

    /// Announces an outermost call, which may have to wait for the store. From now on an `InterruptHandle` can end it.
    pub(crate) fn announce(&self) -> AnnouncedRun<'_> {
        self.runs.announce();
        AnnouncedRun(self)
    }

    /// Begins a profile of the store's guests, whose samples are so many milliseconds apart. Fails with `Busy` where there is one.
    pub(crate) fn begin_profile(&self, milliseconds: u64, most: usize) -> Result<Profile> {
        Profile::begin(&self.profiled, &self.epochs, nanoseconds(milliseconds), most)
    }

    /// The run of a caller that was announced begins.
    fn begin_run(&self) {
        self.profiled.resume();
        let timeout = self.timeout.load(Ordering::SeqCst);
        self.until.store(if timeout == 0 { NEVER } else { now().saturating_add(timeout) }, Ordering::SeqCst);
        self.runs.begin();
        if self.runs.is_stopped() {
            // A handle was used while the caller was on its way: the guest has to look.
            self.epochs.tick();
        }
    }

    /// Whether a thread may wait for the store any longer.
    pub(crate) fn may_wait(&self) -> Result<()> {
        self.deadlines.is_over(now).map_or(Ok(()), |cause| Err(cause.outside()))
    }

    /// The calls that this thread makes from now on have so many milliseconds together, or no limit.
    pub(crate) fn begin_deadline(self: &Arc<Self>, milliseconds: Option<u64>) -> Result<u64> {
        let until = milliseconds.map(|time| now().saturating_add(nanoseconds(time)));
        // Its guests are asked, also those of a run that began before.
        let number = self.deadlines.begin(until, self.epochs.begin()?);
        thread_end::begin(&Arc::downgrade(self), number).inspect_err(|_| self.thread_ends(number))?;
        Ok(number)
    }

    /// Fails on another thread than the one that began it.
    pub(crate) fn end_deadline(&self, number: u64) -> Result<()> {
        if let Some(generation) = self.deadlines.end(number)? {
            self.epochs.end(generation);
            thread_end::end(self, number);
        }
        Ok(())
    }

    /// Why the guest has to end, if it has to.
    fn is_over(&self) -> Option<Interruption> {
        if self.runs.is_stopped() {
            return Some(Interruption::Handle);
        }
        if self.epochs.moved.load(Ordering::SeqCst) >= self.deadline.load(Ordering::SeqCst) {
            return Some(Interruption::Epoch);
        }
        let until = self.until.load(Ordering::SeqCst);
        if until != NEVER && until <= now() {
            return Some(Interruption::TimeLimit);
        }
        self.deadlines.is_over(now)
    }

    /// Fails where the guest has to end, whatever its language says.
    pub(crate) fn check(&self) -> wasmtime::Result<()> {
        self.is_over().map_or(Ok(()), |cause| Err(wasmtime::Error::new(Interrupted(cause))))
    }

    /// The same, for a callback of the language that waits, and lets the error out.
    pub(crate) fn still_running(&self) -> Result<()> {
        self.is_over().map_or(Ok(()), |cause| Err(cause.outside()))
    }

    /// Fails where the guest has to end, with the cause or with the error of the language's `InterruptCheck`.
    pub(crate) fn go_on(&self) -> wasmtime::Result<()> {
        failpoint::panic_at("epoch");
        self.check()?;
        self.interrupt_check.get().map_or(Ok(()), |interrupt_check| self.ask(interrupt_check.as_ref()))
    }

    /// The same for a host function that returns to its guest. The guest may call the host again and again, or return, and never
    /// reach a loop or a function of its own, where wasmtime would ask. The language is asked where that is cheap, and where a tick
    /// has passed since it was last asked.
    #[inline]
    pub(crate) fn host_returns(&self) -> wasmtime::Result<()> {
        self.check()?;
        let Some(interrupt_check) = self.interrupt_check.get() else { return Ok(()) };
        let is_due = interrupt_check.is_cheap() || self.asked.load(Ordering::Relaxed) != self.epochs.ticked();
        if is_due { self.ask(interrupt_check.as_ref()) } else { Ok(()) }
    }

    fn ask(&self, interrupt_check: &dyn InterruptCheck) -> wasmtime::Result<()> {
        if self.profiled.is_now() {
            let now = now();
            if now < self.due.load(Ordering::Relaxed) {
                return Ok(());
            }
            self.due.store(now.saturating_add(TICK.as_nanos() as u64), Ordering::Relaxed);
        }
        self.asked.store(self.epochs.ticked(), Ordering::Relaxed);
        on_own_stack(HOST_CALL, || interrupt_check.check()).map_err(|error| wasmtime::Error::new(HostError(error)))
    }
}

impl EndsWithThread for Interrupts {
    fn thread_ends(&self, number: u64) {
        if let Ok(Some(generation)) = self.deadlines.end(number) {
            self.epochs.end(generation);
        }
    }
}

/// A caller that is announced, and not in the store yet.
pub(crate) struct AnnouncedRun<'a>(&'a Interrupts);

impl<'a> AnnouncedRun<'a> {
    /// Begins the run, which lasts until the result is dropped. Only for the thread that has the store's turn. Fails where
    /// the run has no time left, or where the thread that moves the epoch cannot be started.
    pub(crate) fn begin(self) -> Result<ActiveRun<'a>> {
        let interrupts = self.0;
        // Where this fails, the drop of `self` takes the announcement back.
        interrupts.may_wait()?;
        let timeout = interrupts.timeout.load(Ordering::SeqCst);
        let has_to_be_asked =
            timeout != 0 || interrupts.interrupt_check.get().is_some() || interrupts.profiled.is_now();
        let counted = if has_to_be_asked { Some(interrupts.epochs.begin()?) } else { None };
        interrupts.begin_run();
        std::mem::forget(self);
        Ok(ActiveRun { interrupts, counted })
    }
}

impl Drop for AnnouncedRun<'_> {
    fn drop(&mut self) {
        self.0.runs.turn_back();
    }
}

/// A guest that goes on step by step has begun, and is not over until this is dropped.
pub(crate) struct SteppedRun(Arc<Interrupts>);

impl SteppedRun {
    /// As `AnnouncedRun::begin`, but nothing moves the epoch for it between its steps.
    pub(crate) fn begin(interrupts: &Arc<Interrupts>) -> Result<Self> {
        interrupts.may_wait()?;
        interrupts.runs.announce();
        interrupts.begin_run();
        Ok(Self(Arc::clone(interrupts)))
    }

    /// A step of it lasts until the result is dropped.
    pub(crate) fn step(&self) -> Result<Step<'_>> {
        self.0.profiled.resume();
        Ok(Step { epochs: &self.0.epochs, generation: self.0.epochs.begin_step()? })
    }
}

impl Drop for SteppedRun {
    fn drop(&mut self) {
        self.0.runs.end();
    }
}

/// See `SteppedRun::step`.
pub(crate) struct Step<'a> {
    epochs: &'a Epochs,
    generation: u64,
}

impl Drop for Step<'_> {
    fn drop(&mut self) {
        self.epochs.end(self.generation);
    }
}

/// A guest runs until this is dropped.
pub(crate) struct ActiveRun<'a> {
    interrupts: &'a Interrupts,
    /// The fork generation in which the run is counted, if something has to move the epoch for it.
    counted: Option<u64>,
}

impl Drop for ActiveRun<'_> {
    fn drop(&mut self) {
        self.interrupts.runs.end();
        if let Some(generation) = self.counted {
            self.interrupts.epochs.end(generation);
        }
    }
}
