//! Asking Python whether a guest may go on: its signal handlers run meanwhile, and Ctrl-C is one of them.

use trimaran::Result;
use trimaran::adapter::InterruptCheck;

use super::at_end::check_signals;
use super::host::THROWN;
use super::with_gil;

pub(super) struct Signals;

/// Has Python asked while a thread waits in a shared memory.
pub(crate) fn watch_waits() {
    trimaran::adapter::watch_waits(Box::new(Signals));
}

impl InterruptCheck for Signals {
    fn check(&self) -> Result<()> {
        let raised = with_gil(|py| check_signals(py).map_err(|error| error.into_value(py)));
        match raised {
            Some(Err(exception)) => Err(THROWN.keep(exception)),
            _ => Ok(()),
        }
    }
}
