//! What is to be instantiated: a module and its imports, whichever way they were found.

use std::sync::Arc;

use trimaran_gate::Token;
use wasmtime::StoreContextMut;

use crate::errors::guest_text::start;
use crate::events::event::EventKind;
use crate::host::definition::HostDefinition;
use crate::linking::import_error::link;
use crate::linking::items::explain;
use crate::linking::resting::Resting;
use crate::process::signals;
use crate::runs::run::Run;
use crate::snapshots::original::Original;
use crate::stores::store::StoreData;
use crate::{Result, Store, WasmtimeError};

/// A module, and where its imports come from.
pub(super) enum Source {
    Given {
        module: wasmtime::Module,
        imports: Vec<wasmtime::Extern>,
    },
    Linked {
        module: wasmtime::Module,
        linker: Arc<wasmtime::Linker<StoreData>>,
        hosts: Vec<Arc<HostDefinition>>,
        resting: Option<Resting>,
    },
    Prepared {
        pre: wasmtime::InstancePre<StoreData>,
        resting: Option<Resting>,
    },
}

/// What is to be instantiated.
pub(super) struct Instantiation {
    pub(super) source: Source,
    /// How large its shared memories may grow, in bytes; 0 where there are none.
    pub(super) shared: u64,
    /// What the module is a copy of, if it was compiled for snapshots: the module may be closed meanwhile.
    #[expect(dead_code, reason = "it is kept")]
    pub(super) original: Option<Arc<Original>>,
}

/// Makes of wasmtime's instance what whoever asked for it gets.
pub(super) type Wrap<T> = fn(&Store, wasmtime::Instance, &mut StoreContextMut<'_, StoreData>) -> T;

impl Instantiation {
    /// Makes the instance, and runs its start function to its end.
    pub(super) fn run<T>(&self, store: &Store, wrap: Wrap<T>) -> Result<T> {
        signals::stay_in_front();
        store.settle()?;
        let name = |_: &T| self.module().name().map(str::to_owned);
        store.events.around((EventKind::Instantiate, None), name, || {
            store.enter_guest(|mut context| {
                self.admit(&mut context)?;
                let made = match context.data().suspension.clone() {
                    None => self.make(&mut context),
                    Some(suspension) => suspension.to_end(self.make_waiting(&mut context)),
                };
                match made {
                    Ok(made) => Ok(wrap(store, made, &mut context)),
                    Err(error) => Err(self.failed(error, store, &mut context)),
                }
            })
        })
    }

    /// The same as a run, whose start function may wait. `wrap` makes of the instance what the run gives.
    pub(super) fn start<T: Send + 'static>(
        self,
        store: &Arc<Store>,
        of: Option<Token>,
        wrap: Wrap<T>,
    ) -> Result<Run<T>> {
        signals::stay_in_front();
        if self.resting().is_some() {
            store.run_on_fibers()?;
        }
        let name = self.module().name().map(start).map(Arc::from);
        let run = Run::new(store, of, move |mut context, store| {
            Box::pin(async move {
                self.admit(&mut context)?;
                let made = self.make_waiting(&mut context).await;
                let store = store.get()?;
                let made = made.map_err(|error| self.failed(error, &store, &mut context))?;
                Ok(wrap(&store, made, &mut context))
            })
        });
        Ok(run.told(EventKind::Instantiate, name))
    }

    /// The module, and where it finds its imports whose guest rests while it waits, if it has such.
    fn resting(&self) -> Option<(&wasmtime::Module, &Resting)> {
        match &self.source {
            Source::Linked { module, resting, .. } => Some((module, resting.as_ref()?)),
            Source::Prepared { pre, resting } => Some((pre.module(), resting.as_ref()?)),
            Source::Given { .. } => None,
        }
    }

    fn admit(&self, context: &mut StoreContextMut<'_, StoreData>) -> Result<()> {
        if let Source::Linked { hosts, .. } = &self.source {
            HostDefinition::check_callbacks(hosts, context.data())?;
        }
        context.data_mut().debug_info.keep(self.module().image_range().start.addr());
        context.data_mut().limiter.admit(self.shared)
    }

    fn module(&self) -> &wasmtime::Module {
        match &self.source {
            Source::Given { module, .. } | Source::Linked { module, .. } => module,
            Source::Prepared { pre, .. } => pre.module(),
        }
    }

    fn make(&self, context: &mut StoreContextMut<'_, StoreData>) -> wasmtime::Result<wasmtime::Instance> {
        match &self.source {
            Source::Given { module, imports } => wasmtime::Instance::new(context, module, imports),
            Source::Linked { module, linker, .. } => linker.instantiate(context, module),
            Source::Prepared { pre, .. } => pre.instantiate(context),
        }
    }

    async fn make_waiting(&self, context: &mut StoreContextMut<'_, StoreData>) -> wasmtime::Result<wasmtime::Instance> {
        if let Some((module, resting)) = self.resting() {
            let imports = resting.imports(module, context)?;
            return wasmtime::Instance::new_async(context, module, &imports).await;
        }
        match &self.source {
            Source::Given { module, imports } => wasmtime::Instance::new_async(context, module, imports).await,
            Source::Linked { module, linker, .. } => linker.instantiate_async(context, module).await,
            Source::Prepared { pre, .. } => pre.instantiate_async(context).await,
        }
    }

    /// Why there is no instance.
    fn failed(
        &self,
        error: wasmtime::Error,
        store: &Store,
        context: &mut StoreContextMut<'_, StoreData>,
    ) -> WasmtimeError {
        match &self.source {
            Source::Given { module, imports } => {
                let error = store.refused(error, module, context);
                link(error, module, |index| imports.get(index).cloned(), context)
            }
            Source::Linked { module, linker, .. } => {
                let error = store.refused(error, module, context);
                explain(error, linker, context, module, |_| true)
            }
            Source::Prepared { pre, .. } => {
                let error = store.refused(error, pre.module(), context);
                WasmtimeError::from_guest(error, WasmtimeError::limit)
            }
        }
    }
}
