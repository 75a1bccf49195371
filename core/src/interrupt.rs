//! Interruption: how a guest that runs is stopped by the clock, by another thread, or by its language.
//!
//! Wasmtime has guests look at an epoch, a number of the engine, in every loop and function. When it has moved on, the store
//! asks here whether to go on. See `docs/adr/0015-guests-are-stopped-by-ticks.md`.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::{Result, WasmtimeError, fork};

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

/// What the stores of an engine share.
pub(crate) struct Epochs {
    engine: wasmtime::EngineWeak,
    /// How often the user has moved the epoch on. Wasmtime's own moves on with every tick as well.
    moved: AtomicU64,
    /// How many guests run that have to be asked.
    running: AtomicUsize,
    /// Whether there is a thread that ticks.
    ticks: AtomicBool,
    /// In which process it is: a child has none.
    generation: AtomicUsize,
}

impl Epochs {
    pub(crate) fn new(engine: &wasmtime::Engine) -> Arc<Self> {
        Arc::new(Self {
            engine: engine.weak(),
            moved: AtomicU64::new(0),
            running: AtomicUsize::new(0),
            ticks: AtomicBool::new(false),
            generation: AtomicUsize::new(fork::generation()),
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

    fn begin(self: &Arc<Self>) -> Result<()> {
        self.running.fetch_add(1, Ordering::SeqCst);
        if self.ticks.load(Ordering::SeqCst) && self.generation.load(Ordering::Relaxed) == fork::generation() {
            return Ok(());
        }
        self.start()
    }

    fn end(&self) {
        self.running.fetch_sub(1, Ordering::SeqCst);
    }

    #[cold]
    fn start(self: &Arc<Self>) -> Result<()> {
        let generation = fork::generation();
        if self.generation.swap(generation, Ordering::SeqCst) != generation {
            self.ticks.store(false, Ordering::SeqCst);
        }
        if self.ticks.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        let epochs = Arc::clone(self);
        let thread = std::thread::Builder::new().name("trimaran-ticks".to_owned()).stack_size(64 << 10);
        thread.spawn(move || epochs.run()).map(|_| ()).map_err(|error| {
            self.ticks.store(false, Ordering::SeqCst);
            self.end();
            WasmtimeError::limit(format!("the thread that watches guests cannot be started: {error}"))
        })
    }

    /// Ticks for as long as guests run, and a little longer.
    fn run(&self) {
        let mut idle = 0;
        loop {
            std::thread::sleep(TICK);
            idle = if self.running.load(Ordering::SeqCst) == 0 { idle + 1 } else { 0 };
            if idle < IDLE && self.tick() {
                continue;
            }
            self.ticks.store(false, Ordering::SeqCst);
            // Whoever began before that found a thread; who begins now starts one.
            let is_needed = self.running.load(Ordering::SeqCst) != 0 && self.engine.upgrade().is_some();
            if !is_needed || self.ticks.swap(true, Ordering::SeqCst) {
                return;
            }
            idle = 0;
        }
    }
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
        let ticks = timeout != 0 || self.watch.get().is_some();
        if ticks {
            self.epochs.begin()?;
        }
        self.is_stopped.store(false, Ordering::SeqCst);
        self.is_running.store(true, Ordering::SeqCst);
        Ok(Running { interrupts: self, ticks })
    }

    /// Whether the guest has to end.
    pub(crate) fn is_over(&self) -> bool {
        self.epochs.moved.load(Ordering::SeqCst) >= self.deadline.load(Ordering::SeqCst)
            || self.is_stopped.load(Ordering::SeqCst)
            || self.until.load(Ordering::SeqCst) <= now()
    }

    /// What the language says.
    pub(crate) fn check(&self) -> Result<()> {
        self.watch.get().map_or(Ok(()), |watch| watch.check())
    }
}

/// A guest runs.
pub(crate) struct Running<'a> {
    interrupts: &'a Interrupts,
    ticks: bool,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.interrupts.is_running.store(false, Ordering::SeqCst);
        if self.ticks {
            self.interrupts.epochs.end();
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
    /// It takes effect at the guest's next loop or call. A host function, or a call of WASI, is not interrupted; nor is an
    /// atomic wait.
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
