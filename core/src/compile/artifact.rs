//! The seal on a compiled module: without it wasmtime would run a module with flipped bits.
//!
//! Sealed bytes are followed by their SHA-256 and a mark of this library. For a module the bytes are wasmtime's, and then what wasmtime
//! does not keep: the DWARF, and 32 bytes that say how long that is, how large the shared memories may grow, and how the module
//! differs from its file.

use std::ops::Range;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::compile::beginnings::{COMPILED, Kind, Sort};
use crate::compile::file;
use crate::errors::spelling::Spelled;
use crate::process::heap::try_with_capacity;
use crate::snapshots::original::Original;
use crate::traps::moved::Moved;
use crate::traps::sections::Sections;
use crate::{Result, WasmtimeError};

const MARK: &[u8; 8] = b"trimaran";
const HASH: usize = 32;

/// A compiled module.
pub(crate) struct Code<C> {
    /// Wasmtime's bytes.
    pub(crate) code: C,
    /// How large its shared memories may grow (`limits::shared_size`).
    pub(crate) shared: u64,
    /// How it differs from its file, if it does.
    pub(crate) moved: Option<Moved>,
    /// Its DWARF, if it has any that is kept.
    pub(crate) debug: Option<Arc<Sections>>,
    /// What it is a copy of, if it was compiled for snapshots. That is not serialized.
    pub(crate) original: Option<Arc<Original>>,
}

impl Code<Vec<u8>> {
    /// Adds the numbers and the seal. Fails with `Limit` where the process cannot allocate them.
    pub(crate) fn seal(self) -> Result<Vec<u8>> {
        let mut bytes = self.code;
        let (numbers, sections) = self.debug.as_ref().map(|sections| sections.parts()).unwrap_or_default();
        let length = numbers.len() + sections.len();
        reserve(&mut bytes, length + AROUND)?;
        bytes.extend_from_slice(sections);
        bytes.extend(numbers);
        // A module that differs has at least one function, so zero functions stand for `None`.
        let Moved { by, functions } = self.moved.unwrap_or(Moved { by: 0, functions: 0 });
        bytes.extend([length as u64, self.shared, by, functions].iter().flat_map(|number| number.to_le_bytes()));
        seal(bytes)
    }
}

impl<'a> Code<&'a [u8]> {
    /// Checks and removes the seal. Fails with `Artifact` where it is broken, and where the code is of the other sort.
    pub(crate) fn open(artifact: &'a [u8], sort: Sort) -> Result<Self> {
        let (mut code, mut numbers) = (open(artifact, sort)?, [0; 4]);
        if let Some(kind) = Kind::of(code).filter(|kind| *kind != Kind::Compiled(sort)) {
            return Err(WasmtimeError::Artifact { reason: kind.advice() });
        }
        for number in numbers.iter_mut().rev() {
            let (rest, bytes) = code.split_last_chunk().ok_or_else(|| none_of_ours(code, sort))?;
            (code, *number) = (rest, u64::from_le_bytes(*bytes));
        }
        let [length, shared, by, functions] = numbers;
        let start = usize::try_from(length).ok().and_then(|length| code.len().checked_sub(length));
        let (code, sections) =
            start.and_then(|start| code.split_at_checked(start)).ok_or_else(|| none_of_ours(code, sort))?;
        let debug = match sections {
            [] => None,
            sections => Some(Sections::from_parts(sections)?.ok_or_else(|| none_of_ours(code, sort))?),
        };
        let moved = (functions > 0).then_some(Moved { by, functions });
        Ok(Self { code, shared, moved, debug, original: None })
    }
}

/// How large a file may be that begins with these bytes, and what a message calls it. Fails with `Artifact` unless they begin
/// as a compiled module or component does.
pub(crate) fn size(head: &[u8], sort: Sort) -> Result<(u64, &'static str)> {
    let what = match sort {
        Sort::Module => "compiled module",
        Sort::Component => "compiled component",
    };
    if head.starts_with(COMPILED) { Ok((file::ARTIFACT, what)) } else { Err(none_of_ours(head, sort)) }
}

/// Wasmtime's words for what modules and engines have to have in common, and the setting of each.
const SETTINGS: [(&str, Spelled); 6] = [
    ("epoch interruption", Spelled("epoch_interruption")),
    ("fuel support", Spelled("consume_fuel")),
    ("memory reservation", Spelled("memory_reservation")),
    ("memory guard size", Spelled("memory_guard_size")),
    ("memory may move", Spelled("memory_may_move")),
    ("Signals-based traps", Spelled("signals_based_traps")),
];

/// Why wasmtime does not load a compiled module: `Artifact` or `Limit`.
pub(crate) fn refused(error: wasmtime::Error) -> WasmtimeError {
    WasmtimeError::no_code(error, |reason| {
        let setting = SETTINGS.iter().find(|(words, _)| reason.contains(words));
        let setting = setting.map(|(_, setting)| format!(" (the setting is {setting})")).unwrap_or_default();
        WasmtimeError::Artifact { reason: format!("{reason}{setting}") }
    })
}

/// What the seal adds, in bytes.
const SEAL: usize = HASH + MARK.len();

/// What sealing a module's code adds, in bytes.
const AROUND: usize = 4 * size_of::<u64>() + SEAL;

/// `head` and the bytes of a compiled module, in a vector with capacity for the seal. Unlike `wasmtime::Module::serialize`,
/// which ends the process where it cannot allocate, this fails with `Limit`.
pub(crate) fn image(head: &[u8], module: &wasmtime::Module) -> Result<Vec<u8>> {
    // SAFETY: `image_range` is the range of a slice that wasmtime keeps for as long as `module`, and that nothing writes after
    // the module was made.
    unsafe { copy_of(head, module.image_range()) }
}

/// The same for a component.
pub(crate) fn component_image(head: &[u8], component: &wasmtime::component::Component) -> Result<Vec<u8>> {
    // SAFETY: `image_range` is the range of a slice that wasmtime keeps for as long as `component`, and that nothing writes after
    // the component was made.
    unsafe { copy_of(head, component.image_range()) }
}

/// # Safety
/// The range is that of a slice, which nothing writes.
unsafe fn copy_of(head: &[u8], range: Range<*const u8>) -> Result<Vec<u8>> {
    let length = range.end.addr() - range.start.addr();
    let mut bytes = try_with_capacity(head.len() + length + AROUND)?;
    bytes.extend_from_slice(head);
    // SAFETY: the caller says that it is the range of a slice.
    bytes.extend_from_slice(unsafe { std::slice::from_raw_parts(range.start, length) });
    Ok(bytes)
}

/// Joins parts and adds the seal. Fails with `Limit` where the process cannot allocate them.
pub(crate) fn packed(parts: &[&[u8]]) -> Result<Vec<u8>> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut bytes = try_with_capacity(length + SEAL)?;
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    seal(bytes)
}

/// Adds the seal. Fails with `Limit` where the process cannot allocate it.
pub(crate) fn seal(mut bytes: Vec<u8>) -> Result<Vec<u8>> {
    reserve(&mut bytes, SEAL)?;
    let hash = Sha256::digest(&bytes);
    bytes.extend_from_slice(&hash);
    bytes.extend_from_slice(MARK);
    Ok(bytes)
}

fn reserve(bytes: &mut Vec<u8>, more: usize) -> Result<()> {
    let length = bytes.len();
    let reason = || format!("there is no room for a compiled module of {length} bytes");
    bytes.try_reserve_exact(more).map_err(|_| WasmtimeError::limit(reason()))
}

/// The bytes within the seal. Fails with `Artifact` where it is broken.
pub(crate) fn open(artifact: &[u8], sort: Sort) -> Result<&[u8]> {
    let (bytes, hash) = artifact
        .strip_suffix(MARK)
        .and_then(|rest| rest.split_at_checked(rest.len().checked_sub(HASH)?))
        .ok_or_else(|| none_of_ours(artifact, sort))?;
    if Sha256::digest(bytes).as_slice() == hash {
        return Ok(bytes);
    }
    let what = sort.word();
    let reason = format!("the compiled {what} is damaged, its checksum differs: compile the {what} again");
    Err(WasmtimeError::Artifact { reason })
}

fn none_of_ours(bytes: &[u8], sort: Sort) -> WasmtimeError {
    let what = sort.word();
    let reason = match Sort::of_binary(bytes) {
        Some(found) => format!(
            "this is a WebAssembly {} that is not compiled: make a {} of it, and serialize that",
            found.word(),
            found.class()
        ),
        None => format!("not a compiled {what} of this library, or cut short: compile the {what} again"),
    };
    WasmtimeError::Artifact { reason }
}
