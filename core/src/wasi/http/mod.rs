//! HTTP of components (`wasi:http` 0.2): a function of the host's language answers their requests, and they answer those of others.

pub(crate) mod body;
pub(crate) mod codes;
pub(crate) mod grants;
pub(crate) mod guard;
pub(crate) mod handler;
pub(crate) mod headers;
pub(crate) mod incoming;
pub(crate) mod message;
pub(crate) mod outgoing;
pub(crate) mod reply;
pub(crate) mod request;
pub(crate) mod served;
pub(crate) mod state;
