//! What wasmtime has no place for, by the module that it belongs to.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use crate::process::fork;

/// Notes of modules, by where their machine code is. That belongs to one module at a time, and what is known of it is written
/// anew for each. So this has at most as many as there ever were at once.
pub(crate) struct Notes<T> {
    all: RwLock<BTreeMap<usize, T>>,
    /// Whether there ever was one. Where there was none, nothing takes the lock.
    has_any: AtomicBool,
}

impl<T: Clone> Notes<T> {
    pub(crate) const fn none() -> Self {
        Self { all: RwLock::new(BTreeMap::new()), has_any: AtomicBool::new(false) }
    }

    /// Notes what is known of the new module whose code is at `place`, if anything is.
    pub(crate) fn set(&self, place: usize, what: Option<T>) {
        if what.is_none() && !self.has_any.load(Ordering::Acquire) {
            return;
        }
        let _held = fork::hold();
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        match what {
            Some(what) => _ = all.insert(place, what),
            None => _ = all.remove(&place),
        }
        self.has_any.store(true, Ordering::Release);
    }

    /// What is known of the module whose code is at `place`.
    pub(crate) fn get(&self, place: usize) -> Option<T> {
        if !self.has_any.load(Ordering::Acquire) {
            return None;
        }
        let _held = fork::hold();
        self.all.read().unwrap_or_else(PoisonError::into_inner).get(&place).cloned()
    }
}
