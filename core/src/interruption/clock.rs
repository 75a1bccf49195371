//! The clock of time limits and deadlines.

use std::sync::OnceLock;
use std::time::Instant;

/// A time that never comes.
pub(super) const NEVER: u64 = u64::MAX;

/// What is over at once is over with the first tick.
pub(super) fn nanoseconds(milliseconds: u64) -> u64 {
    milliseconds.saturating_mul(1_000_000).max(1)
}

/// Nanoseconds since this process first asked.
pub(super) fn now() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let since = START.get_or_init(Instant::now).elapsed().as_nanos();
    u64::try_from(since).unwrap_or(NEVER - 1)
}
