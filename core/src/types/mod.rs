//! The types of WebAssembly as plain values, and how a value lies in memory.

pub(crate) mod convert;
pub(crate) mod extern_type;
mod path;
pub(crate) mod slot;
pub(crate) mod text;
pub(crate) mod val_type;
