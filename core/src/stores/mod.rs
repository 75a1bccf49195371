//! The store, and the ways into it.

pub(crate) mod asking;
mod callbacks;
pub(crate) mod components;
pub(crate) mod core_dump;
pub(crate) mod entry;
pub(crate) mod fiber;
pub(crate) mod host_objects;
pub(crate) mod profiler;
mod questions;
pub(crate) mod refusal;
pub(crate) mod root;
pub(crate) mod settings;
pub(crate) mod steps;
pub(crate) mod store;
pub(crate) mod suspension;
pub(crate) mod turn;
