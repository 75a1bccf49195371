//! Calls of the functions that components export.

use std::ptr::null_mut;

use jni_sys::{JNIEnv, jbyteArray, jclass, jint, jlong, jobjectArray};
use trimaran::ComponentFunc;
use trimaran::adapter::Arguments;

use super::component_exchange::Exchange;
use super::{NO_ROW, at, both, byte_array, entry, give, throw};

/// Calls a function with what the package has written to the exchange: a stream of `length` bytes, and `resources` numbers behind it.
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
) -> jint {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (func, store) = unsafe { both::<ComponentFunc>(func, store) };
        // SAFETY: the package has it to itself for the call: a host function gets another one.
        let exchange = unsafe { Exchange::at(exchange) };
        let room = exchange.room();
        let given = exchange.given(env, length, resources, objects)?;
        let arguments = Arguments { bytes: exchange.stream(length)?, beside: &[], resources: &given };
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
