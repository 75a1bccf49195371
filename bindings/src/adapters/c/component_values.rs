//! Values of components on their way from Swift and to it: a stream of bytes, large parts beside it, and what has handles: resources,
//! and the ends of streams and futures.

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

use trimaran::adapter::{ComponentSource, Few, GivenResource, Received, Reply, ResourceValue};
use trimaran::{ComponentResource, ComponentStream, HostObject, Result, WasmtimeError};

use super::host::{Context, Release};
use super::{lent, let_go, shared};

/// Bytes that one side lends the other.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Part {
    data: *const u8,
    length: usize,
}

impl Part {
    const NOTHING: Self = Self { data: ptr::null(), length: 0 };

    fn of(bytes: &[u8]) -> Self {
        Self { data: bytes.as_ptr(), length: bytes.len() }
    }

    /// # Safety
    /// As for `lent`.
    pub(super) unsafe fn bytes<'a>(self) -> &'a [u8] {
        // SAFETY: the contract of this function.
        unsafe { lent(self.data, self.length) }
    }
}

/// What has a handle, by its kind: see the header.
#[repr(C)]
pub struct Resource {
    object: *mut c_void,
    kind: u8,
    is_own: bool,
}

/// A `ComponentResource` that is lent.
const GUEST: u8 = 0;
/// An object of the host. On its way into a guest the library takes over the caller's hold on it; on its way out it is lent.
const HOST: u8 = 1;
/// A `ComponentStream` that is lent.
const STREAM: u8 = 2;
/// A `ComponentSource` in a `Box`, which the library takes over. It comes out of no guest.
const SOURCE: u8 = 3;

/// Values that Swift lends for a call.
#[repr(C)]
pub struct Given {
    bytes: Part,
    beside: *const Part,
    beside_count: usize,
    resources: *const Resource,
    resource_count: usize,
    /// Lets go of an object of the host.
    release: Release,
}

impl Given {
    /// # Safety
    /// The bytes are readable for as long as the result lives.
    pub(super) unsafe fn bytes<'a>(&self) -> &'a [u8] {
        // SAFETY: the contract of this function.
        unsafe { self.bytes.bytes() }
    }

    /// # Safety
    /// The parts and their bytes are readable for as long as the result lives.
    pub(super) unsafe fn beside<'a>(&self) -> Few<&'a [u8]> {
        // SAFETY: the contract of this function.
        let parts = unsafe { lent(self.beside, self.beside_count) };
        // SAFETY: the same, of the bytes of each part.
        parts.iter().map(|part| unsafe { part.bytes() }).collect()
    }

    /// A copy of them. It takes over the objects of the host, whatever else fails.
    ///
    /// # Safety
    /// As for `bytes`, `beside` and `resources`, until this returns.
    pub(super) unsafe fn copied(&self) -> Result<Reply> {
        // SAFETY: the contract of this function.
        let resources = unsafe { self.resources()? };
        // SAFETY: `bytes` and `beside` live until this returns: the contract of this function.
        let (bytes, beside) = unsafe { (self.bytes(), self.beside()) };
        let beside = beside.iter().map(|part| part.to_vec()).collect();
        Ok(Reply { bytes: bytes.to_vec(), beside, resources: resources.into_vec() })
    }

    /// Takes over the objects of the host, whatever else fails.
    ///
    /// # Safety
    /// The resources are readable; the guests' and the streams are alive; a source is what `trimaran_component_source_new` made, and nobody
    /// uses it again; `release` may be called once for each of the host's, on any thread. This is called once.
    pub(super) unsafe fn resources(&self) -> Result<Few<GivenResource>> {
        // SAFETY: the caller gives that many resources.
        let given = unsafe { lent(self.resources, self.resource_count) };
        let mut done = Ok(());
        // SAFETY: the contract of this function, of each of them.
        let value = |resource| unsafe { self.resource(resource) }.map_err(|error| done = Err(error)).ok();
        // All of them, whichever fails.
        let values = given.iter().filter_map(value).collect();
        done.map(|()| values)
    }

    /// # Safety
    /// As for `resources`, of this one.
    unsafe fn resource(&self, resource: &Resource) -> Result<GivenResource> {
        let object = resource.object.cast_const();
        let value = match resource.kind {
            // SAFETY: the caller gives a resource that it keeps alive for the call.
            GUEST => ResourceValue::Guest(unsafe { shared(object.cast::<ComponentResource>())? }),
            // SAFETY: the caller gives a stream that it keeps alive for the call.
            STREAM => ResourceValue::Stream(unsafe { shared(object.cast::<ComponentStream>())? }),
            SOURCE if !object.is_null() => {
                // SAFETY: it came out of a `Box` in `trimaran_component_source_new`, and is taken over once: the contract of this function.
                ResourceValue::Source(*unsafe { Box::from_raw(resource.object.cast::<ComponentSource>()) })
            }
            HOST => {
                let object: HostObject = Arc::new(Context { pointer: resource.object, release: self.release });
                ResourceValue::Host(object)
            }
            _ => return Err(WasmtimeError::Unexpected { reason: "a handle of no kind".to_owned() }),
        };
        Ok(GivenResource { value, is_own: resource.is_own })
    }
}

/// Up to how many bytes come without anything to free.
const SMALL: usize = 48;

/// Values that came out of a guest. What is few bytes lies in `small`, and then there is no owner.
#[repr(C)]
pub struct Taken {
    bytes: Part,
    beside: *const Part,
    beside_count: usize,
    resources: *const Resource,
    resource_count: usize,
    owner: *mut Owner,
    small: [u8; SMALL],
}

impl Taken {
    /// What the values lie in; null where they are few bytes.
    pub(super) fn owner(&self) -> *mut Owner {
        self.owner
    }
}

/// What the parts of a `Taken` lie in.
pub struct Owner {
    received: Received,
    parts: Vec<Part>,
    resources: Vec<Resource>,
}

/// Leaves values where the caller wants them.
///
/// # Safety
/// `taken` may be written to.
pub(super) unsafe fn leave(mut received: Received, taken: *mut Taken) {
    let mut left = Taken {
        bytes: Part::NOTHING,
        beside: ptr::null(),
        beside_count: 0,
        resources: ptr::null(),
        resource_count: 0,
        owner: ptr::null_mut(),
        small: [0; SMALL],
    };
    let is_small = received.beside.is_empty() && received.resources.is_empty();
    match left.small.get_mut(..received.bytes.len()).filter(|_| is_small) {
        Some(small) => {
            small.copy_from_slice(&received.bytes);
            left.bytes.length = received.bytes.len();
            received.give_back();
        }
        None => {
            let parts: Vec<_> = received.beside.iter().map(|bytes| Part::of(bytes)).collect();
            let resources: Vec<_> = received.resources.iter().map(resource).collect();
            left.bytes = Part::of(&received.bytes);
            (left.beside, left.beside_count) = (parts.as_ptr(), parts.len());
            (left.resources, left.resource_count) = (resources.as_ptr(), resources.len());
            left.owner = Box::into_raw(Box::new(Owner { received, parts, resources }));
        }
    }
    // SAFETY: the contract of this function.
    unsafe { taken.write(left) };
}

/// A resource, or the end of a stream, as it is lent to Swift.
fn resource(value: &ResourceValue) -> Resource {
    match value {
        ResourceValue::Guest(guest) => Resource {
            object: Arc::as_ptr(guest).cast_mut().cast(),
            kind: GUEST,
            is_own: guest.is_owned().unwrap_or(false),
        },
        ResourceValue::Host(object) => {
            let context = object.downcast_ref::<Context>();
            let object = context.map_or(ptr::null_mut(), |context| context.pointer);
            Resource { object, kind: HOST, is_own: false }
        }
        ResourceValue::Stream(stream) => {
            Resource { object: Arc::as_ptr(stream).cast_mut().cast(), kind: STREAM, is_own: true }
        }
        // What guests give has none.
        ResourceValue::Source(_) => Resource { object: ptr::null_mut(), kind: SOURCE, is_own: true },
    }
}

/// Frees what values lie in.
///
/// # Safety
/// The owner is null, or came with values from here and is freed once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_component_values_free(owner: *mut Owner) {
    if !owner.is_null() {
        // SAFETY: the caller gives what came out of a `Box` here, once.
        let Owner { mut received, parts, resources } = *unsafe { Box::from_raw(owner) };
        drop((parts, resources));
        received.give_back();
        let_go(received);
    }
}
