//! Reads and writes the bytes of memories, in arrays and buffers that the caller has made.

use std::ptr::null_mut;

use jni_sys::{JNIEnv, jbyteArray, jclass, jint, jlong, jobject};
use trimaran::{Memory, Result, WasmtimeError};

use super::{Found, both, byte_array, give};

/// Copies `length` bytes out, beginning at `start`.
pub(super) extern "system" fn read(
    env: *mut JNIEnv,
    _class: jclass,
    memory: jlong,
    store: jlong,
    start: jlong,
    length: jlong,
) -> jbyteArray {
    let array = give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (memory, store) = unsafe { both::<Memory>(memory, store) };
        // Straight from the guest's bytes: the JVM waits here only for memory.
        memory.read_with(store, start, length, |bytes| Found(byte_array(env, bytes)))
    });
    array.0.unwrap_or(null_mut())
}

/// Fills `array` with what begins at `start`.
pub(super) extern "system" fn read_into(
    env: *mut JNIEnv,
    _class: jclass,
    memory: jlong,
    store: jlong,
    start: jlong,
    array: jbyteArray,
) {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (memory, store) = unsafe { both::<Memory>(memory, store) };
        let length = jni!(env, GetArrayLength, array);
        memory.read_with(store, start, i64::from(length), |bytes| {
            jni!(env, SetByteArrayRegion, array, 0, length, bytes.as_ptr().cast());
        })
    });
}

/// Copies `length` bytes of `array` from `offset` on in, beginning at `start`.
pub(super) extern "system" fn write(
    env: *mut JNIEnv,
    _class: jclass,
    memory: jlong,
    store: jlong,
    array: jbyteArray,
    offset: jint,
    length: jint,
    start: jlong,
) {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (memory, store) = unsafe { both::<Memory>(memory, store) };
        memory.write_with(store, start, i64::from(length), |bytes| {
            jni!(env, GetByteArrayRegion, array, offset, length, bytes.as_mut_ptr().cast());
        })
    });
}

/// Copies `length` bytes of a direct buffer from `offset` on in, beginning at `start`.
pub(super) extern "system" fn write_buffer(
    env: *mut JNIEnv,
    _class: jclass,
    memory: jlong,
    store: jlong,
    buffer: jobject,
    offset: jint,
    length: jint,
    start: jlong,
) {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (memory, store) = unsafe { both::<Memory>(memory, store) };
        // SAFETY: the package passes a part of the buffer, and the JVM keeps an argument until the call returns.
        let data = unsafe { direct(env, buffer, offset, length)? };
        memory.write(store, data, start)
    });
}

/// The bytes of a direct buffer. Should another thread write them meanwhile, they are one or the other, as with every copy in
/// the JVM.
///
/// # Safety
/// The buffer has `length` bytes from `offset` on, and lives until the call returns.
pub(super) unsafe fn direct<'a>(env: *mut JNIEnv, buffer: jobject, offset: jint, length: jint) -> Result<&'a [u8]> {
    let base: *const u8 = jni!(env, GetDirectBufferAddress, buffer).cast_const().cast();
    let (offset, length) = (usize::try_from(offset), usize::try_from(length));
    let (false, Ok(offset), Ok(length)) = (base.is_null(), offset, length) else {
        return Err(WasmtimeError::Unexpected { reason: "a buffer that is not direct".to_owned() });
    };
    // SAFETY: the package gives an offset and a length that lie inside of its buffer, and keeps that until the call returns.
    Ok(unsafe { std::slice::from_raw_parts(base.add(offset), length) })
}
