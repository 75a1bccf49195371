//! A module whose imports are looked up already.

use std::sync::Arc;

use trimaran_gate::Token;

use crate::compile::closable::Closable;
use crate::compile::engine::check_same;
use crate::host::definition::{HostDefinition, UnboundHostFunc};
use crate::linking::instantiation::{Instantiation, Source};
use crate::linking::resting::Resting;
use crate::runs::run::Run;
use crate::snapshots::copies;
use crate::snapshots::original::Original;
use crate::stores::store::{StoreData, StoreId};
use crate::traps::symbols;
use crate::{DebugInfo, Func, Instance, Result, Store};

/// A module with the items that it imports, ready to be instantiated often (`wasmtime::InstancePre`).
#[derive(uniffi::Object)]
pub struct InstancePre {
    inner: Closable<Linked>,
    /// How large its shared memories may grow, its own and those that it imports, in bytes; 0 where there are none.
    shared: u64,
    owners: Vec<StoreId>,
}

/// The module with its items, and the host functions among them.
#[derive(Clone)]
struct Linked {
    pre: wasmtime::InstancePre<StoreData>,
    hosts: Arc<[Arc<HostDefinition>]>,
    /// What the module says of its source files: it may be closed.
    #[expect(dead_code, reason = "it is kept")]
    debug_info: Option<Arc<DebugInfo>>,
    resting: Option<Resting>,
    /// What the module is a copy of, if it was compiled for snapshots.
    original: Option<Arc<Original>>,
}

#[uniffi::export]
impl InstancePre {
    /// Makes an instance in a store, and runs its start function. Fails as `Linker.instantiate` does.
    #[cfg_attr(false, worded)]
    pub fn instantiate(&self, store: &Store) -> Result<Arc<Instance>> {
        self.linked(store)?.run(store, Instance::from_wasmtime)
    }

    /// Closes it. Its instances go on working. Closing twice does nothing.
    #[cfg_attr(false, worded)]
    pub fn release(&self) -> Result<()> {
        self.inner.close();
        Ok(())
    }
}

impl InstancePre {
    /// The same as `instantiate`, as a run: its start function may wait for async host functions. `of` is the async host call of
    /// the same store that it comes from, if any.
    pub fn start(&self, store: &Arc<Store>, of: Option<Token>) -> Result<Run<Arc<Instance>>> {
        self.linked(store)?.start(store, of, Instance::from_wasmtime)
    }

    /// What is to be instantiated, whose host functions have their callbacks in the store.
    fn linked(&self, store: &Store) -> Result<Instantiation> {
        let Linked { pre, hosts, resting, original, .. } = self.ready(store)?;
        if let Some(number) = store.bind_callbacks(&hosts)? {
            // It is lost only where another thread has closed this.
            self.ready(store)?;
            return Err(HostDefinition::lost(number));
        }
        HostDefinition::prepare(&hosts, store)?;
        Ok(Instantiation { source: Source::Prepared { pre, resting }, shared: self.shared, original })
    }

    /// The numbers of host functions that it needs and that have no callback in the store yet.
    pub fn hosts(&self, store: &Store) -> Result<Vec<u64>> {
        Ok(store.unbound_host_funcs(&self.ready(store)?.hosts)?.iter().map(UnboundHostFunc::number).collect())
    }

    /// The host function of that number in a store, to which `Func::attach` binds a callback. Fails with `NotFound`.
    pub fn host(&self, store: &Store, number: u64) -> Result<Arc<Func>> {
        let hosts = self.ready(store)?.hosts;
        let host = hosts.iter().find(|host| host.number() == number);
        host.ok_or_else(|| HostDefinition::unknown(number))?.in_store(store)
    }

    pub(crate) fn new(
        inner: wasmtime::InstancePre<StoreData>,
        shared: u64,
        owners: Vec<StoreId>,
        hosts: Vec<Arc<HostDefinition>>,
        resting: Option<Resting>,
    ) -> Arc<Self> {
        let debug_info = symbols::of(inner.module().image_range().start.addr());
        let original = copies::original(inner.module());
        let linked = Linked { pre: inner, hosts: hosts.into(), debug_info, resting, original };
        Arc::new(Self { inner: Closable::new("prepared instance", linked), shared, owners })
    }

    /// What is to be instantiated, if it fits the store.
    fn ready(&self, store: &Store) -> Result<Linked> {
        let ready = self.inner.get()?;
        check_same(ready.pre.module().engine(), store.engine(), "store")?;
        self.owners.iter().try_for_each(|owner| store.check_owner(*owner, "item of the linker"))?;
        store.check_open()?;
        Ok(ready)
    }
}
