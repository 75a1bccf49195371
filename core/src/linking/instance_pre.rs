//! A module whose imports are looked up already.

use std::sync::Arc;

use crate::compile::closable::Closable;
use crate::compile::engine::check_same;
use crate::host::definition::{HostDefinition, UnboundHostFunc};
use crate::process::signals;
use crate::stores::store::{StoreData, StoreId};
use crate::{Func, Instance, Result, Store, WasmtimeError};

/// A module with the items that it imports, ready to be instantiated often (`wasmtime::InstancePre`).
#[derive(uniffi::Object)]
pub struct InstancePre {
    inner: Closable<wasmtime::InstancePre<StoreData>>,
    /// How large its shared memories may grow, its own and those that it imports, in bytes; 0 where there are none.
    shared: u64,
    owners: Vec<StoreId>,
    hosts: Vec<Arc<HostDefinition>>,
}

#[uniffi::export]
impl InstancePre {
    /// Makes an instance in a store, and runs its start function. Fails as `Linker.instantiate` does.
    #[cfg_attr(false, worded)]
    #[cfg_attr(false, by_hand(python))]
    pub fn instantiate(&self, store: &Store) -> Result<Arc<Instance>> {
        let ready = self.ready(store)?;
        signals::stay_in_front();
        store.settle()?;
        let inner = store.enter_guest(|mut context| {
            context.data_mut().limiter.admit(self.shared)?;
            ready.instantiate(&mut context).map_err(|error| {
                let error = store.refused(error, ready.module(), &mut context);
                WasmtimeError::from_guest(error, WasmtimeError::limit)
            })
        })?;
        Ok(Instance::from_wasmtime(store, inner))
    }

    /// The numbers of host functions that it needs and that have no body in the store yet.
    #[cfg_attr(false, by_hand(python))]
    pub fn hosts(&self, store: &Store) -> Result<Vec<u64>> {
        Ok(self.unbound_host_funcs(store)?.iter().map(UnboundHostFunc::number).collect())
    }

    /// The host function of that number in a store, which the package gives its callback. Fails with `NotFound`.
    #[cfg_attr(false, by_hand(python))]
    pub fn host(&self, store: &Store, number: u64) -> Result<Arc<Func>> {
        self.ready(store)?;
        let host = self.hosts.iter().find(|host| host.number() == number);
        host.ok_or_else(|| HostDefinition::unknown(number))?.in_store(store)
    }

    /// Closes it. Its instances go on working. Closing twice does nothing.
    #[cfg_attr(false, worded)]
    pub fn release(&self) -> Result<()> {
        self.inner.close();
        Ok(())
    }
}

impl InstancePre {
    /// The host functions that it needs and that have no callback in the store yet: the adapter binds one to each.
    pub fn unbound_host_funcs(&self, store: &Store) -> Result<Vec<UnboundHostFunc>> {
        self.ready(store)?;
        store.unbound_host_funcs(&self.hosts)
    }

    pub(crate) fn new(
        inner: wasmtime::InstancePre<StoreData>,
        shared: u64,
        owners: Vec<StoreId>,
        hosts: Vec<Arc<HostDefinition>>,
    ) -> Arc<Self> {
        Arc::new(Self { inner: Closable::new("prepared instance", inner), shared, owners, hosts })
    }

    /// What is to be instantiated, if it fits the store.
    fn ready(&self, store: &Store) -> Result<wasmtime::InstancePre<StoreData>> {
        let ready = self.inner.get()?;
        check_same(ready.module().engine(), store.engine(), "store")?;
        self.owners.iter().try_for_each(|owner| store.check_owner(*owner, "item of the linker"))?;
        store.check_open()?;
        Ok(ready)
    }
}
