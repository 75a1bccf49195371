//! Typed bindings from WIT, for the hosts of components.
//!
//! A WIT folder, a WIT file or a component becomes one model that belongs to no language (`model`). An emitter writes it in
//! its language. What the emitters share is in `naming` (spelling, keywords, clashes), `header` (what stands above each file),
//! `page` (lines and how far in they stand) and `output` (which files may be written). `ARCHITECTURE.md` has the doors for the next emitter.
//!
//! It knows nothing of wasmtime, and nothing of the core.

pub mod header;
pub mod kotlin;
pub mod model;
pub mod naming;
pub mod output;
pub mod problem;
pub mod python;
pub mod source;
pub mod swift;

mod page;
mod plain;
mod read;
mod waiting;

pub use problem::{Problem, Result};

/// A file of bindings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path in the output folder, with `/`.
    pub path: String,
    /// What is in it.
    pub text: String,
}
