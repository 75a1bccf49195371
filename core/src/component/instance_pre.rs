//! A component whose imports are looked up already.

use std::sync::Arc;

use wasmtime::StoreContextMut;

use crate::compile::closable::Closable;
use crate::compile::engine::check_same;
use crate::component::instance::ComponentInstance;
use crate::component::link::Linked;
use crate::component::resource::{failed, run};
use crate::events::event::EventKind;
use crate::process::signals;
use crate::stores::components::InstanceState;
use crate::stores::store::StoreData;
use crate::traps::carried::HostError;
use crate::traps::symbols;
use crate::{DebugInfo, Engine, Result, Store, WasmtimeError};

/// A component with the items that it imports, ready to be instantiated often (`wasmtime::component::InstancePre`).
#[derive(uniffi::Object)]
pub struct ComponentInstancePre {
    inner: Closable<Arc<Linked>>,
    engine: Arc<Engine>,
    /// How large the shared memories of its modules may grow, in bytes; 0 where they have none.
    shared: u64,
    /// What the modules say of their source files: the component may be closed.
    #[expect(dead_code, reason = "it is kept")]
    debug_info: Option<Arc<DebugInfo>>,
}

#[uniffi::export]
impl ComponentInstancePre {
    /// Makes an instance in a store, and runs its start functions. Fails as `ComponentLinker.instantiate` does.
    #[cfg_attr(false, worded)]
    pub fn instantiate(&self, store: &Store) -> Result<Arc<ComponentInstance>> {
        let made = self.for_store(store)?;
        signals::stay_in_front();
        store.settle()?;
        let instantiate = || {
            store.enter_guest(|mut context| {
                store.drop_resources(&mut context)?;
                let state = made.begin(&mut context)?;
                let pre = &made.linked.pre;
                let done = run(&mut context, &state, |context| match context.data().suspension.clone() {
                    None => pre.instantiate(context),
                    Some(suspension) => suspension.to_end(pre.instantiate_async(context)),
                });
                Ok((done.map_err(|error| made.failed(&mut context, error))?, state))
            })
        };
        let (inner, state) = store.events.around((EventKind::Instantiate, None), |_| None, instantiate)?;
        Ok(made.instance(store, inner, state))
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
        let debug_info = symbols::of(linked.code());
        Arc::new(Self { inner: Closable::new("prepared instance", Arc::new(linked)), engine, shared, debug_info })
    }

    /// What is to be instantiated, in a store that it fits.
    pub(super) fn for_store(&self, store: &Store) -> Result<Made> {
        let made = self.made()?;
        check_same(made.linked.pre.engine(), store.engine(), "store")?;
        // Where components may be async, one that imports no such function has tasks all the same.
        if made.linked.waits || store.engine().get_concurrency_support() {
            store.run_on_fibers()?;
        }
        Ok(made)
    }

    pub(super) fn made(&self) -> Result<Made> {
        Ok(Made { linked: self.inner.get()?, engine: Arc::clone(&self.engine), shared: self.shared })
    }
}

/// What an instance is made of.
pub(super) struct Made {
    pub(super) linked: Arc<Linked>,
    engine: Arc<Engine>,
    shared: u64,
}

impl Made {
    /// The state of the new instance.
    pub(super) fn begin(&self, context: &mut StoreContextMut<'_, StoreData>) -> Result<Arc<InstanceState>> {
        context.data_mut().debug_info.keep(self.linked.code());
        context.data_mut().limiter.admit(self.shared)?;
        Ok(context.data_mut().components.add_instance())
    }

    /// Why there is no instance.
    pub(super) fn failed(&self, context: &mut StoreContextMut<'_, StoreData>, error: wasmtime::Error) -> WasmtimeError {
        if error.is::<wasmtime::WasmBacktrace>() || error.is::<HostError>() {
            return failed(context, error);
        }
        // Nothing has run yet.
        WasmtimeError::from_guest(error, WasmtimeError::limit)
    }

    pub(super) fn instance(
        &self,
        store: &Store,
        inner: wasmtime::component::Instance,
        state: Arc<InstanceState>,
    ) -> Arc<ComponentInstance> {
        ComponentInstance::new(store, inner, state, &self.linked, &self.engine, self.shared)
    }
}
