//! WASI 0.2 for components.

mod clocks;
mod files;
pub(crate) mod interfaces;
mod io;
mod waiting;
