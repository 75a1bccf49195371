//! `inspect`: shows what a module is made of, which it reads and does not compile, or the world of a component.

use std::sync::Arc;

use camino::Utf8Path;
use getopts::Matches;
use wasmparser::types::{EntityType, TypesRef};
use wasmparser::{Parser, Payload, Validator, WasmFeatures};

use crate::cli::streams::{Failure, input, module_size, only, print};
use crate::compile::beginnings::Sort;
use crate::compile::{threads, wat};
use crate::component::wit;
use crate::errors::counted::count;
use crate::errors::guest_text::{Name, Part};
use crate::{
    Component, Config, Engine, ExternType, FuncType, GlobalType, HeapType, Limits, MemoryType, RefType, Result,
    TableType, TagType, ValType, WasmtimeError,
};

/// How many rows a table shows at most.
const ROWS: usize = 10_000;

/// How many bytes of a type a row shows at most.
const TYPE: usize = 256;

/// The greatest width of a column, in characters. A longer cell makes its own row wider.
const WIDEST: usize = 64;

/// How long reading the module may take, in milliseconds.
const TIME: u64 = 60_000;

pub(super) fn run(matches: &Matches) -> Result<(), Failure> {
    let (path, bytes) = input(matches, module_size)?;
    only(matches, 1)?;
    let path = path.to_owned();
    print(&threads::within(TIME, &Arc::default(), move || {
        describe(&path, &bytes).map_err(|error| error.in_file(&path))
    })?)
}

fn describe(path: &Utf8Path, bytes: &[u8]) -> Result<String> {
    let binary = wat::to_binary(bytes, Sort::Module)?;
    if Parser::is_component(&binary) {
        // Wasmtime tells the types of a component only when it has compiled it.
        let component = Component::new(&*Engine::new(Config::default())?, &binary)?;
        let size = count(binary.len() as u64, "byte");
        return Ok(format!("{path}: {size}, a component\n{}", wit::world(&component.types()?)));
    }
    let invalid = |error: wasmparser::BinaryReaderError| WasmtimeError::Compile { reason: error.to_string() };
    let types = Validator::new_with_features(WasmFeatures::all()).validate_all(&binary).map_err(invalid)?;
    let types = types.as_ref();
    let (mut imports, mut exports) = (Rows::new("imports"), Rows::new("exports"));
    let (mut memories, mut sections) = (Rows::new("memories"), Rows::new("custom sections"));
    let mut imported = 0;
    for payload in Parser::new(0).parse_all(&binary) {
        match payload.map_err(invalid)? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.map_err(invalid)?;
                    imported += usize::from(matches!(import.ty, wasmparser::TypeRef::Memory(_)));
                    imports.push(|| {
                        let ty = types.entity_type_from_import(&import);
                        vec![Name(import.module).to_string(), Name(import.name).to_string(), text(ty, types)]
                    });
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.map_err(invalid)?;
                    exports.push(|| {
                        let ty = types.entity_type_from_export(&export);
                        vec![Name(export.name).to_string(), text(ty, types)]
                    });
                }
            }
            Payload::CustomSection(section) => {
                sections.push(|| vec![Name(section.name()).to_string(), format!("{} bytes", section.data().len())]);
            }
            _ => {}
        }
    }
    for index in 0..types.memory_count() {
        let ty = memory(&types.memory_at(index));
        let page = 1_u128 << ty.page_size_log2;
        let origin = if (index as usize) < imported { "imported" } else { "defined" };
        let bytes = format!("{} bytes at first", u128::from(ty.limits.min) * page);
        memories.push(|| vec![index.to_string(), origin.to_owned(), ty.to_string(), bytes]);
    }
    let (bytes, functions) = (count(binary.len() as u64, "byte"), count(types.function_count(), "function"));
    let mut text = format!("{path}: {bytes}, {functions}\n");
    for rows in [imports, exports, memories, sections] {
        text.push_str(&rows.table());
    }
    Ok(text)
}

/// A table that shows its first rows.
struct Rows {
    title: &'static str,
    shown: Vec<Vec<String>>,
    more: usize,
}

impl Rows {
    fn new(title: &'static str) -> Self {
        Self { title, shown: Vec::new(), more: 0 }
    }

    /// Adds a row. Calls `row` only if the table shows it.
    fn push(&mut self, row: impl FnOnce() -> Vec<String>) {
        if self.shown.len() < ROWS { self.shown.push(row()) } else { self.more += 1 }
    }

    /// The table as text, in columns.
    fn table(&self) -> String {
        let mut widths: Vec<usize> = Vec::new();
        for row in &self.shown {
            widths.resize(widths.len().max(row.len()), 0);
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().min(WIDEST).max(*width);
            }
        }
        let mut text = format!("\n{}{}\n", self.title, if self.shown.is_empty() { ": none" } else { "" });
        for row in &self.shown {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            text.push_str(&format!("  {}\n", cells.collect::<Vec<_>>().join("  ").trim_end()));
        }
        if self.more > 0 {
            text.push_str(&format!("  and {} more\n", self.more));
        }
        text
    }
}

fn text(ty: Option<EntityType>, types: TypesRef<'_>) -> String {
    ty.map(|ty| Part(TYPE, entity(&ty, types)).to_string()).unwrap_or_default()
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
        // A type that the module defines, by its index.
        wasmparser::HeapType::Concrete(index) | wasmparser::HeapType::Exact(index) => {
            HeapType::Concrete { text: index.as_module_index().map_or("type".to_owned(), |index| index.to_string()) }
        }
    };
    RefType { nullable: ty.is_nullable(), heap }
}
