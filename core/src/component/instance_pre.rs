//! A component whose imports are looked up already.

use std::sync::Arc;

use crate::compile::closable::Closable;
use crate::compile::engine::check_same;
use crate::component::instance::ComponentInstance;
use crate::component::link::Linked;
use crate::component::resource::{failed, run};
use crate::process::signals;
use crate::traps::carried::HostError;
use crate::{Engine, Result, Store, WasmtimeError};

/// A component with the items that it imports, ready to be instantiated often (`wasmtime::component::InstancePre`).
#[derive(uniffi::Object)]
pub struct ComponentInstancePre {
    inner: Closable<Arc<Linked>>,
    engine: Arc<Engine>,
    /// How large the shared memories of its modules may grow, in bytes; 0 where they have none.
    shared: u64,
}

#[uniffi::export]
impl ComponentInstancePre {
    /// Makes an instance in a store, and runs its start functions. Fails as `ComponentLinker.instantiate` does.
    #[cfg_attr(false, worded)]
    pub fn instantiate(&self, store: &Store) -> Result<Arc<ComponentInstance>> {
        let linked = self.inner.get()?;
        check_same(linked.pre.engine(), store.engine(), "store")?;
        signals::stay_in_front();
        store.settle()?;
        let (inner, state) = store.enter_guest(|mut context| {
            store.drop_resources(&mut context)?;
            context.data_mut().limiter.admit(self.shared)?;
            let state = context.data_mut().components.add_instance();
            let done = run(&mut context, &state, |context| linked.pre.instantiate(context));
            let inner = done.map_err(|error| {
                if error.is::<wasmtime::WasmBacktrace>() || error.is::<HostError>() {
                    return failed(&mut context, error);
                }
                // Nothing has run yet.
                WasmtimeError::from_guest(error, WasmtimeError::limit)
            })?;
            Ok((inner, state))
        })?;
        Ok(ComponentInstance::new(store, inner, state, &linked, &self.engine, self.shared))
    }

    /// Closes it. Its instances go on working. Closing twice does nothing.
    #[cfg_attr(false, worded)]
    pub fn release(&self) -> Result<()> {
        self.inner.close();
        Ok(())
    }
}

impl ComponentInstancePre {
    pub(super) fn new(linked: Linked, engine: Arc<Engine>, shared: u64) -> Arc<Self> {
        Arc::new(Self { inner: Closable::new("prepared instance", Arc::new(linked)), engine, shared })
    }
}
