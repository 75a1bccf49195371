//! How the bytes of modules begin, of each kind that there is.

use crate::errors::spelling::Spelled;

/// The binary format.
pub(super) const BINARY: &[u8] = b"\0asm";

/// A compiled module: an ELF file.
pub(super) const COMPILED: &[u8] = b"\x7fELF";

/// A packed module, of any version.
const PACKED: &[u8] = b"trimaran module ";

/// What is no module of either format.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Compiled,
    Packed,
}

impl Kind {
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let kinds = [(COMPILED, Self::Compiled), (PACKED, Self::Packed)];
        kinds.into_iter().find_map(|(begin, kind)| bytes.starts_with(begin).then_some(kind))
    }

    /// What it is, and which method takes it.
    pub(super) fn advice(self) -> String {
        let (what, method) = match self {
            Self::Compiled => ("compiled", Spelled("deserialize")),
            Self::Packed => ("packed", Spelled("unpack")),
        };
        format!("this is a {what} module: make a module of it by {method}")
    }
}
