//! Checks from time to time, before a guest runs, whether other code has changed the process's signal handlers.
//!
//! Asking the system takes a microsecond, which is too long for each call. So this asks once in a tick of the system's coarse
//! clock, which is every few milliseconds. Reading that clock takes 5 ns. Where reading it is slow, only one call in 64 reads
//! it.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::process::signals;

/// The tick of the last check.
static TICK: AtomicU64 = AtomicU64::new(0);
/// One call in so many reads the clock; 0 is not known yet.
static STRIDE: AtomicU32 = AtomicU32::new(0);

/// Checks the handlers, unless another call has done so in this tick.
#[inline]
pub(crate) fn now_and_then() {
    let is_due = match STRIDE.load(Ordering::Relaxed) {
        1 => true,
        stride => is_turn(stride),
    };
    if is_due {
        let tick = tick();
        if TICK.load(Ordering::Relaxed) != tick {
            look(tick);
        }
    }
}

#[cold]
fn look(tick: u64) {
    TICK.store(tick, Ordering::Relaxed);
    signals::stay_in_front();
}

/// Whether this call is the one in `stride` that reads the clock.
#[cold]
fn is_turn(stride: u32) -> bool {
    std::thread_local!(static CALLS: std::cell::Cell<u32> = const { std::cell::Cell::new(0) });
    if stride == 0 {
        STRIDE.store(measured(), Ordering::Relaxed);
        return true;
    }
    let calls = CALLS.get();
    CALLS.set(calls.wrapping_add(1));
    calls.is_multiple_of(stride)
}

/// One call in so many reads a slow clock.
const RARE: u32 = 64;

/// Measures the clock: reading it is a system call in some sandboxes.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn measured() -> u32 {
    /// How long reading a fast clock takes at most, in nanoseconds.
    const QUICK: u128 = 100;
    const TIMES: u128 = 16;
    let round = || {
        let start = std::time::Instant::now();
        (0..TIMES).for_each(|_| _ = std::hint::black_box(tick()));
        start.elapsed().as_nanos() / TIMES
    };
    // The system may interrupt one round, but hardly all of them.
    if (0..8).any(|_| round() <= QUICK) { 1 } else { RARE }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
#[inline]
#[allow(clippy::unnecessary_cast, reason = "they are narrower on some machines")]
fn tick() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a `timespec` that `clock_gettime` may write.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC_COARSE, &raw mut time) };
    // Both numbers in one word: only whether it changes matters.
    (time.tv_sec.cast_unsigned() as u64) << 32 | time.tv_nsec.cast_unsigned() as u64
}

/// Other systems have no such clock: a tick is four milliseconds there.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn measured() -> u32 {
    RARE
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn tick() -> u64 {
    const MILLISECONDS: u128 = 4;
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    let since = START.get_or_init(std::time::Instant::now).elapsed().as_millis();
    // Never 0, because `TICK` is 0 before the first check.
    (since / MILLISECONDS + 1) as u64
}
