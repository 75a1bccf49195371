//! Where code of a module that was rewritten stands in the file that was given.
//!
//! Wasmtime tells of the module that it has compiled, and has no place for more. A module whose waits can be interrupted is
//! a copy, whose code stands further behind: see `core/src/interruption/waits.rs`.

use crate::traps::notes::Notes;

/// How a copy differs from its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moved {
    /// How much further behind its code stands, in bytes.
    pub(crate) by: u64,
    /// How many functions the file has, those that it imports among them. The copy has more.
    pub(crate) functions: u64,
}

static COPIES: Notes<Moved> = Notes::none();

/// Notes of a new module whether it is a copy.
pub(crate) fn note(module: &wasmtime::Module, moved: Option<Moved>) {
    COPIES.set(module.image_range().start.addr(), moved);
}

/// How that module differs from its file, if it is a copy.
pub(crate) fn of(module: &wasmtime::Module) -> Option<Moved> {
    COPIES.get(module.image_range().start.addr())
}
