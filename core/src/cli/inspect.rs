//! `inspect`: what a module is made of. It is read and not compiled, so that this is quick.

use getopts::Matches;
use wasmparser::types::{EntityType, TypesRef};
use wasmparser::{Parser, Payload, Validator, WasmFeatures};

use super::{Failure, input, only, print};
use crate::{
    ExternType, FuncType, GlobalType, HeapType, Limits, MemoryType, RefType, Result, TableType, TagType, ValType,
    WasmtimeError, wat,
};

pub(super) fn run(matches: &Matches) -> Result<(), Failure> {
    let (path, bytes) = input(matches)?;
    only(matches, 1)?;
    print(&describe(path, &bytes)?)
}

fn describe(path: &str, bytes: &[u8]) -> Result<String> {
    let binary = wat::to_binary(bytes)?;
    let invalid = |error: wasmparser::BinaryReaderError| WasmtimeError::Compile { reason: error.to_string() };
    let types = Validator::new_with_features(WasmFeatures::all()).validate_all(&binary).map_err(invalid)?;
    let types = types.as_ref();
    let (mut imports, mut exports, mut memories, mut sections) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut imported = 0;
    for payload in Parser::new(0).parse_all(&binary) {
        match payload.map_err(invalid)? {
            Payload::Version { encoding: wasmparser::Encoding::Component, .. } => {
                let reason = "this is a component: expected a module".to_owned();
                return Err(WasmtimeError::Unsupported { reason });
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.map_err(invalid)?;
                    imported += usize::from(matches!(import.ty, wasmparser::TypeRef::Memory(_)));
                    let ty = types.entity_type_from_import(&import).map(|ty| entity(&ty, types));
                    let ty = ty.map(|ty| ty.to_string()).unwrap_or_default();
                    imports.push(vec![import.module.to_owned(), import.name.to_owned(), ty]);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.map_err(invalid)?;
                    let ty = types.entity_type_from_export(&export).map(|ty| entity(&ty, types).to_string());
                    exports.push(vec![export.name.to_owned(), ty.unwrap_or_default()]);
                }
            }
            Payload::CustomSection(section) => {
                sections.push(vec![section.name().to_owned(), format!("{} bytes", section.data().len())]);
            }
            _ => {}
        }
    }
    for index in 0..types.memory_count() {
        let ty = memory(&types.memory_at(index));
        let page = 1_u128 << ty.page_size_log2;
        let origin = if (index as usize) < imported { "imported" } else { "defined" };
        let bytes = format!("{} bytes at first", u128::from(ty.limits.min) * page);
        memories.push(vec![index.to_string(), origin.to_owned(), ty.to_string(), bytes]);
    }
    let mut text = format!("{path}: {} bytes, {} functions\n", binary.len(), types.function_count());
    for (title, rows) in
        [("imports", imports), ("exports", exports), ("memories", memories), ("custom sections", sections)]
    {
        text.push_str(&format!("\n{title}{}\n", if rows.is_empty() { ": none" } else { "" }));
        text.push_str(&table(&rows));
    }
    Ok(text)
}

/// Rows in columns as wide as they have to be.
fn table(rows: &[Vec<String>]) -> String {
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|it| it.chars().count()).max();
    let line = |row: &Vec<String>| {
        let cells = row.iter().enumerate().map(|(column, cell)| format!("{cell:<0$}", width(column).unwrap_or(0)));
        format!("  {}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

fn entity(ty: &EntityType, types: TypesRef<'_>) -> ExternType {
    let func = |id: wasmparser::types::CoreTypeId| {
        let inner = types.get(id).map(|ty| &ty.composite_type.inner);
        let Some(wasmparser::CompositeInnerType::Func(ty)) = inner else {
            return FuncType { params: Vec::new(), results: Vec::new() };
        };
        let list = |all: &[wasmparser::ValType]| all.iter().map(|ty| value(*ty)).collect();
        FuncType { params: list(ty.params()), results: list(ty.results()) }
    };
    match ty {
        EntityType::Func(id) | EntityType::FuncExact(id) => ExternType::OfFunc { ty: func(*id) },
        EntityType::Tag(id) => ExternType::OfTag { ty: TagType { func: func(*id) } },
        EntityType::Memory(ty) => ExternType::OfMemory { ty: memory(ty) },
        EntityType::Global(ty) => {
            ExternType::OfGlobal { ty: GlobalType { content: value(ty.content_type), mutable: ty.mutable } }
        }
        EntityType::Table(ty) => {
            let limits = Limits { min: ty.initial, max: ty.maximum };
            ExternType::OfTable { ty: TableType { element: reference(ty.element_type), limits, is_64: ty.table64 } }
        }
    }
}

fn memory(ty: &wasmparser::MemoryType) -> MemoryType {
    MemoryType {
        limits: Limits { min: ty.initial, max: ty.maximum },
        is_64: ty.memory64,
        shared: ty.shared,
        page_size_log2: u8::try_from(ty.page_size_log2.unwrap_or(16)).unwrap_or(16),
    }
}

fn value(ty: wasmparser::ValType) -> ValType {
    match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::V128 => ValType::V128,
        wasmparser::ValType::Ref(ty) => ValType::Ref { ty: reference(ty) },
    }
}

fn reference(ty: wasmparser::RefType) -> RefType {
    use wasmparser::AbstractHeapType as Heap;
    let heap = match ty.heap_type() {
        wasmparser::HeapType::Abstract { ty, .. } => match ty {
            Heap::Func => HeapType::Func,
            Heap::Extern => HeapType::Extern,
            Heap::Any => HeapType::Any,
            Heap::None => HeapType::None,
            Heap::NoExtern => HeapType::NoExtern,
            Heap::NoFunc => HeapType::NoFunc,
            Heap::Eq => HeapType::Eq,
            Heap::Struct => HeapType::Struct,
            Heap::Array => HeapType::Array,
            Heap::I31 => HeapType::I31,
            Heap::Exn => HeapType::Exn,
            Heap::NoExn => HeapType::NoExn,
            Heap::Cont => HeapType::Cont,
            Heap::NoCont => HeapType::NoCont,
        },
        // A type of the module itself, by its number there.
        wasmparser::HeapType::Concrete(index) | wasmparser::HeapType::Exact(index) => {
            HeapType::Concrete { text: index.as_module_index().map_or("type".to_owned(), |index| index.to_string()) }
        }
    };
    RefType { nullable: ty.is_nullable(), heap }
}
