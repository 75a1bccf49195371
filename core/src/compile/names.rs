//! The names of functions, as a module is compiled with them: wasmtime copies a name, however long, into each frame of a call
//! stack, and has none for a function that is exported and has no name.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use wasm_encoder::{NameMap, NameSection, Section};
use wasmparser::{BinaryReader, ExternalKind, KnownCustom, Parser, Payload};

use crate::Result;
use crate::errors::guest_text;
use crate::process::heap::try_with_capacity;

/// The subsection of a name section that has the names of functions.
const FUNCTIONS: u8 = 1;

/// The number of a subsection that the specification does not define, so that readers skip it.
const NOTHING: u8 = 0x7f;

/// The module with each function's name cut to the length that a frame keeps. Everything else stays at its offset.
pub(crate) fn cut(binary: Cow<'_, [u8]>) -> Result<Cow<'_, [u8]>> {
    let mut cut = Vec::new();
    for payload in Parser::new(0).parse_all(&binary) {
        // The compiler reports what is wrong with the module.
        let Ok(payload) = payload else { break };
        if let Payload::CustomSection(section) = payload
            && let KnownCustom::Name(_) = section.as_known()
            && let Some(names) = section_cut(section.data())?
        {
            cut.push((section.data_offset(), names));
        }
    }
    if cut.is_empty() {
        return Ok(binary);
    }
    let mut whole = try_with_capacity(binary.len())?;
    whole.extend_from_slice(&binary);
    for (offset, names) in cut {
        if let Some(place) = whole.get_mut(offset..offset + names.len()) {
            place.copy_from_slice(&names);
        }
    }
    Ok(Cow::Owned(whole))
}

/// The module in which each exported function has a name: one that it is exported by, where it has no other. They stand behind
/// everything else, so that all of it stays at its offset.
pub(crate) fn completed(binary: Cow<'_, [u8]>) -> Result<Cow<'_, [u8]>> {
    let mut section = Vec::new();
    if let Some(names) = missing(&binary) {
        let mut map = NameMap::new();
        names.into_iter().for_each(|(index, name)| map.append(index, &guest_text::start(name)));
        let mut names = NameSection::new();
        names.functions(&map);
        names.append_to(&mut section);
    }
    if section.is_empty() {
        return Ok(binary);
    }
    let mut whole = try_with_capacity(binary.len() + section.len())?;
    whole.extend_from_slice(&binary);
    whole.extend(section);
    Ok(Cow::Owned(whole))
}

/// The functions that are exported and have no name, each with the first name that it is exported by. None where there are none,
/// and for what cannot be read: the compiler reports that.
fn missing(binary: &[u8]) -> Option<BTreeMap<u32, &str>> {
    let (mut exported, mut named) = (BTreeMap::new(), BTreeSet::new());
    for payload in Parser::new(0).parse_all(binary) {
        match payload.ok()? {
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.ok()?;
                    if export.kind == ExternalKind::Func && !export.name.is_empty() {
                        exported.entry(export.index).or_insert(export.name);
                    }
                }
            }
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(_) = section.as_known() {
                    let mut reader = BinaryReader::new(section.data(), 0);
                    while let Some((id, _, content)) = subsection(&mut reader) {
                        if id == FUNCTIONS {
                            let mut names = BinaryReader::new(content, 0);
                            let count = names.read_var_u32().unwrap_or_default();
                            named.extend((0..count).map_while(|_| function(&mut names)).map(|(index, ..)| index));
                        }
                    }
                }
            }
            _ => {}
        }
    }
    exported.retain(|index, _| !named.contains(index));
    (!exported.is_empty()).then_some(exported)
}

/// The section with shorter names, and padding up to its old length. `None` where no name is too long.
fn section_cut(section: &[u8]) -> Result<Option<Vec<u8>>> {
    let mut cut = try_with_capacity(section.len())?;
    let mut reader = BinaryReader::new(section, 0);
    let mut done = 0;
    while let Some((id, width, content)) = subsection(&mut reader) {
        let start = reader.original_position() - content.len();
        if id == FUNCTIONS {
            let names = functions_cut(content)?;
            cut.push(FUNCTIONS);
            write_leb(&mut cut, names.len(), width);
            cut.extend_from_slice(&names);
        } else {
            cut.extend_from_slice(section.get(done..start).unwrap_or_default());
            cut.extend_from_slice(content);
        }
        done = reader.original_position();
    }
    // The compiler ignores what it cannot read.
    cut.extend_from_slice(section.get(done..).unwrap_or_default());
    match section.len() - cut.len() {
        0 => Ok(None),
        less => {
            // A number may be written in more bytes than it needs.
            let width = (less - 1).min(5);
            cut.push(NOTHING);
            write_leb(&mut cut, less - 1 - width, width);
            cut.resize(section.len(), 0);
            Ok(Some(cut))
        }
    }
}

/// The next subsection: its number, how many bytes its size takes, and its content.
fn subsection<'a>(reader: &mut BinaryReader<'a>) -> Option<(u8, usize, &'a [u8])> {
    let id = reader.read_u8().ok()?;
    let (size, width) = read_leb(reader)?;
    Some((id, width, reader.read_bytes(size).ok()?))
}

/// The names of functions, each no longer than a frame keeps it.
fn functions_cut(content: &[u8]) -> Result<Vec<u8>> {
    let mut cut = try_with_capacity(content.len())?;
    let mut reader = BinaryReader::new(content, 0);
    let mut done = 0;
    let count = reader.read_var_u32().unwrap_or_default();
    for _ in 0..count {
        let Some((_, width, name)) = function(&mut reader) else { break };
        let short = guest_text::start(name);
        // The padding has to be long enough for a subsection.
        if short.len() + 2 <= name.len() {
            let end = reader.original_position() - name.len() - width;
            cut.extend_from_slice(content.get(done..end).unwrap_or_default());
            write_leb(&mut cut, short.len(), width);
            cut.extend_from_slice(short.as_bytes());
            done = reader.original_position();
        }
    }
    cut.extend_from_slice(content.get(done..).unwrap_or_default());
    Ok(cut)
}

/// The next function: its index, how many bytes the length of its name takes, and its name.
fn function<'a>(reader: &mut BinaryReader<'a>) -> Option<(u32, usize, &'a str)> {
    let index = reader.read_var_u32().ok()?;
    let (length, width) = read_leb(reader)?;
    Some((index, width, std::str::from_utf8(reader.read_bytes(length).ok()?).ok()?))
}

/// A number, and how many bytes it takes.
fn read_leb(reader: &mut BinaryReader<'_>) -> Option<(usize, usize)> {
    let start = reader.original_position();
    let number = reader.read_var_u32().ok()?;
    Some((usize::try_from(number).ok()?, reader.original_position() - start))
}

/// Writes a number in `width` bytes.
fn write_leb(bytes: &mut Vec<u8>, number: usize, width: usize) {
    for place in 0..width {
        let more = if place + 1 < width { 0x80 } else { 0 };
        bytes.push(((number >> (7 * place)) & 0x7f) as u8 | more);
    }
}
