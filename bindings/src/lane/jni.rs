//! The lane for Kotlin: JNI exports of the class `dev.trimaran.internal.Lane`.
//!
//! `jni-sys` alone, for what is called millions of times. An error is thrown as `dev.trimaran.internal.LaneException`
//! with the serialised error in it. Pointers are those of `open…`, closed once.

use std::ptr::null_mut;
use std::sync::Arc;

use jni_sys::{JNIEnv, jbyteArray, jclass, jint, jlong, jlongArray, jsize, jthrowable};
use trimaran::{Func, Kind, Memory, Result, Slot, Store, WasmtimeError};

use super::{entry, error_bytes, open};

/// A function of the environment. Each is there in every JVM since 1.6; without it there is nothing to go on with.
macro_rules! jni {
    ($env:expr, $name:ident $(, $argument:expr)*) => {
        // SAFETY: the environment is the one that the JVM passed to this very call.
        unsafe { ((**$env).v1_6.$name)($env $(, $argument)*) }
    };
}

/// The result of an entry, or its error thrown in the JVM and a result that nobody looks at.
fn give<R: Default>(env: *mut JNIEnv, work: impl FnOnce() -> Result<R>) -> R {
    entry(work).unwrap_or_else(|error| {
        throw(env, error);
        R::default()
    })
}

fn throw(env: *mut JNIEnv, error: WasmtimeError) {
    if jni!(env, ExceptionCheck) {
        return;
    }
    let bytes = error_bytes(error);
    let Some(array) = byte_array(env, &bytes) else { return };
    let class = jni!(env, FindClass, c"dev/trimaran/internal/LaneException".as_ptr());
    if class.is_null() {
        return;
    }
    let constructor = jni!(env, GetMethodID, class, c"<init>".as_ptr(), c"([B)V".as_ptr());
    if constructor.is_null() {
        return;
    }
    let exception: jthrowable = jni!(env, NewObject, class, constructor, array);
    if !exception.is_null() {
        jni!(env, Throw, exception);
    }
}

/// A new array; none where the JVM has no room and has thrown its own error.
fn byte_array(env: *mut JNIEnv, bytes: &[u8]) -> Option<jbyteArray> {
    let length = jsize::try_from(bytes.len()).ok()?;
    let array = jni!(env, NewByteArray, length);
    if array.is_null() {
        return None;
    }
    jni!(env, SetByteArrayRegion, array, 0, length, bytes.as_ptr().cast());
    Some(array)
}

macro_rules! objects {
    ($($ty:ty, $open:ident, $close:ident;)*) => {
        $(
            /// Takes over a cloned handle; 0 where there is no such object.
            #[unsafe(no_mangle)]
            pub extern "system" fn $open(_env: *mut JNIEnv, _class: jclass, handle: jlong) -> jlong {
                // SAFETY: `Lane` is private to the package, which passes a handle that it has just cloned.
                unsafe { open::<$ty>(handle.cast_unsigned()) }.map_or(0, |object| Arc::into_raw(object) as jlong)
            }

            /// Lets go of an object.
            #[unsafe(no_mangle)]
            pub extern "system" fn $close(_env: *mut JNIEnv, _class: jclass, object: jlong) {
                // SAFETY: the package closes each pointer that it opened once, when nothing uses it any more.
                drop(unsafe { Arc::from_raw(object as *const $ty) });
            }
        )*
    };
}

objects! {
    Store, Java_dev_trimaran_internal_Lane_openStore, Java_dev_trimaran_internal_Lane_closeStore;
    Func, Java_dev_trimaran_internal_Lane_openFunc, Java_dev_trimaran_internal_Lane_closeFunc;
    Memory, Java_dev_trimaran_internal_Lane_openMemory, Java_dev_trimaran_internal_Lane_closeMemory;
}

/// The object behind a pointer.
///
/// # Safety
/// The pointer came from `open…` for this kind and is closed only when no call uses it.
unsafe fn at<'a, T>(object: jlong) -> &'a T {
    // SAFETY: by the contract.
    unsafe { &*(object as *const T) }
}

/// How many parameters, how many results, and then the kind of each.
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_trimaran_internal_Lane_signature(
    env: *mut JNIEnv,
    _class: jclass,
    func: jlong,
    store: jlong,
) -> jbyteArray {
    let found = give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (func, store) = unsafe { (at::<Func>(func), at::<Store>(store)) };
        let signature = func.signature(store)?;
        let count = |kinds: &[Kind]| {
            u8::try_from(kinds.len())
                .map_err(|_| WasmtimeError::Unsupported { reason: "more than 255 parameters or results".to_owned() })
        };
        let mut bytes = vec![count(signature.params())?, count(signature.results())?];
        bytes.extend(signature.params().iter().chain(signature.results()).map(|kind| *kind as u8));
        Ok(bytes)
    });
    if found.is_empty() { null_mut() } else { byte_array(env, &found).unwrap_or(null_mut()) }
}

/// A call with as many parameters as the name says and at most one result, all in 64 bits.
macro_rules! calls {
    ($($name:ident($($argument:ident),*);)*) => {
        $(
            /// Calls a function whose signature the package knows; the result's bits, or 0.
            #[unsafe(no_mangle)]
            pub extern "system" fn $name(
                env: *mut JNIEnv,
                _class: jclass,
                func: jlong,
                store: jlong,
                $($argument: jlong,)*
            ) -> jlong {
                give(env, || {
                    // SAFETY: the package keeps both open for the call.
                    let (func, store) = unsafe { (at::<Func>(func), at::<Store>(store)) };
                    let mut slots =
                        [$(Slot { low: $argument.cast_unsigned(), high: 0 },)* Slot::default()];
                    func.call_slots(store, &mut slots)?;
                    let [result, ..] = slots;
                    Ok(result.low.cast_signed())
                })
            }
        )*
    };
}

calls! {
    Java_dev_trimaran_internal_Lane_call0();
    Java_dev_trimaran_internal_Lane_call1(a);
    Java_dev_trimaran_internal_Lane_call2(a, b);
    Java_dev_trimaran_internal_Lane_call3(a, b, c);
    Java_dev_trimaran_internal_Lane_call4(a, b, c, d);
}

/// Calls a function on slots, of two numbers each, in place.
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_trimaran_internal_Lane_callSlots(
    env: *mut JNIEnv,
    _class: jclass,
    func: jlong,
    store: jlong,
    array: jlongArray,
) {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (func, store) = unsafe { (at::<Func>(func), at::<Store>(store)) };
        let length = jni!(env, GetArrayLength, array);
        let mut slots = vec![Slot::default(); usize::try_from(length / 2).unwrap_or_default()];
        jni!(env, GetLongArrayRegion, array, 0, length & !1, slots.as_mut_ptr().cast());
        func.call_slots(store, &mut slots)?;
        jni!(env, SetLongArrayRegion, array, 0, length & !1, slots.as_ptr().cast());
        Ok(())
    });
}

/// Calls a function once for each row of `width` slots, in place; the row that failed is left in `failed`.
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_trimaran_internal_Lane_callRows(
    env: *mut JNIEnv,
    _class: jclass,
    func: jlong,
    store: jlong,
    array: jlongArray,
    width: jint,
    failed: jlongArray,
) {
    give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (func, store) = unsafe { (at::<Func>(func), at::<Store>(store)) };
        let length = jni!(env, GetArrayLength, array);
        let mut all = vec![Slot::default(); usize::try_from(length / 2).unwrap_or_default()];
        jni!(env, GetLongArrayRegion, array, 0, length & !1, all.as_mut_ptr().cast());
        let width = usize::try_from(width).unwrap_or_default().max(1);
        if func.signature(store)?.width().max(1) != width {
            return Err(WasmtimeError::Unexpected { reason: "a row of another width".to_owned() });
        }
        let rows = all.len() / width;
        let cells = std::cell::Cell::from_mut(all.as_mut_slice()).as_slice_of_cells();
        let row_of = |row: usize| cells.get(row * width..).unwrap_or_default().iter();
        let run = func.call_rows(
            store,
            rows,
            |row, given| given.iter_mut().zip(row_of(row)).for_each(|(slot, cell)| *slot = cell.get()),
            |row, found| found.iter().zip(row_of(row)).for_each(|(slot, cell)| cell.set(*slot)),
        );
        run.map_err(|(row, error)| {
            let row = row as jlong;
            jni!(env, SetLongArrayRegion, failed, 0, 1, &raw const row);
            error
        })?;
        jni!(env, SetLongArrayRegion, array, 0, length & !1, all.as_ptr().cast());
        Ok(())
    });
}

/// Copies `length` bytes out, beginning at `start`.
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_trimaran_internal_Lane_read(
    env: *mut JNIEnv,
    _class: jclass,
    memory: jlong,
    store: jlong,
    start: jlong,
    length: jlong,
) -> jbyteArray {
    let array = give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (memory, store) = unsafe { (at::<Memory>(memory), at::<Store>(store)) };
        // Straight from the guest's bytes: the JVM's only wait here is for room.
        memory.view(store, start, length, |bytes| Found(byte_array(env, bytes)))
    });
    array.0.unwrap_or(null_mut())
}

#[derive(Default)]
struct Found(Option<jbyteArray>);

/// Copies `length` bytes of `array` from `offset` on in, beginning at `start`.
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_trimaran_internal_Lane_write(
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
        let (memory, store) = unsafe { (at::<Memory>(memory), at::<Store>(store)) };
        memory.fill_with(store, start, i64::from(length), |bytes| {
            jni!(env, GetByteArrayRegion, array, offset, length, bytes.as_mut_ptr().cast());
        })
    });
}

macro_rules! sizes {
    ($($name:ident: $method:ident;)*) => {
        $(
            /// The size.
            #[unsafe(no_mangle)]
            pub extern "system" fn $name(env: *mut JNIEnv, _class: jclass, memory: jlong, store: jlong) -> jlong {
                give(env, || {
                    // SAFETY: the package keeps both open for the call.
                    let (memory, store) = unsafe { (at::<Memory>(memory), at::<Store>(store)) };
                    Ok(memory.$method(store)?.cast_signed())
                })
            }
        )*
    };
}

sizes! {
    Java_dev_trimaran_internal_Lane_size: size;
    Java_dev_trimaran_internal_Lane_dataLen: data_len;
}

macro_rules! numbers {
    ($($load:ident $store:ident: $bytes:ty;)*) => {
        $(
            /// Reads a number at `offset`; its bits.
            #[unsafe(no_mangle)]
            pub extern "system" fn $load(
                env: *mut JNIEnv,
                _class: jclass,
                memory: jlong,
                store: jlong,
                offset: jlong,
            ) -> jlong {
                give(env, || {
                    // SAFETY: the package keeps both open for the call.
                    let (memory, store) = unsafe { (at::<Memory>(memory), at::<Store>(store)) };
                    let mut bytes = [0; size_of::<$bytes>()];
                    memory.read_into(store, offset, &mut bytes)?;
                    Ok(<$bytes>::from_le_bytes(bytes) as jlong)
                })
            }

            /// Writes the low bits of a number at `offset`.
            #[unsafe(no_mangle)]
            pub extern "system" fn $store(
                env: *mut JNIEnv,
                _class: jclass,
                memory: jlong,
                store: jlong,
                offset: jlong,
                bits: jlong,
            ) {
                give(env, || {
                    // SAFETY: the package keeps both open for the call.
                    let (memory, store) = unsafe { (at::<Memory>(memory), at::<Store>(store)) };
                    memory.write(store, &(bits as $bytes).to_le_bytes(), offset)
                });
            }
        )*
    };
}

numbers! {
    Java_dev_trimaran_internal_Lane_load8 Java_dev_trimaran_internal_Lane_store8: u8;
    Java_dev_trimaran_internal_Lane_load16 Java_dev_trimaran_internal_Lane_store16: u16;
    Java_dev_trimaran_internal_Lane_load32 Java_dev_trimaran_internal_Lane_store32: u32;
    Java_dev_trimaran_internal_Lane_load64 Java_dev_trimaran_internal_Lane_store64: u64;
}
