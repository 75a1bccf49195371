//! How the bytes of modules and of components begin, of each kind that there is.

use wasmtime::Precompiled;

use crate::errors::spelling::Spelled;
use crate::{Result, WasmtimeError};

/// The binary format.
pub(super) const BINARY: &[u8] = b"\0asm";

/// A compiled module or component: an ELF file.
pub(super) const COMPILED: &[u8] = b"\x7fELF";

/// What is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Module,
    Component,
}

impl Sort {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Component => "component",
        }
    }

    /// What its class is called, in each language.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Module => "Module",
            Self::Component => "Component",
        }
    }

    /// What bytes in the binary format are; none of another version of it.
    pub(super) fn of_binary(binary: &[u8]) -> Option<Self> {
        match binary.strip_prefix(BINARY)?.first_chunk()? {
            // The version of a module, and the version of a component with the layer that stands behind it.
            [1, 0, 0, 0] => Some(Self::Module),
            [_, _, 1, 0] => Some(Self::Component),
            _ => None,
        }
    }

    /// Fails with `Compile` where bytes in the binary format are the other one.
    pub(crate) fn check(self, binary: &[u8]) -> Result<()> {
        let reason = match (self, Self::of_binary(binary)) {
            (Self::Module, Some(Self::Component)) => "this is a component, and no core module: make a Component of it",
            (Self::Component, Some(Self::Module)) => "this is a core module, and no component: make a Module of it",
            _ => return Ok(()),
        };
        Err(WasmtimeError::Compile { reason: reason.to_owned() })
    }
}

/// What is no module and no component of either format.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Compiled(Sort),
    Packed(Sort),
}

impl Kind {
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(COMPILED) {
            return Some(Self::Compiled(match wasmtime::Engine::detect_precompiled(bytes) {
                Some(Precompiled::Component) => Sort::Component,
                Some(Precompiled::Module) | None => Sort::Module,
            }));
        }
        // Of any version.
        let packed: [(&[u8], Sort); 2] =
            [(b"trimaran module ", Sort::Module), (b"trimaran component ", Sort::Component)];
        packed.into_iter().find_map(|(begin, sort)| bytes.starts_with(begin).then_some(Self::Packed(sort)))
    }

    /// What it is: `compiled component`.
    pub(crate) fn words(self) -> String {
        match self {
            Self::Compiled(sort) => format!("compiled {}", sort.word()),
            Self::Packed(sort) => format!("packed {}", sort.word()),
        }
    }

    /// What it is, and which method takes it.
    pub(super) fn advice(self) -> String {
        let (sort, method) = match self {
            Self::Compiled(sort) => (sort, Spelled("deserialize")),
            Self::Packed(sort) => (sort, Spelled("unpack")),
        };
        format!("this is a {}: make a {} of it by {method}", self.words(), sort.word())
    }
}
