//! The type vocabulary of WebAssembly 3.0 (core specification, section 2.3), as plain values.

use crate::types::text;
use crate::{Result, WasmtimeError};

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

impl ValType {
    pub(crate) fn from_wasmtime(ty: &wasmtime::ValType) -> Self {
        match ty {
            wasmtime::ValType::I32 => Self::I32,
            wasmtime::ValType::I64 => Self::I64,
            wasmtime::ValType::F32 => Self::F32,
            wasmtime::ValType::F64 => Self::F64,
            wasmtime::ValType::V128 => Self::V128,
            wasmtime::ValType::Ref(ty) => Self::Ref { ty: RefType::from_wasmtime(ty) },
        }
    }

    pub(crate) fn to_wasmtime(&self) -> Result<wasmtime::ValType> {
        Ok(match self {
            Self::I32 => wasmtime::ValType::I32,
            Self::I64 => wasmtime::ValType::I64,
            Self::F32 => wasmtime::ValType::F32,
            Self::F64 => wasmtime::ValType::F64,
            Self::V128 => wasmtime::ValType::V128,
            Self::Ref { ty } => wasmtime::ValType::Ref(ty.to_wasmtime()?),
        })
    }
}

impl RefType {
    pub(crate) fn from_wasmtime(ty: &wasmtime::RefType) -> Self {
        Self { nullable: ty.is_nullable(), heap: HeapType::from_wasmtime(ty.heap_type()) }
    }

    pub(crate) fn to_wasmtime(&self) -> Result<wasmtime::RefType> {
        Ok(wasmtime::RefType::new(self.nullable, self.heap.to_wasmtime()?))
    }
}

impl HeapType {
    pub(super) fn from_wasmtime(ty: &wasmtime::HeapType) -> Self {
        match ty {
            wasmtime::HeapType::Extern => Self::Extern,
            wasmtime::HeapType::NoExtern => Self::NoExtern,
            wasmtime::HeapType::Func => Self::Func,
            wasmtime::HeapType::NoFunc => Self::NoFunc,
            wasmtime::HeapType::Any => Self::Any,
            wasmtime::HeapType::Eq => Self::Eq,
            wasmtime::HeapType::I31 => Self::I31,
            wasmtime::HeapType::Struct => Self::Struct,
            wasmtime::HeapType::Array => Self::Array,
            wasmtime::HeapType::None => Self::None,
            wasmtime::HeapType::Exn => Self::Exn,
            wasmtime::HeapType::NoExn => Self::NoExn,
            wasmtime::HeapType::Cont => Self::Cont,
            wasmtime::HeapType::NoCont => Self::NoCont,
            concrete => Self::Concrete { text: text::defined(concrete) },
        }
    }

    fn to_wasmtime(&self) -> Result<wasmtime::HeapType> {
        Ok(match self {
            Self::Extern => wasmtime::HeapType::Extern,
            Self::NoExtern => wasmtime::HeapType::NoExtern,
            Self::Func => wasmtime::HeapType::Func,
            Self::NoFunc => wasmtime::HeapType::NoFunc,
            Self::Any => wasmtime::HeapType::Any,
            Self::Eq => wasmtime::HeapType::Eq,
            Self::I31 => wasmtime::HeapType::I31,
            Self::Struct => wasmtime::HeapType::Struct,
            Self::Array => wasmtime::HeapType::Array,
            Self::None => wasmtime::HeapType::None,
            Self::Exn => wasmtime::HeapType::Exn,
            Self::NoExn => wasmtime::HeapType::NoExn,
            Self::Cont => wasmtime::HeapType::Cont,
            Self::NoCont => wasmtime::HeapType::NoCont,
            Self::Concrete { text } => {
                return Err(WasmtimeError::Unsupported {
                    reason: format!("{text} is a type of its module and cannot be made outside of one"),
                });
            }
        })
    }
}

impl MemoryType {
    pub(crate) fn from_wasmtime(ty: &wasmtime::MemoryType) -> Self {
        Self {
            limits: Limits { min: ty.minimum(), max: ty.maximum() },
            is_64: ty.is_64(),
            shared: ty.is_shared(),
            page_size_log2: ty.page_size_log2(),
        }
    }

    pub(crate) fn to_wasmtime(&self) -> Result<wasmtime::MemoryType> {
        self.limits.check("memory", "pages")?;
        self.check_space()?;
        let mut builder = wasmtime::MemoryType::builder();
        builder.min(self.limits.min).max(self.limits.max).memory64(self.is_64).shared(self.shared);
        if self.page_size_log2 != 16 {
            builder.page_size_log2(self.page_size_log2);
        }
        builder.build().map_err(|error| {
            WasmtimeError::range(format!("no memory can be {self}: {}", crate::errors::error::chain(&error)))
        })
    }
}

impl MemoryType {
    /// Fails with `Range` where the limits pass what addresses can reach (core specification, section 3.2).
    fn check_space(&self) -> Result<()> {
        let bits = if self.is_64 { 64 } else { 32 };
        let greatest = 1_u128.checked_shl(bits - u32::from(self.page_size_log2).min(bits)).unwrap_or(u128::MAX);
        let asked = self.limits.max.unwrap_or(self.limits.min);
        if u128::from(asked) > greatest {
            return Err(WasmtimeError::range(format!(
                "no memory can be {self}: with {bits}-bit addresses it has at most {greatest} pages"
            )));
        }
        Ok(())
    }
}

impl TableType {
    pub(crate) fn from_wasmtime(ty: &wasmtime::TableType) -> Self {
        Self {
            element: RefType::from_wasmtime(ty.element()),
            limits: Limits { min: ty.minimum(), max: ty.maximum() },
            is_64: ty.is_64(),
        }
    }

    pub(crate) fn to_wasmtime(&self) -> Result<wasmtime::TableType> {
        self.limits.check("table", "elements")?;
        let element = self.element.to_wasmtime()?;
        if self.is_64 {
            return Ok(wasmtime::TableType::new64(element, self.limits.min, self.limits.max));
        }
        let narrow = |number: u64| {
            let reason = || format!("no table can be {self}: with 32-bit indices it has at most {} elements", u32::MAX);
            u32::try_from(number).map_err(|_| WasmtimeError::range(reason()))
        };
        let (min, max) = (narrow(self.limits.min)?, self.limits.max.map(narrow).transpose()?);
        Ok(wasmtime::TableType::new(element, min, max))
    }
}

impl GlobalType {
    pub(crate) fn from_wasmtime(ty: &wasmtime::GlobalType) -> Self {
        Self { content: ValType::from_wasmtime(ty.content()), mutable: ty.mutability() == wasmtime::Mutability::Var }
    }

    pub(crate) fn to_wasmtime(&self) -> Result<wasmtime::GlobalType> {
        let mutability = if self.mutable { wasmtime::Mutability::Var } else { wasmtime::Mutability::Const };
        Ok(wasmtime::GlobalType::new(self.content.to_wasmtime()?, mutability))
    }
}

impl FuncType {
    pub(crate) fn from_wasmtime(ty: &wasmtime::FuncType) -> Self {
        Self {
            params: ty.params().map(|ty| ValType::from_wasmtime(&ty)).collect(),
            results: ty.results().map(|ty| ValType::from_wasmtime(&ty)).collect(),
        }
    }

    pub(crate) fn to_wasmtime(&self, engine: &wasmtime::Engine) -> Result<wasmtime::FuncType> {
        let params: Vec<_> = self.params.iter().map(ValType::to_wasmtime).collect::<Result<_>>()?;
        let results: Vec<_> = self.results.iter().map(ValType::to_wasmtime).collect::<Result<_>>()?;
        wasmtime::FuncType::try_new(engine, params, results).map_err(|error| WasmtimeError::limit(error.to_string()))
    }
}

impl TagType {
    pub(crate) fn from_wasmtime(ty: &wasmtime::TagType) -> Self {
        Self { func: FuncType::from_wasmtime(ty.ty()) }
    }
}

impl ExternType {
    pub(crate) fn from_wasmtime(ty: &wasmtime::ExternType) -> Self {
        match ty {
            wasmtime::ExternType::Func(ty) => Self::OfFunc { ty: FuncType::from_wasmtime(ty) },
            wasmtime::ExternType::Global(ty) => Self::OfGlobal { ty: GlobalType::from_wasmtime(ty) },
            wasmtime::ExternType::Table(ty) => Self::OfTable { ty: TableType::from_wasmtime(ty) },
            wasmtime::ExternType::Memory(ty) => Self::OfMemory { ty: MemoryType::from_wasmtime(ty) },
            wasmtime::ExternType::Tag(ty) => Self::OfTag { ty: TagType::from_wasmtime(ty) },
        }
    }
}

impl Limits {
    /// Fails with `Range` where the maximum is below the minimum.
    pub(crate) fn check(&self, what: &str, unit: &str) -> Result<()> {
        match self.max {
            Some(max) if max < self.min => Err(WasmtimeError::range(format!(
                "the {what}'s maximum of {max} {unit} is below its minimum of {} {unit}",
                self.min
            ))),
            _ => Ok(()),
        }
    }
}
