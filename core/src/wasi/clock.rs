//! A clock that makes runs repeatable.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use wasmtime_wasi::{HostMonotonicClock, HostWallClock};

use crate::FixedClock;

/// The one time that both clocks of a guest read.
#[derive(Clone)]
pub(super) struct Fixed {
    /// The next reading, in nanoseconds since `start`.
    next: Arc<AtomicU64>,
    step: u64,
    start: u64,
}

impl Fixed {
    /// A clock for the time of day, and a monotonic one that begins at zero.
    pub(super) fn both(clock: FixedClock) -> (Self, Self) {
        let wall = Self { next: Arc::default(), step: clock.step, start: clock.start };
        (wall.clone(), Self { start: 0, ..wall })
    }

    fn read(&self) -> u64 {
        self.start.saturating_add(self.next.fetch_add(self.step, Ordering::Relaxed))
    }
}

impl HostWallClock for Fixed {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        Duration::from_nanos(self.read())
    }
}

impl HostMonotonicClock for Fixed {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        self.read()
    }
}
