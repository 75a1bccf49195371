//! Calls of the functions that components export.

use std::mem::ManuallyDrop;
use std::ptr::null_mut;
use std::slice;
use std::sync::Arc;

use jni_sys::{JNIEnv, jboolean, jbyteArray, jclass, jint, jlong, jobjectArray};
use trimaran::adapter::{Arguments, GivenResource, ResourceValue};
use trimaran::{ComponentFunc, ComponentResource, Result, Store, WasmtimeError};

use super::component_arrays::CallArrays;
use super::component_exchange::Exchange;
use super::{NO_ROW, at, both, byte_array, entry, give, throw};

/// Calls a function with what the package has written to the exchange: a stream of `length` bytes, and `resources` numbers behind it. The
/// arrays stand beside it: those that the guest is given, or null, and room for those that it gives.
/// Leaves the results there, and gives how often the output has moved.
pub(super) extern "system" fn call(
    env: *mut JNIEnv,
    _class: jclass,
    func: jlong,
    store: jlong,
    exchange: jlong,
    length: jint,
    resources: jint,
    objects: jobjectArray,
    given_arrays: jobjectArray,
    taken_arrays: jobjectArray,
) -> jint {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (func, store) = unsafe { both::<ComponentFunc>(func, store) };
        // SAFETY: the package has it to itself for the call: a host function gets another one.
        let exchange = unsafe { Exchange::at(exchange) };
        let room = exchange.room();
        let given = exchange.given(env, length, resources, objects)?;
        let arrays = CallArrays::new(env, given_arrays, taken_arrays);
        let bytes = exchange.stream(length)?;
        let arguments = Arguments { bytes, beside: &[], arrays: Some(&arrays), resources: &given };
        let received = func.call_into(store, &arguments, room)?;
        Ok(exchange.keep(received))
    })
}

/// Of each resource in the table of the function's types, by its number there, 1 where it is the host's, and otherwise 0.
pub(super) extern "system" fn are_of_host(env: *mut JNIEnv, _class: jclass, func: jlong) -> jbyteArray {
    let made = entry(|| {
        // SAFETY: the package keeps it open for the call.
        let func: &ComponentFunc = unsafe { at(func) };
        Ok(func.are_of_host()?.into_iter().map(u8::from).collect::<Vec<_>>())
    });
    match made {
        Ok(found) => byte_array(env, &found).unwrap_or(null_mut()),
        Err(error) => {
            throw(env, *error, NO_ROW);
            null_mut()
        }
    }
}

/// Whether a function is plain: see core/src/component/abi/plain.rs.
pub(super) extern "system" fn is_plain(_env: *mut JNIEnv, _class: jclass, func: jlong) -> jboolean {
    // SAFETY: the package keeps it open for the call.
    unsafe { at::<ComponentFunc>(func) }.is_plain()
}

/// Calls a plain function with the first `count` of the slots. Gives the slot of the result; 0 where there is none.
pub(super) extern "system" fn call_plain(
    env: *mut JNIEnv,
    _class: jclass,
    func: jlong,
    store: jlong,
    count: jint,
    a: jlong,
    b: jlong,
    c: jlong,
    d: jlong,
) -> jlong {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (func, store) = unsafe { both::<ComponentFunc>(func, store) };
        plain(func, store, count, [a, b, c, d], &[])
    })
}

/// The same with a resource of a guest's, the only one. The slot of its handle is 0.
pub(super) extern "system" fn call_method(
    env: *mut JNIEnv,
    _class: jclass,
    func: jlong,
    store: jlong,
    resource: jlong,
    is_own: jboolean,
    count: jint,
    a: jlong,
    b: jlong,
    c: jlong,
    d: jlong,
) -> jlong {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (func, store) = unsafe { both::<ComponentFunc>(func, store) };
        // SAFETY: the package has the pointer of an `Arc`, whose hold stays its own, since this one is not dropped.
        let value = ResourceValue::Guest(unsafe { Arc::from_raw(resource as *const ComponentResource) });
        let given = ManuallyDrop::new(GivenResource { value, is_own });
        plain(func, store, count, [a, b, c, d], slice::from_ref(&*given))
    })
}

fn plain(
    func: &ComponentFunc,
    store: &Store,
    count: jint,
    slots: [jlong; 4],
    resources: &[GivenResource],
) -> Result<jlong> {
    let slots = slots.map(jlong::cast_unsigned);
    let out_of_step = || WasmtimeError::Unexpected { reason: "more values than a plain call has".to_owned() };
    let slots = usize::try_from(count).ok().and_then(|count| slots.get(..count)).ok_or_else(out_of_step)?;
    func.call_plain(store, slots, resources).map(u64::cast_signed)
}
