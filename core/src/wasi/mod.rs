//! WASI preview 1.

pub(crate) mod blocking;
pub(crate) mod clock;
pub(crate) mod config;
pub(crate) mod paths;
pub(crate) mod poll;
pub(crate) mod source;
pub(crate) mod stdin;
pub(crate) mod stream;
