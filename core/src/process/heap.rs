//! Memory for what a guest or a caller chooses the size of. An allocation may fail; it must not end the process.

use crate::{Result, WasmtimeError};

/// An empty vector with a capacity of `length` bytes. Fails with `Limit`.
pub(crate) fn try_with_capacity(length: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reserve(length, |length| bytes.try_reserve_exact(length).is_ok())?;
    Ok(bytes)
}

/// Has `try_reserve` reserve memory for a copy of `length` bytes. Fails with `Limit` where that is more than crosses to a
/// language at once, or than the process can allocate.
pub(crate) fn reserve(length: usize, try_reserve: impl FnOnce(usize) -> bool) -> Result<()> {
    const GREATEST: usize = i32::MAX as usize;
    match length {
        0..=GREATEST if try_reserve(length) => Ok(()),
        0..=GREATEST => Err(WasmtimeError::limit(format!("there is no room for a copy of {length} bytes"))),
        _ => Err(WasmtimeError::limit(format!(
            "a copy of {length} bytes is too large: take at most {GREATEST} bytes at once"
        ))),
    }
}
