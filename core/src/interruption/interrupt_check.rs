//! What the adapter of a language is asked: whether a thread may go on.

use crate::Result;

/// Asked every now and then, on a thread whose guest runs or that waits for a store, whether it may go on.
pub trait InterruptCheck: Send + Sync {
    /// Fails where the guest, or the waiting, has to end. That comes out of the call.
    fn check(&self) -> Result<()>;
}
