//! Linking: items by name, and the instances of modules that import them.

mod command;
pub(crate) mod definitions;
pub(crate) mod import_error;
pub(crate) mod import_type;
pub(crate) mod instance;
pub(crate) mod instance_pre;
mod instantiation;
pub(crate) mod items;
pub(crate) mod linker;
pub(crate) mod resting;
pub(crate) mod snapshot;
