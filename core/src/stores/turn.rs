//! Turns that the host keeps: many calls, one after the other, with no other thread between them.

use std::sync::Weak;

use crate::process::thread_end::{self, EndsWithThread};
use crate::process::{signal_check, task};
use crate::{Result, Store, WasmtimeError};

/// A store has one turn at a time that has to end with its thread: the outermost one.
const OUTERMOST: u64 = 0;

#[uniffi::export]
impl Store {
    /// Keeps the store for this thread until `end_turn`: each call in between is faster, since the store is entered once for all
    /// of them, and no other thread comes in. One that wants to waits as it waits for a call, and fails with `Busy` where the
    /// turn lasts for more than 30 s without a guest that runs.
    ///
    /// Turns may lie in each other. A host function may begin one, which ends with the host function at the latest, and each ends
    /// with its thread at the latest. Closing the store in a turn takes effect at once, and its memory is back when the turn
    /// ends.
    ///
    /// Fails with `Busy` where the store may not be entered, as in a callback of WASI.
    #[cfg_attr(false, long)]
    #[cfg_attr(false, worded)]
    pub fn begin_turn(&self) -> Result<()> {
        task::check()?;
        signal_check::now_and_then();
        if !self.gate.keep(&|| self.may_wait())? {
            return Ok(());
        }
        let weak_store = self.enter(|context| Ok(Weak::clone(&context.data().weak_store)));
        weak_store
            .and_then(|weak_store| thread_end::begin(&weak_store, OUTERMOST))
            .inspect_err(|_| _ = self.gate.give_back())
    }

    /// Ends the turn that this thread began last. The store may be closed.
    ///
    /// Fails with `Busy` on a thread that keeps no turn, and in a host function that was called in the turn: then nothing has
    /// changed.
    #[cfg_attr(false, brief)]
    #[cfg_attr(false, worded)]
    pub fn end_turn(&self) -> Result<()> {
        let has_left = self.gate.give_back().map_err(|_| WasmtimeError::Busy {
            reason:
                "this thread has no turn of the store to end here: end a turn on the thread, and in the host function, \
                     that began it"
                    .to_owned(),
        })?;
        if has_left {
            thread_end::end(self, OUTERMOST);
        }
        Ok(())
    }
}

impl EndsWithThread for Store {
    fn thread_ends(&self, _number: u64) {
        self.gate.abandon();
    }
}
