//! Views: direct buffers over the bytes of a memory.

use std::ptr::null_mut;

use jni_sys::{JNIEnv, jclass, jlong, jlongArray, jobject};
use trimaran::{Memory, Result, SharedMemory, View, WasmtimeError};

use super::{at, both, give, let_go};

/// A buffer over the part of a memory that a view is, and over all around it where a buffer can be so long. `out` gets, in this order,
/// what `close_view` takes, the address of the buffer's first byte, where in the buffer the part begins, and its length.
fn buffer(env: *mut JNIEnv, part: View, whole: View, out: jlongArray) -> Result<Buffer> {
    let (base, asked) = (part.base().addr(), part.length());
    let made = if i32::try_from(whole.length()).is_ok() { whole } else { part };
    let too_long = || WasmtimeError::Range {
        reason: format!("the view has {asked} bytes: a ByteBuffer has at most {}", i32::MAX),
    };
    let length = i32::try_from(made.length()).map_err(|_| too_long())?;
    let buffer = jni!(env, NewDirectByteBuffer, made.base().cast(), jlong::from(length));
    if !buffer.is_null() {
        let first = made.base().addr();
        let found = [Box::into_raw(Box::new(made)) as jlong, first as jlong, (base - first) as jlong, asked as jlong];
        jni!(env, SetLongArrayRegion, out, 0, 4, found.as_ptr());
    }
    Ok(Buffer(buffer))
}

struct Buffer(jobject);

impl Default for Buffer {
    fn default() -> Self {
        Self(null_mut())
    }
}

/// A length, unless it is -1.
fn given(length: jlong) -> Option<i64> {
    (length != -1).then_some(length)
}

/// A buffer over `length` bytes from `start`, or over all up to the end where `length` is -1.
pub(super) extern "system" fn view(
    env: *mut JNIEnv,
    _class: jclass,
    memory: jlong,
    store: jlong,
    start: jlong,
    length: jlong,
    out: jlongArray,
) -> jobject {
    let made = give(env, || {
        // SAFETY: the package keeps both open for the call.
        let (memory, store) = unsafe { both::<Memory>(memory, store) };
        // The first keeps the memory from moving.
        let part = memory.view(store, start, given(length))?;
        buffer(env, part, memory.view(store, 0, None)?, out)
    });
    made.0
}

/// The same of a shared memory.
pub(super) extern "system" fn shared_view(
    env: *mut JNIEnv,
    _class: jclass,
    memory: jlong,
    start: jlong,
    length: jlong,
    out: jlongArray,
) -> jobject {
    let made = give(env, || {
        // SAFETY: the package keeps it open for the call.
        let memory = unsafe { at::<SharedMemory>(memory) };
        buffer(env, memory.view(start, given(length))?, memory.view(0, None)?, out)
    });
    made.0
}

/// Lets go of a view, when its buffer is garbage.
pub(super) extern "system" fn close_view(_env: *mut JNIEnv, _class: jclass, view: jlong) {
    // SAFETY: the package closes what it was given once, when nothing can reach the bytes any more.
    let_go(unsafe { Box::from_raw(view as *mut View) });
}
