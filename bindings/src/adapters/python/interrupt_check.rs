//! Asking Python whether a guest may go on: its signal handlers run meanwhile, and Ctrl-C is one of them.

use trimaran::Result;
use trimaran::adapter::InterruptCheck;

use super::at_end::check_signals;
use super::host::THROWN;
use super::with_gil;

pub(super) struct Signals;

impl InterruptCheck for Signals {
    fn check(&self) -> Result<()> {
        let raised = with_gil(|py| check_signals(py).map_err(|error| error.into_value(py)));
        match raised {
            Some(Err(exception)) => Err(THROWN.keep(exception)),
            _ => Ok(()),
        }
    }
}
