//! Growth: what a store lets its memories do.

use std::sync::Arc;

use wasmtime::ResourceLimiter;

use crate::access::Pins;

/// Refuses what would move a memory's bytes while somebody looks at them.
pub(crate) struct Growth {
    /// Who looks.
    pins: Arc<Pins>,
    /// How large a memory may become without moving, in bytes.
    reserved: u64,
}

impl Growth {
    pub(crate) fn new(reserved: u64) -> Self {
        Self { pins: Pins::new(), reserved }
    }

    pub(crate) fn pins(&self) -> Arc<Pins> {
        Arc::clone(&self.pins)
    }

    /// Whether a memory that has bytes may become so large now.
    pub(crate) fn refuses(&self, desired: u64) -> bool {
        desired > self.reserved && self.pins.any()
    }
}

impl ResourceLimiter for Growth {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        // Nobody looks at the bytes of a memory that has none: it is being made, or it is empty.
        Ok(current == 0 || current == desired || !self.refuses(desired as u64))
    }

    fn table_growing(&mut self, _current: usize, _desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(true)
    }

    fn instances(&self) -> usize {
        usize::MAX
    }

    fn tables(&self) -> usize {
        usize::MAX
    }

    fn memories(&self) -> usize {
        usize::MAX
    }
}
