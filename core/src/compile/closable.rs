//! A value that can be closed: after `close`, getting it fails with `Closed`.

use std::sync::{PoisonError, RwLock};

use crate::{Result, WasmtimeError};

/// Holds a cheaply cloned value until it is closed.
pub(crate) struct Closable<T> {
    what: &'static str,
    value: RwLock<Option<T>>,
}

impl<T: Clone> Closable<T> {
    pub(crate) fn new(what: &'static str, value: T) -> Self {
        Self { what, value: RwLock::new(Some(value)) }
    }

    /// A clone of the value, so that a use in flight outlives a close on another thread.
    pub(crate) fn get(&self) -> Result<T> {
        self.value
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .ok_or_else(|| WasmtimeError::Closed { what: self.what.to_owned() })
    }

    /// Lets go of the value. Closing twice does nothing.
    pub(crate) fn close(&self) {
        // This drops the value after it has released the lock.
        let value = self.value.write().unwrap_or_else(PoisonError::into_inner).take();
        drop(value);
    }
}
