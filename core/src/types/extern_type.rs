//! The types of what modules import and export (core specification, section 2.3), as plain values.

use crate::{RefType, ValType};

/// How small and how large something may be: a memory in pages, a table in elements.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Record)]
#[uniffi::export(Display)]
pub struct Limits {
    /// The size at the beginning, and the smallest that it can have.
    pub min: u64,
    /// The greatest size that it can grow to; none leaves that to the store and the machine.
    #[uniffi(default)]
    pub max: Option<u64>,
}

/// The type of a memory.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Record)]
#[uniffi::export(Display)]
pub struct MemoryType {
    /// The size, in pages.
    pub limits: Limits,
    /// Whether it has 64-bit addresses.
    #[uniffi(default = false)]
    pub is_64: bool,
    /// Whether several threads may use it.
    #[uniffi(default = false)]
    pub shared: bool,
    /// The size of a page, as a power of two: 16 (65,536 bytes), or 0 (one byte) with custom page sizes.
    #[uniffi(default = 16)]
    pub page_size_log2: u8,
}

/// The type of a table.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Record)]
#[uniffi::export(Display)]
pub struct TableType {
    /// What its elements are.
    pub element: RefType,
    /// The size, in elements.
    pub limits: Limits,
    /// Whether it has 64-bit indices.
    #[uniffi(default = false)]
    pub is_64: bool,
}

/// The type of a global.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Record)]
#[uniffi::export(Display)]
pub struct GlobalType {
    /// What it holds.
    pub content: ValType,
    /// Whether it can be set.
    pub mutable: bool,
}

/// The type of a function.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Record)]
#[uniffi::export(Display)]
pub struct FuncType {
    /// What it takes.
    pub params: Vec<ValType>,
    /// What it gives.
    pub results: Vec<ValType>,
}

/// The type of a tag: what an exception carries.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Record)]
#[uniffi::export(Display)]
pub struct TagType {
    /// The values of an exception with this tag, as parameters.
    pub func: FuncType,
}

/// The type of something that can be imported or exported.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Enum)]
#[uniffi::export(Display)]
pub enum ExternType {
    /// A function.
    OfFunc {
        /// Its type.
        ty: FuncType,
    },
    /// A global.
    OfGlobal {
        /// Its type.
        ty: GlobalType,
    },
    /// A table.
    OfTable {
        /// Its type.
        ty: TableType,
    },
    /// A memory, shared or not.
    OfMemory {
        /// Its type.
        ty: MemoryType,
    },
    /// A tag.
    OfTag {
        /// Its type.
        ty: TagType,
    },
}

/// Something that a module wants.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Record)]
#[uniffi::export(Display)]
pub struct ImportType {
    /// The first part of its name.
    pub module: String,
    /// The second part of its name.
    pub name: String,
    /// What it has to be.
    pub ty: ExternType,
}

/// Something that a module offers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Record)]
#[uniffi::export(Display)]
pub struct ExportType {
    /// Its name.
    pub name: String,
    /// What it is.
    pub ty: ExternType,
}
