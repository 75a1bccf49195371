//! What happens in an engine and in its stores, told to a listener.

pub(crate) mod event;
pub(crate) mod listener;
