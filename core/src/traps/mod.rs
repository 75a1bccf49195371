//! Errors of wasmtime's, translated to ours.

pub(crate) mod trap;
