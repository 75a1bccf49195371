//! What the adapter of a language is asked: whether a thread may go on.

use std::sync::OnceLock;

use crate::Result;

/// Asked every now and then, on a thread whose guest runs or that waits for a store, whether it may go on.
pub trait InterruptCheck: Send + Sync {
    /// Fails where the guest, or the waiting, has to end. That comes out of the call.
    fn check(&self) -> Result<()>;

    /// Whether that costs a few nanoseconds. Then each host function that returns to its guest asks; otherwise those that a tick has
    /// passed in.
    fn is_cheap(&self) -> bool {
        false
    }
}

/// Asked while a thread waits in a shared memory, which belongs to no store.
static WAITS: OnceLock<Box<dyn InterruptCheck>> = OnceLock::new();

/// Has the language asked every now and then, on a thread that waits in a shared memory, whether it may go on. The first check that is
/// given stays.
pub fn watch_waits(check: Box<dyn InterruptCheck>) {
    _ = WAITS.set(check);
}

/// Whether a thread may go on to wait in a shared memory.
pub(crate) fn check_wait() -> Result<()> {
    WAITS.get().map_or(Ok(()), |check| check.check())
}
