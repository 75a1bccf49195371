//! Making stores and instances, and the host functions of linkers that a store has to be given bodies for.
//!
//! Except for the store, objects are met by the handles of generated code, which keeps them: an entry that is opened once
//! and used once is no gain.

use std::ptr::null_mut;
use std::sync::Arc;

use jni_sys::{JNIEnv, jclass, jlong, jlongArray, jsize};
use trimaran::{Engine, InstancePre, Linker, Module, Result, Store, UniFfiTag, WasmtimeError};
use uniffi::{Handle, Lift};

use super::{at, give};

/// An object that generated code holds as well.
///
/// # Safety
/// The handle is that of a living object of generated code, of the class that belongs to `T`.
unsafe fn shared<T: Send + Sync>(handle: jlong) -> Result<Arc<T>>
where
    Arc<T>: Lift<UniFfiTag, FfiType = Handle>,
{
    // SAFETY: by the contract.
    unsafe { super::super::shared(handle.cast_unsigned()) }
        .ok_or_else(|| WasmtimeError::Unexpected { reason: "there is no such object".to_owned() })
}

/// A handle, which is generated code's to own.
fn owned<T: Send + Sync>(object: Arc<T>) -> jlong {
    Handle::from_arc(object).as_raw().cast_signed()
}

/// Numbers for the JVM; null for none, and where it has no room and has thrown its own error.
fn numbers(env: *mut JNIEnv, numbers: &[u64]) -> jlongArray {
    let Ok(length) = jsize::try_from(numbers.len()) else { return null_mut() };
    if length == 0 {
        return null_mut();
    }
    let array = jni!(env, NewLongArray, length);
    if !array.is_null() {
        jni!(env, SetLongArrayRegion, array, 0, length, numbers.as_ptr().cast());
    }
    array
}

/// Makes a store of an engine.
pub(super) extern "system" fn new_store(env: *mut JNIEnv, _class: jclass, engine: jlong) -> jlong {
    give(env, || {
        // SAFETY: the package keeps the engine for the call.
        let engine = unsafe { shared::<Engine>(engine) }?;
        Store::new(&engine).map(owned)
    })
}

/// Makes an instance by a linker.
pub(super) extern "system" fn link(
    env: *mut JNIEnv,
    _class: jclass,
    linker: jlong,
    store: jlong,
    module: jlong,
) -> jlong {
    give(env, || {
        // SAFETY: the package keeps all three for the call.
        let (linker, store, module) =
            unsafe { (shared::<Linker>(linker)?, at::<Store>(store), shared::<Module>(module)?) };
        linker.instantiate(store, &module).map(owned)
    })
}

/// The numbers of a linker's host functions that need a body in the store, for a module or, with 0, for all of it.
pub(super) extern "system" fn linker_hosts(
    env: *mut JNIEnv,
    _class: jclass,
    linker: jlong,
    store: jlong,
    module: jlong,
) -> jlongArray {
    let found = give(env, || {
        // SAFETY: the package keeps both for the call.
        let (linker, store) = unsafe { (shared::<Linker>(linker)?, at::<Store>(store)) };
        let module = match module {
            0 => None,
            // SAFETY: as above.
            module => Some(unsafe { shared::<Module>(module) }?),
        };
        linker.hosts(store, module)
    });
    numbers(env, &found)
}

/// The host function of that number in the store.
pub(super) extern "system" fn linker_host(
    env: *mut JNIEnv,
    _class: jclass,
    linker: jlong,
    store: jlong,
    number: jlong,
) -> jlong {
    give(env, || {
        // SAFETY: the package keeps both for the call.
        let (linker, store) = unsafe { (shared::<Linker>(linker)?, at::<Store>(store)) };
        linker.host(store, number.cast_unsigned()).map(owned)
    })
}

/// Makes an instance of what a linker has looked up.
pub(super) extern "system" fn instantiate_pre(env: *mut JNIEnv, _class: jclass, pre: jlong, store: jlong) -> jlong {
    give(env, || {
        // SAFETY: the package keeps both for the call.
        let (pre, store) = unsafe { (shared::<InstancePre>(pre)?, at::<Store>(store)) };
        pre.instantiate(store).map(owned)
    })
}

/// The numbers of the host functions that it needs and that need a body in the store.
pub(super) extern "system" fn pre_hosts(env: *mut JNIEnv, _class: jclass, pre: jlong, store: jlong) -> jlongArray {
    let found = give(env, || {
        // SAFETY: the package keeps both for the call.
        let (pre, store) = unsafe { (shared::<InstancePre>(pre)?, at::<Store>(store)) };
        pre.hosts(store)
    });
    numbers(env, &found)
}

/// The host function of that number in the store.
pub(super) extern "system" fn pre_host(
    env: *mut JNIEnv,
    _class: jclass,
    pre: jlong,
    store: jlong,
    number: jlong,
) -> jlong {
    give(env, || {
        // SAFETY: the package keeps both for the call.
        let (pre, store) = unsafe { (shared::<InstancePre>(pre)?, at::<Store>(store)) };
        pre.host(store, number.cast_unsigned()).map(owned)
    })
}
