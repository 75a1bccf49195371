//! Errors of wasmtime's, translated to ours.

pub(crate) mod carried;
pub(crate) mod demangle;
pub(crate) mod dump;
pub(crate) mod moved;
pub(crate) mod notes;
pub(crate) mod sections;
pub(crate) mod symbols;
pub(crate) mod tables;
pub(crate) mod trap;
pub(crate) mod words;
