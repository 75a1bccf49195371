//! The engine: what compiles modules, and what they share.

use std::sync::Arc;

use crate::closable::Closable;
use crate::{Config, Result, WasmtimeError};

/// Compiles modules, and is shared by everything that is made from them.
///
/// An engine may be used from any thread. Objects of different engines do not fit together.
#[derive(uniffi::Object)]
pub struct Engine {
    inner: Closable<wasmtime::Engine>,
    guest_stack: usize,
    reserved: u64,
}

#[uniffi::export]
impl Engine {
    /// Makes an engine. Fails with `Config` where settings exclude each other or the machine lacks something.
    #[uniffi::constructor]
    pub fn new(config: Config) -> Result<Arc<Self>> {
        let engine = wasmtime::Engine::new(&config.to_wasmtime()?)
            .map_err(|error| WasmtimeError::Config { reason: crate::error::chain(&error) })?;
        let (guest_stack, reserved) = (config.guest_stack(), config.reserved());
        Ok(Arc::new(Self { inner: Closable::new("engine", engine), guest_stack, reserved }))
    }

    /// Moves the epoch on by one: guests whose deadline it passes are interrupted, if
    /// `Config.epoch_interruption` is set. May be called from any thread.
    pub fn increment_epoch(&self) -> Result<()> {
        self.get()?.increment_epoch();
        Ok(())
    }

    /// Whether guests run on the portable interpreter.
    pub fn is_pulley(&self) -> Result<bool> {
        Ok(self.get()?.is_pulley())
    }

    /// Closes the engine: it can no longer be used. What was made with it goes on working.
    /// Closing twice does nothing.
    pub fn release(&self) -> Result<()> {
        self.inner.close();
        Ok(())
    }
}

impl Engine {
    /// What guests may use of a stack, in bytes.
    pub(crate) fn guest_stack(&self) -> usize {
        self.guest_stack
    }

    /// How large a memory may become without moving, in bytes.
    pub(crate) fn reserved(&self) -> u64 {
        self.reserved
    }

    pub(crate) fn get(&self) -> Result<wasmtime::Engine> {
        self.inner.get()
    }
}
