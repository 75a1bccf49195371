//! Interruption: how a guest that runs is stopped by the clock, by another thread, or by its language.
//!
//! Wasmtime has guests look at an epoch, a number of the engine, in every loop and function. When it has moved on, the store
//! asks here whether to go on. See `docs/adr/0015-guests-are-stopped-by-ticks.md`.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::error::HostError;
use crate::store::{HOST_CALL, on_own_stack};
use crate::{Result, WasmtimeError, fork, planted};

/// Asked every now and then, on a guest's own thread, whether the guest may go on.
pub trait Watch: Send + Sync {
    /// Fails where the guest has to end. That comes out of the call that ran it.
    fn check(&self) -> Result<()>;
}

/// How often a guest is asked, where it has to be asked at all.
const TICK: Duration = Duration::from_millis(10);
/// After so many ticks without a guest the thread that ticks ends.
const IDLE: u32 = 50;
const NEVER: u64 = u64::MAX;
/// How many bits count guests.
const COUNT: u32 = 32;

/// What the stores of an engine share.
pub(crate) struct Epochs {
    engine: wasmtime::EngineWeak,
    /// How often the user has moved the epoch on. Wasmtime's own moves on with every tick as well.
    moved: AtomicU64,
    /// How many guests run that have to be asked, behind the generation that they were counted in. What a child of a fork
    /// has of its parent's does not run.
    running: AtomicU64,
    /// The generation in which there is a thread that ticks, and one more; 0 is none.
    ticks: AtomicU64,
}

impl Epochs {
    pub(crate) fn new(engine: &wasmtime::Engine) -> Arc<Self> {
        Arc::new(Self {
            engine: engine.weak(),
            moved: AtomicU64::new(0),
            running: AtomicU64::new(0),
            ticks: AtomicU64::new(0),
        })
    }

    pub(crate) fn move_on(&self) {
        self.moved.fetch_add(1, Ordering::SeqCst);
        self.tick();
    }

    /// Has every guest of the engine asked. Fails where the engine is gone.
    fn tick(&self) -> bool {
        self.engine.upgrade().map(|engine| engine.increment_epoch()).is_some()
    }

    /// A guest runs that has to be asked. Gives the generation that it is counted in.
    fn begin(self: &Arc<Self>) -> Result<u64> {
        let generation = generation();
        // It never fails: there is always another number.
        _ = self.running.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |running| {
            Some(if running >> COUNT == generation { running + 1 } else { (generation << COUNT) + 1 })
        });
        if self.ticks.load(Ordering::SeqCst) != generation + 1 {
            self.start(generation)?;
        }
        Ok(generation)
    }

    fn end(&self, generation: u64) {
        let is_same = |running: u64| (running >> COUNT == generation).then(|| running - 1);
        _ = self.running.fetch_update(Ordering::SeqCst, Ordering::SeqCst, is_same);
    }

    fn is_idle(&self, generation: u64) -> bool {
        self.running.load(Ordering::SeqCst) == generation << COUNT
    }

    #[cold]
    fn start(self: &Arc<Self>, generation: u64) -> Result<()> {
        if self.ticks.swap(generation + 1, Ordering::SeqCst) == generation + 1 {
            return Ok(());
        }
        let epochs = Arc::clone(self);
        let thread = std::thread::Builder::new().name("trimaran-ticks".to_owned()).stack_size(64 << 10);
        thread.spawn(move || epochs.run(generation)).map(|_| ()).map_err(|error| {
            self.ticks.store(0, Ordering::SeqCst);
            self.end(generation);
            WasmtimeError::limit(format!("the thread that watches guests cannot be started: {error}"))
        })
    }

    /// Ticks for as long as guests run, and a little longer.
    fn run(&self, generation: u64) {
        let mut idle = 0;
        loop {
            std::thread::sleep(TICK);
            idle = if self.is_idle(generation) { idle + 1 } else { 0 };
            if idle < IDLE && self.tick() {
                continue;
            }
            self.ticks.store(0, Ordering::SeqCst);
            // Whoever began before that found a thread; who begins now starts one.
            let is_needed = !self.is_idle(generation) && self.engine.upgrade().is_some();
            if !is_needed || self.ticks.swap(generation + 1, Ordering::SeqCst) != 0 {
                return;
            }
            idle = 0;
        }
    }
}

fn generation() -> u64 {
    fork::generation() as u64
}

/// What can stop the guests of one store.
pub(crate) struct Interrupts {
    epochs: Arc<Epochs>,
    /// How far the user may move the epoch on.
    deadline: AtomicU64,
    /// How long a run may take, in nanoseconds; 0 is for ever.
    timeout: AtomicU64,
    /// When the present run has to end, in nanoseconds of `now`.
    until: AtomicU64,
    is_running: AtomicBool,
    is_stopped: AtomicBool,
    watch: OnceLock<Box<dyn Watch>>,
}

impl Interrupts {
    pub(crate) fn new(epochs: Arc<Epochs>) -> Arc<Self> {
        Arc::new(Self {
            epochs,
            deadline: AtomicU64::new(NEVER),
            timeout: AtomicU64::new(0),
            until: AtomicU64::new(NEVER),
            is_running: AtomicBool::new(false),
            is_stopped: AtomicBool::new(false),
            watch: OnceLock::new(),
        })
    }

    pub(crate) fn set_deadline(&self, ticks: u64) {
        let deadline = self.epochs.moved.load(Ordering::SeqCst).saturating_add(ticks);
        self.deadline.store(deadline, Ordering::SeqCst);
    }

    pub(crate) fn set_timeout(&self, milliseconds: Option<u64>) {
        // What is over at once is over with the first tick.
        let nanoseconds = milliseconds.map_or(0, |time| time.saturating_mul(1_000_000).max(1));
        self.timeout.store(nanoseconds, Ordering::SeqCst);
    }

    pub(crate) fn set_watch(&self, watch: Box<dyn Watch>) {
        // The first one stays: there is one language.
        _ = self.watch.set(watch);
    }

    /// The outermost run of a guest begins, and lasts until what this gives is dropped.
    pub(crate) fn begin(&self) -> Result<Running<'_>> {
        let timeout = self.timeout.load(Ordering::SeqCst);
        self.until.store(if timeout == 0 { NEVER } else { now().saturating_add(timeout) }, Ordering::SeqCst);
        let has_to_be_asked = timeout != 0 || self.watch.get().is_some();
        let counted = if has_to_be_asked { Some(self.epochs.begin()?) } else { None };
        self.is_stopped.store(false, Ordering::SeqCst);
        self.is_running.store(true, Ordering::SeqCst);
        Ok(Running { interrupts: self, counted })
    }

    /// Whether the guest has to end.
    fn is_over(&self) -> bool {
        self.epochs.moved.load(Ordering::SeqCst) >= self.deadline.load(Ordering::SeqCst)
            || self.is_stopped.load(Ordering::SeqCst)
            || self.until.load(Ordering::SeqCst) <= now()
    }

    /// Fails where the guest has to end, in the words of wasmtime or in those of the language.
    pub(crate) fn go_on(&self) -> wasmtime::Result<()> {
        planted::panic_at("epoch");
        if self.is_over() {
            return Err(wasmtime::Trap::Interrupt.into());
        }
        let Some(watch) = self.watch.get() else { return Ok(()) };
        on_own_stack(HOST_CALL, || watch.check()).map_err(|error| wasmtime::Error::new(HostError(error)))
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
        self.interrupts.is_running.store(false, Ordering::SeqCst);
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
    /// Ends the guest that runs in the store now: its call fails with `Trap` and the code `Interrupt`. Where none runs,
    /// nothing happens.
    ///
    /// It takes effect at the guest's next loop or call, some 30 ms later at most in an atomic wait, and in a sleep or a read
    /// of WASI. A host function is not interrupted.
    pub fn interrupt(&self) -> Result<()> {
        if self.0.is_running.load(Ordering::SeqCst) {
            self.0.is_stopped.store(true, Ordering::SeqCst);
            self.0.epochs.tick();
        }
        Ok(())
    }
}

/// Nanoseconds since this process first asked.
fn now() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let since = START.get_or_init(Instant::now).elapsed().as_nanos();
    u64::try_from(since).unwrap_or(NEVER - 1)
}
