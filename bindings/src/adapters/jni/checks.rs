//! What the package has been given before, and whether it still holds; and errors that the package finds, in the core's words.

use jni_sys::{JNIEnv, jboolean, jbyteArray, jclass, jint, jlong, jstring};
use trimaran::adapter::{misuse, numbers};
use trimaran::{Func, Instance, Memory, Store, WasmtimeError};

use super::generated::{octets, parsed_func_type, text};
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

/// Fails where a function is of another type than the serialised one. `whose` is what has that type in the JVM, or empty.
pub(super) extern "system" fn check_type(
    env: *mut JNIEnv,
    _class: jclass,
    func: jlong,
    store: jlong,
    wanted: jbyteArray,
    whose: jstring,
) {
    give(env, || {
        // SAFETY: the package keeps both for the call.
        let (func, store) = unsafe { both::<Func>(func, store) };
        func.check_type(store, &parsed_func_type(env, wanted)?, &text(env, whose)?)
    });
}

/// Fails for an export that is of one kind, and was asked for as another one: the numbers of two variants of `Extern`.
pub(super) extern "system" fn wrong_export(
    env: *mut JNIEnv,
    _class: jclass,
    name: jstring,
    found: jint,
    expected: jint,
) {
    give(env, || Err::<(), _>(trimaran::adapter::wrong_export(&text(env, name)?, found, expected)));
}

/// Fails for a name by which a calling instance exports nothing.
pub(super) extern "system" fn no_caller_export(env: *mut JNIEnv, _class: jclass, name: jstring) {
    give(env, || Err::<(), _>(trimaran::adapter::no_caller_export(&text(env, name)?)));
}

/// Fails for a number below 0, as it is shown.
pub(super) extern "system" fn negative(env: *mut JNIEnv, _class: jclass, what: jstring, number: jstring) {
    give(env, || Err::<(), _>(numbers::negative(&*text(env, what)?, &*text(env, number)?)));
}

/// Fails for a number, as it is shown, that is not between two others.
pub(super) extern "system" fn not_between(
    env: *mut JNIEnv,
    _class: jclass,
    what: jstring,
    number: jstring,
    low: jlong,
    high: jlong,
) {
    give(env, || Err::<(), _>(numbers::not_between(&*text(env, what)?, &*text(env, number)?, low, high)));
}

/// Fails for an object that no constructor has filled.
pub(super) extern "system" fn never_made(env: *mut JNIEnv, _class: jclass) {
    give(env, || Err::<(), _>(misuse::never_made("object", "call its constructor, or what gives one")));
}

/// Fails for a text that has half of a surrogate pair.
pub(super) extern "system" fn half_pair(env: *mut JNIEnv, _class: jclass) {
    give(env, || Err::<(), _>(misuse::half_pair()));
}

/// Fails with a mistake of the package, of which the text is in UTF-8.
pub(super) extern "system" fn unexpected(env: *mut JNIEnv, _class: jclass, reason: jbyteArray) {
    let reason = String::from_utf8_lossy(&octets(env, reason)).into_owned();
    give(env, || Err::<(), _>(WasmtimeError::Unexpected { reason }));
}
