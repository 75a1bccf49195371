//! The bytes of shared memories.

use std::ptr::null_mut;

use jni_sys::{JNIEnv, jbyteArray, jclass, jint, jlong, jobject};
use trimaran::SharedMemory;

use super::memory::direct;
use super::{Found, at, byte_array, give};

/// Copies `length` bytes out, beginning at `start`.
pub(super) extern "system" fn read(
    env: *mut JNIEnv,
    _class: jclass,
    memory: jlong,
    start: jlong,
    length: jlong,
) -> jbyteArray {
    let found = give(env, || {
        // SAFETY: the package keeps it open for the call.
        let memory = unsafe { at::<SharedMemory>(memory) };
        memory.read_with(start, length, |bytes| Found(byte_array(env, bytes)))
    });
    found.0.unwrap_or(null_mut())
}

/// Fills `array` with what begins at `start`.
pub(super) extern "system" fn read_into(
    env: *mut JNIEnv,
    _class: jclass,
    memory: jlong,
    start: jlong,
    array: jbyteArray,
) {
    give(env, || {
        // SAFETY: the package keeps it open for the call.
        let memory = unsafe { at::<SharedMemory>(memory) };
        let length = jni!(env, GetArrayLength, array);
        memory.read_with(start, i64::from(length), |bytes| {
            jni!(env, SetByteArrayRegion, array, 0, length, bytes.as_ptr().cast());
        })
    });
}

/// Copies `length` bytes of `array` from `offset` on in, beginning at `start`.
pub(super) extern "system" fn write(
    env: *mut JNIEnv,
    _class: jclass,
    memory: jlong,
    array: jbyteArray,
    offset: jint,
    length: jint,
    start: jlong,
) {
    give(env, || {
        // SAFETY: the package keeps it open for the call.
        let memory = unsafe { at::<SharedMemory>(memory) };
        memory.write_with(start, i64::from(length), |bytes| {
            jni!(env, GetByteArrayRegion, array, offset, length, bytes.as_mut_ptr().cast());
        })
    });
}

/// Copies `length` bytes of a direct buffer from `offset` on in, beginning at `start`.
pub(super) extern "system" fn write_buffer(
    env: *mut JNIEnv,
    _class: jclass,
    memory: jlong,
    buffer: jobject,
    offset: jint,
    length: jint,
    start: jlong,
) {
    give(env, || {
        // SAFETY: the package keeps it open for the call.
        let memory = unsafe { at::<SharedMemory>(memory) };
        // SAFETY: the package passes a part of the buffer, and the JVM keeps an argument until the call returns.
        let data = unsafe { direct(env, buffer, offset, length)? };
        memory.write(data, start)
    });
}
