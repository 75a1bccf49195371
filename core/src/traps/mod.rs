//! Errors of wasmtime's, translated to ours.

pub(crate) mod carried;
pub(crate) mod demangle;
pub(crate) mod moved;
pub(crate) mod trap;
pub(crate) mod words;
