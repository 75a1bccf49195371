//! Ticks: a thread that moves wasmtime's epoch on for as long as guests run that have to be asked.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::process::fork;
use crate::{Result, WasmtimeError};

/// How often a guest is asked, where it has to be asked at all.
pub(super) const TICK: Duration = Duration::from_millis(10);
/// How often guests that go on step by step let others have a turn.
const TURN: Duration = Duration::from_millis(2);
/// No profile is made.
const NEVER: u64 = u64::MAX;
/// After so long without a guest the thread that ticks ends.
const IDLE: Duration = Duration::from_millis(500);
/// How many bits count guests.
const COUNT: u32 = 32;

/// What the stores of an engine share.
pub(crate) struct Epochs {
    engine: wasmtime::EngineWeak,
    /// How often the user has moved the epoch on. Wasmtime's own moves on with every tick as well.
    pub(super) moved: AtomicU64,
    /// How often wasmtime's own epoch has moved on, which wasmtime does not tell.
    ticked: AtomicU64,
    /// How many guests run that have to be asked, behind the generation that they were counted in. What a child of a fork
    /// has of its parent's does not run.
    running: AtomicU64,
    /// The generation in which there is a thread that ticks, and one more; 0 is none.
    ticks: AtomicU64,
    /// Whether guests have gone on step by step since the thread began to tick.
    has_steps: AtomicBool,
    /// How often the profiles that are made want a tick, in nanoseconds, and the shortest time of them.
    profiles: Mutex<Vec<u64>>,
    profile: AtomicU64,
}

impl Epochs {
    pub(crate) fn new(engine: &wasmtime::Engine) -> Arc<Self> {
        Arc::new(Self {
            engine: engine.weak(),
            moved: AtomicU64::new(0),
            ticked: AtomicU64::new(0),
            running: AtomicU64::new(0),
            ticks: AtomicU64::new(0),
            has_steps: AtomicBool::new(false),
            profiles: Mutex::default(),
            profile: AtomicU64::new(NEVER),
        })
    }

    /// A profile begins, which wants a tick that often.
    pub(super) fn begin_profile(&self, interval: u64) {
        self.change_profiles(|all| all.push(interval));
    }

    /// One that began with that interval has ended.
    pub(super) fn end_profile(&self, interval: u64) {
        self.change_profiles(|all| {
            if let Some(index) = all.iter().position(|other| *other == interval) {
                all.swap_remove(index);
            }
        });
    }

    fn change_profiles(&self, change: impl FnOnce(&mut Vec<u64>)) {
        let mut all = fork::lock(&self.profiles);
        change(&mut all);
        self.profile.store(all.iter().min().copied().unwrap_or(NEVER), Ordering::SeqCst);
    }

    pub(crate) fn move_on(&self) {
        self.moved.fetch_add(1, Ordering::SeqCst);
        self.tick();
    }

    /// Has every guest of the engine asked. Gives `false` where the engine is gone.
    pub(super) fn tick(&self) -> bool {
        self.ticked.fetch_add(1, Ordering::Relaxed);
        self.engine.upgrade().map(|engine| engine.increment_epoch()).is_some()
    }

    pub(super) fn ticked(&self) -> u64 {
        self.ticked.load(Ordering::Relaxed)
    }

    /// A guest runs that has to be asked. Gives the generation that it is counted in.
    pub(super) fn begin(self: &Arc<Self>) -> Result<u64> {
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

    /// The same for a step of a guest, which lets others have a turn.
    pub(super) fn begin_step(self: &Arc<Self>) -> Result<u64> {
        // Written once: the threads that step guests read it all the time.
        if !self.has_steps.load(Ordering::Relaxed) {
            self.has_steps.store(true, Ordering::Relaxed);
        }
        self.begin()
    }

    pub(super) fn end(&self, generation: u64) {
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
        let mut idle = Duration::ZERO;
        loop {
            let time = if self.has_steps.load(Ordering::Relaxed) { TURN } else { TICK };
            let time = time.min(Duration::from_nanos(self.profile.load(Ordering::Relaxed)));
            std::thread::sleep(time);
            idle = if self.is_idle(generation) { idle + time } else { Duration::ZERO };
            if idle < IDLE && self.tick() {
                continue;
            }
            self.has_steps.store(false, Ordering::Relaxed);
            self.ticks.store(0, Ordering::SeqCst);
            // A guest that began before this found a thread; a guest that begins now starts one.
            let is_needed = !self.is_idle(generation) && self.engine.upgrade().is_some();
            if !is_needed || self.ticks.swap(generation + 1, Ordering::SeqCst) != 0 {
                return;
            }
            idle = Duration::ZERO;
        }
    }
}

fn generation() -> u64 {
    fork::generation() as u64
}
