//! Exchanges: the memory that values of components cross in. The package writes and reads it where it is, by direct buffers of the JVM, so
//! that a call needs no function of the JNI.
//!
//! One thread has an exchange at a time. A host function that calls a component has another one.

use std::ptr::null_mut;
use std::sync::Arc;

use jni_sys::{JNIEnv, jclass, jint, jlong, jobject, jobjectArray, jsize};
use trimaran::adapter::stream::Given;
use trimaran::adapter::{Few, GivenResource, Received, ResourceValue, component_source};
use trimaran::{ComponentResource, ComponentStream, HostObject, Result, WasmtimeError};

use super::component_source::Source;
use super::generated::kept;
use super::host::GlobalRef;
use super::{give, let_go};

/// What crosses in both directions.
#[derive(Default)]
pub(super) struct Exchange {
    /// The package writes here: a stream, and behind it a number for each resource.
    input: Vec<u8>,
    /// The package reads here.
    output: Vec<u8>,
    /// The resources that come with it.
    resources: Vec<ResourceValue>,
    /// Where the output was, and how much room it had, when the package was told last.
    told: (usize, usize),
    /// How often that has changed.
    moves: jint,
}

/// How large a number of a resource is, in bytes.
const RESOURCE: usize = 8;

/// Says of a resource that the guest keeps it.
const OWN: u64 = 1;

/// Says of a resource that it is an object of the host's, and the rest of the number is its place among them.
const OBJECT: u64 = 2;

/// Says that it is no resource, but a stream or a future: one that a guest gave, or what an object of the host's has.
const STREAM: u64 = 4;

/// Says of what an object of the host's has that guests wait for it.
const WAITS: u64 = 8;

/// Where the place of an object begins.
const PLACE: u32 = 4;

// Beside an address there is room for the first three.
const _: () =
    assert!(align_of::<ComponentResource>() > STREAM as usize && align_of::<ComponentStream>() > STREAM as usize);

impl Exchange {
    /// The exchange behind a pointer.
    ///
    /// # Safety
    /// The package has the pointer from `new_exchange`, has not freed it, and no other thread or call uses it until this call returns.
    pub(super) unsafe fn at<'a>(exchange: jlong) -> &'a mut Self {
        // SAFETY: the contract of this function.
        unsafe { &mut *(exchange as *mut Self) }
    }

    /// The stream of so many bytes.
    pub(super) fn stream(&self, length: jint) -> Result<&[u8]> {
        usize::try_from(length).ok().and_then(|length| self.input.get(..length)).ok_or_else(out_of_step)
    }

    /// The resources, which stand behind a stream of so many bytes. `objects` are those of the host.
    pub(super) fn given(
        &self,
        env: *mut JNIEnv,
        length: jint,
        count: jint,
        objects: jobjectArray,
    ) -> Result<Few<GivenResource>> {
        if count == 0 {
            return Ok(Few::None);
        }
        let (start, count) = (length as usize, count as usize);
        let numbers = self.input.get(start..).and_then(|rest| rest.get(..count.checked_mul(RESOURCE)?));
        let (numbers, _) = numbers.ok_or_else(out_of_step)?.as_chunks::<RESOURCE>();
        let resource = |number: &[u8; RESOURCE]| {
            let number = u64::from_le_bytes(*number);
            let address = number & !(OWN | OBJECT | STREAM);
            let value = match (number & OBJECT != 0, number & STREAM != 0) {
                (true, false) => ResourceValue::Host(held(env, objects, number >> PLACE)?),
                (true, true) => {
                    let source = with_object(env, objects, number >> PLACE, |object| {
                        Source::new(env, object, number & WAITS != 0)
                    });
                    ResourceValue::Source(component_source(Arc::new(source?)))
                }
                // SAFETY: what the package writes there is the handle of a resource, which it keeps until the call returns.
                (false, false) => ResourceValue::Guest(kept(unsafe { &*(address as *const ComponentResource) })),
                // SAFETY: as before, of a stream or of a future.
                (false, true) => ResourceValue::Stream(kept(unsafe { &*(address as *const ComponentStream) })),
            };
            Ok(GivenResource { value, is_own: number & OWN != 0 })
        };
        numbers.iter().map(resource).collect()
    }

    /// Room for what a guest gives, all of it in the stream.
    pub(super) fn room(&mut self) -> Given {
        let mut bytes = std::mem::take(&mut self.output);
        bytes.clear();
        Given { bytes, large: usize::MAX, ..Given::default() }
    }

    /// Keeps what came out of a guest, and says how often the output has moved.
    pub(super) fn keep(&mut self, received: Received) -> jint {
        self.output = received.bytes;
        self.resources = received.resources;
        self.moves()
    }

    /// Copies what came out of a guest, and behind the stream all that stands beside it. Fails with `Limit` where there is no room.
    pub(super) fn copy(&mut self, mut received: Received) -> Result<jint> {
        let length = received.beside.iter().map(Vec::len).sum::<usize>() + received.bytes.len();
        self.output.clear();
        self.output.try_reserve(length).map_err(|_| no_room(length))?;
        self.output.extend_from_slice(&received.bytes);
        received.beside.iter().for_each(|part| self.output.extend_from_slice(part));
        received.give_back();
        self.resources = received.resources;
        Ok(self.moves())
    }

    fn moves(&mut self) -> jint {
        let place = (self.output.as_ptr().addr(), self.output.capacity());
        if self.told != place {
            self.told = place;
            self.moves = self.moves.wrapping_add(1);
        }
        self.moves
    }
}

/// One of the host's objects, held.
fn held(env: *mut JNIEnv, objects: jobjectArray, index: u64) -> Result<HostObject> {
    let full = || WasmtimeError::Limit { reason: "the JVM has no room for another resource".to_owned() };
    let held = with_object(env, objects, index, |object| GlobalRef::strong(env, object).ok_or_else(full))?;
    Ok(Arc::new(held))
}

/// Runs `work` with one of the host's objects.
fn with_object<R>(
    env: *mut JNIEnv,
    objects: jobjectArray,
    index: u64,
    work: impl FnOnce(jobject) -> Result<R>,
) -> Result<R> {
    if objects.is_null() {
        return Err(out_of_step());
    }
    let item = jni!(env, GetObjectArrayElement, objects, jsize::try_from(index).map_err(|_| out_of_step())?);
    let done = work(item);
    jni!(env, DeleteLocalRef, item);
    done
}

#[cold]
fn out_of_step() -> WasmtimeError {
    WasmtimeError::Unexpected { reason: "the package and its library disagree about a component's values".to_owned() }
}

#[cold]
fn no_room(length: usize) -> WasmtimeError {
    WasmtimeError::Limit { reason: format!("the process has no room for {length} bytes of a component's values") }
}

/// A new exchange, which the package owns.
pub(super) extern "system" fn new_exchange(_env: *mut JNIEnv, _class: jclass) -> jlong {
    Box::into_raw(Box::<Exchange>::default()) as jlong
}

/// Frees an exchange. None of its buffers is used after that.
pub(super) extern "system" fn free_exchange(_env: *mut JNIEnv, _class: jclass, exchange: jlong) {
    // SAFETY: `Box::from_raw` wants what `new_exchange` gave: the package frees each once, and uses none after that.
    let_go(unsafe { Box::from_raw(exchange as *mut Exchange) });
}

/// Makes the input larger, and gives the new buffer. The old one is not used after that.
pub(super) extern "system" fn exchange_input(
    env: *mut JNIEnv,
    _class: jclass,
    exchange: jlong,
    capacity: jint,
) -> jobject {
    buffer(env, || {
        // SAFETY: the package has it to itself for the call.
        let exchange = unsafe { Exchange::at(exchange) };
        let capacity = usize::try_from(capacity).map_err(|_| out_of_step())?;
        let more = capacity.saturating_sub(exchange.input.len());
        exchange.input.try_reserve_exact(more).map_err(|_| no_room(capacity))?;
        exchange.input.resize(capacity.max(exchange.input.len()), 0);
        Ok((exchange.input.as_mut_ptr(), exchange.input.len()))
    })
}

/// A buffer of the output, which is used until that has moved.
pub(super) extern "system" fn exchange_output(env: *mut JNIEnv, _class: jclass, exchange: jlong) -> jobject {
    buffer(env, || {
        // SAFETY: the package has it to itself for the call.
        let exchange = unsafe { Exchange::at(exchange) };
        Ok((exchange.output.as_mut_ptr(), exchange.output.capacity()))
    })
}

fn buffer(env: *mut JNIEnv, memory: impl FnOnce() -> Result<(*mut u8, usize)>) -> jobject {
    let made = give(env, || {
        let (start, length) = memory()?;
        let length = i32::try_from(length).map_err(|_| no_room(length))?;
        Ok(Local(jni!(env, NewDirectByteBuffer, start.cast(), jlong::from(length))))
    });
    made.0
}

/// A handle of a guest's resource, stream or future that came out, which is the package's own from then on; 0 for an object of the host's.
pub(super) extern "system" fn exchange_resource(
    env: *mut JNIEnv,
    _class: jclass,
    exchange: jlong,
    index: jint,
) -> jlong {
    give(env, || {
        // SAFETY: the package has it to itself for the call.
        let exchange = unsafe { Exchange::at(exchange) };
        Ok(match exchange.resources.get(index as usize).ok_or_else(out_of_step)? {
            ResourceValue::Guest(resource) => Arc::into_raw(Arc::clone(resource)) as jlong,
            ResourceValue::Stream(stream) => Arc::into_raw(Arc::clone(stream)) as jlong,
            ResourceValue::Host(_) | ResourceValue::Source(_) => 0,
        })
    })
}

/// The object of the host's that came out.
pub(super) extern "system" fn exchange_object(
    env: *mut JNIEnv,
    _class: jclass,
    exchange: jlong,
    index: jint,
) -> jobject {
    let found = give(env, || {
        // SAFETY: the package has it to itself for the call.
        let exchange = unsafe { Exchange::at(exchange) };
        match exchange.resources.get(index as usize) {
            Some(ResourceValue::Host(object)) => {
                let held = object.downcast_ref::<GlobalRef>().ok_or_else(out_of_step)?;
                Ok(Local(held.local(env)))
            }
            _ => Err(out_of_step()),
        }
    });
    found.0
}

/// Lets go of the resources that came out.
pub(super) extern "system" fn clear_exchange(_env: *mut JNIEnv, _class: jclass, exchange: jlong) {
    // SAFETY: the package has it to itself for the call.
    let exchange = unsafe { Exchange::at(exchange) };
    let_go(std::mem::take(&mut exchange.resources));
}

struct Local(jobject);

impl Default for Local {
    fn default() -> Self {
        Self(null_mut())
    }
}
