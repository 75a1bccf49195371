//! The store, and the ways into it.

pub(crate) mod data;
pub(crate) mod entry;
pub(crate) mod store;
pub(crate) mod turn;
