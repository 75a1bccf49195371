//! The seal on a compiled module: wasmtime would run one with flipped bits.
//!
//! A sealed thing is its bytes, their SHA-256, and a mark that says that this is one of ours. Of a module, the bytes are
//! wasmtime's and, in 24 bytes behind them, what wasmtime does not tell: how large its shared memories may grow, and how it
//! differs from its file.

use sha2::{Digest, Sha256};

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
    /// With the seal.
    pub(crate) fn seal(self) -> Vec<u8> {
        let mut bytes = self.code;
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

/// Adds the seal.
pub(crate) fn seal(mut bytes: Vec<u8>) -> Vec<u8> {
    let hash = Sha256::digest(&bytes);
    bytes.extend_from_slice(&hash);
    bytes.extend_from_slice(MARK);
    bytes
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
