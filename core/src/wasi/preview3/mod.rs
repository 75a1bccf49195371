//! WASI 0.3 for components. It stands on 0.2: its functions, streams and futures are made of those that 0.2 has
//! (`docs/adr/0043-wasi-0-3-stands-on-0-2.md`).

mod clocks;
mod directory_stream;
mod file_streams;
mod files;
pub(crate) mod interfaces;
mod standard;
pub(crate) mod streaming;
mod words;
