//! Instances that wasmtime refused before it made anything of them: why, and what they count in the store's limits.
//!
//! Wasmtime counts an instance, its memories and its tables before it allocates them, and does not take that back if it cannot.
//! So a refused instance raises the limits by what it has counted.

use std::sync::atomic::Ordering;

use wasmtime::{PoolConcurrencyLimitError, StoreContextMut, WasmBacktrace};

use crate::limits::store_limiter::Kind;
use crate::process::native_pressure;
use crate::stores::store::{Guest, StoreData};
use crate::{Result, Store, WasmtimeError};
use trimaran_gate::{Inside, this_thread};

/// Why an instance was refused.
enum Refusal {
    /// The store has as many of this kind as its limits allow.
    Number(Kind),
    /// A memory or a table is larger than the store's limits allow.
    Size,
    /// The process or its pool cannot allocate it now.
    NotAllocated,
}

/// What wasmtime says of a number that passes its limit: before the kind, and behind it.
const NUMBER: (&str, &str) = ("resource limit exceeded: ", " count too high at ");

impl Refusal {
    /// None where it is something else, or where a guest may have run. Wasmtime has no types for most of these.
    fn of(error: &wasmtime::Error) -> Option<Self> {
        if error.is::<WasmBacktrace>() {
            return None;
        }
        if error.is::<PoolConcurrencyLimitError>() {
            return Some(Self::NotAllocated);
        }
        let words = error.to_string();
        if let Some(what) = words.strip_prefix(NUMBER.0) {
            let kinds = [("instance", Kind::Instance), ("memory", Kind::Memory), ("table", Kind::Table)];
            return kinds.into_iter().find_map(|(name, kind)| what.starts_with(name).then_some(Self::Number(kind)));
        }
        let is_size =
            |what: &str| words.starts_with(what) && words.contains(" minimum size of ") && words.ends_with(" limits");
        if is_size("memory") || is_size("table") {
            return Some(Self::Size);
        }
        let is_not_allocated = words.starts_with("mmap failed ") || words.starts_with("cannot allocate ");
        is_not_allocated.then_some(Self::NotAllocated)
    }
}

/// Whether wasmtime refused an instance, in whole or a part of it, before any guest ran.
pub(crate) fn is_refused(error: &wasmtime::Error) -> bool {
    Refusal::of(error).is_some()
}

impl Store {
    /// What `error` means for the store, where an instance of `module` could not be made: what is refused counts no longer, and
    /// may be tried again when there is memory for it later. Gives the error to go on with.
    pub(crate) fn refused(
        &self,
        error: wasmtime::Error,
        module: &wasmtime::Module,
        context: &mut StoreContextMut<'_, StoreData>,
    ) -> wasmtime::Error {
        // What an earlier one failed with is over.
        _ = native_pressure::was_refused();
        let Some(refusal) = Refusal::of(&error) else { return error };
        let required = module.resources_required();
        let returned = &mut context.data_mut().limiter.returned;
        let (before, counted) = match refusal {
            Refusal::Number(Kind::Instance) => (returned.instances, (0, 0, 0)),
            Refusal::Number(Kind::Memory) => (returned.memories, (1, 0, 0)),
            Refusal::Number(Kind::Table) => (returned.tables, (1, required.num_memories, 0)),
            Refusal::Size | Refusal::NotAllocated => (0, (1, required.num_memories, required.num_tables)),
        };
        returned.instances = returned.instances.saturating_add(counted.0);
        returned.memories = returned.memories.saturating_add(counted.1 as usize);
        returned.tables = returned.tables.saturating_add(counted.2 as usize);
        self.has_returned.store(true, Ordering::Relaxed);
        match refusal {
            Refusal::NotAllocated => {
                native_pressure::refuse();
                error
            }
            Refusal::Number(kind) => context.data().limiter.too_many(kind, recounted(&error, before)).unwrap_or(error),
            Refusal::Size => context.data().limiter.too_large(&error).unwrap_or(error),
        }
    }

    /// Tells wasmtime what was given back, before an instance is made. In a host function it cannot be told: there it is when
    /// the outermost call is over.
    pub(crate) fn settle(&self) -> Result<()> {
        if !self.has_returned.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        self.gate.enter_as(this_thread(), &|| self.may_wait(), |inside| {
            match inside {
                Inside::Root(guest) => guest.settle(),
                Inside::Caller(_) => self.has_returned.store(true, Ordering::Relaxed),
            }
            Ok::<_, WasmtimeError>(())
        })
    }
}

impl Guest {
    /// Tells wasmtime what was given back.
    pub(super) fn settle(&mut self) {
        self.0.limiter(|data| &mut data.limiter);
    }
}

/// How many there would be, without those that are not there.
fn recounted(error: &wasmtime::Error, given_back: usize) -> Option<usize> {
    let words = error.to_string();
    let (_, number) = words.rsplit_once(NUMBER.1)?;
    Some(number.parse::<usize>().ok()?.saturating_sub(given_back))
}
