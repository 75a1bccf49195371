//! The seal on a compiled module: wasmtime would run one with flipped bits.
//!
//! A sealed thing is its bytes, their SHA-256, and a mark that says that this is one of ours. Of a module, the bytes are
//! wasmtime's and, in 24 bytes behind them, what wasmtime does not tell: how large its shared memories may grow, and how it
//! differs from its file.

use sha2::{Digest, Sha256};

use crate::compile::file;
use crate::process::heap::with_room;
use crate::traps::moved::Moved;
use crate::{Result, WasmtimeError};

const MARK: &[u8; 8] = b"trimaran";
const HASH: usize = 32;

/// A compiled module.
#[derive(Clone, Copy)]
pub(crate) struct Code<C> {
    /// Wasmtime's bytes.
    pub(crate) code: C,
    /// What `growth::shared_memories` says of it.
    pub(crate) shared: u64,
    /// How it differs from its file, if it does.
    pub(crate) moved: Option<Moved>,
}

impl Code<Vec<u8>> {
    /// With the seal. Fails with `Limit` where there is no room for it.
    pub(crate) fn seal(self) -> Result<Vec<u8>> {
        let mut bytes = self.code;
        reserve(&mut bytes, AROUND)?;
        // A module that waits has a function: none differs in nothing.
        let Moved { by, functions } = self.moved.unwrap_or(Moved { by: 0, functions: 0 });
        bytes.extend([self.shared, by, functions].iter().flat_map(|number| number.to_le_bytes()));
        seal(bytes)
    }
}

impl<'a> Code<&'a [u8]> {
    /// What is inside of the seal, or `Artifact` where that is broken.
    pub(crate) fn open(artifact: &'a [u8]) -> Result<Self> {
        let (mut code, mut numbers) = (open(artifact)?, [0; 3]);
        for number in numbers.iter_mut().rev() {
            let (rest, bytes) = code.split_last_chunk().ok_or_else(none_of_ours)?;
            (code, *number) = (rest, u64::from_le_bytes(*bytes));
        }
        let [shared, by, functions] = numbers;
        Ok(Self { code, shared, moved: (functions > 0).then_some(Moved { by, functions }) })
    }
}

/// How large a file may be that begins with these bytes, and what it is then. Fails with `Artifact` where no compiled module of
/// wasmtime's does.
pub(crate) fn size(head: &[u8]) -> Result<(u64, &'static str)> {
    /// An ELF file.
    const BEGIN: &[u8] = b"\x7fELF";
    if head.starts_with(BEGIN) { Ok((file::ARTIFACT, "compiled module")) } else { Err(none_of_ours()) }
}

/// What the seal adds, in bytes.
const SEAL: usize = HASH + MARK.len();

/// What sealing a module's code adds, in bytes.
const AROUND: usize = 3 * size_of::<u64>() + SEAL;

/// The bytes of a compiled module behind `head`, with room for the seal: what `wasmtime::Module::serialize` gives, which ends
/// the process where there is no room. Fails with `Limit` then.
pub(crate) fn image(head: &[u8], module: &wasmtime::Module) -> Result<Vec<u8>> {
    let range = module.image_range();
    let length = range.end.addr() - range.start.addr();
    let mut bytes = with_room(head.len() + length + AROUND)?;
    bytes.extend_from_slice(head);
    // SAFETY: wasmtime gives the range of its own slice of bytes, which stays for as long as the module, and nobody writes it
    // once the module is there.
    bytes.extend_from_slice(unsafe { std::slice::from_raw_parts(range.start, length) });
    Ok(bytes)
}

/// Parts behind each other, with the seal. Fails with `Limit` where there is no room for them.
pub(crate) fn packed(parts: &[&[u8]]) -> Result<Vec<u8>> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut bytes = with_room(length + SEAL)?;
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    seal(bytes)
}

/// Adds the seal. Fails with `Limit` where there is no room for it.
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

/// The bytes inside, or `Artifact` where the seal is broken.
pub(crate) fn open(artifact: &[u8]) -> Result<&[u8]> {
    let (bytes, hash) = artifact
        .strip_suffix(MARK)
        .and_then(|rest| rest.split_at_checked(rest.len().checked_sub(HASH)?))
        .ok_or_else(none_of_ours)?;
    if Sha256::digest(bytes).as_slice() == hash {
        return Ok(bytes);
    }
    let reason = "the compiled module is damaged, its checksum differs: compile the module again".to_owned();
    Err(WasmtimeError::Artifact { reason })
}

fn none_of_ours() -> WasmtimeError {
    let reason = "not a compiled module of this library, or cut short: compile the module again".to_owned();
    WasmtimeError::Artifact { reason }
}
