//! Room for what a guest or a caller chooses the size of: there may be none.

use crate::{Result, WasmtimeError};

/// An empty vector with room for so many bytes, or `Limit`.
pub(crate) fn with_room(length: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reserve(length, |length| bytes.try_reserve_exact(length).is_ok())?;
    Ok(bytes)
}

/// Room for a copy of so many bytes, or `Limit`: more than the surface can carry at once, or than the machine has.
pub(crate) fn reserve(length: usize, has_room: impl FnOnce(usize) -> bool) -> Result<()> {
    const GREATEST: usize = i32::MAX as usize;
    match length {
        0..=GREATEST if has_room(length) => Ok(()),
        0..=GREATEST => Err(WasmtimeError::limit(format!("there is no room for a copy of {length} bytes"))),
        _ => Err(WasmtimeError::limit(format!(
            "a copy of {length} bytes is too large: take at most {GREATEST} bytes at once"
        ))),
    }
}
