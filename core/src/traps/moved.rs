//! Where code of a module that was rewritten stands in the file that was given.
//!
//! Wasmtime tells of the module that it has compiled, and has no place for more. A module whose waits can be interrupted is
//! a copy, whose code stands further behind: see `core/src/interruption/waits.rs`.

use std::collections::BTreeMap;
use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::process::fork;

/// How a copy differs from its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moved {
    /// How much further behind its code stands, in bytes.
    pub(crate) by: u64,
    /// How many functions the file has, those that it imports among them. The copy has more.
    pub(crate) functions: u64,
}

/// The modules that are copies, by where their machine code is. That belongs to one module at a time, and what is known of it is
/// written anew for each. So this has at most as many as there ever were at once.
static COPIES: RwLock<BTreeMap<usize, Moved>> = RwLock::new(BTreeMap::new());

/// Whether there ever was one. Where there was none, nothing takes the lock.
static HAS_COPIES: AtomicBool = AtomicBool::new(false);

/// Notes of a new module whether it is a copy.
pub(crate) fn note(module: &wasmtime::Module, moved: Option<Moved>) {
    if moved.is_none() && !HAS_COPIES.load(Ordering::Acquire) {
        return;
    }
    let place = module.image_range().start.addr();
    let _held = fork::hold();
    let mut copies = COPIES.write().unwrap_or_else(std::sync::PoisonError::into_inner);
    match moved {
        Some(moved) => _ = copies.insert(place, moved),
        None => _ = copies.remove(&place),
    }
    HAS_COPIES.store(true, Ordering::Release);
}

/// How that module differs from its file, if it is a copy.
pub(crate) fn of(module: &wasmtime::Module) -> Option<Moved> {
    if !HAS_COPIES.load(Ordering::Acquire) {
        return None;
    }
    let place = module.image_range().start.addr();
    let _held = fork::hold();
    COPIES.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(&place).copied()
}
