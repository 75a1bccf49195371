//! Looks, now and then before a guest runs, whether other code has changed the process's signal handlers.
//!
//! To ask the system takes a microsecond, which is too long for each call. So it is asked once in a tick of the system's coarse
//! clock, every few milliseconds; to read that clock takes 5 ns. Where even that is slow, it is read once in some calls.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::process::signals;

/// The tick of the last look.
static TICK: AtomicU64 = AtomicU64::new(0);
/// How many calls lie between two looks at the clock; 0 is not known yet.
static STRIDE: AtomicU32 = AtomicU32::new(0);

/// Looks, unless another call has looked in this tick.
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

/// Whether a call is the one of so many that looks at the clock.
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

/// How many calls lie between two looks at a clock that takes its time.
const RARE: u32 = 64;

/// A look at the clock may be a system call, as in some sandboxes.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn measured() -> u32 {
    /// How long it may take to read, in nanoseconds.
    const QUICK: u128 = 100;
    const TIMES: u128 = 16;
    let round = || {
        let start = std::time::Instant::now();
        (0..TIMES).for_each(|_| _ = std::hint::black_box(tick()));
        start.elapsed().as_nanos() / TIMES
    };
    // It may be interrupted, but hardly each time.
    if (0..8).any(|_| round() <= QUICK) { 1 } else { RARE }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
#[inline]
#[allow(clippy::unnecessary_cast, reason = "they are narrower on some machines")]
fn tick() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: there is room for the time.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC_COARSE, &raw mut time) };
    // The bits of both that change.
    (time.tv_sec.cast_unsigned() as u64) << 32 | time.tv_nsec.cast_unsigned() as u64
}

/// There is no such clock elsewhere: a tick is some milliseconds.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn measured() -> u32 {
    RARE
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn tick() -> u64 {
    const MILLISECONDS: u128 = 4;
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    let since = START.get_or_init(std::time::Instant::now).elapsed().as_millis();
    // It is never 0, which is the tick before the first one.
    (since / MILLISECONDS + 1) as u64
}
