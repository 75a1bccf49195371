//! Functions that components export: called with values as bytes (`abi::stream`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use wasmtime::StoreContextMut;

use crate::component::abi::call::Ready;
use crate::component::abi::plan::{Field, Kind, Plan, Row};
use crate::component::abi::stream::{Arrays, Given, Handle, Values, lifting};
use crate::component::abi::{handles, no_value};
use crate::component::handles::{FindEnds, GivenResource, Received, Sent, received};
use crate::component::resource::failed_in_call;
use crate::component::resource_type::{ComponentResourceType, host_of};
use crate::component::types::ComponentTypes;
use crate::component::{table, words};
use crate::errors::guest_text::start;
use crate::stores::components::InstanceState;
use crate::stores::entry::Called;
use crate::stores::host_objects::HostResource;
use crate::stores::store::{StoreData, StoreId, of_store};
use crate::{Result, Store, WasmtimeError};

/// A function that an instance of a component exports (`wasmtime::component::Func`). It belongs to one store.
#[derive(uniffi::Object)]
pub struct ComponentFunc {
    owner: StoreId,
    ready: Ready,
    /// The names that lead to it: those of the instances in each other, and its own.
    path: Box<[String]>,
    /// The names of its parameters.
    names: Box<[String]>,
    /// Whether it is async by its type: it may wait.
    is_async: bool,
    state: Arc<InstanceState>,
    hosts: Arc<[HostResource]>,
}

of_store!(ComponentFunc);

#[uniffi::export]
impl ComponentFunc {
    /// Its type: that of the function is the root of the table.
    pub fn types(&self) -> Result<ComponentTypes> {
        table::of_func(&self.names, self.ready.params(), self.ready.results(), self.is_async)
    }
}

/// Arguments on their way into a guest.
#[derive(Default)]
pub struct Arguments<'a> {
    /// The stream: see `abi::stream`.
    pub bytes: &'a [u8],
    /// What stands beside it.
    pub beside: &'a [&'a [u8]],
    /// What stands beside it where only the language reaches it.
    pub arrays: Option<&'a dyn Arrays>,
    /// The resources.
    pub resources: &'a [GivenResource],
}

impl ComponentFunc {
    pub(super) fn new(
        store: &Store,
        ready: Ready,
        path: Vec<String>,
        names: Box<[String]>,
        (state, hosts): (&Arc<InstanceState>, &Arc<[HostResource]>),
    ) -> Arc<Self> {
        let is_async = ready.is_async();
        let (state, hosts) = (Arc::clone(state), Arc::clone(hosts));
        Arc::new(Self { owner: store.id(), ready, path: path.into(), names, is_async, state, hosts })
    }

    /// What a call has failed with.
    #[cold]
    pub(super) fn failed(&self, context: &mut StoreContextMut<'_, StoreData>, error: wasmtime::Error) -> WasmtimeError {
        failed_in_call(context, no_value::from_guest(error, &words::path(&self.path)))
    }

    pub(super) fn ready(&self) -> &Ready {
        &self.ready
    }

    pub(super) fn state(&self) -> &Arc<InstanceState> {
        &self.state
    }

    pub(super) fn hosts(&self) -> &Arc<[HostResource]> {
        &self.hosts
    }

    /// How its parameters lie in a guest.
    pub fn params(&self) -> &Row {
        self.ready.params()
    }

    /// How its result lies in a guest: one field or none.
    pub fn results(&self) -> &Row {
        self.ready.results()
    }

    /// The names of its parameters.
    pub fn param_names(&self) -> &[String] {
        &self.names
    }

    /// The type of the resource that a handle is one of.
    pub fn resource_type(&self, plan: &Plan) -> Option<Arc<ComponentResourceType>> {
        plan.resource.map(|ty| ComponentResourceType::from_wasmtime(ty, &self.hosts))
    }

    /// Of each resource in the table of its types, by its number there, whether it is one of the host's.
    pub fn are_of_host(&self) -> Result<Vec<bool>> {
        let found = table::resources_of_func(&self.names, self.ready.params(), self.ready.results())?;
        Ok(found.into_iter().map(|ty| host_of(ty, &self.hosts).is_some()).collect())
    }

    /// Whether it is plain: each parameter is a number, a truth value, a character or a handle, and so is the result, except for
    /// handles, and it is not async. `call_plain` calls it faster then than `call`.
    pub fn is_plain(&self) -> bool {
        self.ready.is_plain() && !self.is_async
    }

    /// Whether it is async by its type (`async func` in WIT): it may wait for async functions of the host, where it is started as a run.
    pub fn is_async(&self) -> bool {
        self.is_async
    }

    /// Fails with `WrongStore` unless it is a function of this store, and with `Closed` after that was closed.
    pub fn check(&self, store: &Store) -> Result<()> {
        store.check_owner(self.owner, "function")
    }

    /// What a listener is told that it is called.
    pub(super) fn called(&self) -> Called {
        self.path.last().map(|name| start(name).into())
    }

    /// Calls the function.
    ///
    /// Fails with `Trap` where the guest traps or gives values that are none. After that each call of a component of this store fails with
    /// `Poisoned`. Fails with `Busy` where the instance is in a call already, with `Type` for a resource of another type, and with
    /// whatever a host function failed with. One that is async fails with `Suspend` where it waits for an async function of the host, and with
    /// `Trap` where it waits for nothing that could come.
    pub fn call(&self, store: &Store, arguments: &Arguments<'_>) -> Result<Received> {
        self.call_into(store, arguments, Given::reusing())
    }

    /// The same. `given` is empty, has room for the bytes of the results, and says which of them stand beside.
    pub fn call_into(&self, store: &Store, arguments: &Arguments<'_>, mut given: Given) -> Result<Received> {
        self.check(store)?;
        store.call_guest(
            || self.called(),
            |mut context| {
                let Arguments { bytes, beside, arrays, .. } = *arguments;
                let values = Values { bytes, beside, arrays, ..Values::default() };
                let place = |place| self.place(values, place);
                let ends = || handles::ends(values, self.params());
                self.run(
                    store,
                    &mut context,
                    (arguments.resources, &place, &ends),
                    |context, handles, has_arrived| {
                        let Arguments { bytes, beside, arrays, .. } = *arguments;
                        let values = Values { bytes, beside, arrays, handles, hosts: &self.hosts };
                        self.check_values(context, values).map_err(refusal)?;
                        match context.data().suspension.clone() {
                            Some(suspension) if self.is_async => {
                                let _large = lifting(given.large);
                                given = suspension.to_end(self.ready.call_waiting(context, values, has_arrived))?;
                                Ok(())
                            }
                            None => self.ready.call_noting(context, values, &mut given, has_arrived),
                            Some(suspension) => suspension.to_end(self.ready.call_noting_on_fiber(
                                context,
                                values,
                                &mut given,
                                has_arrived,
                            )),
                        }
                    },
                )?;
                received(store, &mut context, given, || Arc::clone(&self.state), &self.hosts)
                    .map(|(received, _)| received)
            },
        )
    }

    /// Calls a plain function, as `call` does. There is a slot for each argument; `abi::plain` says what it holds. Gives the slot
    /// of the result; 0 where there is none.
    pub fn call_plain(&self, store: &Store, slots: &[u64], resources: &[GivenResource]) -> Result<u64> {
        self.check(store)?;
        store.call_guest(
            || self.called(),
            |mut context| {
                self.run(
                    store,
                    &mut context,
                    (resources, &|place| self.plain_place(slots, place), &Vec::new),
                    |context, handles, has_arrived| {
                        let hosts = &self.hosts;
                        if !handles.is_empty() && context.engine().get_concurrency_support() {
                            let early = self.ready.check_plain(slots, handles, hosts);
                            let place = |place| self.plain_place(slots, place);
                            early.map_err(|error| refusal(handles::refused_early(error, place)))?;
                        }
                        match context.data().suspension.clone() {
                            None => self.ready.call_plain(context, slots, handles, hosts, has_arrived),
                            Some(suspension) => suspension.to_end(self.ready.call_plain_on_fiber(
                                context,
                                slots,
                                handles,
                                hosts,
                                has_arrived,
                            )),
                        }
                    },
                )
            },
        )
    }

    /// What leads to the resource of that place among those of a call, in words.
    #[cold]
    pub(super) fn place(&self, values: Values<'_>, place: usize) -> String {
        handles::path(values, self.ready.params(), place, |index| format!("argument {}", index + 1))
    }

    /// The same for a plain function.
    #[cold]
    fn plain_place(&self, slots: &[u64], place: usize) -> String {
        let mut all = self.ready.params().fields.iter().zip(slots);
        let is_it = |(field, slot): (&Field, &u64)| {
            matches!(field.plan.kind, Kind::Own | Kind::Borrow) && *slot == place as u64
        };
        format!("argument {}", all.position(is_it).unwrap_or_default() + 1)
    }

    /// Runs `work`, which calls the guest with handles of those resources, and notes when it has them. The words for the place of one
    /// stand beside them, and what finds streams and futures.
    #[inline(always)]
    fn run<R>(
        &self,
        store: &Store,
        context: &mut StoreContextMut<'_, StoreData>,
        (resources, place, ends): (&[GivenResource], &dyn Fn(usize) -> String, FindEnds<'_>),
        mut work: impl FnMut(&mut StoreContextMut<'_, StoreData>, &[Handle], &AtomicBool) -> wasmtime::Result<R>,
    ) -> Result<R> {
        store.drop_resources(context)?;
        context.data().components.check()?;
        self.state.begin()?;
        let has_arrived = AtomicBool::new(false);
        let outer = context.data_mut().components.running;
        let mut call = |context: &mut StoreContextMut<'_, StoreData>, handles: &[Handle]| {
            context.data_mut().components.running = self.state.place();
            let done = work(context, handles, &has_arrived);
            context.data_mut().components.running = outer;
            self.state.end();
            done
        };
        // What keeps track of resources is wide, and most calls have none.
        let done = if resources.is_empty() {
            call(context, &[])
        } else {
            let sent = Sent::new(store, context, resources, (ends, &self.hosts)).map_err(|refused| {
                self.state.end();
                let place = place(refused.place);
                refused.at(&place)
            })?;
            let done = call(context, &sent.handles);
            sent.end(store, context, has_arrived.load(Ordering::Relaxed));
            done
        };
        done.map_err(|error| match error.downcast::<Refusal>() {
            Ok(Refusal(error)) => error,
            Err(error) => self.failed(context, error),
        })
    }

    /// Checks the resources in the values of a call, in a store whose components may be async: there, what is found when the call has begun
    /// ends the guest.
    pub(super) fn check_values(&self, context: &StoreContextMut<'_, StoreData>, values: Values<'_>) -> Result<()> {
        if values.handles.is_empty() || !context.engine().get_concurrency_support() {
            return Ok(());
        }
        let checked = self.ready.check_handles(values);
        checked.map_err(|error| handles::refused_early(error, |place| self.place(values, place)))
    }
}

/// Why a call does not begin. No guest has run.
#[derive(Debug, thiserror::Error)]
#[error("the call does not begin")]
struct Refusal(WasmtimeError);

#[cold]
fn refusal(error: WasmtimeError) -> wasmtime::Error {
    wasmtime::Error::new(Refusal(error))
}
