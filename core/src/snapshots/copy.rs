//! The copy of a module that is compiled for snapshots: with more exports, by which its instances are read.

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{ExportKind, ExportSection};
use wasmparser::{Parser, Payload};

use crate::snapshots::hidden::{Hidden, Item};
use crate::snapshots::layout::{Layout, invalid, not_encoded};
use crate::snapshots::parts::{EXPORT, Parts};
use crate::traps::moved::Moved;
use crate::{Result, WasmtimeError};

/// The copy of a module, and how it differs from the module.
pub(crate) struct Copied {
    pub(crate) binary: Vec<u8>,
    pub(crate) moved: Option<Moved>,
}

/// How many exports engines take.
const EXPORTS: usize = 1_000_000;

/// The copy of a module that has that layout: `binary` is the module, whose custom sections may be others.
pub(super) fn copied(binary: &[u8], layout: &Layout<'_>, hidden: &Hidden) -> Result<Copied> {
    let items = items(layout);
    if layout.exports.len().saturating_add(items.len()) > EXPORTS {
        return Err(WasmtimeError::limit(format!(
            "the module has too many functions, globals and exports for snapshots: expected {EXPORTS} at most"
        )));
    }
    let mut exports = ExportSection::new();
    for export in &layout.exports {
        let kind = RoundtripReencoder.export_kind(export.kind).map_err(not_encoded)?;
        exports.export(export.name, kind, export.index);
    }
    for item in items {
        let (kind, index) = match item {
            Item::Func(index) => (ExportKind::Func, index),
            Item::Table(index) => (ExportKind::Table, index),
            Item::Memory(index) => (ExportKind::Memory, index),
            Item::Global(index) => (ExportKind::Global, index),
        };
        exports.export(&hidden.name(item), kind, index);
    }
    let (mut parts, mut code) = (Parts::default(), None);
    for payload in Parser::new(0).parse_all(binary) {
        let payload = payload.map_err(invalid)?;
        if let Payload::CodeSectionStart { range, .. } = &payload {
            code = Some(range.start);
        }
        if let Some((id, range)) = payload.as_section().filter(|(id, _)| *id != EXPORT) {
            parts.add_raw(id, binary.get(range).unwrap_or_default());
        }
    }
    if !exports.is_empty() {
        parts.add_made(&exports);
    }
    let (binary, now) = parts.finish(u64::from(u32::MAX))?;
    let by = now.zip(code).map(|(now, before)| now.saturating_sub(before) as u64);
    let functions = u64::from(layout.functions);
    Ok(Copied { binary, moved: by.filter(|_| functions > 0).map(|by| Moved { by, functions }) })
}

/// What is exported besides.
fn items(layout: &Layout<'_>) -> Vec<Item> {
    let numbered = |count: usize| (0..).zip(0..count).map(|(index, _): (u32, usize)| index);
    let globals =
        numbered(layout.globals.len()).map(|index| Item::Global(layout.imported_globals.saturating_add(index)));
    layout
        .referenced
        .iter()
        .map(|index| Item::Func(*index))
        .chain(numbered(layout.tables.len()).map(Item::Table))
        .chain(numbered(layout.memories.len()).map(Item::Memory))
        .chain(globals)
        .collect()
}
