//! Places: how many compilations with a time limit there may be at once.
//!
//! Nothing can stop a compilation that is past its limit; it keeps its place until it ends by itself. Each compilation takes a
//! place before it begins, so there are never more compilations, late or not, than places.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use crate::process::fork;
use crate::{Result, WasmtimeError};

/// How many compilations there are, in the low 32 bits; the high bits are the generation of the process. A child of a fork
/// copies its parent's count, but its compilations do not run there.
#[derive(Default)]
struct Count(AtomicU64);

const BITS: u32 = 32;

impl Count {
    /// Counts one more, unless there are `most` already.
    fn begin(&self, generation: u64, most: u64) -> bool {
        let more = |word: u64| {
            let count = if word >> BITS == generation { word & u64::from(u32::MAX) } else { 0 };
            (count < most).then_some((generation << BITS) + count + 1)
        };
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).is_ok()
    }

    fn end(&self, generation: u64) {
        let less = |word: u64| (word >> BITS == generation).then(|| word - 1);
        _ = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less);
    }
}

/// The places of all engines.
static ALL: Count = Count(AtomicU64::new(0));

/// The places of one engine: half of those that the process has, so that the modules of one engine leave room for another's.
#[derive(Default)]
pub(crate) struct Places(Count);

impl Places {
    /// One for each processor, and two at least.
    fn most() -> u64 {
        static MOST: OnceLock<u64> = OnceLock::new();
        *MOST.get_or_init(|| thread::available_parallelism().map_or(2, |count| count.get().max(2) as u64))
    }

    /// Takes a place, and waits for one no longer than `limit`. Fails with `Limit`.
    pub(crate) fn take(self: &Arc<Self>, limit: Duration) -> Result<Place> {
        /// How long it sleeps before it tries again. There is no lock: in a child of a fork nobody might release it.
        const PAUSE: Duration = Duration::from_millis(2);
        let start = Instant::now();
        loop {
            let whose = match self.try_take() {
                Ok(place) => return Ok(place),
                Err(whose) => whose,
            };
            if start.elapsed() >= limit {
                return Err(WasmtimeError::limit(format!(
                    "no compilation could begin within {} ms, which is the engine's limit: {whose} compiles as many modules as \
                     it may already, and those that took too long go on until they end: try again later",
                    limit.as_millis()
                )));
            }
            thread::sleep(PAUSE.min(limit));
        }
    }

    /// Takes a place. If all are taken, the error says whose.
    fn try_take(self: &Arc<Self>) -> Result<Place, &'static str> {
        let (generation, most) = (fork::generation() as u64, Self::most());
        if !self.0.begin(generation, most) {
            return Err("this engine");
        }
        if !ALL.begin(generation, 2 * most) {
            self.0.end(generation);
            return Err("this process");
        }
        Ok(Place { places: Arc::clone(self), generation })
    }
}

/// A place that a compilation has until this is dropped.
pub(crate) struct Place {
    places: Arc<Places>,
    generation: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        ALL.end(self.generation);
        self.places.0.end(self.generation);
    }
}
