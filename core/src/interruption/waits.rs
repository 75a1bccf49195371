//! Waits that can be interrupted: wasmtime has no way to wake a guest from `memory.atomic.wait`.
//!
//! Where guests are interrupted at all, a module that waits is compiled with each wait as a loop of short ones. See
//! `docs/adr/0017-waits-are-cut-into-slices.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use wasm_encoder::{BlockType, Encode, Function, MemArg, RawSection, TypeSection, ValType};
use wasmparser::{BinaryReader, BinaryReaderError, MemoryType, Operator, Parser, Payload, TypeRef};

use crate::traps::moved::Moved;

use crate::Result;

/// How long a guest waits at a time, in nanoseconds.
const SLICE: i64 = 20_000_000;

/// A module that waits, as it is compiled where guests are interrupted.
pub(crate) struct Sliced {
    pub(crate) binary: Vec<u8>,
    /// How many functions it has now, without those that it imports.
    pub(crate) functions: u64,
    pub(crate) moved: Moved,
}

/// The module, in which each wait calls a function that was added behind all others. Every index stays, and so does every offset
/// within a function. None for a module that never waits. Fails with the reason if this cannot find out whether the module waits,
/// or cannot rewrite it: the caller must not compile that module as it is.
pub(crate) fn sliced(binary: &[u8]) -> Result<Option<Sliced>, String> {
    let waits = Waits::find(binary).map_err(|error| error.to_string())?;
    waits.map(|waits| waits.rewrite(binary)).transpose()
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
    /// Where in the module an instruction waits, and which of the added functions does it instead.
    places: Vec<(Range<usize>, u32)>,
}

impl Waits {
    /// None for a module that never waits. Without a shared memory, waiting traps at once.
    fn find(binary: &[u8]) -> Result<Option<Self>, BinaryReaderError> {
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
            let mut operators = body.get_operators_reader()?;
            while !operators.eof() {
                let start = operators.original_position();
                if let Some(wait) = Wait::of(&operators.read()?) {
                    let next = found.waits.len() as u32;
                    let number = *found.waits.entry(wait).or_insert(next);
                    found.places.push((start..operators.original_position(), number));
                }
            }
        }
        Ok((!found.waits.is_empty()).then_some(found))
    }

    fn rewrite(self, binary: &[u8]) -> Result<Sliced, String> {
        let mut module = wasm_encoder::Module::new();
        let (mut moved, mut has_moved_inside) = (0, false);
        for payload in Parser::new(0).parse_all(binary) {
            let payload = payload.map_err(|error| error.to_string())?;
            let Some((id, range)) = payload.as_section() else { continue };
            match &payload {
                Payload::TypeSection(_) => {
                    let types = Items::read(binary, range)?.with(self.added_types());
                    module.section(&RawSection { id, data: &types.bytes() });
                }
                Payload::FunctionSection(_) => {
                    let functions = Items::read(binary, range)?.with(self.added_functions());
                    module.section(&RawSection { id, data: &functions.bytes() });
                }
                Payload::CodeSectionStart { .. } => {
                    let old = Items::read(binary, range.clone())?;
                    let new =
                        Items { bytes: self.patched(binary, &old.range)?, ..old.clone() }.with(self.added_bodies());
                    let data = new.bytes();
                    module.section(&RawSection { id, data: &data });
                    let (was, is) = (old.range.start - range.start, data.len() - new.bytes.len());
                    has_moved_inside = was != is;
                    moved = (module.len() - new.bytes.len()).saturating_sub(old.range.start);
                }
                // It speaks of code by offsets in its section.
                Payload::CustomSection(section) if has_moved_inside && section.name().starts_with(".debug_") => {}
                _ => {
                    let data = binary.get(range).unwrap_or_default();
                    module.section(&RawSection { id, data });
                }
            }
        }
        let functions = self.imported.saturating_add(self.functions);
        let moved = Moved { by: moved as u64, functions: functions.into() };
        let functions = u64::from(self.functions) + self.waits.len() as u64;
        Ok(Sliced { binary: module.finish(), functions, moved })
    }

    /// The bytes of all bodies, in which each place that waits calls the function that does so, with as many bytes.
    fn patched(&self, binary: &[u8], bodies: &Range<usize>) -> Result<Vec<u8>, String> {
        let mut bytes = binary.get(bodies.clone()).unwrap_or_default().to_vec();
        let first = self.imported.saturating_add(self.functions);
        for (place, number) in &self.places {
            let place = place.start.saturating_sub(bodies.start)..place.end.saturating_sub(bodies.start);
            let call = bytes.get_mut(place).and_then(|place| call(place, first.saturating_add(*number)));
            call.ok_or("an instruction that waits has no room for the number of a function")?;
        }
        Ok(bytes)
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

    /// What tells the added types apart, each once, in their order.
    fn added(&self) -> Vec<Widths> {
        let all: BTreeSet<_> = self.waits.keys().map(|wait| self.widths(*wait)).collect();
        all.into_iter().collect()
    }

    /// The types that are added, encoded.
    fn added_types(&self) -> impl Iterator<Item = Encoded> {
        self.added().into_iter().map(|widths| {
            let mut bytes = Vec::new();
            let mut types = TypeSection::new();
            types.ty().function(parameters(widths), [ValType::I32]);
            types.encode(&mut bytes);
            // Behind the size of the section and the number of its types, which have one byte each.
            Encoded(bytes.split_off(2))
        })
    }

    /// The types of the functions that are added.
    fn added_functions(&self) -> impl Iterator<Item = u32> {
        let added = self.added();
        self.in_order().into_iter().map(move |wait| {
            let widths = self.widths(wait);
            let place = added.iter().take_while(|other| **other != widths).count();
            self.types.saturating_add(place as u32)
        })
    }

    /// The functions that are added.
    fn added_bodies(&self) -> impl Iterator<Item = Function> {
        self.in_order().into_iter().map(helper)
    }
}

/// An item that is encoded already.
struct Encoded(Vec<u8>);

impl Encode for Encoded {
    fn encode(&self, sink: &mut Vec<u8>) {
        sink.extend_from_slice(&self.0);
    }
}

/// The items of a section: their number, where they are in the module, and their bytes.
#[derive(Clone)]
struct Items {
    count: u32,
    range: Range<usize>,
    bytes: Vec<u8>,
}

impl Items {
    /// Those of the section that is there.
    fn read(binary: &[u8], section: Range<usize>) -> Result<Self, String> {
        let content = binary.get(section.clone()).unwrap_or_default();
        let mut reader = BinaryReader::new(content, section.start);
        let count = reader.read_var_u32().map_err(|error| error.to_string())?;
        let range = reader.original_position()..section.end;
        Ok(Self { count, bytes: binary.get(range.clone()).unwrap_or_default().to_vec(), range })
    }

    /// With more items behind them.
    fn with(mut self, added: impl IntoIterator<Item = impl Encode>) -> Self {
        for item in added {
            item.encode(&mut self.bytes);
            self.count = self.count.saturating_add(1);
        }
        self
    }

    /// What the section holds.
    fn bytes(&self) -> Vec<u8> {
        let mut section = Vec::with_capacity(self.bytes.len() + 5);
        self.count.encode(&mut section);
        section.extend_from_slice(&self.bytes);
        section
    }
}

/// Leaves a call of that function in place of an instruction, with as many bytes: in its number as many as a number may
/// have, which are more than it needs, and `nop` behind it. Nothing where there is no room for the number.
fn call(place: &mut [u8], function: u32) -> Option<()> {
    const CALL: u8 = 0x10;
    const NOP: u8 = 0x01;
    const LONGEST: usize = 5;
    let (first, rest) = place.split_first_mut()?;
    let (number, behind) = rest.split_at_mut(rest.len().min(LONGEST));
    let mut left = function;
    for byte in &mut *number {
        *byte = (left & 0x7f) as u8 | 0x80;
        left >>= 7;
    }
    *number.last_mut()? &= 0x7f;
    *first = CALL;
    behind.fill(NOP);
    (left == 0).then_some(())
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
    // Where another value is there after the first slice, another thread wrote it between two slices: the guest counts as woken.
    code.i32_const(WOKEN).local_get(outcome).local_get(is_later).select().return_().end();
    code.local_get(left).i64_const(SLICE).i64_le_u().if_(BlockType::Empty).i32_const(TIMED_OUT).return_().end();
    code.local_get(left).i64_const(0).i64_ge_s().if_(BlockType::Empty);
    code.local_get(left).i64_const(SLICE).i64_sub().local_set(left).end();
    code.i32_const(1).local_set(is_later).br(0).end();
    code.unreachable().end();
    function
}
