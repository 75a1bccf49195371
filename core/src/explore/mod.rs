//! The machine code of a module or a component beside the WebAssembly that it was made of, for people: as a listing, and as a page.
//!
//! Wasmtime's own explorer (`wasmtime-internal-explorer`) is for modules that one trusts: ADR 48.

pub(crate) mod code;
mod lines;
pub(crate) mod listing;
mod machine;
pub(crate) mod page;
