//! The header of a compiled module, which says for which version and configuration it was made.
//!
//! Wasmtime compares it with an engine only when it loads the machine code as well. So this file puts the header into an empty
//! module that the same engine has compiled, and has wasmtime load that one.

use std::ops::Range;
use std::sync::OnceLock;

use crate::compile::{artifact, threads};
use crate::{Result, WasmtimeError};

/// The empty module, compiled by one engine.
#[derive(Default)]
pub(crate) struct Empty(OnceLock<Vec<u8>>);

/// The section with wasmtime's header.
const SECTION: &[u8] = b".wasmtime.engine";

impl Empty {
    /// Fails with `Artifact` unless the engine accepts the header of `code`, which wasmtime has compiled.
    pub(crate) fn check(&self, engine: &wasmtime::Engine, is_parallel: bool, code: &[u8]) -> Result<()> {
        let refuse = |reason: &str| WasmtimeError::Artifact { reason: reason.to_owned() };
        if !matches!(wasmtime::Engine::detect_precompiled(code), Some(wasmtime::Precompiled::Module)) {
            return Err(refuse("no module that wasmtime has compiled"));
        }
        let header = Section::find(code).and_then(|section| code.get(section.content));
        let header = header.ok_or_else(|| refuse("the compiled module has no header"))?;
        let own = self.get(engine, is_parallel)?;
        let mixed = Section::find(own).and_then(|section| section.replaced(own, header));
        let mixed = mixed.ok_or_else(|| refuse("this engine's modules have no header"))?;
        // SAFETY: `deserialize` wants bytes that wasmtime has made. The machine code is this engine's own, and wasmtime checks
        // the header, which may be of any version.
        let loaded = unsafe { wasmtime::Module::deserialize(engine, mixed) };
        loaded.map(drop).map_err(artifact::refused)
    }

    fn get(&self, engine: &wasmtime::Engine, is_parallel: bool) -> Result<&[u8]> {
        if let Some(code) = self.0.get() {
            return Ok(code);
        }
        let code = threads::run(is_parallel, || engine.precompile_module(b"\0asm\x01\0\0\0"))?;
        let code = code.map_err(|error| WasmtimeError::no_code(error, |reason| WasmtimeError::Artifact { reason }))?;
        Ok(self.0.get_or_init(|| code))
    }
}

/// A section of an ELF file of 64 bits, in little-endian order.
struct Section {
    /// The offset of its entry in the table of sections.
    entry: usize,
    content: Range<usize>,
}

impl Section {
    /// The offset within an entry of the content's offset, which its size follows.
    const PLACE: usize = 24;

    fn find(file: &[u8]) -> Option<Self> {
        let (table, width) = (long(file, 40)?, short(file, 58)?);
        let (count, names) = (short(file, 60)?, short(file, 62)?);
        let entry = |index: usize| table.checked_add(index.checked_mul(width)?);
        let content = |entry: usize| {
            let place = entry.checked_add(Self::PLACE)?;
            let start = long(file, place)?;
            Some(start..start.checked_add(long(file, place + 8)?)?)
        };
        let names = file.get(content(entry(names)?)?)?;
        (0..count).find_map(|index| {
            let entry = entry(index)?;
            let name = names.get(number::<4>(file, entry)?..)?;
            let is_it = name.strip_prefix(SECTION).is_some_and(|rest| rest.first() == Some(&0));
            is_it.then_some(())?;
            Some(Self { entry, content: content(entry)? })
        })
    }

    /// The file with `content` at its end, and with this section's entry pointing to that.
    fn replaced(&self, file: &[u8], content: &[u8]) -> Option<Vec<u8>> {
        let mut mixed = [file, content].concat();
        let place = self.entry + Self::PLACE;
        let entry = mixed.get_mut(place..place.checked_add(16)?)?;
        let (start, size) = entry.split_at_mut(8);
        start.copy_from_slice(&(file.len() as u64).to_le_bytes());
        size.copy_from_slice(&(content.len() as u64).to_le_bytes());
        Some(mixed)
    }
}

fn long(file: &[u8], at: usize) -> Option<usize> {
    number::<8>(file, at)
}

fn short(file: &[u8], at: usize) -> Option<usize> {
    number::<2>(file, at)
}

fn number<const N: usize>(file: &[u8], at: usize) -> Option<usize> {
    let mut bytes = [0; 8];
    bytes.get_mut(..N)?.copy_from_slice(file.get(at..at.checked_add(N)?)?);
    usize::try_from(u64::from_le_bytes(bytes)).ok()
}
