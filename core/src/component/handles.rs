//! Resources on their way into guests and out of them: handles of guests' resources, and objects of the host.

use std::collections::HashMap;
use std::sync::Arc;

use wasmtime::StoreContextMut;
use wasmtime::component::ResourceAny;

use crate::component::abi::end::End;
use crate::component::abi::plan::Plan;
use crate::component::abi::stream::{Given, Handle, Taken};
use crate::component::few::Few;
use crate::component::resource::ComponentResource;
use crate::component::resource_type::host_of;
use crate::component::spare;
use crate::component::stream::ComponentStream;
use crate::stores::components::InstanceState;
use crate::stores::host_objects::HostResource;
use crate::stores::store::StoreData;
use crate::{HostObject, Result, Store, WasmtimeError};

/// A resource, as a language has it.
#[derive(Clone)]
pub enum ResourceValue {
    /// A guest's.
    Guest(Arc<ComponentResource>),
    /// The host's own.
    Host(HostObject),
    /// No resource, but a stream or a future that a guest gave.
    Stream(Arc<ComponentStream>),
    /// The same of the host's own, on its way into a guest.
    Source(ComponentSource),
}

/// What a language has elements of a stream from, or the value of a future.
#[derive(Clone)]
pub struct ComponentSource(pub(super) Arc<dyn Opens>);

/// Makes a stream, or a future, of what a language has.
pub(super) trait Opens: Send + Sync {
    /// One of that type. `hosts` are the host's types of resources.
    fn open(
        &self,
        context: &mut StoreContextMut<'_, StoreData>,
        plan: &Plan,
        hosts: &Arc<[HostResource]>,
    ) -> Result<End>;
}

/// What finds the plans of the streams and futures of a call, with their places among its resources.
pub(super) type FindEnds<'a> = &'a dyn Fn() -> Vec<(usize, Arc<Plan>)>;

/// The same, with the host's types of resources.
pub(super) type Ends<'a> = (FindEnds<'a>, &'a Arc<[HostResource]>);

/// A resource on its way into a guest.
pub struct GivenResource {
    /// It.
    pub value: ResourceValue,
    /// Whether its place is an `own`: the guest keeps it.
    pub is_own: bool,
}

impl GivenResource {
    /// A guest has it now: the object of the language is empty.
    pub(super) fn forget(&self) {
        match &self.value {
            ResourceValue::Guest(guest) => _ = guest.take(),
            ResourceValue::Stream(stream) => stream.forget(),
            ResourceValue::Host(_) | ResourceValue::Source(_) => {}
        }
    }
}

/// Values that came out of a guest.
#[derive(Default)]
pub struct Received {
    /// The stream: see `abi::stream`.
    pub bytes: Vec<u8>,
    /// What stands beside it.
    pub beside: Vec<Vec<u8>>,
    /// The resources.
    pub resources: Vec<ResourceValue>,
}

impl Received {
    /// Has the thread keep the buffers for a later call: nobody reads the values any more. The resources stay.
    pub fn give_back(&mut self) {
        spare::keep_stream(std::mem::take(&mut self.bytes));
        spare::keep_parts(&mut self.beside);
    }
}

/// The handles of some resources in a store, for one call.
pub(super) struct Sent<'a> {
    pub(super) handles: Few<Handle>,
    given: &'a [GivenResource],
    /// The objects that are lent, by their numbers.
    lent: Vec<u32>,
    /// The objects that are given away, by their numbers.
    kept: Vec<u32>,
    /// The streams and futures that were made for this call.
    opened: Vec<End>,
}

impl<'a> Sent<'a> {
    /// Fails with `WrongStore`, with `Closed` for a handle that is gone, and with `Type` where one is given away and used once more.
    #[inline]
    pub(super) fn new(
        store: &Store,
        context: &mut StoreContextMut<'_, StoreData>,
        given: &'a [GivenResource],
        ends: Ends<'_>,
    ) -> std::result::Result<Self, RefusedResource> {
        match given {
            [] => Ok(Self::of(Few::None, given)),
            // A method's own resource: it is one alone, and no object of the host's.
            [GivenResource { value: ResourceValue::Guest(guest), is_own }] => {
                let handle = guest.get(store).and_then(|handle| check_owned(guest, *is_own).map(|()| handle));
                let handle = handle.map_err(|error| RefusedResource::new(0, error))?;
                Ok(Self::of(Few::One([Handle::Any(handle)]), given))
            }
            _ => Self::many(store, context, given, ends),
        }
    }

    #[inline]
    fn of(handles: Few<Handle>, given: &'a [GivenResource]) -> Self {
        Self { handles, given, lent: Vec::new(), kept: Vec::new(), opened: Vec::new() }
    }

    fn many(
        store: &Store,
        context: &mut StoreContextMut<'_, StoreData>,
        given: &'a [GivenResource],
        (ends, hosts): Ends<'_>,
    ) -> std::result::Result<Self, RefusedResource> {
        // Everything is checked before the first object gets a number.
        let mut used = HashMap::new();
        for (place, resource) in given.iter().enumerate() {
            let (checked, address, word) = match &resource.value {
                ResourceValue::Guest(guest) => {
                    let checked = guest.get(store).and_then(|_| check_owned(guest, resource.is_own));
                    (checked, Arc::as_ptr(guest).cast::<()>(), "resource")
                }
                ResourceValue::Stream(stream) => {
                    (stream.end(store).map(drop), Arc::as_ptr(stream).cast(), stream.word())
                }
                ResourceValue::Source(source) => (Ok(()), Arc::as_ptr(&source.0).cast(), "stream"),
                ResourceValue::Host(_) => continue,
            };
            checked.map_err(|error| RefusedResource::new(place, error))?;
            // One alone is used once.
            let before = if given.len() > 1 { used.insert(address, resource.is_own) } else { None };
            if before.is_some_and(|was_own| was_own || resource.is_own) {
                let reason = format!(
                    "a {word} is given away and used once more in the same call: expected each {word} that is given away once"
                );
                return Err(RefusedResource::new(place, WasmtimeError::wrong_type(reason)));
            }
        }
        let (mut handles, mut sent) = (Vec::with_capacity(given.len()), Self::of(Few::None, given));
        let has_source = given.iter().any(|resource| matches!(resource.value, ResourceValue::Source(_)));
        let plans: HashMap<usize, Arc<Plan>> = if has_source { ends().into_iter().collect() } else { HashMap::new() };
        for (place, resource) in given.iter().enumerate() {
            let refused = |error| RefusedResource::new(place, error);
            let handle = match &resource.value {
                ResourceValue::Guest(guest) => Handle::Any(guest.get(store).map_err(refused)?),
                ResourceValue::Host(object) => {
                    let is_watched = resource.is_own && hosts.iter().any(|host| host.drop.is_some());
                    let objects = &context.data().components.objects;
                    let (number, ownership) = objects.add(Arc::clone(object), is_watched).map_err(refused)?;
                    let numbers = if resource.is_own { &mut sent.kept } else { &mut sent.lent };
                    numbers.push(number);
                    Handle::Host(number, ownership)
                }
                ResourceValue::Stream(stream) => Handle::End(stream.end(store).map_err(refused)?),
                ResourceValue::Source(source) => match plans.get(&place) {
                    Some(plan) => {
                        let end = source.0.open(context, plan, hosts).map_err(refused)?;
                        sent.opened.push(end.clone());
                        Handle::End(end)
                    }
                    None => return Err(refused(WasmtimeError::wrong_type("a stream stands where a resource should"))),
                },
            };
            handles.push(handle);
        }
        sent.handles = Few::Many(handles);
        Ok(sent)
    }

    /// Ends the call. What was given away is the guest's, if the guest has got it.
    pub(super) fn end(self, store: &Store, context: &mut StoreContextMut<'_, StoreData>, has_arrived: bool) {
        let back = if has_arrived { Vec::new() } else { self.kept };
        for number in self.lent.into_iter().chain(back) {
            // To drop an object may run anything: not in here.
            if let Some(object) = context.data().components.objects.remove(number) {
                store.departed().push(object);
            }
        }
        if has_arrived {
            self.given.iter().filter(|resource| resource.is_own).for_each(GivenResource::forget);
        } else {
            self.opened.into_iter().for_each(|end| store.dropped_resources.push_end(Box::new(end)));
        }
    }
}

/// Why a resource cannot be given to a guest.
pub(super) struct RefusedResource {
    /// Its place among those of the call.
    pub(super) place: usize,
    error: Box<WasmtimeError>,
}

impl RefusedResource {
    #[cold]
    fn new(place: usize, error: WasmtimeError) -> Self {
        Self { place, error: Box::new(error) }
    }

    /// The error, which says where the resource stands.
    #[cold]
    pub(super) fn at(self, place: &str) -> WasmtimeError {
        let mut error = *self.error;
        match &mut error {
            WasmtimeError::Type { reason } => *reason = format!("{place}: {reason}"),
            WasmtimeError::Closed { what } | WasmtimeError::WrongStore { what } => *what = format!("{what} of {place}"),
            _ => {}
        }
        error
    }
}

/// Refuses to give away a resource that is lent.
fn check_owned(guest: &ComponentResource, is_given: bool) -> Result<()> {
    if !is_given || guest.is_owned()? {
        return Ok(());
    }
    Err(WasmtimeError::wrong_type("a resource that is lent cannot be given away: expected one that is owned"))
}

/// What came out of a guest, with the resources as a language has them, and those of them that are lent.
pub(super) fn received(
    store: &Store,
    context: &mut StoreContextMut<'_, StoreData>,
    given: Given,
    state: impl FnOnce() -> Arc<InstanceState>,
    hosts: &[HostResource],
) -> Result<(Received, Vec<Arc<ComponentResource>>)> {
    let mut lent = Vec::new();
    if given.handles.is_empty() {
        return Ok((Received { bytes: given.bytes, beside: given.beside, resources: Vec::new() }, lent));
    }
    let state = state();
    let mut resources = Vec::with_capacity(given.handles.len());
    for handle in given.handles {
        let (handle, is_own) = match handle {
            Taken::Resource(handle, is_own) => (handle, is_own),
            Taken::End(end) => {
                resources.push(ResourceValue::Stream(ComponentStream::new(store, end, &state, hosts)));
                continue;
            }
        };
        resources.push(match host_of(handle.ty(), hosts) {
            Some(_) => ResourceValue::Host(object(context, handle, is_own)?),
            None => {
                let resource = ComponentResource::new(store, handle, &state, hosts);
                if !is_own {
                    lent.push(Arc::clone(&resource));
                }
                ResourceValue::Guest(resource)
            }
        });
    }
    Ok((Received { bytes: given.bytes, beside: given.beside, resources }, lent))
}

/// The object of the host that a guest gave back or lent.
fn object(context: &mut StoreContextMut<'_, StoreData>, handle: ResourceAny, is_own: bool) -> Result<HostObject> {
    let dynamic = handle
        .try_into_resource_dynamic(&mut *context)
        .map_err(|error| WasmtimeError::Unexpected { reason: error.to_string() })?;
    let objects = &context.data().components.objects;
    let found = if is_own { objects.remove(dynamic.rep()) } else { objects.get(dynamic.rep()) };
    found.ok_or_else(|| WasmtimeError::Closed { what: "resource".to_owned() })
}
