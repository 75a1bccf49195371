//! What lives in a store: functions, globals, memories, tables, tags and references.

pub(crate) mod bytes;
pub(crate) mod externs;
pub(crate) mod func;
pub(crate) mod global;
pub(crate) mod memory;
pub(crate) mod reference;
pub(crate) mod shared_memory;
pub(crate) mod table;
pub(crate) mod tag;
