//! Reading what guests write to streams and futures.

use jni_sys::{JNIEnv, jclass, jint, jlong, jlongArray};
use trimaran::ComponentStream;

use super::component_exchange::Exchange;
use super::component_runs::{begin_values, leave};
use super::generated::kept;
use super::runs::token;
use super::{both, give};

/// Reads the next elements, at most so many, or the value of a future. They lie in the exchange then, and `leave` tells of them.
pub(super) extern "system" fn read(
    env: *mut JNIEnv,
    _class: jclass,
    stream: jlong,
    store: jlong,
    exchange: jlong,
    most: jint,
) -> jlong {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (stream, store) = unsafe { both::<ComponentStream>(stream, store) };
        // SAFETY: the package has it to itself for the call.
        let exchange = unsafe { Exchange::at(exchange) };
        leave(stream.read(store, most.cast_unsigned())?, exchange)
    })
}

/// Begins to read, as `component_runs::start_component_func` begins a call.
pub(super) extern "system" fn start_read(
    env: *mut JNIEnv,
    _class: jclass,
    stream: jlong,
    store: jlong,
    run: jlong,
    call: jlong,
    exchange: jlong,
    most: jint,
    frame: jlongArray,
) -> jlong {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (stream, store) = unsafe { both::<ComponentStream>(stream, store) };
        // SAFETY: the package has it to itself for the call.
        let exchange = unsafe { Exchange::at(exchange) };
        let run = kept(stream).start_read(&kept(store), most.cast_unsigned(), token(run, call))?;
        begin_values(env, run, exchange, frame)
    })
}
