//! Host functions: what a guest calls, and the caller that they are given.

pub(crate) mod func;
