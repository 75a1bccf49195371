//! The seal on a compiled module: wasmtime would run one with flipped bits.
//!
//! An artifact is wasmtime's bytes, their SHA-256, and a mark that says that this is one of ours.

use sha2::{Digest, Sha256};

use crate::{Result, WasmtimeError};

const MARK: &[u8; 8] = b"trimaran";
const HASH: usize = 32;

/// Adds the seal.
pub(crate) fn seal(mut code: Vec<u8>) -> Vec<u8> {
    let hash = Sha256::digest(&code);
    code.extend_from_slice(&hash);
    code.extend_from_slice(MARK);
    code
}

/// The bytes inside, or `Artifact` where the seal is broken.
pub(crate) fn open(artifact: &[u8]) -> Result<&[u8]> {
    let refuse = |reason: &str| WasmtimeError::Artifact { reason: reason.to_owned() };
    let sealed = artifact
        .strip_suffix(MARK)
        .and_then(|rest| rest.split_at_checked(rest.len().checked_sub(HASH)?))
        .ok_or_else(|| refuse("not a compiled module of this library, or cut short: compile the module again"))?;
    let (code, hash) = sealed;
    if Sha256::digest(code).as_slice() == hash {
        Ok(code)
    } else {
        Err(refuse("the compiled module is damaged, its checksum differs: compile the module again"))
    }
}
