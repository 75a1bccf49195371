//! What a module says of itself, and the bytes that it has for its memories: read without compiling it.
//!
//! That is a stranger's bytes. A name or a field of two bytes becomes an object of a language, and so their number has a bound.

use wasmparser::{
    DataKind, IndirectNameMap, KnownCustom, Name, NameMap, Operator, Parser, Payload, ProducersSectionReader,
};

use crate::compile::beginnings::Sort;
use crate::compile::wat;
use crate::process::heap::try_with_capacity;
use crate::{Result, WasmtimeError};

/// How many names, fields or segments are read of one module.
const MOST: usize = 1_000_000;

/// A name of something in a module, by its index.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Record)]
pub struct ItemName {
    /// The index, those that the module imports counted first.
    pub index: u32,
    /// The name.
    pub name: String,
}

/// A name of something within something else: a local or a label of a function, or a field of a type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Record)]
pub struct InnerName {
    /// The index of the function or the type.
    pub outer: u32,
    /// The index in that. Parameters are the first locals.
    pub index: u32,
    /// The name.
    pub name: String,
}

/// The names of a module's name section. A module without one has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, uniffi::Record)]
pub struct ModuleNames {
    /// The module's own name.
    pub module: Option<String>,
    /// Of functions.
    pub functions: Vec<ItemName>,
    /// Of the locals of functions.
    pub locals: Vec<InnerName>,
    /// Of the labels of functions.
    pub labels: Vec<InnerName>,
    /// Of types.
    pub types: Vec<ItemName>,
    /// Of the fields of types.
    pub fields: Vec<InnerName>,
    /// Of tables.
    pub tables: Vec<ItemName>,
    /// Of memories.
    pub memories: Vec<ItemName>,
    /// Of globals.
    pub globals: Vec<ItemName>,
    /// Of tags.
    pub tags: Vec<ItemName>,
    /// Of element segments.
    pub elements: Vec<ItemName>,
    /// Of data segments.
    pub data: Vec<ItemName>,
}

/// A tool that took part in making a module, or the language that it was written in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Record)]
pub struct Producer {
    /// What it is: `language`, `processed-by` or `sdk`, by the tool conventions.
    pub field: String,
    /// Its name, such as `clang` or `Rust`.
    pub name: String,
    /// Its version; it may be empty.
    pub version: String,
}

/// Bytes that a module has for a memory.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Record)]
pub struct DataSegment {
    /// The index of the memory that it is written to when an instance is made; none where it is passive, so that the guest itself
    /// writes it.
    pub memory: Option<u32>,
    /// Where in that memory, in bytes; none where it is passive, or a global or a calculation says it.
    pub offset: Option<u64>,
    /// What is written.
    pub bytes: Vec<u8>,
}

/// The names of a module's name section, of a module in the binary or the text format. It is neither validated nor compiled. What
/// cannot be read in a name section is left out, as engines do.
///
/// Fails with `Compile` where it is no module or is truncated, with `Syntax` where text has a mistake, and with `Limit` where there are
/// more than 1,000,000 names.
#[uniffi::export]
#[cfg_attr(false, called(bytes = "the module"))]
pub fn module_names(bytes: &[u8]) -> Result<ModuleNames> {
    let binary = wat::to_binary(bytes, Sort::Module)?;
    let (mut names, mut left) = (ModuleNames::default(), Left::new("names"));
    each(&binary, |payload| {
        if let Payload::CustomSection(section) = payload
            && let KnownCustom::Name(section) = section.as_known()
        {
            for subsection in section {
                let Ok(subsection) = subsection else { break };
                names.add(subsection, &mut left)?;
            }
        }
        Ok(())
    })?;
    Ok(names)
}

/// The tools that made a module, by its producers section (WebAssembly tool conventions), of a module in the binary or the text format.
/// It is neither validated nor compiled. What cannot be read in the section is left out.
///
/// Fails with `Compile` where it is no module or is truncated, with `Syntax` where text has a mistake, and with `Limit` where there are
/// more than 1,000,000.
#[uniffi::export]
#[cfg_attr(false, called(bytes = "the module"))]
pub fn module_producers(bytes: &[u8]) -> Result<Vec<Producer>> {
    let binary = wat::to_binary(bytes, Sort::Module)?;
    let (mut found, mut left) = (Vec::new(), Left::new("producers"));
    each(&binary, |payload| match payload {
        Payload::CustomSection(section) => match section.as_known() {
            KnownCustom::Producers(section) => producers(section, &mut found, &mut left),
            _ => Ok(()),
        },
        _ => Ok(()),
    })?;
    Ok(found)
}

/// The data segments of a module in the binary or the text format, which is neither validated nor compiled.
///
/// Fails with `Compile` where it is no module, is truncated, or a segment cannot be read, with `Syntax` where text has a mistake, and
/// with `Limit` where there are more than 1,000,000, or there is no room for a copy.
#[uniffi::export]
#[cfg_attr(false, called(bytes = "the module"))]
pub fn module_data(bytes: &[u8]) -> Result<Vec<DataSegment>> {
    let binary = wat::to_binary(bytes, Sort::Module)?;
    let (mut found, mut left) = (Vec::new(), Left::new("data segments"));
    each(&binary, |payload| {
        let Payload::DataSection(section) = payload else { return Ok(()) };
        for segment in section {
            let segment = segment.map_err(invalid)?;
            left.take()?;
            let (memory, offset) = match segment.kind {
                DataKind::Passive => (None, None),
                DataKind::Active { memory_index, offset_expr } => {
                    let mut operators = offset_expr.get_operators_reader();
                    let (first, next) = (operators.read().map_err(invalid)?, operators.read().map_err(invalid)?);
                    let offset = match (first, next) {
                        (Operator::I32Const { value }, Operator::End) => Some(u64::from(value.cast_unsigned())),
                        (Operator::I64Const { value }, Operator::End) => Some(value.cast_unsigned()),
                        _ => None,
                    };
                    (Some(memory_index), offset)
                }
            };
            let mut bytes = try_with_capacity(segment.data.len())?;
            bytes.extend_from_slice(segment.data);
            found.push(DataSegment { memory, offset, bytes });
        }
        Ok(())
    })?;
    Ok(found)
}

fn invalid(error: wasmparser::BinaryReaderError) -> WasmtimeError {
    WasmtimeError::Compile { reason: error.to_string() }
}

fn each(binary: &[u8], mut work: impl FnMut(Payload<'_>) -> Result<()>) -> Result<()> {
    if Parser::is_component(binary) {
        let reason = "it is a component: expected a module".to_owned();
        return Err(WasmtimeError::Compile { reason });
    }
    Parser::new(0).parse_all(binary).try_for_each(|payload| work(payload.map_err(invalid)?))
}

/// How many more there may be.
struct Left {
    what: &'static str,
    left: usize,
}

impl Left {
    fn new(what: &'static str) -> Self {
        Self { what, left: MOST }
    }

    fn take(&mut self) -> Result<()> {
        let Self { what, left } = self;
        *left = left.checked_sub(1).ok_or_else(|| {
            WasmtimeError::limit(format!(
                "the module has more than {MOST} {what}: that is too many to tell them one by one"
            ))
        })?;
        Ok(())
    }
}

impl ModuleNames {
    fn add(&mut self, names: Name<'_>, left: &mut Left) -> Result<()> {
        match names {
            Name::Module { name, .. } => {
                self.module.get_or_insert_with(|| name.to_owned());
                Ok(())
            }
            Name::Function(map) => items(map, &mut self.functions, left),
            Name::Local(map) => inner(map, &mut self.locals, left),
            Name::Label(map) => inner(map, &mut self.labels, left),
            Name::Type(map) => items(map, &mut self.types, left),
            Name::Field(map) => inner(map, &mut self.fields, left),
            Name::Table(map) => items(map, &mut self.tables, left),
            Name::Memory(map) => items(map, &mut self.memories, left),
            Name::Global(map) => items(map, &mut self.globals, left),
            Name::Tag(map) => items(map, &mut self.tags, left),
            Name::Element(map) => items(map, &mut self.elements, left),
            Name::Data(map) => items(map, &mut self.data, left),
            Name::Unknown { .. } => Ok(()),
        }
    }
}

fn items(map: NameMap<'_>, found: &mut Vec<ItemName>, left: &mut Left) -> Result<()> {
    for naming in map {
        let Ok(naming) = naming else { break };
        left.take()?;
        found.push(ItemName { index: naming.index, name: naming.name.to_owned() });
    }
    Ok(())
}

fn inner(map: IndirectNameMap<'_>, found: &mut Vec<InnerName>, left: &mut Left) -> Result<()> {
    for names in map {
        let Ok(names) = names else { break };
        for naming in names.names {
            let Ok(naming) = naming else { break };
            left.take()?;
            found.push(InnerName { outer: names.index, index: naming.index, name: naming.name.to_owned() });
        }
    }
    Ok(())
}

fn producers(section: ProducersSectionReader<'_>, found: &mut Vec<Producer>, left: &mut Left) -> Result<()> {
    for field in section {
        let Ok(field) = field else { break };
        for value in field.values {
            let Ok(value) = value else { break };
            left.take()?;
            let (name, version) = (value.name.to_owned(), value.version.to_owned());
            found.push(Producer { field: field.name.to_owned(), name, version });
        }
    }
    Ok(())
}
