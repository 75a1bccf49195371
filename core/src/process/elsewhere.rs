//! Stands in for `descriptor` on systems that are no Unix: nothing waits for a descriptor there.

use std::time::Duration;

/// A descriptor that a thread waits for: there is none.
#[derive(Clone, Copy)]
pub(crate) enum Awaited {}

impl Awaited {
    pub(crate) fn wait(self, _: Duration) -> bool {
        match self {}
    }
}

pub(crate) fn take_awaited() -> Option<Awaited> {
    None
}
