//! WASI preview 1.

pub(crate) mod clock;
pub(crate) mod config;
pub(crate) mod context;
pub(crate) mod functions;
pub(crate) mod paths;
pub(crate) mod poll;
pub(crate) mod source;
pub(crate) mod stdin;
pub(crate) mod stream;
pub(crate) mod wait;
