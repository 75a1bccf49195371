//! Handles of guests' resources, as the host has them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wasmtime::StoreContextMut;
use wasmtime::component::ResourceAny;

use crate::component::resource_type::ComponentResourceType;
use crate::component::stream::drop_ends;
use crate::errors::chain::chain;
use crate::stores::components::{Dropped, DroppedResources, InstanceState};
use crate::stores::host_objects::HostResource;
use crate::stores::refusal;
use crate::stores::store::{StoreData, StoreId, of_store};
use crate::traps::carried::HostError;
use crate::traps::words;
use crate::{Result, Store, WasmtimeError};

/// A handle of a resource that a guest made (`wasmtime::component::ResourceAny`). It belongs to one store.
///
/// One that is owned lives until it is dropped or given away to a guest. One that is borrowed lives until the host function returns that it
/// was lent to.
#[derive(uniffi::Object)]
pub struct ComponentResource {
    owner: StoreId,
    /// There until it is dropped or given away.
    inner: Mutex<Option<ResourceAny>>,
    is_owned: bool,
    ty: Arc<ComponentResourceType>,
    state: Arc<InstanceState>,
    dropped: Arc<DroppedResources>,
}

of_store!(ComponentResource);

#[uniffi::export]
impl ComponentResource {
    /// Whether it is owned, and not lent.
    pub fn is_owned(&self) -> Result<bool> {
        Ok(self.is_owned)
    }

    /// Whether it can be used still: it was neither dropped nor given away, no loan of it is over, and its store is not closed.
    pub fn is_alive(&self) -> Result<bool> {
        Ok(!self.dropped.is_closed() && self.lock().is_some())
    }

    /// Its type.
    pub fn resource_type(&self) -> Result<Arc<ComponentResourceType>> {
        Ok(Arc::clone(&self.ty))
    }

    /// Drops the handle. If it is owned, that runs the destructor of the guest, which may trap. To drop one that is gone already does
    /// nothing.
    ///
    /// Fails with `Busy` in a host function that the guest's instance has called: the handle stays, and can be dropped when that
    /// function has returned.
    ///
    /// One that is not dropped so is dropped when its object goes: its destructor runs when a component of the store is used the next
    /// time, and that use fails with what it fails with.
    #[cfg_attr(false, long)]
    pub fn resource_drop(&self, store: &Store) -> Result<()> {
        store.check_owner(self.owner, "resource")?;
        if self.lock().is_none() {
            return Ok(());
        }
        store.enter_guest(|mut context| {
            let components = &context.data().components;
            if self.is_owned && !components.is_poisoned() {
                components.check()?;
                self.state.check()?;
            }
            let Some(resource) = self.lock().take() else { return Ok(()) };
            drop_in(&mut context, resource, &self.state)
        })
    }
}

impl ComponentResource {
    pub(super) fn new(
        store: &Store,
        inner: ResourceAny,
        state: &Arc<InstanceState>,
        hosts: &[HostResource],
    ) -> Arc<Self> {
        Arc::new(Self {
            owner: store.id(),
            is_owned: inner.owned(),
            ty: ComponentResourceType::from_wasmtime(inner.ty(), hosts),
            inner: Mutex::new(Some(inner)),
            state: Arc::clone(state),
            dropped: Arc::clone(&store.dropped_resources),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<ResourceAny>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The handle, for a call. Fails with `WrongStore`, and with `Closed` where it is gone.
    pub(super) fn get(&self, store: &Store) -> Result<ResourceAny> {
        store.check_owner(self.owner, "resource")?;
        self.lock().ok_or_else(|| WasmtimeError::Closed { what: "resource".to_owned() })
    }

    /// Takes the handle out: it belongs to somebody else.
    pub(super) fn take(&self) -> Option<ResourceAny> {
        self.lock().take()
    }
}

impl Drop for ComponentResource {
    fn drop(&mut self) {
        if let Some(resource) = self.take() {
            self.dropped.push(resource, Arc::clone(&self.state));
        }
    }
}

/// Drops a handle in its store, and runs its destructor.
pub(super) fn drop_in(
    context: &mut StoreContextMut<'_, StoreData>,
    resource: ResourceAny,
    state: &Arc<InstanceState>,
) -> Result<()> {
    if !resource.owned() {
        let dropped = drop_handle(context, resource).map_err(|error| chain(&error));
        return dropped.map_err(|reason| WasmtimeError::wrong_type(words::ours(&reason).unwrap_or(reason)));
    }
    let done = run(context, state, |context| drop_handle(context, resource));
    done.map_err(|error| failed(context, error))
}

/// Drops a handle, on a fiber where the store's guests run on fibers.
pub(super) fn drop_handle(context: &mut StoreContextMut<'_, StoreData>, resource: ResourceAny) -> wasmtime::Result<()> {
    match context.data().suspension.clone() {
        None => resource.resource_drop(context),
        Some(suspension) => suspension.to_end(resource.resource_drop_async(context)),
    }
}

/// Runs a guest of an instance. Fails with `Poisoned` where a component of the store has failed before, and with `Busy` where none may be
/// entered now.
pub(super) fn run<R>(
    context: &mut StoreContextMut<'_, StoreData>,
    state: &Arc<InstanceState>,
    work: impl FnOnce(&mut StoreContextMut<'_, StoreData>) -> wasmtime::Result<R>,
) -> wasmtime::Result<R> {
    let begun = context.data().components.check().and_then(|()| state.begin());
    begun.map_err(|error| wasmtime::Error::new(HostError(error)))?;
    let outer = context.data_mut().components.running;
    context.data_mut().components.running = state.place();
    let done = work(context);
    context.data_mut().components.running = outer;
    state.end();
    done
}

/// What a call of a component fails with: of what has no type, wasmtime says in words why it ends the guest.
fn trap(error: wasmtime::Error) -> WasmtimeError {
    let is_refused = matches!(error.downcast_ref(), Some(wasmtime::Trap::CannotEnterComponent));
    if is_refused && !error.is::<wasmtime::WasmBacktrace>() {
        return WasmtimeError::Poisoned;
    }
    if refusal::is_refused(&error) {
        return WasmtimeError::not_allocated(error);
    }
    let plain = |reason: String| {
        let reason = words::ours(&reason).unwrap_or(reason);
        WasmtimeError::Trap { code: None, reason, interruption: None, frames: Vec::new() }
    };
    WasmtimeError::from_guest(error, |reason| WasmtimeError::no_stack(&reason).unwrap_or_else(|| plain(reason)))
}

/// What a call of a component has failed with, after which no component of its store can be entered.
#[cold]
pub(super) fn failed(context: &mut StoreContextMut<'_, StoreData>, error: wasmtime::Error) -> WasmtimeError {
    let error = trap(error);
    // What core itself refuses has run no guest.
    if !matches!(error, WasmtimeError::Busy { .. } | WasmtimeError::Type { .. } | WasmtimeError::Closed { .. }) {
        context.data().components.shut().poison();
    }
    error
}

/// The same for a call that has begun. Where components are async, wasmtime lets nobody in once it has failed, even if no guest has run.
#[cold]
pub(super) fn failed_in_call(context: &mut StoreContextMut<'_, StoreData>, error: wasmtime::Error) -> WasmtimeError {
    if context.engine().get_concurrency_support() {
        context.data().components.shut().poison();
    }
    failed(context, error)
}

impl Store {
    /// Runs the destructors of the handles that the language has let go of. Those of an instance that is in a call wait for another time, and
    /// all of them where no component may be entered now.
    ///
    /// Fails with the first failure of one, after all have been tried: no component of the store can be entered any more, and whoever
    /// uses it next has to know why, above all where an interruption or a time limit was meant for their call.
    pub(super) fn drop_resources(&self, context: &mut StoreContextMut<'_, StoreData>) -> Result<()> {
        let mut first = Ok(());
        let Dropped { handles, ends } = self.dropped_resources.take();
        drop_ends(context, ends);
        for (resource, state) in handles {
            let components = &context.data().components;
            let is_shut = !components.is_poisoned() && components.check().is_err();
            if resource.owned() && (is_shut || state.check().is_err()) {
                self.dropped_resources.push(resource, state);
                continue;
            }
            let done = drop_in(context, resource, &state);
            if first.is_ok() && !matches!(done, Err(WasmtimeError::Poisoned | WasmtimeError::Type { .. })) {
                first = done;
            }
        }
        first
    }
}
