//! Interruption: what ends a guest that runs in a loop or waits.

pub(crate) mod deadlines;
pub(crate) mod epochs;
pub(crate) mod interrupt;
pub(crate) mod moved;
pub(crate) mod waits;
