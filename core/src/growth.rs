//! Growth: what a store lets its memories and tables do, and how many of each there may be.

use std::sync::Arc;

use wasmtime::ResourceLimiter;

use crate::access::Pins;
use crate::error::HostError;
use crate::{WasmtimeError, planted};

/// What the guests of a store may use at most. What is not set has no limit but the machine's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, uniffi::Record)]
pub struct StoreLimits {
    /// The size of each memory, and of the store's heap of garbage-collected values, in bytes.
    #[uniffi(default)]
    pub memory_size: Option<u64>,
    /// The size of each table, in elements.
    #[uniffi(default)]
    pub table_elements: Option<u64>,
    /// How many instances there may be in all; each counts until the store goes.
    #[uniffi(default)]
    pub instances: Option<u64>,
    /// How many tables the instances may define in all. Those that the host makes do not count.
    #[uniffi(default)]
    pub tables: Option<u64>,
    /// How many memories the instances may define in all. Those that the host makes do not count.
    #[uniffi(default)]
    pub memories: Option<u64>,
    /// Whether a guest that asks for more fails with `Limit`, where it would be given -1.
    #[uniffi(default = false)]
    pub trap_on_grow_failure: bool,
}

/// Refuses what passes a limit, and what would move a memory's bytes while somebody looks at them.
pub(crate) struct Growth {
    /// Who looks.
    pins: Arc<Pins>,
    /// How large a memory may become without moving, in bytes.
    reserved: u64,
    limits: StoreLimits,
}

impl Growth {
    pub(crate) fn new(reserved: u64) -> Self {
        Self { pins: Pins::new(), reserved, limits: StoreLimits::default() }
    }

    pub(crate) fn set_limits(&mut self, limits: StoreLimits) {
        self.limits = limits;
    }

    /// Whether something may become so large, or why not where that has to be said.
    fn allows(&self, what: &str, unit: &str, limit: Option<u64>, desired: usize) -> wasmtime::Result<bool> {
        let Some(limit) = limit.filter(|limit| desired as u64 > *limit) else { return Ok(true) };
        if self.limits.trap_on_grow_failure {
            let reason = format!("the store's limit for a {what} is {limit} {unit}: {desired} were asked for");
            return Err(wasmtime::Error::new(HostError(WasmtimeError::Limit { reason })));
        }
        Ok(false)
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
        planted::panic_at("limiter");
        // Nobody looks at the bytes of a memory that has none: it is being made, or it is empty.
        let moves = current != 0 && current != desired && self.refuses(desired as u64);
        Ok(!moves && self.allows("memory", "bytes", self.limits.memory_size, desired)?)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        self.allows("table", "elements", self.limits.table_elements, desired)
    }

    fn instances(&self) -> usize {
        count(self.limits.instances)
    }

    fn tables(&self) -> usize {
        count(self.limits.tables)
    }

    fn memories(&self) -> usize {
        count(self.limits.memories)
    }
}

fn count(limit: Option<u64>) -> usize {
    limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX)
}
