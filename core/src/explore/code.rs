//! What is compiled of a module or a component, function by function.

use std::collections::HashMap;
use std::ops::Range;

use wasmparser::{ExternalKind, Parser, Payload};
use wasmtime::ModuleFunction;

use crate::compile::beginnings::Sort;
use crate::compile::wat;
use crate::component::wit;
use crate::errors::counted::count;
use crate::errors::guest_text::Name;
use crate::explore::lines::Lines;
use crate::explore::machine::{Instruction, instructions};
use crate::traps::demangle::demangled;
use crate::{Component, Engine, Module, Result};

/// How much is demangled, in bytes of mangled names.
const MANGLED: usize = 1 << 20;

/// A module or a component, compiled.
pub(crate) struct Code {
    lines: Lines,
    text: Vec<u8>,
    /// Where code is, and the place in the binary that it was made of, if it was made of one. In the order of the code.
    map: Vec<(usize, Option<usize>)>,
    functions: Vec<Function>,
    is_native: bool,
    /// The world of a component, as WIT.
    pub(super) world: Option<String>,
}

/// A function that has been compiled.
pub(super) struct Function {
    /// What it is called: `function 3, add`.
    pub(super) title: String,
    pub(super) code: Range<usize>,
}

/// An instruction, and the place in the binary that it was made of.
pub(super) struct Made {
    pub(super) instruction: Instruction,
    pub(super) place: Option<usize>,
}

impl Code {
    /// Compiles a module or a component of either format.
    pub(crate) fn of(engine: &Engine, bytes: &[u8]) -> Result<Self> {
        let binary = wat::to_binary(bytes, Sort::Module)?;
        let (text, map, functions, world);
        if Parser::is_component(&binary) {
            let component = Component::new(engine, &binary)?;
            world = Some(wit::world(&component.types()?));
            let compiled = component.get()?;
            text = compiled.text().to_vec();
            map = compiled.address_map().map(Iterator::collect::<Vec<_>>);
            functions = named_in_component(compiled.functions());
        } else {
            let compiled = Module::new(engine, &binary)?.get()?;
            world = None;
            text = compiled.text().to_vec();
            map = compiled.address_map().map(Iterator::collect::<Vec<_>>);
            functions = named(compiled.functions(), &exported(&binary));
        }
        let place = |place: Option<u32>| place.and_then(|place| usize::try_from(place).ok());
        let map = map.unwrap_or_default().into_iter().map(|(address, from)| (address, place(from))).collect();
        Ok(Self { lines: Lines::of(&binary)?, text, map, functions, is_native: !engine.is_pulley()?, world })
    }

    pub(super) fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// How many functions and how much machine code there are, with what is between functions.
    pub(crate) fn summary(&self) -> String {
        let (functions, bytes) = (self.functions.len() as u64, self.text.len() as u64);
        format!("{}, {} of machine code", count(functions, "function"), count(bytes, "byte"))
    }

    pub(super) fn bytes(&self, instruction: &Instruction) -> &[u8] {
        let (start, length) = (instruction.address, instruction.length);
        self.text.get(start..start + length).unwrap_or_default()
    }

    /// The instructions of a function.
    pub(super) fn instructions(&self, function: &Function) -> impl Iterator<Item = Made> {
        let code = self.text.get(function.code.clone()).unwrap_or_default();
        instructions(code, function.code.start, self.is_native).map(|instruction| {
            let next = self.map.partition_point(|(address, _)| *address <= instruction.address);
            let entry = next.checked_sub(1).and_then(|last| self.map.get(last));
            let place = entry.filter(|(address, _)| *address >= function.code.start).and_then(|(_, place)| *place);
            Made { instruction, place }
        })
    }

    /// The lines that a function was made of, each with its place in the binary.
    pub(super) fn lines(&self, function: &Function) -> impl Iterator<Item = (usize, &str)> {
        let first = self.map.partition_point(|(address, _)| *address < function.code.start);
        let entries = self.map.get(first..).unwrap_or_default().iter();
        let place = entries.take_while(|(address, _)| *address < function.code.end).find_map(|(_, place)| *place);
        self.lines.of_body(place.unwrap_or(usize::MAX))
    }
}

/// The names by which a module exports its functions, for those that have no other one.
fn exported(binary: &[u8]) -> HashMap<u32, &str> {
    let sections = Parser::new(0).parse_all(binary).filter_map(|payload| match payload {
        Ok(Payload::ExportSection(section)) => Some(section),
        _ => None,
    });
    let exports = sections.flatten().flatten().filter(|export| export.kind == ExternalKind::Func);
    // Of several names, the first.
    let mut names = HashMap::new();
    exports.for_each(|export| _ = names.entry(export.index).or_insert(export.name));
    names
}

fn named(functions: impl Iterator<Item = ModuleFunction>, exported: &HashMap<u32, &str>) -> Vec<Function> {
    let mut left = MANGLED;
    let titled = functions.map(|function| {
        let index = function.index.as_u32();
        let name = function.name.as_deref().or_else(|| exported.get(&index).copied());
        titled(&function, format!("function {index}"), name, &mut left)
    });
    titled.collect()
}

fn named_in_component(functions: impl Iterator<Item = ModuleFunction>) -> Vec<Function> {
    let mut left = MANGLED;
    let titled = functions.map(|function| {
        let title = format!("module {}, function {}", function.module.as_u32(), function.index.as_u32());
        titled(&function, title, function.name.as_deref(), &mut left)
    });
    titled.collect()
}

fn titled(function: &ModuleFunction, mut title: String, name: Option<&str>, left: &mut usize) -> Function {
    if let Some(name) = name {
        title.push_str(&format!(", {}", Name(demangled(name, left).as_deref().unwrap_or(name))));
    }
    Function { title, code: function.offset..function.offset + function.len }
}
