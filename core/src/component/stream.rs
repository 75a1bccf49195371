//! Streams and futures that guests give the host.

use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use wasmtime::StoreContextMut;

use crate::component::abi::end::{End, rows_of};
use crate::component::abi::plan::{Plan, Row};
use crate::component::port::Port;
use crate::component::resource_type::ComponentResourceType;
use crate::component::table;
use crate::component::types::ComponentTypes;
use crate::errors::chain::chain;
use crate::stores::components::{DroppedResources, InstanceState};
use crate::stores::host_objects::HostResource;
use crate::stores::store::{StoreData, StoreId, of_store};
use crate::stores::suspension::Parcel;
use crate::{Result, Store, WasmtimeError};

/// A stream, or a future, that a guest gave (`wasmtime::component::StreamReader`): the end that is read. It belongs to one store.
///
/// It lives until it is closed or given away to a guest, a stream until its end was read as well, and a future until its value was.
#[derive(uniffi::Object)]
pub struct ComponentStream {
    owner: StoreId,
    is_future: bool,
    state: Mutex<State>,
    /// What its elements are, or its value.
    payload: Option<Arc<Plan>>,
    instance: Arc<InstanceState>,
    hosts: Arc<[HostResource]>,
    dropped: Arc<DroppedResources>,
    /// What a language has made of what a reader is given: of what is set, the first.
    pub of_language: OnceLock<Box<dyn Any + Send + Sync>>,
}

of_store!(ComponentStream);

enum State {
    /// Nobody has read anything.
    Whole(End),
    /// The host reads it.
    Read(Arc<Port>),
    /// It was closed, given away, or read to its end.
    Gone,
}

#[uniffi::export]
impl ComponentStream {
    /// Whether it is a future: it gives one value.
    pub fn is_future(&self) -> Result<bool> {
        Ok(self.is_future)
    }

    /// Whether it can still be read: it was neither closed nor given away nor read to its end, and its store is not closed.
    pub fn is_alive(&self) -> Result<bool> {
        Ok(!self.dropped.is_closed() && !matches!(*self.lock(), State::Gone))
    }

    /// Closes it, on any thread and without waiting: who writes to it sees, when it goes on, that nobody reads it. To close one that
    /// is gone does nothing.
    pub fn release(&self) -> Result<()> {
        self.let_go();
        Ok(())
    }

    /// The type of what a reader is given: a list of the elements that have come, or the value of a future, if it has one. It is the result
    /// of the function at the root of the table.
    pub fn types(&self) -> Result<ComponentTypes> {
        let [params, results] = self.rows();
        table::of_func(&[], &params, &results, false)
    }
}

impl ComponentStream {
    pub(super) fn new(store: &Store, end: End, instance: &Arc<InstanceState>, hosts: &[HostResource]) -> Arc<Self> {
        Arc::new(Self {
            owner: store.id(),
            is_future: end.is_future(),
            payload: end.payload().map(Arc::clone),
            state: Mutex::new(State::Whole(end)),
            instance: Arc::clone(instance),
            hosts: hosts.into(),
            dropped: Arc::clone(&store.dropped_resources),
            of_language: OnceLock::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it is, in a word.
    pub(super) fn word(&self) -> &'static str {
        if self.is_future { "future" } else { "stream" }
    }

    fn rows(&self) -> [Row; 2] {
        rows_of(self.is_future, self.payload.as_ref())
    }

    /// How what a reader is given lies in the bytes: one field, or none.
    pub fn row(&self) -> Row {
        let [_, results] = self.rows();
        results
    }

    /// The type of the resource that a handle among its elements is one of.
    pub fn resource_type(&self, plan: &Plan) -> Option<Arc<ComponentResourceType>> {
        plan.resource.map(|ty| ComponentResourceType::from_wasmtime(ty, &self.hosts))
    }

    pub(super) fn instance(&self) -> &Arc<InstanceState> {
        &self.instance
    }

    pub(super) fn hosts(&self) -> &Arc<[HostResource]> {
        &self.hosts
    }

    /// Fails with `WrongStore`, and with `Closed` where the store is closed or it is gone.
    pub(super) fn check(&self, store: &Store) -> Result<()> {
        store.check_owner(self.owner, self.word())?;
        if matches!(*self.lock(), State::Gone) { Err(self.gone()) } else { Ok(()) }
    }

    #[cold]
    fn gone(&self) -> WasmtimeError {
        WasmtimeError::Closed { what: self.word().to_owned() }
    }

    /// The end, to be given to a guest. Fails as `check` does, and with `Type` where the host reads it.
    pub(super) fn end(&self, store: &Store) -> Result<End> {
        self.check(store)?;
        match &*self.lock() {
            State::Whole(end) => Ok(end.clone()),
            State::Read(_) => {
                let word = self.word();
                Err(WasmtimeError::wrong_type(format!(
                    "the host has begun to read the {word}: it cannot be given away"
                )))
            }
            State::Gone => Err(self.gone()),
        }
    }

    /// Where the host reads it. `pipe` sets what brings it there, if nobody has read it yet.
    pub(super) fn port(
        &self,
        store: &Store,
        pipe: impl FnOnce(End, &Arc<Port>) -> wasmtime::Result<()>,
    ) -> Result<Arc<Port>> {
        self.check(store)?;
        let mut state = self.lock();
        match std::mem::replace(&mut *state, State::Gone) {
            State::Whole(end) => {
                let port = Arc::default();
                pipe(end, &port).map_err(|error| WasmtimeError::Unexpected { reason: chain(&error) })?;
                *state = State::Read(Arc::clone(&port));
                Ok(port)
            }
            State::Read(port) => {
                *state = State::Read(Arc::clone(&port));
                Ok(port)
            }
            State::Gone => Err(self.gone()),
        }
    }

    /// Somebody else has it now, or nobody needs it any more.
    pub(super) fn forget(&self) {
        let state = std::mem::replace(&mut *self.lock(), State::Gone);
        // It is free again.
        drop(state);
    }

    fn let_go(&self) {
        let state = std::mem::replace(&mut *self.lock(), State::Gone);
        match state {
            State::Whole(end) => self.dropped.push_end(Box::new(end)),
            State::Read(port) => port.close(),
            State::Gone => {}
        }
    }
}

impl Drop for ComponentStream {
    fn drop(&mut self) {
        self.let_go();
    }
}

/// Closes the ends that a host function has let go of, when it has returned: its guest may wait for that.
pub(super) fn drop_ends_of(store: &Store, context: &mut StoreContextMut<'_, StoreData>) {
    drop_ends(context, store.dropped_resources.take_ends());
}

/// Closes the ends that the language has let go of.
pub(super) fn drop_ends(context: &mut StoreContextMut<'_, StoreData>, ends: Vec<Parcel>) {
    for end in ends {
        if let Ok(end) = end.downcast::<End>() {
            // One that was closed with its other end is none any more.
            _ = end.close(&mut *context);
        }
    }
}
