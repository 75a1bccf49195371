//! Types to wasmtime's and from them.

use crate::errors::chain::chain;
use crate::types::text::More;
use crate::{
    ExternType, FuncType, GlobalType, HeapType, Limits, MemoryType, RefType, Result, TableType, TagType, ValType,
    WasmtimeError,
};

/// How many values or fields of a type that a module defines are written out.
const PARTS: usize = 8;

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
    fn from_wasmtime(ty: &wasmtime::HeapType) -> Self {
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
            concrete => Self::Concrete { text: defined(concrete) },
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
        builder.build().map_err(|error| WasmtimeError::range(format!("no memory can be {self}: {}", chain(&error))))
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

/// A type that a module defines, written out as far as its first parts. Such types can refer to themselves, so the types
/// inside it are named by their kind only.
fn defined(ty: &wasmtime::HeapType) -> String {
    match ty {
        wasmtime::HeapType::ConcreteFunc(ty) => {
            let params = list(" (param", ty.params().map(|ty| format!(" {}", inner(&ty))), ")");
            let results = list(" (result", ty.results().map(|ty| format!(" {}", inner(&ty))), ")");
            format!("(func{params}{results})")
        }
        wasmtime::HeapType::ConcreteStruct(ty) => format!("(struct{})", fields(ty.fields())),
        wasmtime::HeapType::ConcreteArray(ty) => format!("(array {})", field(&ty.field_type())),
        wasmtime::HeapType::ConcreteExn(ty) => format!("(exn{})", fields(ty.fields())),
        wasmtime::HeapType::ConcreteCont(_) => "(cont)".to_owned(),
        other => HeapType::from_wasmtime(other).to_string(),
    }
}

fn fields(fields: impl ExactSizeIterator<Item = wasmtime::FieldType>) -> String {
    list("", fields.map(|ty| format!(" (field {})", field(&ty))), "")
}

/// The first parts between two words, and how many more there are; nothing where there are none.
fn list(before: &str, parts: impl ExactSizeIterator<Item = String>, behind: &str) -> String {
    let more = parts.len().saturating_sub(PARTS);
    match parts.len() {
        0 => String::new(),
        _ => format!("{before}{}{}{behind}", parts.take(PARTS).collect::<String>(), More(more)),
    }
}

fn field(ty: &wasmtime::FieldType) -> String {
    let content = match ty.element_type() {
        wasmtime::StorageType::I8 => "i8".to_owned(),
        wasmtime::StorageType::I16 => "i16".to_owned(),
        wasmtime::StorageType::ValType(ty) => inner(ty),
    };
    match ty.mutability() {
        wasmtime::Mutability::Var => format!("(mut {content})"),
        wasmtime::Mutability::Const => content,
    }
}

/// A type within a defined one.
fn inner(ty: &wasmtime::ValType) -> String {
    let wasmtime::ValType::Ref(reference) = ty else { return ValType::from_wasmtime(ty).to_string() };
    let kind = match reference.heap_type() {
        wasmtime::HeapType::ConcreteFunc(_) => HeapType::Func,
        wasmtime::HeapType::ConcreteStruct(_) => HeapType::Struct,
        wasmtime::HeapType::ConcreteArray(_) => HeapType::Array,
        wasmtime::HeapType::ConcreteExn(_) => HeapType::Exn,
        wasmtime::HeapType::ConcreteCont(_) => HeapType::Cont,
        plain => HeapType::from_wasmtime(plain),
    };
    RefType { nullable: reference.is_nullable(), heap: kind }.to_string()
}
