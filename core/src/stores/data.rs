//! What stands behind a store's gate: wasmtime's own store, and what is kept in it.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use crate::host::func::Body;
use crate::interruption::interrupt::Interrupts;
use crate::limits::store_limits::Growth;
use crate::objects::reference::{HostObject, Root};
use crate::process::failpoint;
use crate::wasi::config::Wasi;
use crate::{Memory, Result, Store, WasmtimeError};
use trimaran_gate::{Guarded, Inside};

/// What a store keeps for the objects in it.
pub(crate) struct StoreData {
    /// The store itself. It lives for as long as anything runs in it: whoever entered it borrows it.
    pub(crate) home: Weak<Store>,
    pub(crate) growth: Growth,
    /// The bodies of the linkers' host functions that are used here.
    pub(crate) hosts: HashMap<u64, Arc<Body>>,
    /// The memory that a host function was given last. Most ask for the same one at each call.
    pub(super) memory: Weak<Memory>,
    pub(super) wasi: Wasi,
}

impl StoreData {
    pub(super) fn new(reserved: u64, switches_stacks: bool) -> Self {
        let growth = Growth::new(reserved, switches_stacks);
        Self { home: Weak::new(), growth, hosts: HashMap::new(), memory: Weak::new(), wasi: Wasi::default() }
    }

    /// A store that is looked at and thrown away.
    pub(crate) fn scratch(engine: &wasmtime::Engine) -> Result<wasmtime::Store<Self>> {
        wasmtime::Store::try_new(engine, Self::new(u64::MAX, false)).map_err(WasmtimeError::no_room)
    }

    /// What guests get of WASI.
    pub(crate) fn wasi(&mut self) -> &mut wasmtime_wasi::p1::WasiP1Ctx {
        self.wasi.context()
    }

    /// Whether a guest may have another file descriptor.
    pub(crate) fn may_open(&self) -> bool {
        self.growth.may_open(self.wasi.descriptors())
    }

    /// A guest has opened a file descriptor.
    pub(crate) fn opened(&mut self) {
        self.wasi.opened();
    }

    /// A guest has closed a file descriptor.
    pub(crate) fn closed(&mut self) {
        self.wasi.closed();
    }

    /// What can stop the guests of the store, if anything can.
    pub(crate) fn interrupts(&self) -> Option<Arc<Interrupts>> {
        self.home.upgrade()?.interrupts.clone()
    }
}

/// Tells the stores of this process apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct StoreId(pub(super) u64);

/// What stands behind the gate.
pub(crate) struct Guest(pub(super) wasmtime::Store<StoreData>);

impl Drop for Guest {
    fn drop(&mut self) {
        failpoint::panic_at("close");
    }
}

impl Guarded for Guest {
    type Caller = wasmtime::Caller<'static, StoreData>;
    type Deferred = Root;
    type Departed = HostObject;

    fn reclaim(_inside: &mut Inside<'_, Self>, root: Root) {
        failpoint::panic_at("drop");
        // Wasmtime marks the root as dead here, and its collector sweeps it when it runs next.
        drop(root);
    }
}
