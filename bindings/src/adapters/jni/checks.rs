//! What the package has been given before, and whether it still holds.

use jni_sys::{JNIEnv, jboolean, jclass, jlong, jstring};
use trimaran::{Instance, Memory, Store};

use super::generated::text;
use super::{at, both, give};

/// Whether the calling instance exports that very memory under that name; if not for sure, the package asks for the export.
pub(super) extern "system" fn caller_has(
    env: *mut JNIEnv,
    _class: jclass,
    store: jlong,
    call_id: jlong,
    name: jstring,
    memory: jlong,
) -> jboolean {
    give(env, || {
        // SAFETY: the package keeps both for the call.
        let (memory, store) = unsafe { both::<Memory>(memory, store) };
        store.caller_has(call_id.cast_unsigned(), &text(env, name)?, memory)
    })
}

/// Throws what asking for an export would throw, where the store is closed or another one.
pub(super) extern "system" fn instance_check(env: *mut JNIEnv, _class: jclass, instance: jlong, store: jlong) {
    give(env, || {
        // SAFETY: the package keeps both for the call.
        let (instance, store) = unsafe { (at::<Instance>(instance), at::<Store>(store)) };
        instance.check(store)
    });
}
