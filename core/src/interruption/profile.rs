//! The profile that is made of the guests of a store, if one is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use wasmtime::AsContext;

use crate::interruption::epochs::Epochs;
use crate::interruption::firefox;
use crate::interruption::samples::Samples;
use crate::process::fork;
use crate::{Result, WasmtimeError};

/// Of one store, whose guests look here at each tick.
#[derive(Default)]
pub(crate) struct Profiled {
    /// Whether there is one. Guests read this first.
    is_now: AtomicBool,
    samples: Mutex<Option<Arc<Samples>>>,
}

impl Profiled {
    #[inline]
    pub(super) fn is_now(&self) -> bool {
        self.is_now.load(Ordering::Relaxed)
    }

    fn samples(&self) -> Option<Arc<Samples>> {
        if self.is_now() { fork::lock(&self.samples).clone() } else { None }
    }

    /// A guest begins, or goes on.
    pub(super) fn resume(&self) {
        if let Some(samples) = self.samples() {
            samples.resume();
        }
    }

    /// Notes where the guest is that runs on this thread.
    #[inline]
    pub(crate) fn take(&self, context: impl AsContext) {
        if let Some(samples) = self.samples() {
            samples.take(context);
        }
    }

    fn begin(&self, samples: &Arc<Samples>) -> Result<()> {
        let mut slot = fork::lock(&self.samples);
        if slot.is_some() {
            let reason = "the store has a profiler that is still running: stop that one before";
            return Err(WasmtimeError::Busy { reason: reason.to_owned() });
        }
        *slot = Some(Arc::clone(samples));
        self.is_now.store(true, Ordering::SeqCst);
        Ok(())
    }

    fn end(&self) {
        *fork::lock(&self.samples) = None;
        self.is_now.store(false, Ordering::SeqCst);
    }
}

/// A profile that was begun, and its samples.
pub(crate) struct Profile {
    samples: Arc<Samples>,
    epochs: Arc<Epochs>,
    /// In which generation its ticks are counted.
    generation: u64,
    has_ended: AtomicBool,
}

impl Profile {
    /// Begins one, of samples that are so many nanoseconds apart. Fails with `Busy` where there is one.
    pub(crate) fn begin(profiled: &Profiled, epochs: &Arc<Epochs>, interval: u64, most: usize) -> Result<Self> {
        let samples = Arc::new(Samples::new(interval, most));
        profiled.begin(&samples)?;
        // Also a guest that has begun already is asked from now on.
        let generation = epochs.begin().inspect_err(|_| profiled.end())?;
        epochs.begin_profile(interval);
        Ok(Self { samples, epochs: Arc::clone(epochs), generation, has_ended: AtomicBool::new(false) })
    }

    /// Ends it. It may have ended.
    pub(crate) fn end(&self, profiled: &Profiled) {
        if self.has_ended.swap(true, Ordering::SeqCst) {
            return;
        }
        profiled.end();
        self.samples.end();
        self.epochs.end_profile(self.samples.interval);
        self.epochs.end(self.generation);
    }

    /// How many samples there are, and how many there was no room for.
    pub(crate) fn count(&self) -> (u64, u64) {
        self.samples.count()
    }

    /// What there is of it now, for the Firefox Profiler.
    pub(crate) fn json(&self) -> String {
        firefox::json(&self.samples)
    }
}
