//! Interruption: what ends a guest that runs in a loop or waits.

pub(crate) mod clock;
pub(crate) mod deadlines;
pub(crate) mod epochs;
pub(crate) mod firefox;
pub(crate) mod handle;
pub(crate) mod interrupt;
pub(crate) mod interrupt_check;
pub(crate) mod profile;
pub(crate) mod samples;
pub(crate) mod waits;
