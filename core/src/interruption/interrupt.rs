//! Interruption: how a guest that runs is stopped by the clock, by another thread, or by its language.
//!
//! Wasmtime has guests look at an epoch, a number of the engine, in every loop and function. When it has moved on, the store
//! asks here whether to go on. See `docs/adr/0015-guests-are-stopped-by-ticks.md` and
//! `docs/adr/0019-a-run-is-interrupted-as-a-whole.md`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use crate::errors::error::HostError;
use crate::interruption::deadlines::Deadlines;
use crate::interruption::epochs::Epochs;
use crate::process::failpoint;
use crate::stores::entry::{HOST_CALL, on_own_stack};
use crate::{Result, WasmtimeError};
use trimaran_gate::Runs;

/// Asked every now and then, on a thread whose guest runs or that waits for a store, whether it may go on.
pub trait Watch: Send + Sync {
    /// Fails where the guest, or the waiting, has to end. That comes out of the call.
    fn check(&self) -> Result<()>;
}

/// What interrupted a guest. What its language asked for has no name here: it comes out as that language's own exception, for
/// Ctrl-C, an interrupted thread, or a cancelled task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum Interruption {
    /// The time of `Store.set_timeout`, or of a deadline, is over.
    TimeLimit,
    /// An `InterruptHandle` was used.
    Handle,
    /// The engine's epoch has passed the deadline of `Store.set_epoch_deadline`.
    Epoch,
}

impl Interruption {
    /// The trap's words: those of wasmtime, and why.
    pub(crate) fn reason(self) -> String {
        let why = match self {
            Self::TimeLimit => "its time limit has passed",
            Self::Handle => "an interrupt handle was used",
            Self::Epoch => "its epoch deadline has passed",
        };
        format!("{}: {why}", wasmtime::Trap::Interrupt)
    }

    /// The error of a call that was interrupted where no guest runs.
    fn outside(self) -> WasmtimeError {
        let code = Some(crate::TrapCode::Interrupt);
        WasmtimeError::Trap { code, reason: self.reason(), interruption: Some(self), frames: Vec::new() }
    }
}

/// Carries the cause through wasmtime, from the check to the outer call.
#[derive(Debug)]
pub(crate) struct Interrupted(pub(crate) Interruption);

impl std::fmt::Display for Interrupted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0.reason())
    }
}

impl std::error::Error for Interrupted {}

pub(super) const NEVER: u64 = u64::MAX;

/// What can stop the guests of one store.
pub(crate) struct Interrupts {
    epochs: Arc<Epochs>,
    /// How far the user may move the epoch on.
    deadline: AtomicU64,
    /// How long a run may take, in nanoseconds; 0 is for ever.
    timeout: AtomicU64,
    /// When the present run has to end, in nanoseconds of `now`. Only the thread that has the turn writes it.
    until: AtomicU64,
    runs: Runs,
    deadlines: Deadlines,
    watch: OnceLock<Arc<dyn Watch>>,
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
            watch: OnceLock::new(),
        })
    }

    pub(crate) fn set_deadline(&self, ticks: u64) {
        let deadline = self.epochs.moved.load(Ordering::SeqCst).saturating_add(ticks);
        self.deadline.store(deadline, Ordering::SeqCst);
    }

    pub(crate) fn set_timeout(&self, milliseconds: Option<u64>) {
        self.timeout.store(milliseconds.map_or(0, nanoseconds), Ordering::SeqCst);
    }

    pub(crate) fn set_watch(&self, watch: &Arc<dyn Watch>) {
        // The first one stays: there is one language.
        _ = self.watch.set(Arc::clone(watch));
    }

    /// A caller has made an outermost call, and may have to wait for the store. From now on a handle finds it.
    pub(crate) fn announce(&self) -> Coming<'_> {
        self.runs.announce();
        Coming(self)
    }

    /// Whether a thread may wait for the store any longer.
    pub(crate) fn may_wait(&self) -> Result<()> {
        self.deadlines.is_over(now).map_or(Ok(()), |cause| Err(cause.outside()))
    }

    /// The calls that this thread makes from now on have so many milliseconds together, or as long as they like.
    pub(crate) fn begin_deadline(&self, milliseconds: Option<u64>) -> Result<u64> {
        let until = milliseconds.map(|time| now().saturating_add(nanoseconds(time)));
        // Its guests are asked, also those of a run that began before.
        Ok(self.deadlines.begin(until, self.epochs.begin()?))
    }

    pub(crate) fn end_deadline(&self, number: u64) {
        if let Some(generation) = self.deadlines.end(number) {
            self.epochs.end(generation);
        }
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

    /// Fails where the guest has to end. For a call of the host that returns, since a guest may make one after the other and
    /// never come to a loop or a function of its own.
    #[inline]
    pub(crate) fn check(&self) -> wasmtime::Result<()> {
        self.is_over().map_or(Ok(()), |cause| Err(wasmtime::Error::new(Interrupted(cause))))
    }

    /// The same, and asks the language as well: fails with the cause or with what the language says.
    pub(crate) fn go_on(&self) -> wasmtime::Result<()> {
        failpoint::panic_at("epoch");
        self.check()?;
        let Some(watch) = self.watch.get() else { return Ok(()) };
        on_own_stack(HOST_CALL, || watch.check()).map_err(|error| wasmtime::Error::new(HostError(error)))
    }
}

/// What is over at once is over with the first tick.
fn nanoseconds(milliseconds: u64) -> u64 {
    milliseconds.saturating_mul(1_000_000).max(1)
}

/// A caller is on its way into the store.
pub(crate) struct Coming<'a>(&'a Interrupts);

impl<'a> Coming<'a> {
    /// It is in: its run begins, and lasts until what this gives is dropped. Only for the thread that has the store's turn.
    /// Fails where the run has no time left, or cannot be watched.
    pub(crate) fn begin(self) -> Result<Running<'a>> {
        let interrupts = self.0;
        // Where this fails, `self` turns back.
        interrupts.may_wait()?;
        let timeout = interrupts.timeout.load(Ordering::SeqCst);
        let has_to_be_asked = timeout != 0 || interrupts.watch.get().is_some();
        let counted = if has_to_be_asked { Some(interrupts.epochs.begin()?) } else { None };
        interrupts.until.store(if timeout == 0 { NEVER } else { now().saturating_add(timeout) }, Ordering::SeqCst);
        interrupts.runs.begin();
        std::mem::forget(self);
        if interrupts.runs.is_stopped() {
            // A handle was used while the caller was on its way: the guest has to look.
            interrupts.epochs.tick();
        }
        Ok(Running { interrupts, counted })
    }
}

impl Drop for Coming<'_> {
    fn drop(&mut self) {
        self.0.runs.turn_back();
    }
}

/// A guest runs.
pub(crate) struct Running<'a> {
    interrupts: &'a Interrupts,
    /// In which generation, if it has to be asked.
    counted: Option<u64>,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.interrupts.runs.end();
        if let Some(generation) = self.counted {
            self.interrupts.epochs.end(generation);
        }
    }
}

/// Stops the guest of a store from any thread.
#[derive(uniffi::Object)]
pub struct InterruptHandle(Arc<Interrupts>);

impl InterruptHandle {
    pub(crate) fn new(interrupts: &Arc<Interrupts>) -> Arc<Self> {
        Arc::new(Self(Arc::clone(interrupts)))
    }
}

#[uniffi::export]
impl InterruptHandle {
    /// Ends the run that is under way in the store now: its call fails with `Trap`, the code `Interrupt` and the interruption
    /// `Handle`. Where none is, it ends the next of the calls that wait for the store. Gives whether there was one; where there
    /// was none, nothing happens, now or later.
    ///
    /// A run is a call, an instantiation or a program, with all that its host functions call in the same store meanwhile. One
    /// that is just about to end may still end as it would have. The calls of a deadline (`Store.begin_deadline`) are
    /// under way together until the deadline ends: each of them that comes later fails at once.
    ///
    /// It takes effect at the guest's next loop or call, when a host function returns, some 30 ms later at most in an atomic
    /// wait, and in a sleep or a read of WASI. A host function is not interrupted.
    pub fn interrupt(&self) -> Result<bool> {
        // Both: the run may be of another thread than the deadlines.
        let (has_deadline, has_run) = (self.0.deadlines.stop(), self.0.runs.stop());
        if has_run {
            self.0.epochs.tick();
        }
        Ok(has_run || has_deadline)
    }
}

/// Nanoseconds since this process first asked.
fn now() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let since = START.get_or_init(Instant::now).elapsed().as_nanos();
    u64::try_from(since).unwrap_or(NEVER - 1)
}
