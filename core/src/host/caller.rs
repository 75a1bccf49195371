//! The caller of a host function: the guest that waits for it.

use std::any::Any;
use std::sync::Arc;

use trimaran_gate::{HostCallId, Token};

use crate::errors::guest_text::Name;
use crate::stores::store::StoreData;
use crate::{Extern, Memory, Result, Store, WasmtimeError};

/// The guest that called a host function. It is valid on its own thread, until that function returns; the
/// store itself can be used as well, as deep as `Config.max_wasm_stack` and the thread's stack have room: then a call fails with `Trap` or `Limit`.
#[derive(Clone)]
pub struct Caller {
    pub(super) store: Arc<Store>,
    pub(super) call_id: u64,
}

impl Caller {
    /// The guest that waits for that async host call. Any thread may use it.
    pub fn of(store: &Arc<Store>, call: Token) -> Self {
        Self { store: Arc::clone(store), call_id: call.call }
    }

    /// The store of the guest.
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// What the calling instance exports under `name`. Fails with `NotFound`, and with `Escaped` after the
    /// host function has returned.
    pub fn export(&self, name: &str) -> Result<Extern> {
        self.store.caller_export(self.call_id, name)?.ok_or_else(|| no_caller_export(name))
    }
}

/// The error for a name by which a calling instance exports nothing.
#[cold]
pub fn no_caller_export(name: &str) -> WasmtimeError {
    let reason = format!("the calling instance has no export `{}`", Name(name));
    WasmtimeError::NotFound { name: name.to_owned(), reason }
}

#[uniffi::export]
impl Store {
    /// What the instance that made a host call exports under `name`; none where it exports nothing of that name, or the
    /// host itself made the call. Fails with `Escaped` once the call has returned, and on any other thread.
    #[cfg_attr(false, brief)]
    #[cfg_attr(false, worded)]
    pub fn caller_export(&self, call_id: u64, name: &str) -> Result<Option<Extern>> {
        self.enter_with(HostCallId(call_id), |caller| {
            let Some(caller) = caller else { return Ok(None) };
            Ok(caller.get_export(name).map(|item| match item {
                wasmtime::Extern::Memory(memory) => Extern::OfMemory { memory: self.known_memory(caller, memory) },
                other => Extern::from_wasmtime(self, other),
            }))
        })
    }

    /// Fails with `Escaped` once a host call has returned, and on any other thread than its own.
    #[cfg_attr(false, brief)]
    #[cfg_attr(false, worded)]
    pub fn caller_check(&self, call_id: u64) -> Result<()> {
        self.check_host_call(HostCallId(call_id))
    }
}

impl Store {
    /// Whether the instance that made a host call exports `memory` under `name`. One without a byte is not known again. Fails
    /// as `caller_export` does.
    pub fn caller_has(&self, call_id: u64, name: &str, memory: &Memory) -> Result<bool> {
        self.enter_with(HostCallId(call_id), |caller| {
            let Some(caller) = caller else { return Ok(false) };
            let found = caller.get_export(name).and_then(wasmtime::Extern::into_memory);
            Ok(found.is_some_and(|found| memory.is_of(self) && memory.is_just(&found, &*caller)))
        })
    }

    /// The object of a memory: the one that a host function was given last, as long as that lives, if it is of this very memory.
    fn known_memory(&self, caller: &mut wasmtime::Caller<'_, StoreData>, memory: wasmtime::Memory) -> Arc<Memory> {
        let known = caller.data().last_memory.upgrade().and_then(|last| last.downcast::<Memory>().ok());
        if let Some(known) = known.filter(|known| known.is_just(&memory, &*caller)) {
            return known;
        }
        let made = Memory::from_wasmtime(self, memory);
        let last: Arc<dyn Any + Send + Sync> = Arc::<Memory>::clone(&made);
        caller.data_mut().last_memory = Arc::downgrade(&last);
        made
    }
}
