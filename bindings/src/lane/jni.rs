//! The lane for Kotlin: the native methods of the class `dev.trimaran.internal.Lane`.
//!
//! `jni-sys` alone, for what is called millions of times. The class registers its methods in the library that JNA has
//! loaded already: so there is one library in the process, whichever way it was found.
//! An error is thrown as `dev.trimaran.internal.LaneException` with the serialised error in it. Pointers are those of
//! `open…`, closed once.

use std::ffi::{CStr, c_void};
use std::sync::Arc;

use jni_sys::{JNIEnv, JNINativeMethod, jboolean, jbyteArray, jclass, jint, jlong, jsize, jthrowable};
use trimaran::{Func, Global, Memory, Result, SharedMemory, Store, Table, WasmtimeError};

use super::{entry, error_bytes, let_go, open};

/// A function of the environment. Each is there in every JVM since 1.6; without it there is nothing to go on with.
macro_rules! jni {
    ($env:expr, $name:ident $(, $argument:expr)*) => {
        // SAFETY: the environment is the one that the JVM passed to this very call.
        unsafe { ((**$env).v1_6.$name)($env $(, $argument)*) }
    };
}

mod func;
mod host;
mod linker;
mod memory;
mod shared;
mod sink;
mod values;
mod view;
mod watch;

/// The result of an entry, or its error thrown in the JVM and a result that nobody looks at.
fn give<R: Default>(env: *mut JNIEnv, work: impl FnOnce() -> Result<R>) -> R {
    entry(work).unwrap_or_else(|error| {
        throw(env, *error, NO_ROW);
        R::default()
    })
}

const NO_ROW: jint = -1;

#[cold]
fn throw(env: *mut JNIEnv, error: WasmtimeError, row: jint) {
    if jni!(env, ExceptionCheck) {
        return;
    }
    let bytes = error_bytes(error);
    let Some(array) = byte_array(env, &bytes) else { return };
    let class = jni!(env, FindClass, c"dev/trimaran/internal/LaneException".as_ptr());
    if class.is_null() {
        return;
    }
    let constructor = jni!(env, GetMethodID, class, c"<init>".as_ptr(), c"([BI)V".as_ptr());
    if constructor.is_null() {
        return;
    }
    let exception: jthrowable = jni!(env, NewObject, class, constructor, array, row);
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

/// An array for the JVM, if it has room for it.
#[derive(Default)]
struct Found(Option<jbyteArray>);

/// The object behind a pointer.
///
/// # Safety
/// The pointer came from `open…` for this kind and is closed only when no call uses it.
unsafe fn at<'a, T>(object: jlong) -> &'a T {
    // SAFETY: by the contract.
    unsafe { &*(object as *const T) }
}

/// An object and the store that it is used with.
///
/// # Safety
/// As for `at`, for both.
unsafe fn both<'a, T>(object: jlong, store: jlong) -> (&'a T, &'a Store) {
    // SAFETY: by the contract.
    unsafe { (at(object), at(store)) }
}

macro_rules! objects {
    ($($ty:ty, $open:ident, $close:ident;)*) => {
        $(
            /// Takes over a cloned handle; 0 where there is no such object.
            extern "system" fn $open(_env: *mut JNIEnv, _class: jclass, handle: jlong) -> jlong {
                // SAFETY: `Lane` is private to the package, which passes a handle that it has just cloned.
                unsafe { open::<$ty>(handle.cast_unsigned()) }.map_or(0, |object| Arc::into_raw(object) as jlong)
            }

            /// Lets go of an object.
            extern "system" fn $close(_env: *mut JNIEnv, _class: jclass, object: jlong) {
                // SAFETY: the package closes each pointer that it opened once, when nothing uses it any more.
                let_go(unsafe { Arc::from_raw(object as *const $ty) });
            }
        )*
    };
}

objects! {
    Store, open_store, close_store;
    Func, open_func, close_func;
    Memory, open_memory, close_memory;
    SharedMemory, open_shared_memory, close_shared_memory;
    Global, open_global, close_global;
    Table, open_table, close_table;
}

/// What is left of the thread's stack, in bytes.
extern "system" fn stack_left(_env: *mut JNIEnv, _class: jclass) -> jlong {
    jlong::try_from(trimaran::stack_left()).unwrap_or(jlong::MAX)
}

/// What the stores and modules of this process hold outside of the JVM's heap, in bytes.
extern "system" fn held_bytes(_env: *mut JNIEnv, _class: jclass) -> jlong {
    jlong::try_from(trimaran::held_bytes()).unwrap_or(jlong::MAX)
}

/// Whether there was no room for an instance, and nothing of it has run.
extern "system" fn was_refused(_env: *mut JNIEnv, _class: jclass) -> jboolean {
    trimaran::was_refused()
}

/// Whether nobody is in the store, or this thread is.
extern "system" fn is_free(env: *mut JNIEnv, _class: jclass, store: jlong) -> jboolean {
    give(env, || {
        // SAFETY: the package keeps it open for the call.
        let store: &Store = unsafe { at(store) };
        Ok(store.try_hold().is_some())
    })
}

/// Gives `class`, which is `Lane`, its native methods. 0 where that worked; otherwise the JVM has thrown why not.
#[unsafe(no_mangle)]
pub extern "C" fn trimaran_jni_register(env: *mut JNIEnv, class: jclass) -> jint {
    let method = |name: &CStr, signature: &CStr, entry: *mut c_void| JNINativeMethod {
        name: name.as_ptr().cast_mut(),
        signature: signature.as_ptr().cast_mut(),
        fnPtr: entry,
    };
    let methods = [
        method(c"heldBytes", c"()J", held_bytes as *mut c_void),
        method(c"wasRefused", c"()Z", was_refused as *mut c_void),
        method(c"isFree", c"(J)Z", is_free as *mut c_void),
        method(c"stackLeft", c"()J", stack_left as *mut c_void),
        method(c"openStore", c"(J)J", open_store as *mut c_void),
        method(c"closeStore", c"(J)V", close_store as *mut c_void),
        method(c"openFunc", c"(J)J", open_func as *mut c_void),
        method(c"closeFunc", c"(J)V", close_func as *mut c_void),
        method(c"openMemory", c"(J)J", open_memory as *mut c_void),
        method(c"closeMemory", c"(J)V", close_memory as *mut c_void),
        method(c"openSharedMemory", c"(J)J", open_shared_memory as *mut c_void),
        method(c"closeSharedMemory", c"(J)V", close_shared_memory as *mut c_void),
        method(c"openGlobal", c"(J)J", open_global as *mut c_void),
        method(c"closeGlobal", c"(J)V", close_global as *mut c_void),
        method(c"openTable", c"(J)J", open_table as *mut c_void),
        method(c"closeTable", c"(J)V", close_table as *mut c_void),
        method(c"newStore", c"(J)J", linker::new_store as *mut c_void),
        method(c"link", c"(JJJ)J", linker::link as *mut c_void),
        method(c"linkerHosts", c"(JJJ)[J", linker::linker_hosts as *mut c_void),
        method(c"linkerHost", c"(JJJ)J", linker::linker_host as *mut c_void),
        method(c"instantiatePre", c"(JJ)J", linker::instantiate_pre as *mut c_void),
        method(c"preHosts", c"(JJ)[J", linker::pre_hosts as *mut c_void),
        method(c"preHost", c"(JJJ)J", linker::pre_host as *mut c_void),
        method(c"attach", c"(JJLdev/trimaran/internal/HostCallback;)V", host::attach as *mut c_void),
        method(c"watch", c"(J)V", watch::watch as *mut c_void),
        method(c"newSink", c"(Ldev/trimaran/internal/Sink;)J", sink::new_sink as *mut c_void),
        method(c"takeThrown", c"(J)Ljava/lang/Throwable;", host::take_thrown as *mut c_void),
        method(c"globalKind", c"(JJ)I", values::global_kind as *mut c_void),
        method(c"globalGet", c"(JJ)J", values::global_get as *mut c_void),
        method(c"globalSet", c"(JJJ)V", values::global_set as *mut c_void),
        method(c"globalGetSlot", c"(JJ[J)V", values::global_get_slot as *mut c_void),
        method(c"globalSetSlot", c"(JJJJ)V", values::global_set_slot as *mut c_void),
        method(c"tableKind", c"(JJ)I", values::table_kind as *mut c_void),
        method(c"tableSize", c"(JJ)J", values::table_size as *mut c_void),
        method(c"tableGet", c"(JJJ)J", values::table_get as *mut c_void),
        method(c"tableFunc", c"(JJJ)J", values::table_func as *mut c_void),
        method(c"tableFuncSlot", c"(JJJ[J)V", values::table_func_slot as *mut c_void),
        method(c"tableSet", c"(JJJJJ)V", values::table_set as *mut c_void),
        method(c"newExtern", c"(JLjava/lang/Object;)J", values::new_extern as *mut c_void),
        method(c"externObject", c"(JJ)Ljava/lang/Object;", values::extern_object as *mut c_void),
        method(c"view", c"(JJJJ[J)Ljava/nio/ByteBuffer;", view::view as *mut c_void),
        method(c"sharedView", c"(JJJ[J)Ljava/nio/ByteBuffer;", view::shared_view as *mut c_void),
        method(c"closeView", c"(J)V", view::close_view as *mut c_void),
        method(c"sharedRead", c"(JJJ)[B", shared::read as *mut c_void),
        method(c"sharedReadInto", c"(JJ[B)V", shared::read_into as *mut c_void),
        method(c"sharedWrite", c"(J[BIIJ)V", shared::write as *mut c_void),
        method(c"signature", c"(JJ)[B", func::signature as *mut c_void),
        method(c"call0", c"(JJ)J", func::call0 as *mut c_void),
        method(c"call1", c"(JJJ)J", func::call1 as *mut c_void),
        method(c"call2", c"(JJJJ)J", func::call2 as *mut c_void),
        method(c"call3", c"(JJJJJ)J", func::call3 as *mut c_void),
        method(c"call4", c"(JJJJJJ)J", func::call4 as *mut c_void),
        method(c"call5", c"(JJJJJJJ)J", func::call5 as *mut c_void),
        method(c"call6", c"(JJJJJJJJ)J", func::call6 as *mut c_void),
        method(c"callSlots", c"(JJ[J)V", func::call_slots as *mut c_void),
        method(c"map", c"(JJ[Ljava/lang/Object;[Ljava/lang/Object;I)V", func::map as *mut c_void),
        method(c"read", c"(JJJJ)[B", memory::read as *mut c_void),
        method(c"readInto", c"(JJJ[B)V", memory::read_into as *mut c_void),
        method(c"write", c"(JJ[BIIJ)V", memory::write as *mut c_void),
        method(c"writeBuffer", c"(JJLjava/nio/ByteBuffer;IIJ)V", memory::write_buffer as *mut c_void),
        method(c"size", c"(JJ)J", memory::size as *mut c_void),
        method(c"dataLen", c"(JJ)J", memory::data_len as *mut c_void),
        method(c"load8", c"(JJJ)J", memory::load8 as *mut c_void),
        method(c"store8", c"(JJJJ)V", memory::store8 as *mut c_void),
        method(c"load16", c"(JJJ)J", memory::load16 as *mut c_void),
        method(c"store16", c"(JJJJ)V", memory::store16 as *mut c_void),
        method(c"load32", c"(JJJ)J", memory::load32 as *mut c_void),
        method(c"store32", c"(JJJJ)V", memory::store32 as *mut c_void),
        method(c"load64", c"(JJJ)J", memory::load64 as *mut c_void),
        method(c"store64", c"(JJJJ)V", memory::store64 as *mut c_void),
    ];
    jni!(env, RegisterNatives, class, methods.as_ptr(), methods.len() as jint)
}
