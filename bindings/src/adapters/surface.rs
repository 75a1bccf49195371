//! What crosses as UniFFI's bytes: records, enums, lists of them, and the error.

use trimaran::adapter::spell_in_camel_case;
use trimaran::{Result, UniFfiTag, WasmtimeError};
use uniffi::{Lift, Lower};

/// The bytes of a value. An object in it becomes a handle that is the package's own.
pub(super) fn serialised<T: Lower<UniFfiTag>>(value: T) -> Vec<u8> {
    let mut bytes = Vec::new();
    T::write(value, &mut bytes);
    bytes
}

/// The value of bytes that the package has written. A handle in them is used up.
pub(super) fn parsed<T: Lift<UniFfiTag>>(mut bytes: &[u8]) -> Result<T> {
    // Kotlin and Swift alone send bytes, and an engine's configuration before all else that an error names a setting of.
    spell_in_camel_case();
    T::try_read(&mut bytes).map_err(|error| WasmtimeError::Unexpected { reason: error.to_string() })
}

/// An error: its sentence for a person, and then itself. A trap is asked for its sentence when somebody reads it: that has the lines
/// of the guest's source.
#[cfg(not(target_os = "ios"))]
pub(super) fn told(error: WasmtimeError) -> Vec<u8> {
    let mut bytes = Vec::new();
    let sentence = if matches!(error, WasmtimeError::Trap { .. }) { String::new() } else { error.text() };
    <String as Lower<UniFfiTag>>::write(sentence, &mut bytes);
    <WasmtimeError as Lower<UniFfiTag>>::write(error, &mut bytes);
    bytes
}
