//! Texts of the system, which need not be UTF-8.

use std::ffi::OsString;

/// The bytes of a text of the system.
pub(crate) fn bytes(text: OsString) -> Vec<u8> {
    #[cfg(unix)]
    return std::os::unix::ffi::OsStringExt::into_vec(text);
    #[cfg(not(unix))]
    return text.to_string_lossy().into_owned().into_bytes();
}
