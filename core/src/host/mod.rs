//! Host functions: what a guest calls, and the caller that they are given.

pub(crate) mod call;
pub(crate) mod caller;
pub(crate) mod definition;
pub(crate) mod func;
pub(crate) mod stream;
pub(crate) mod waiting;
