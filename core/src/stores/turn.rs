//! Turns that the host keeps: many calls, one after the other, with no other thread between them.

use crate::process::{glance, task};
use crate::{Result, Store, WasmtimeError};

#[uniffi::export]
impl Store {
    /// Keeps the store for this thread until `end_turn`: each call in between is faster, since the store is entered once for all
    /// of them, and no other thread comes in. One that wants to waits as it waits for a call, and fails with `Busy` where the
    /// turn lasts for more than 30 s without a guest that runs.
    ///
    /// Turns may lie in each other. A host function may begin one, which ends with the host function at the latest. Closing the
    /// store in a turn takes effect at once, and its memory is back when the turn ends.
    ///
    /// Fails with `Busy` where the store may not be entered, as in a callback of WASI.
    #[cfg_attr(false, long)]
    pub fn begin_turn(&self) -> Result<()> {
        task::check()?;
        glance::now_and_then();
        self.gate.keep(&|| self.may_wait())
    }

    /// Ends the turn that this thread began last. The store may be closed.
    ///
    /// Fails with `Busy` on a thread that keeps no turn, and in a host function that was called in the turn: then nothing has
    /// changed.
    #[cfg_attr(false, brief)]
    pub fn end_turn(&self) -> Result<()> {
        self.gate.give_back().map_err(|_| WasmtimeError::Busy {
            reason:
                "this thread has no turn of the store to end here: end a turn on the thread, and in the host function, \
                     that began it"
                    .to_owned(),
        })
    }
}
