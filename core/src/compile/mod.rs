//! From bytes to a compiled module: configuration, engines, modules, and where compiled code is kept.

pub(crate) mod allocation;
pub(crate) mod artifact;
pub(crate) mod beginnings;
pub(crate) mod cache;
pub(crate) mod closable;
pub(crate) mod config;
pub(crate) mod contents;
pub(crate) mod custom_sections;
pub(crate) mod engine;
pub(crate) mod file;
pub(crate) mod header;
pub(crate) mod module;
pub(crate) mod names;
pub(crate) mod packed;
pub(crate) mod places;
pub(crate) mod proposals;
pub(crate) mod threads;
pub(crate) mod untrusted;
pub(crate) mod wat;
