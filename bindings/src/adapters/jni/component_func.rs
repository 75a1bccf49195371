//! Calls of the functions that components export.

use jni_sys::{JNIEnv, jclass, jint, jlong, jobjectArray};
use trimaran::ComponentFunc;
use trimaran::adapter::Arguments;

use super::component_exchange::Exchange;
use super::{both, give};

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
