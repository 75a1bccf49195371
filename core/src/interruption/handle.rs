//! Interrupt handles: they stop a guest from any thread.

use std::sync::Arc;

use crate::Result;
use crate::interruption::interrupt::Interrupts;

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
    /// Ends the run that is under way in the store now: its call fails with `Trap`, the code `Interrupt` and the
    /// interruption `Handle`. Where none is, it ends the next of the calls that wait for the store. Gives whether there was one;
    /// where there was none, nothing happens, now or later.
    ///
    /// A run is a call, an instantiation or a program, with all that its host functions call in the same store meanwhile. One
    /// that is just about to end may still end as it would have. The calls of a deadline are under way
    /// together until the deadline ends: each of them that comes later fails at once.
    ///
    /// It takes effect at the guest's next loop or call, when a host function returns, some 30 ms later at most in an atomic
    /// wait, and in a sleep, a read or a write of WASI. A host function is not interrupted.
    pub fn interrupt(&self) -> Result<bool> {
        // Both: the run may be of another thread than the deadlines.
        let (has_deadline, has_run) = (self.0.deadlines.stop(), self.0.runs.stop());
        if has_run {
            self.0.epochs.tick();
        }
        Ok(has_run || has_deadline)
    }
}
