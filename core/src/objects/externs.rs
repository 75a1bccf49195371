//! What can be imported and exported.

use std::sync::Arc;

use wasmtime::StoreContextMut;

use crate::stores::store::StoreData;
use crate::{
    ExternType, Func, FuncType, Global, GlobalType, Memory, MemoryType, Result, SharedMemory, Store, Table, TableType,
    Tag, TagType, WasmtimeError,
};

/// Something that can be imported or exported.
#[derive(Clone, uniffi::Enum)]
pub enum Extern {
    /// A function.
    OfFunc {
        /// It.
        func: Arc<Func>,
    },
    /// A global.
    OfGlobal {
        /// It.
        global: Arc<Global>,
    },
    /// A table.
    OfTable {
        /// It.
        table: Arc<Table>,
    },
    /// A memory of one store, or a shared memory as one store sees it.
    OfMemory {
        /// It.
        memory: Arc<Memory>,
    },
    /// A shared memory.
    OfSharedMemory {
        /// It.
        memory: Arc<SharedMemory>,
    },
    /// A tag.
    OfTag {
        /// It.
        tag: Arc<Tag>,
    },
}

/// Something that an instance exports, with its name.
#[derive(Clone, uniffi::Record)]
pub struct NamedExtern {
    /// The name.
    pub name: String,
    /// What has it.
    pub item: Extern,
}

impl Extern {
    /// The function that is exported under `name`, or `Type` for something else.
    pub fn into_func(self, name: &str) -> Result<Arc<Func>> {
        match self {
            Self::OfFunc { func } => Ok(func),
            other => Err(other.mismatch(name, FUNC)),
        }
    }

    /// The memory that is exported under `name`, or `Type` for something else.
    pub fn into_memory(self, name: &str) -> Result<Arc<Memory>> {
        match self {
            Self::OfMemory { memory } => Ok(memory),
            other => Err(other.mismatch(name, MEMORY)),
        }
    }

    /// The error for something that is of another kind than what was asked for.
    #[cold]
    fn mismatch(&self, name: &str, expected: i32) -> WasmtimeError {
        wrong_export(name, self.kind(), expected)
    }

    /// The number of the variant, from 1.
    fn kind(&self) -> i32 {
        match self {
            Self::OfFunc { .. } => FUNC,
            Self::OfGlobal { .. } => 2,
            Self::OfTable { .. } => 3,
            Self::OfMemory { .. } => MEMORY,
            Self::OfSharedMemory { .. } => 5,
            Self::OfTag { .. } => 6,
        }
    }

    pub(crate) fn from_wasmtime(store: &Store, item: wasmtime::Extern) -> Self {
        match item {
            wasmtime::Extern::Func(func) => Self::OfFunc { func: Func::new(store, func) },
            wasmtime::Extern::Global(global) => Self::OfGlobal { global: Global::from_wasmtime(store, global) },
            wasmtime::Extern::Table(table) => Self::OfTable { table: Table::from_wasmtime(store, table) },
            wasmtime::Extern::Memory(memory) => Self::OfMemory { memory: Memory::from_wasmtime(store, memory) },
            wasmtime::Extern::SharedMemory(memory) => {
                Self::OfSharedMemory { memory: SharedMemory::from_wasmtime(store.engine(), memory) }
            }
            wasmtime::Extern::Tag(tag) => Self::OfTag { tag: Tag::new(store, tag) },
        }
    }

    /// The same of what was found under a name.
    pub(crate) fn found_as(store: &Store, name: &str, item: wasmtime::Extern) -> Self {
        let item = Self::from_wasmtime(store, item);
        if let Self::OfFunc { func } = &item {
            func.found_as(store, name);
        }
        item
    }

    /// Fails with `WrongStore` or `WrongEngine` where it belongs elsewhere: wasmtime would panic.
    pub(crate) fn to_wasmtime(&self, store: &Store) -> Result<wasmtime::Extern> {
        Ok(match self {
            Self::OfFunc { func } => func.get(store)?.into(),
            Self::OfGlobal { global } => global.inner(store)?.into(),
            Self::OfTable { table } => table.inner(store)?.into(),
            Self::OfMemory { memory } => memory.to_extern(store)?,
            Self::OfSharedMemory { memory } => memory.get_for(store)?.into(),
            Self::OfTag { tag } => tag.get(store)?.into(),
        })
    }
}

const FUNC: i32 = 1;
const MEMORY: i32 = 4;

/// The error for an export that is of one kind, and was asked for as another one. A kind is the number of a variant of
/// `Extern`, from 1.
#[cold]
pub fn wrong_export(name: &str, found: i32, expected: i32) -> WasmtimeError {
    let word = |kind| match kind {
        FUNC => "a function",
        2 => "a global",
        3 => "a table",
        MEMORY => "a memory",
        5 => "a shared memory",
        6 => "a tag",
        _ => "something else",
    };
    WasmtimeError::wrong_type(format!("the export `{name}` is {}: expected {}", word(found), word(expected)))
}

/// The type that something has now; a memory's and a table's minimum is its present size.
pub(crate) fn type_of(item: &wasmtime::Extern, context: &StoreContextMut<'_, StoreData>) -> ExternType {
    match item {
        wasmtime::Extern::Func(func) => ExternType::OfFunc { ty: FuncType::from_wasmtime(&func.ty(context)) },
        wasmtime::Extern::Global(global) => ExternType::OfGlobal { ty: GlobalType::from_wasmtime(&global.ty(context)) },
        wasmtime::Extern::Table(table) => {
            let mut ty = TableType::from_wasmtime(&table.ty(context));
            ty.limits.min = table.size(context);
            ExternType::OfTable { ty }
        }
        wasmtime::Extern::Memory(memory) => {
            let mut ty = MemoryType::from_wasmtime(&memory.ty(context));
            ty.limits.min = memory.size(context);
            ExternType::OfMemory { ty }
        }
        wasmtime::Extern::SharedMemory(memory) => {
            let mut ty = MemoryType::from_wasmtime(&memory.ty());
            ty.limits.min = memory.size();
            ExternType::OfMemory { ty }
        }
        wasmtime::Extern::Tag(tag) => ExternType::OfTag { ty: TagType::from_wasmtime(&tag.ty(context)) },
    }
}
