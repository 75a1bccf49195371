//! Snapshots: a copy of a module whose instances can be read, and a module that starts where an instance was.
//!
//! Nothing here knows a store: `linking/snapshot.rs` reads the instance. See `docs/adr/0044-a-snapshot-is-a-module.md`.

mod constant;
pub(crate) mod copies;
mod copy;
pub(crate) mod data;
mod elements;
mod hidden;
mod layout;
mod offset;
pub(crate) mod original;
mod parts;
mod ranges;
pub(crate) mod state;
mod written;
