//! The fast path: calls on raw slots, without a `Val` for each number.

pub(crate) mod calls;
