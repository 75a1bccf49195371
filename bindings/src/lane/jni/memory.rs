//! The bytes of memories, and numbers in them.

use std::ptr::null_mut;

use jni_sys::{JNIEnv, jbyteArray, jclass, jint, jlong, jobject};
use trimaran::{Memory, WasmtimeError};

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
        // Straight from the guest's bytes: the JVM's only wait here is for room.
        memory.show(store, start, length, |bytes| Found(byte_array(env, bytes)))
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
        memory.show(store, start, i64::from(length), |bytes| {
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
        memory.fill_with(store, start, i64::from(length), |bytes| {
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
        let base: *const u8 = jni!(env, GetDirectBufferAddress, buffer).cast_const().cast();
        let (offset, length) = (usize::try_from(offset), usize::try_from(length));
        let (false, Ok(offset), Ok(length)) = (base.is_null(), offset, length) else {
            return Err(WasmtimeError::Unexpected { reason: "a buffer that is not direct".to_owned() });
        };
        // SAFETY: the package passes a part of the buffer, and the JVM keeps an argument until the call returns. Should
        // another thread write it meanwhile, its bytes are one or the other, as with every copy in the JVM.
        let data = unsafe { std::slice::from_raw_parts(base.add(offset), length) };
        memory.write(store, data, start)
    });
}

macro_rules! sizes {
    ($($name:ident: $method:ident;)*) => {
        $(
            /// The size.
            pub(super) extern "system" fn $name(env: *mut JNIEnv, _class: jclass, memory: jlong, store: jlong) -> jlong {
                give(env, || {
                    // SAFETY: the package keeps both open for the call.
                    let (memory, store) = unsafe { both::<Memory>(memory, store) };
                    Ok(memory.$method(store)?.cast_signed())
                })
            }
        )*
    };
}

sizes! {
    size: size;
    data_len: data_len;
}

macro_rules! numbers {
    ($($load:ident $store:ident: $bytes:ty;)*) => {
        $(
            /// Reads a number at `offset`; its bits.
            pub(super) extern "system" fn $load(
                env: *mut JNIEnv,
                _class: jclass,
                memory: jlong,
                store: jlong,
                offset: jlong,
            ) -> jlong {
                give(env, || {
                    // SAFETY: the package keeps both open for the call.
                    let (memory, store) = unsafe { both::<Memory>(memory, store) };
                    let mut bytes = [0; size_of::<$bytes>()];
                    memory.read_into(store, offset, &mut bytes)?;
                    Ok(<$bytes>::from_le_bytes(bytes) as jlong)
                })
            }

            /// Writes the low bits of a number at `offset`.
            pub(super) extern "system" fn $store(
                env: *mut JNIEnv,
                _class: jclass,
                memory: jlong,
                store: jlong,
                offset: jlong,
                bits: jlong,
            ) {
                give(env, || {
                    // SAFETY: the package keeps both open for the call.
                    let (memory, store) = unsafe { both::<Memory>(memory, store) };
                    memory.write(store, &(bits as $bytes).to_le_bytes(), offset)
                });
            }
        )*
    };
}

numbers! {
    load8 store8: u8;
    load16 store16: u16;
    load32 store32: u32;
    load64 store64: u64;
}
