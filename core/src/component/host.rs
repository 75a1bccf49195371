//! Functions of the host that components call.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use trimaran_gate::HostCallId;
use wasmtime::component::types::ComponentFunc;
use wasmtime::{AsContextMut, StoreContextMut};

use crate::component::abi::end::rows_of;
use crate::component::abi::plan::{Plan, Row};
use crate::component::abi::stream::{Given, Values, Written};
use crate::component::abi::{handles, plain};
use crate::component::handles::{GivenResource, Received, Sent, received};
use crate::component::mistakes::{self, ComponentMistake};
use crate::component::resource::{ComponentResource, drop_handle};
use crate::component::stream::drop_ends_of;
use crate::component::table;
use crate::component::types::ComponentTypes;
use crate::process::failpoint;
use crate::stores::host_objects::HostResource;
use crate::stores::store::StoreData;
use crate::traps::carried::HostError;
use crate::{Result, Store, WasmtimeError};

/// What a function of the host does. It serves every store of the engine.
pub trait ComponentHostFunction: Send + Sync {
    /// Runs it. `call_id` is the number of this call, which the store can be asked about (`Store::caller_check`). What it fails with comes
    /// out of the outer call, after the guest has unwound.
    fn call(&self, store: &Store, call_id: u64, ty: &HostFuncType, arguments: Received) -> Result<Reply>;

    /// The same function for types that are plain, if it has a shorter way for them.
    fn plain(self: Arc<Self>) -> Option<Arc<dyn PlainHostFunction>> {
        None
    }

    /// What an async one is, for whoever steps its guest and runs it; `None` for one that is not async. A guest that calls an async one
    /// waits for its answer, where it was started as a `Run`, and fails with `Suspend` otherwise. The core never calls it.
    fn as_async(&self) -> Option<&dyn Any> {
        None
    }

    /// Sees the type by which a component imports it, when that is linked. Whatever it fails with, linking fails with.
    fn bind(&self, _ty: &HostFuncType) -> Result<()> {
        Ok(())
    }
}

/// What a function of the host does where its type is plain: each parameter and the result is a number, a truth value or a character.
pub trait PlainHostFunction: Send + Sync {
    /// Runs it, as `ComponentHostFunction::call` does. There is a slot for each argument; `abi::plain` says what it holds. Gives the
    /// slot of the result; anything where there is none.
    fn call_plain(&self, store: &Store, call_id: u64, ty: &HostFuncType, arguments: &[u64]) -> Result<u64>;
}

/// What a function of the host gives a guest.
#[derive(Default)]
pub struct Reply {
    /// The stream: see `abi::stream`.
    pub bytes: Vec<u8>,
    /// What stands beside it.
    pub beside: Vec<Vec<u8>>,
    /// The resources.
    pub resources: Vec<GivenResource>,
}

/// The type by which a component imports a function of the host.
pub struct HostFuncType {
    /// Its names, in words.
    pub name: String,
    /// How its parameters lie in a guest.
    pub params: Row,
    /// How its result lies in a guest: one field or none.
    pub results: Row,
    /// The names of its parameters.
    pub param_names: Box<[String]>,
    /// Whether it is async by its type: a task of the guest calls it, and others go on meanwhile.
    pub is_async: bool,
    /// What a language has made of this type: of what is set, the first.
    pub of_language: OnceLock<Box<dyn Any + Send + Sync>>,
}

impl HostFuncType {
    pub(super) fn new(name: String, ty: &ComponentFunc, [params, results]: [Row; 2]) -> Self {
        let param_names = ty.params().map(|(name, _)| name.to_owned()).collect();
        Self { name, params, results, param_names, is_async: ty.async_(), of_language: OnceLock::new() }
    }

    /// That of a function which gives what a stream of the host has, or a future.
    pub(super) fn of_source(is_future: bool, payload: Option<&Arc<Plan>>) -> Self {
        let [params, results] = rows_of(is_future, payload);
        let name = if is_future { "a future of the host" } else { "a stream of the host" }.to_owned();
        let param_names = params.fields.iter().map(|_| "most".to_owned()).collect();
        Self { name, params, results, param_names, is_async: true, of_language: OnceLock::new() }
    }

    /// Whether it is plain.
    pub fn is_plain(&self) -> bool {
        plain::is_plain_of_host(&self.params, &self.results)
    }

    /// The error for a value that the function gave and that does not fit, as `component_mistake` words it, behind the
    /// function's names.
    pub fn refuse(&self, path: &[String], mistake: ComponentMistake) -> WasmtimeError {
        mistakes::error(path, mistake).in_host_func(&self.name)
    }

    /// The function's type as a table.
    pub fn types(&self) -> Result<ComponentTypes> {
        table::of_func(&self.param_names, &self.params, &self.results, self.is_async)
    }
}

/// What wasmtime calls.
pub(super) fn run(
    function: &Arc<dyn ComponentHostFunction>,
    ty: &HostFuncType,
    hosts: &Arc<[HostResource]>,
    context: StoreContextMut<'_, StoreData>,
    given: Given,
) -> wasmtime::Result<Written> {
    in_store(context, |store, context| Ok(run_in(store, function.as_ref(), ty, hosts, context, given)?))
}

/// The same for a plain function.
#[inline]
pub(super) fn run_plain(
    function: &dyn PlainHostFunction,
    ty: &HostFuncType,
    context: StoreContextMut<'_, StoreData>,
    arguments: &[u64],
) -> wasmtime::Result<u64> {
    in_store(context, |store, context| {
        call(store, context, |call_id| function.call_plain(store, call_id, ty, arguments))
    })
}

/// A guest drops an object of the host that it owns.
pub(super) fn drop_owned(mut context: StoreContextMut<'_, StoreData>, number: u32) -> wasmtime::Result<()> {
    let objects = Arc::clone(&context.data().components.objects);
    // To let go of it may run anything: not in here.
    let departed = context.data().weak_store.upgrade().map(|store| store.departed());
    let let_go = |object| departed.map(|departed| departed.push(object));
    let Some((object, drop)) = objects.owned(number) else {
        objects.remove(number).map(let_go);
        return Ok(());
    };
    let done = in_store(context.as_context_mut(), |store, context| {
        let _dropping = context.data().components.shut().dropping();
        // Where there is no room for the call, it stays until the store goes. So it does where this is not reached.
        call(store, context, |_| match objects.remove(number) {
            Some(_) => drop.dropped(&object),
            // The store was closed meanwhile, and that has done it.
            None => Ok(()),
        })
    });
    let_go(object);
    done
}

#[inline(always)]
fn in_store<R>(
    mut context: StoreContextMut<'_, StoreData>,
    work: impl FnOnce(&Store, &mut StoreContextMut<'_, StoreData>) -> Done<R>,
) -> wasmtime::Result<R> {
    let pointer = context.data().weak_store.as_ptr();
    // SAFETY: `StoreData::weak_store` points to the store of this guest. Guests run only in `Store::enter_guest`, which
    // borrows the store until the guest has returned, and in steps of a run, which holds the store.
    let store = unsafe { &*pointer };
    store.charge(context.as_context_mut())?;
    let done = work(store, &mut context);
    store.sample(&context);
    let given = done.map_err(|error| {
        failpoint::panic_at("guest");
        wasmtime::Error::new(HostError(*error))
    })?;
    store.check_run()?;
    Ok(given)
}

/// What a function of the host gives. Narrow, since it is handed up through several frames.
type Done<R> = std::result::Result<R, Box<WasmtimeError>>;

fn run_in(
    store: &Store,
    function: &dyn ComponentHostFunction,
    ty: &HostFuncType,
    hosts: &Arc<[HostResource]>,
    context: &mut StoreContextMut<'_, StoreData>,
    given: Given,
) -> Result<Written> {
    let running = if given.handles.is_empty() { None } else { context.data().components.running() };
    let (arguments, lent) = received(store, context, given, || running.unwrap_or_default(), hosts)?;
    let done = call(store, context, |call_id| function.call(store, call_id, ty, arguments));
    Loans::new(lent).end(context)?;
    drop_ends_of(store, context);
    written(store, context, done.map_err(|error| *error)?, ty, hosts)
}

/// Resources that are lent to a function of the host. A loan ends with the call, whatever the function has made of it.
pub(super) struct Loans(Vec<Arc<ComponentResource>>);

impl Loans {
    pub(super) fn new(lent: Vec<Arc<ComponentResource>>) -> Self {
        Self(lent)
    }

    /// Gives them back to the guest, which goes on.
    pub(super) fn end(mut self, context: &mut StoreContextMut<'_, StoreData>) -> Result<()> {
        for resource in std::mem::take(&mut self.0) {
            if let Some(handle) = resource.take() {
                let dropped = drop_handle(context, handle);
                dropped.map_err(|error| WasmtimeError::Unexpected { reason: error.to_string() })?;
            }
        }
        Ok(())
    }
}

impl Drop for Loans {
    /// The guest is over: it has no use for them.
    fn drop(&mut self) {
        self.0.iter().for_each(|resource| _ = resource.take());
    }
}

/// What a function of the host has given, for the guest.
pub(super) fn written(
    store: &Store,
    context: &mut StoreContextMut<'_, StoreData>,
    reply: Reply,
    ty: &HostFuncType,
    hosts: &Arc<[HostResource]>,
) -> Result<Written> {
    let beside: Vec<&[u8]> = reply.beside.iter().map(Vec::as_slice).collect();
    let values = Values { bytes: &reply.bytes, beside: &beside, ..Values::default() };
    let ends = || handles::ends(values, &ty.results);
    let sent = Sent::new(store, context, &reply.resources, (&ends, hosts)).map_err(|refused| {
        let place = handles::path(values, &ty.results, refused.place, |_| "result".to_owned());
        refused.at(&format!("{}: {place}", ty.name))
    })?;
    let handles = sent.handles.into_vec();
    drop(beside);
    // Whatever becomes of them, the guest has got them from here on.
    reply.resources.iter().filter(|resource| resource.is_own).for_each(GivenResource::forget);
    let (hosts, names) = match handles.is_empty() {
        true => (None, None),
        false => (Some(Arc::clone(hosts)), Some(ty.name.as_str().into())),
    };
    Ok(Written { bytes: reply.bytes, beside: reply.beside, handles, hosts, names })
}

#[inline]
fn call<R>(
    store: &Store,
    context: &mut StoreContextMut<'_, StoreData>,
    work: impl FnOnce(u64) -> Result<R>,
) -> Done<R> {
    let done = store.component_call(context, |HostCallId(call_id)| {
        // A panic must not cross the guest's frames.
        let work = || work(call_id).inspect_err(|_| failpoint::panic_at("host")).map_err(Box::new);
        catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(panicked(panic.as_ref())))
    });
    done.unwrap_or_else(|| Err(too_deep()))
}

#[cold]
fn panicked(panic: &(dyn Any + Send)) -> Box<WasmtimeError> {
    Box::new(WasmtimeError::from_panic(panic))
}

#[cold]
fn too_deep() -> Box<WasmtimeError> {
    let reason = "the thread's stack has no room for another call of a host function: its calls are nested too deeply";
    Box::new(WasmtimeError::limit(reason))
}
