//! The types of values (core specification, section 2.3), as plain values.

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Enum)]
#[uniffi::export(Display)]
pub enum ValType {
    /// A 32-bit integer.
    I32,
    /// A 64-bit integer.
    I64,
    /// A 32-bit float.
    F32,
    /// A 64-bit float.
    F64,
    /// A vector of 128 bits.
    V128,
    /// A reference.
    Ref {
        /// To what, and whether it may be null.
        ty: RefType,
    },
}

/// The type of a reference.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Record)]
#[uniffi::export(Display)]
pub struct RefType {
    /// Whether null is one of its values.
    pub nullable: bool,
    /// What it refers to.
    pub heap: HeapType,
}

/// What a reference refers to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Enum)]
#[uniffi::export(Display)]
pub enum HeapType {
    /// Any value of the host.
    Extern,
    /// Only the null of the host's hierarchy.
    NoExtern,
    /// Any function.
    Func,
    /// Only the null of the functions.
    NoFunc,
    /// Any garbage-collected value.
    Any,
    /// Any value that can be compared for identity.
    Eq,
    /// An integer of 31 bits.
    I31,
    /// Any struct.
    Struct,
    /// Any array.
    Array,
    /// Only the null of the garbage-collected values.
    None,
    /// Any exception.
    Exn,
    /// Only the null of the exceptions.
    NoExn,
    /// Any continuation.
    Cont,
    /// Only the null of the continuations.
    NoCont,
    /// One defined type.
    Concrete {
        /// The type, as in the text format, such as `(func (param i32))`. Of one with many parts the first ones are written
        /// out, and how many more there are.
        text: String,
    },
}
