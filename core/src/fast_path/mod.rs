//! The fast path: calls on raw slots, without a `Val` for each number.

pub(crate) mod calls;
pub mod columns;
pub(crate) mod globals;
pub(crate) mod memories;
pub(crate) mod slots;
pub(crate) mod tables;
pub(crate) mod view;
