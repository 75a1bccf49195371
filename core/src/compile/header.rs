//! The header of a compiled module, which says for which version and configuration it was made.
//!
//! Wasmtime holds it against an engine only where it loads the machine code as well. So the header is put into an empty module
//! of the engine's own, and that one is loaded.

use std::ops::Range;
use std::sync::OnceLock;

use crate::compile::threads;
use crate::{Result, WasmtimeError};

/// A module without anything in it, as one engine compiles it.
#[derive(Default)]
pub(crate) struct Empty(OnceLock<Vec<u8>>);

/// Where wasmtime's header is.
const SECTION: &[u8] = b".wasmtime.engine";

impl Empty {
    /// Fails with `Artifact` where the engine does not take what `code`, a compiled module of wasmtime's, says of itself.
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
        // SAFETY: it is machine code of this engine's own, and wasmtime reads the header as one that may be of any version.
        let loaded = unsafe { wasmtime::Module::deserialize(engine, mixed) };
        loaded.map(drop).map_err(|error| WasmtimeError::no_code(error, |reason| WasmtimeError::Artifact { reason }))
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
    /// Where the table of sections has its entry.
    entry: usize,
    content: Range<usize>,
}

impl Section {
    /// In an entry of the table: where the content is, and behind that its size.
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

    /// The file with another content of this section, behind everything else.
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
