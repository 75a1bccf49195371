//! The limiter of a store: what wasmtime asks before a memory or table grows, and how many of each there may be.

use std::sync::Arc;

use trimaran_gate::Pins;
use wasmtime::ResourceLimiter;

use crate::errors::counted;
use crate::errors::spelling::Spelled;
use crate::process::failpoint;
use crate::process::native_pressure::HeldBytes;
use crate::traps::carried::HostError;
use crate::{Result, StoreLimits, WasmtimeError};

/// How many instances, tables and memories wasmtime counts that are not there: see `stores/refusal.rs`.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) instances: usize,
    pub(crate) tables: usize,
    pub(crate) memories: usize,
}

/// What wasmtime counts, in the order in which it does so.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Instance,
    Memory,
    Table,
}

/// Refuses growth past a limit, and growth that would move a memory while a view shows its bytes.
pub(crate) struct StoreLimiter {
    /// The views of this store's memories.
    pins: Arc<Pins>,
    /// How large a memory may become without moving, in bytes.
    reserved: u64,
    limits: StoreLimits,
    /// Whether guests may make stacks, whose size wasmtime does not ask about.
    switches_stacks: bool,
    /// How large the shared memories that instances have may grow, in bytes.
    shared: u64,
    /// The bytes that the store holds. A language's garbage collector needs to know.
    held: HeldBytes,
    /// What wasmtime counts, and is not there.
    pub(crate) returned: Taken,
}

impl StoreLimiter {
    pub(crate) fn new(reserved: u64, switches_stacks: bool) -> Self {
        let (pins, limits, held) = (Pins::new(), StoreLimits::default(), HeldBytes::default());
        Self { pins, reserved, limits, switches_stacks, shared: 0, held, returned: Taken::default() }
    }

    /// Sets the limits. Fails with `Config` or `Limit` where guests could pass them.
    pub(crate) fn set_limits(&mut self, limits: StoreLimits) -> Result<()> {
        if let Some(limit) = limits.memory_size {
            if self.switches_stacks {
                let (size, switching) = (Spelled("memory_size"), Spelled("wasm_stack_switching"));
                let reason =
                    format!("{size} does not bound the stacks that guests make: make the engine without {switching}");
                return Err(WasmtimeError::Config { reason });
            }
            if self.shared > limit {
                return Err(WasmtimeError::limit(format!(
                    "the store has a shared memory that may grow to {} bytes without the store being asked: set the limit of \
                     {limit} bytes before there is such an instance",
                    self.shared
                )));
            }
        }
        self.limits = limits;
        Ok(())
    }

    /// Admits an instance whose shared memories may grow to `shared` bytes, about which wasmtime does not ask.
    pub(crate) fn admit(&mut self, shared: u64) -> Result<()> {
        if let Some(limit) = self.limits.memory_size.filter(|limit| shared > *limit) {
            return Err(WasmtimeError::limit(format!(
                "a shared memory of the module may grow to {shared} bytes, and the store's limit for a memory is {limit} bytes: \
                 give it a smaller maximum, or the store a greater limit"
            )));
        }
        self.shared = self.shared.max(shared);
        Ok(())
    }

    /// Fails where guests begin with so many file descriptors.
    pub(crate) fn admit_descriptors(&self, descriptors: u64) -> Result<()> {
        match self.limits.file_descriptors {
            Some(limit) if descriptors > limit => Err(WasmtimeError::limit(format!(
                "the three standard streams and the granted directories are {descriptors} file descriptors: the store's \
                 limits allow {limit}"
            ))),
            _ => Ok(()),
        }
    }

    /// Whether guests that have `descriptors` file descriptors may open another one.
    pub(crate) fn may_open(&self, descriptors: u64) -> bool {
        self.limits.file_descriptors.is_none_or(|limit| descriptors < limit)
    }

    /// Whether a memory or table may grow to `desired`. Fails where the limits say that growth fails with `Limit`.
    fn allows(&self, what: &str, unit: &str, limit: Option<u64>, desired: usize) -> wasmtime::Result<bool> {
        let Some(limit) = limit.filter(|limit| desired as u64 > *limit) else { return Ok(true) };
        if self.limits.trap_on_grow_failure {
            return Err(limited(format!("{}: {desired} were asked for", is_limit(what, limit, unit))));
        }
        Ok(false)
    }

    /// The store's limit for a memory, in words, if it forbids a memory of so many bytes.
    pub(crate) fn forbids_memory(&self, desired: u128) -> Option<String> {
        self.limits
            .memory_size
            .filter(|limit| desired > u128::from(*limit))
            .map(|limit| is_limit("memory", limit, "byte"))
    }

    /// The store's limit for a table, in words, if it forbids a table of so many elements.
    pub(crate) fn forbids_table(&self, desired: Option<u64>) -> Option<String> {
        let limit = self.limits.table_elements.filter(|limit| desired.is_none_or(|desired| desired > *limit));
        limit.map(|limit| is_limit("table", limit, "element"))
    }

    /// The limit that a new memory or table passes, in words, if wasmtime's error says that it passes one.
    pub(crate) fn too_large(&self, error: &wasmtime::Error) -> Option<wasmtime::Error> {
        let words = error.to_string();
        let asked = |what: &str| words.strip_prefix(what)?.strip_prefix(" minimum size of ")?.split_once(" exceeds ");
        let (limit, (asked, _)) = match (asked("memory"), asked("table")) {
            (Some(asked), _) => (is_limit("memory", self.limits.memory_size?, "byte"), asked),
            (_, Some(asked)) => (is_limit("table", self.limits.table_elements?, "element"), asked),
            _ => return None,
        };
        Some(limited(format!("{limit}: {asked} were asked for")))
    }

    /// The limit that another one of this kind passes, in words. There would be `number` of them.
    pub(crate) fn too_many(&self, kind: Kind, number: Option<usize>) -> Option<wasmtime::Error> {
        let (limit, things) = match kind {
            Kind::Instance => (self.limits.instances?, "instances"),
            Kind::Memory => (self.limits.memories?, "memories"),
            Kind::Table => (self.limits.tables?, "tables"),
        };
        Some(limited(format!("the store's limit for {things} is {limit}: there would be {}", number?)))
    }

    pub(crate) fn pins(&self) -> Arc<Pins> {
        Arc::clone(&self.pins)
    }

    /// Whether a view forbids that a memory with bytes grows to `desired`, since it would move.
    pub(crate) fn refuses(&self, desired: u64) -> bool {
        desired > self.reserved && self.pins.any()
    }
}

impl ResourceLimiter for StoreLimiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        failpoint::panic_at("limiter");
        // No view shows the bytes of a memory that has none: it is new or empty.
        let moves = current != 0 && current != desired && self.refuses(desired as u64);
        let grows = !moves && self.allows("memory", "byte", self.limits.memory_size, desired)?;
        if grows {
            self.held.grow(desired.saturating_sub(current));
        }
        Ok(grows)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let grows = self.allows("table", "element", self.limits.table_elements, desired)?;
        if grows {
            self.held.grow(desired.saturating_sub(current).saturating_mul(size_of::<usize>()));
        }
        Ok(grows)
    }

    fn instances(&self) -> usize {
        count(self.limits.instances).saturating_add(self.returned.instances)
    }

    fn tables(&self) -> usize {
        count(self.limits.tables).saturating_add(self.returned.tables)
    }

    fn memories(&self) -> usize {
        count(self.limits.memories).saturating_add(self.returned.memories)
    }
}

fn is_limit(what: &str, limit: u64, unit: &str) -> String {
    format!("the store's limit for a {what} is {}", counted::count(limit, unit))
}

/// An error of ours, that goes through wasmtime.
fn limited(reason: String) -> wasmtime::Error {
    wasmtime::Error::new(HostError(WasmtimeError::Limit { reason }))
}

fn count(limit: Option<u64>) -> usize {
    limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX)
}
