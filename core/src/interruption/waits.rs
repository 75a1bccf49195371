//! Waits that can be interrupted: wasmtime has no way to wake a guest from `memory.atomic.wait`.
//!
//! Where guests are interrupted at all, a module that waits is compiled with each wait as a loop of short ones. See
//! `docs/adr/0017-waits-are-cut-into-slices.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{BlockType, CodeSection, Function, FunctionSection, Instruction, MemArg, TypeSection, ValType};
use wasmparser::{MemoryType, Operator, Parser, Payload, TypeRef};

/// How long a guest waits at a time, in nanoseconds.
const SLICE: i64 = 20_000_000;

/// A module that waits, as it is compiled where guests are interrupted.
pub(crate) struct Sliced {
    pub(crate) binary: Vec<u8>,
    /// How many functions it has now, without those that it imports.
    pub(crate) functions: u64,
}

/// The module, in which each wait calls a function that was added behind all others, so that every index stays. None for a module
/// that never waits. Fails with the reason where it cannot be told whether it does, or where it cannot be rewritten: then it must
/// not be compiled as it is.
pub(crate) fn sliced(binary: &[u8]) -> Result<Option<Sliced>, String> {
    let waits = Waits::find(binary).map_err(|error| error.to_string())?;
    waits.map(|waits| waits.rewrite(binary).map_err(|error| error.to_string())).transpose()
}

/// An instruction that waits. The type of its memory's addresses is that of its first operand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Wait {
    is_64: bool,
    memory: u32,
    offset: u64,
}

impl Wait {
    fn of(operator: &Operator<'_>) -> Option<Self> {
        match operator {
            Operator::MemoryAtomicWait32 { memarg } => {
                Some(Self { is_64: false, memory: memarg.memory, offset: memarg.offset })
            }
            Operator::MemoryAtomicWait64 { memarg } => {
                Some(Self { is_64: true, memory: memarg.memory, offset: memarg.offset })
            }
            _ => None,
        }
    }

    fn memarg(self) -> MemArg {
        MemArg { offset: self.offset, align: if self.is_64 { 3 } else { 2 }, memory_index: self.memory }
    }
}

/// What tells the types of two waits apart.
type Widths = (bool, bool);

/// What a wait takes, and its function with it: an address, the value expected there, and a time-out in nanoseconds.
fn parameters((is_memory64, is_64): Widths) -> [ValType; 3] {
    let integer = |is_64| if is_64 { ValType::I64 } else { ValType::I32 };
    [integer(is_memory64), integer(is_64), ValType::I64]
}

/// What a module waits with, and where the functions and types that are added to it come to lie.
#[derive(Default)]
struct Waits {
    types: u32,
    functions: u32,
    imported: u32,
    memories: Vec<MemoryType>,
    /// Each way in which it waits, and which of the added functions does that.
    waits: BTreeMap<Wait, u32>,
}

impl Waits {
    /// None for a module that never waits. Without a shared memory, waiting traps at once.
    fn find(binary: &[u8]) -> Result<Option<Self>, Error<Infallible>> {
        let mut found = Self::default();
        let mut bodies = Vec::new();
        for payload in Parser::new(0).parse_all(binary) {
            match payload? {
                Payload::TypeSection(section) => {
                    for group in section {
                        found.types = found.types.saturating_add(group?.types().len() as u32);
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        match import?.ty {
                            TypeRef::Func(_) | TypeRef::FuncExact(_) => {
                                found.imported = found.imported.saturating_add(1)
                            }
                            TypeRef::Memory(ty) => found.memories.push(ty),
                            _ => {}
                        }
                    }
                }
                Payload::FunctionSection(section) => {
                    found.functions = found.functions.saturating_add(section.count());
                }
                Payload::MemorySection(section) => {
                    for ty in section {
                        found.memories.push(ty?);
                    }
                }
                Payload::CodeSectionEntry(body) => bodies.push(body),
                _ => {}
            }
        }
        if !found.memories.iter().any(|memory| memory.shared) {
            return Ok(None);
        }
        for body in bodies {
            for operator in body.get_operators_reader()? {
                if let Some(wait) = Wait::of(&operator?) {
                    let next = found.waits.len() as u32;
                    found.waits.entry(wait).or_insert(next);
                }
            }
        }
        Ok((!found.waits.is_empty()).then_some(found))
    }

    fn rewrite(mut self, binary: &[u8]) -> Result<Sliced, Error<Infallible>> {
        let functions = u64::from(self.functions) + self.waits.len() as u64;
        let mut module = wasm_encoder::Module::new();
        self.parse_core_module(&mut module, Parser::new(0), binary)?;
        Ok(Sliced { binary: module.finish(), functions })
    }

    /// The waits in the order of their functions.
    fn in_order(&self) -> Vec<Wait> {
        let mut waits: Vec<_> = self.waits.iter().map(|(wait, number)| (*number, *wait)).collect();
        waits.sort_unstable();
        waits.into_iter().map(|(_, wait)| wait).collect()
    }

    /// Whether the addresses of its memory have 64 bits, and whether the value that is waited for has.
    fn widths(&self, wait: Wait) -> Widths {
        (self.memories.get(wait.memory as usize).is_some_and(|memory| memory.memory64), wait.is_64)
    }

    /// The types that are added, each once, in their order.
    fn added(&self) -> Vec<Widths> {
        let all: BTreeSet<_> = self.waits.keys().map(|wait| self.widths(*wait)).collect();
        all.into_iter().collect()
    }
}

impl Reencode for Waits {
    type Error = Infallible;

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: wasmparser::TypeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_type_section(self, types, section)?;
        for widths in self.added() {
            types.ty().function(parameters(widths), [ValType::I32]);
        }
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_function_section(self, functions, section)?;
        let added = self.added();
        for wait in self.in_order() {
            let widths = self.widths(wait);
            let place = added.iter().take_while(|other| **other != widths).count();
            functions.function(self.types.saturating_add(place as u32));
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: wasmparser::CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_code_section(self, code, section)?;
        for wait in self.in_order() {
            code.function(&helper(wait));
        }
        Ok(())
    }

    fn parse_custom_section(
        &mut self,
        module: &mut wasm_encoder::Module,
        section: wasmparser::CustomSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        // They speak of code by its offsets, which are other ones now.
        match section.name() {
            name if name.starts_with(".debug_") || name.starts_with("metadata.code.") => Ok(()),
            _ => utils::parse_custom_section(self, module, section),
        }
    }

    fn instruction<'a>(&mut self, operator: Operator<'a>) -> Result<Instruction<'a>, Error<Infallible>> {
        match Wait::of(&operator).and_then(|wait| self.waits.get(&wait)) {
            Some(number) => Ok(Instruction::Call(self.imported.saturating_add(self.functions).saturating_add(*number))),
            None => utils::instruction(self, operator),
        }
    }
}

/// A function that waits in slices. Between them it goes round a loop, where guests are interrupted.
fn helper(wait: Wait) -> Function {
    const WOKEN: i32 = 0;
    const TIMED_OUT: i32 = 2;
    let (address, expected, left, outcome, is_later) = (0, 1, 2, 3, 4);
    let mut function = Function::new([(2, ValType::I32)]);
    let mut code = function.instructions();
    code.loop_(BlockType::Empty);
    // A time-out is signed, and a negative one is for ever: as an unsigned number it is longer than any slice.
    code.local_get(address).local_get(expected).local_get(left).i64_const(SLICE);
    code.local_get(left).i64_const(SLICE).i64_lt_u().select();
    match wait.is_64 {
        false => code.memory_atomic_wait32(wait.memarg()),
        true => code.memory_atomic_wait64(wait.memarg()),
    };
    code.local_tee(outcome).i32_const(TIMED_OUT).i32_ne().if_(BlockType::Empty);
    // Where another value is there after the first slice, whoever wrote it came between two of them: it is as good as woken.
    code.i32_const(WOKEN).local_get(outcome).local_get(is_later).select().return_().end();
    code.local_get(left).i64_const(SLICE).i64_le_u().if_(BlockType::Empty).i32_const(TIMED_OUT).return_().end();
    code.local_get(left).i64_const(0).i64_ge_s().if_(BlockType::Empty);
    code.local_get(left).i64_const(SLICE).i64_sub().local_set(left).end();
    code.i32_const(1).local_set(is_later).br(0).end();
    code.unreachable().end();
    function
}
