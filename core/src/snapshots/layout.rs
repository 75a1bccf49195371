//! What a module consists of, as far as a snapshot needs it, and which modules have no snapshots.

use std::collections::BTreeSet;

use wasmparser::{
    ConstExpr, Data, DataKind, Element, ElementItems, ElementKind, Export, ExternalKind, FunctionBody, GlobalType,
    MemoryType, Operator, Parser, Payload, Table, TableInit, TypeRef,
};

use crate::errors::guest_text::Name;
use crate::{Result, WasmtimeError};

/// A module that is valid.
#[derive(Default)]
pub(super) struct Layout<'a> {
    /// How many functions there are, those that it imports among them.
    pub(super) functions: u32,
    pub(super) imported_globals: u32,
    /// Its own ones. It imports none of them.
    pub(super) tables: Vec<Table<'a>>,
    pub(super) memories: Vec<MemoryType>,
    /// Its own ones, which come behind those that it imports.
    pub(super) globals: Vec<GlobalType>,
    pub(super) exports: Vec<Export<'a>>,
    pub(super) elements: Vec<Element<'a>>,
    pub(super) data: Vec<Data<'a>>,
    /// The functions that references may be of, unless they come from outside.
    pub(super) referenced: BTreeSet<u32>,
    bodies: Vec<FunctionBody<'a>>,
}

impl<'a> Layout<'a> {
    /// Fails with `Unsupported` for a module whose instances keep some of their state elsewhere.
    pub(super) fn read(binary: &'a [u8]) -> Result<Self> {
        let mut found = Self::default();
        for payload in Parser::new(0).parse_all(binary) {
            found.add(payload.map_err(invalid)?)?;
        }
        Ok(found)
    }

    fn add(&mut self, payload: Payload<'a>) -> Result<()> {
        match payload {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.map_err(invalid)?;
                    let what = match import.ty {
                        TypeRef::Func(_) | TypeRef::FuncExact(_) => {
                            self.functions = self.functions.saturating_add(1);
                            continue;
                        }
                        TypeRef::Tag(_) => continue,
                        TypeRef::Global(GlobalType { mutable: false, .. }) => {
                            self.imported_globals = self.imported_globals.saturating_add(1);
                            continue;
                        }
                        TypeRef::Global(_) => "mutable global",
                        TypeRef::Memory(_) => "memory",
                        TypeRef::Table(_) => "table",
                    };
                    return Err(refused(&format!(
                        "it imports the {what} `{}` `{}`, and a snapshot holds what the instance itself defines",
                        Name(import.module),
                        Name(import.name)
                    )));
                }
            }
            Payload::FunctionSection(section) => self.functions = self.functions.saturating_add(section.count()),
            Payload::TableSection(section) => {
                for table in section {
                    let table = table.map_err(invalid)?;
                    check_shared(table.ty.shared, "table", self.tables.len())?;
                    if let TableInit::Expr(init) = &table.init {
                        self.refer(init)?;
                    }
                    self.tables.push(table);
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    let memory = memory.map_err(invalid)?;
                    check_shared(memory.shared, "memory", self.memories.len())?;
                    self.memories.push(memory);
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let global = global.map_err(invalid)?;
                    check_shared(global.ty.shared, "global", self.imported_globals as usize + self.globals.len())?;
                    self.refer(&global.init_expr)?;
                    self.globals.push(global.ty);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.map_err(invalid)?;
                    if matches!(export.kind, ExternalKind::Func | ExternalKind::FuncExact) {
                        self.referenced.insert(export.index);
                    }
                    self.exports.push(export);
                }
            }
            Payload::ElementSection(section) => {
                for element in section {
                    self.add_element(element.map_err(invalid)?)?;
                }
            }
            Payload::DataSection(section) => {
                for data in section {
                    self.data.push(data.map_err(invalid)?);
                }
            }
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            _ => {}
        }
        Ok(())
    }

    fn add_element(&mut self, element: Element<'a>) -> Result<()> {
        match &element.items {
            ElementItems::Functions(functions) => {
                for function in functions.clone() {
                    self.referenced.insert(function.map_err(invalid)?);
                }
            }
            ElementItems::Expressions(_, expressions) => {
                for expression in expressions.clone() {
                    let makes_objects = self.refer(&expression.map_err(invalid)?)?;
                    if makes_objects && matches!(element.kind, ElementKind::Passive) {
                        let index = self.elements.len();
                        return Err(refused(&format!("the passive element segment {index} makes objects")));
                    }
                }
            }
        }
        self.elements.push(element);
        Ok(())
    }

    /// Notes the functions that an initialiser refers to. Returns whether it makes objects of the garbage collector's.
    fn refer(&mut self, expression: &ConstExpr<'_>) -> Result<bool> {
        let mut makes_objects = false;
        for operator in expression.get_operators_reader() {
            match operator.map_err(invalid)? {
                Operator::RefFunc { function_index } => _ = self.referenced.insert(function_index),
                Operator::StructNew { .. }
                | Operator::StructNewDefault { .. }
                | Operator::StructNewDesc { .. }
                | Operator::StructNewDefaultDesc { .. }
                | Operator::ArrayNew { .. }
                | Operator::ArrayNewDefault { .. }
                | Operator::ArrayNewFixed { .. }
                | Operator::ExternConvertAny
                | Operator::AnyConvertExtern => makes_objects = true,
                _ => {}
            }
        }
        Ok(makes_objects)
    }

    /// The functions that the code makes references to. Fails with `Unsupported` where the code drops a passive segment: an instance
    /// does not tell whether it has.
    pub(super) fn check_code(&self) -> Result<BTreeSet<u32>> {
        let mut referred = BTreeSet::new();
        let dropped = |kind: &str, index: u32| {
            refused(&format!(
                "its code drops the passive {kind} segment {index}, and nobody can tell whether an instance has done so"
            ))
        };
        for body in &self.bodies {
            for operator in body.get_operators_reader().map_err(invalid)? {
                match operator.map_err(invalid)? {
                    Operator::RefFunc { function_index } => _ = referred.insert(function_index),
                    Operator::DataDrop { data_index } => {
                        let data = self.data.get(data_index as usize);
                        if data.is_some_and(|data| matches!(data.kind, DataKind::Passive)) {
                            return Err(dropped("data", data_index));
                        }
                    }
                    Operator::ElemDrop { elem_index } => {
                        let element = self.elements.get(elem_index as usize);
                        if element.is_some_and(|element| matches!(element.kind, ElementKind::Passive)) {
                            return Err(dropped("element", elem_index));
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(referred)
    }
}

fn check_shared(is_shared: bool, what: &str, index: usize) -> Result<()> {
    if !is_shared {
        return Ok(());
    }
    Err(refused(&format!("its {what} {index} is shared, and other threads may write to it meanwhile")))
}

fn refused(why: &str) -> WasmtimeError {
    WasmtimeError::Unsupported { reason: format!("instances of this module have no snapshots: {why}") }
}

pub(super) fn invalid(error: wasmparser::BinaryReaderError) -> WasmtimeError {
    WasmtimeError::Compile { reason: error.to_string() }
}

pub(super) fn not_encoded(error: wasm_encoder::reencode::Error) -> WasmtimeError {
    WasmtimeError::Compile { reason: error.to_string() }
}
