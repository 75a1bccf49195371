//! A guest calls an async host function, and waits for its answer.

use std::ptr::NonNull;
use std::sync::Arc;

use wasmtime::{AsContextMut, StoreContextMut};

use crate::errors::counted::count;
use crate::stores::fiber::HostWait;
use crate::stores::store::{CallbackCell, Calling, SlotFunction, StoreData};
use crate::stores::suspension::{Asked, Parcel};
use crate::traps::carried::HostError;
use crate::values::convert::ArgPosition;
use crate::wasi::stream_port::{Asking, Awaits};
use crate::{Result, Store, Val, WasmtimeError};

/// What an async host function of wasmtime's gives.
pub(crate) type Waiting<'a> = Box<dyn Future<Output = wasmtime::Result<()>> + Send + 'a>;

/// What a guest asks of an async host function, and waits for.
pub struct HostCall {
    cell: Arc<CallbackCell>,
    arguments: Vec<Val>,
}

impl Asked for HostCall {
    type Answer = Vec<Val>;
}

impl HostCall {
    /// What was attached to the function. `SlotFunction::as_any` says which one it is.
    pub fn function(&self) -> Option<&dyn SlotFunction> {
        self.cell.function.get().map(Box::as_ref)
    }

    /// What the guest calls it with.
    pub fn arguments(&self) -> &[Val] {
        &self.arguments
    }

    /// The same, for who takes it.
    pub fn into_arguments(self) -> Vec<Val> {
        self.arguments
    }
}

/// An async host function, as a guest has called it.
pub(super) struct AsyncCalled {
    pub(super) ty: wasmtime::FuncType,
    pub(super) cell: Arc<CallbackCell>,
    /// Under which names a linker defines the function, if one does, in words.
    pub(super) name: Option<Arc<str>>,
}

/// The store of a guest, as long as a host function that it called has not returned.
#[derive(Clone, Copy)]
pub(crate) struct GuestStore(NonNull<Store>);

// SAFETY: stores are `Sync`.
unsafe impl Send for GuestStore {}

impl GuestStore {
    /// Fails with `Closed` where there is none.
    pub(crate) fn of(data: &StoreData) -> wasmtime::Result<Self> {
        let pointer = NonNull::new(data.weak_store.as_ptr().cast_mut()).map(Self);
        pointer.ok_or_else(|| failed(WasmtimeError::Closed { what: "store".to_owned() }))
    }

    pub(crate) fn get(&self) -> &Store {
        // SAFETY: `StoreData::weak_store` points to the store of the guest. Its guests go on only in steps of a run, which holds
        // the store, and in `Store::enter_guest`, which borrows it until the guest has returned.
        unsafe { self.0.as_ref() }
    }
}

impl AsyncCalled {
    pub(super) fn run<'a>(
        self,
        caller: wasmtime::Caller<'a, StoreData>,
        params: &'a [wasmtime::Val],
        results: &'a mut [wasmtime::Val],
    ) -> Waiting<'a> {
        Box::new(async move {
            let mut caller = caller;
            let arguments = |store: &Store, context: StoreContextMut<'_, StoreData>| loaded(store, context, params);
            let cannot = || cannot_wait(self.name.as_deref());
            let values = answered(&mut caller, &self.cell, arguments, cannot).await?;
            let store = GuestStore::of(caller.data())?;
            self.give(store.get(), caller.as_context_mut(), &values, results).map_err(failed)?;
            store.get().check_run()
        })
    }

    /// Gives the guest its results, which are checked as arguments are.
    fn give(
        &self,
        store: &Store,
        mut context: StoreContextMut<'_, StoreData>,
        values: &[Val],
        results: &mut [wasmtime::Val],
    ) -> Result<()> {
        let expected = self.ty.results().len();
        if values.len() != expected {
            let given = count(values.len() as u64, "result");
            let reason = format!("the host function gave {given}: expected {expected}");
            return Err(self.named(WasmtimeError::wrong_type(reason)));
        }
        for (index, ((result, ty), value)) in results.iter_mut().zip(self.ty.results()).zip(values).enumerate() {
            let place = ArgPosition { what: "result", index };
            *result = value.to_wasmtime(&ty, store, &mut context, place).map_err(|error| self.named(error))?;
        }
        Ok(())
    }

    fn named(&self, error: WasmtimeError) -> WasmtimeError {
        match &self.name {
            Some(name) => error.in_host_func(name),
            None => error,
        }
    }
}

/// What the function of a cell answers, for which the guest waits. Fails with what `cannot` says where it cannot.
async fn answered(
    caller: &mut wasmtime::Caller<'_, StoreData>,
    cell: &Arc<CallbackCell>,
    arguments: impl FnOnce(&Store, StoreContextMut<'_, StoreData>) -> Result<Vec<Val>>,
    cannot: impl FnOnce() -> WasmtimeError,
) -> wasmtime::Result<Vec<Val>> {
    let store = GuestStore::of(caller.data())?;
    store.get().charge(caller.as_context_mut())?;
    let suspension = caller.data().suspension.clone().filter(|suspension| suspension.may_suspend());
    let Some(suspension) = suspension else { return Err(failed(cannot())) };
    let arguments = arguments(store.get(), caller.as_context_mut()).map_err(failed)?;
    let call: Parcel = Box::new(HostCall { cell: Arc::clone(cell), arguments });
    // The caller stays where it is until this is over, and nothing here uses it meanwhile.
    let calling = Calling::Module(NonNull::from(&mut *caller).cast());
    let answer = HostWait::new(suspension, calling, call).await;
    let no_answer = |_| WasmtimeError::Unexpected { reason: "a host function has no answer".to_owned() };
    let answer = answer.downcast::<Result<Vec<Val>>>().map_err(no_answer).and_then(|answer| *answer);
    answer.map_err(failed)
}

/// Has a guest wait until the async function has answered that serves one of its standard streams.
pub(crate) fn ask<'a>(caller: &'a mut wasmtime::Caller<'_, StoreData>, awaits: &'a Awaits) -> Asking<'a> {
    Box::pin(async move {
        let cell = awaits.function().and_then(|function| function.downcast::<CallbackCell>().ok());
        let cell = cell.ok_or_else(|| failed(WasmtimeError::Closed { what: "store".to_owned() }))?;
        let arguments =
            |_: &Store, _: StoreContextMut<'_, StoreData>| Ok(vec![Val::I32 { value: awaits.count.cast_signed() }]);
        answered(caller, &cell, arguments, || awaits.refused()).await?;
        GuestStore::of(caller.data())?.get().check_run()
    })
}

fn loaded(store: &Store, mut context: StoreContextMut<'_, StoreData>, params: &[wasmtime::Val]) -> Result<Vec<Val>> {
    params.iter().map(|value| Val::from_wasmtime(value, store, &mut context)).collect()
}

/// `Suspend`, of a function that may have a name.
pub(crate) fn cannot_wait(name: Option<&str>) -> WasmtimeError {
    let function =
        name.map_or_else(|| "an async host function".to_owned(), |name| format!("the async host function {name}"));
    let reason = format!(
        "{function} was called where its guest cannot wait: make the outermost call an async one, with no host function in between \
         that is not async"
    );
    WasmtimeError::Suspend { reason }
}

pub(crate) fn failed(error: WasmtimeError) -> wasmtime::Error {
    wasmtime::Error::new(HostError(error))
}
