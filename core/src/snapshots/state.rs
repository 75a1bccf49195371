//! The state of an instance.

use crate::snapshots::data::Data;

/// A reference that a module can make anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reference {
    Null,
    /// Of the function with that index.
    Func(u32),
    I31(i32),
}

/// The value of a global. Of a float, its bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
    V128(u128),
    Ref(Reference),
}

/// What an instance holds of its own, each in the order of the module.
pub(crate) struct State {
    /// The sizes of its memories, in pages.
    pub(crate) memories: Vec<u64>,
    /// What is in the memories.
    pub(crate) data: Data,
    pub(crate) globals: Vec<Value>,
    pub(crate) tables: Vec<Vec<Reference>>,
}
