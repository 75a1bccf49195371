//! A snapshot, written down: a module that begins with the state of an instance.

use std::borrow::Cow;
use std::collections::HashSet;

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{DataCountSection, Encode, ExportSection, GlobalSection, HeapType, MemorySection, ValType};
use wasmparser::{DataKind, Parser};

use crate::Result;
use crate::snapshots::constant::value;
use crate::snapshots::data::{Data, start_segment};
use crate::snapshots::elements::{elements, tables};
use crate::snapshots::layout::{Layout, invalid, not_encoded};
use crate::snapshots::offset::offset;
use crate::snapshots::parts::{DATA, DATA_COUNT, ELEMENT, EXPORT, GLOBAL, MEMORY, Parts, START, TABLE};
use crate::snapshots::state::{State, Value};

/// The module that begins with that state: without its start function and the exports of those names. Its code makes references to the
/// functions `declared`. Fails with `Limit` where it has more than `most` bytes.
///
/// Every index stays, and so does every byte of the code: what speaks of them stays true.
pub(super) fn written(
    binary: &[u8],
    layout: &Layout<'_>,
    declared: &[u32],
    state: &State,
    remove: &HashSet<&str>,
    most: u64,
) -> Result<Vec<u8>> {
    let (mut parts, mut counts_data) = (Parts::default(), false);
    for payload in Parser::new(0).parse_all(binary) {
        match payload.map_err(invalid)?.as_section() {
            Some((DATA_COUNT, _)) => counts_data = true,
            Some((TABLE | MEMORY | GLOBAL | EXPORT | START | ELEMENT | DATA, _)) | None => {}
            Some((id, range)) => parts.add_raw(id, binary.get(range).unwrap_or_default()),
        }
    }
    let tables = tables(layout, &state.tables)?;
    if !tables.is_empty() {
        parts.add_made(&tables);
    }
    let memories = memories(layout, &state.memories)?;
    if !memories.is_empty() {
        parts.add_made(&memories);
    }
    let globals = globals(layout, &state.globals)?;
    if !globals.is_empty() {
        parts.add_made(&globals);
    }
    let exports = exports(layout, remove)?;
    if !exports.is_empty() {
        parts.add_made(&exports);
    }
    let elements = elements(layout, declared, &state.tables)?;
    if !elements.is_empty() {
        parts.add_made(&elements);
    }
    let count = (layout.data.len() as u32).saturating_add(state.data.count);
    if counts_data {
        parts.add_made(&DataCountSection { count });
    }
    if count > 0 {
        parts.add(DATA, data(layout, count, &state.data));
    }
    Ok(parts.finish(most)?.0)
}

fn memories(layout: &Layout<'_>, sizes: &[u64]) -> Result<MemorySection> {
    let mut memories = MemorySection::new();
    for (memory, size) in layout.memories.iter().zip(sizes) {
        let mut ty = RoundtripReencoder.memory_type(*memory).map_err(not_encoded)?;
        ty.minimum = *size;
        memories.memory(ty);
    }
    Ok(memories)
}

fn globals(layout: &Layout<'_>, values: &[Value]) -> Result<GlobalSection> {
    let mut globals = GlobalSection::new();
    for (global, found) in layout.globals.iter().zip(values) {
        let ty = RoundtripReencoder.global_type(*global).map_err(not_encoded)?;
        let null = match ty.val_type {
            ValType::Ref(ty) => ty.heap_type,
            _ => HeapType::FUNC,
        };
        globals.global(ty, &value(*found, null));
    }
    Ok(globals)
}

fn exports(layout: &Layout<'_>, remove: &HashSet<&str>) -> Result<ExportSection> {
    let mut exports = ExportSection::new();
    for export in layout.exports.iter().filter(|export| !remove.contains(export.name)) {
        let kind = RoundtripReencoder.export_kind(export.kind).map_err(not_encoded)?;
        exports.export(export.name, kind, export.index);
    }
    Ok(exports)
}

/// The segments of the module at their indexes, and those of the state. An active one has been used and has nothing any more, so that it
/// has nothing from the start.
fn data<'a>(layout: &Layout<'a>, count: u32, state: &'a Data) -> Vec<Cow<'a, [u8]>> {
    let mut head = Vec::new();
    count.encode(&mut head);
    let mut content = Vec::new();
    for segment in &layout.data {
        match segment.kind {
            DataKind::Passive => {
                const PASSIVE: u8 = 1;
                head.push(PASSIVE);
                (segment.data.len() as u32).encode(&mut head);
                content.push(Cow::Owned(std::mem::take(&mut head)));
                content.push(Cow::Borrowed(segment.data));
            }
            DataKind::Active { memory_index, .. } => {
                start_segment(&mut head, memory_index);
                let memory = layout.memories.get(memory_index as usize);
                offset(memory.is_some_and(|memory| memory.memory64), 0).encode(&mut head);
                0_u32.encode(&mut head);
            }
        }
    }
    content.push(Cow::Owned(head));
    content.push(Cow::Borrowed(&state.segments));
    content
}
