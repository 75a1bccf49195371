//! How the package's classes get their native methods.
//!
//! A class loader of the JVM loads a library of its own, and so there may be several images of this one in a process. Only the
//! first does anything and stays: another one finds it, by the path that it was loaded from, and gives its classes the first
//! one's methods.

use std::ffi::{CStr, CString, c_void};

use jni_sys::{JNI_OK, JNIEnv, JNINativeMethod, jboolean, jbyteArray, jclass, jint, jlong};

use super::generated::GENERATED;
use super::interrupt_check::watch_waits;
use super::{SPECIAL, system};
use crate::build::trimaran_build;

/// The number of this build.
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_trimaran_internal_NativeImage_build(_env: *mut JNIEnv, _class: jclass) -> jlong {
    trimaran_build().cast_signed()
}

/// Gives the classes `NativeByHand` and `Native` their methods: those of the image that was loaded from the path `first`, if
/// it is there and of this build, or else this one's, which stays for good then. Whether they are this one's.
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_trimaran_internal_NativeImage_register(
    env: *mut JNIEnv,
    _class: jclass,
    by_hand: jclass,
    native: jclass,
    first: jbyteArray,
) -> jboolean {
    if let Some(image) = path(env, first).and_then(|path| system::find(&path))
        && let Some(build) = image.symbol(c"trimaran_build")
        && let Some(register) = image.symbol(c"trimaran_jni_register")
    {
        // SAFETY: the symbol of that name is this function, in every build.
        let build = unsafe { std::mem::transmute::<*mut c_void, extern "C" fn() -> u64>(build) };
        if build() == trimaran_build() {
            // SAFETY: as above, in this very build.
            let register = unsafe {
                std::mem::transmute::<*mut c_void, extern "C" fn(*mut JNIEnv, jclass, jclass) -> jint>(register)
            };
            register(env, by_hand, native);
            return false;
        }
    }
    system::stay(trimaran_jni_register as *const c_void);
    trimaran_jni_register(env, by_hand, native);
    true
}

/// Takes their methods from the classes: they fail with `UnsatisfiedLinkError` from then on.
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_trimaran_internal_NativeImage_unregister(
    env: *mut JNIEnv,
    _class: jclass,
    by_hand: jclass,
    native: jclass,
) {
    jni!(env, UnregisterNatives, by_hand);
    jni!(env, UnregisterNatives, native);
}

/// Gives the classes the methods of this image. 0 where that worked; otherwise the JVM has thrown why not.
#[unsafe(no_mangle)]
pub extern "C" fn trimaran_jni_register(env: *mut JNIEnv, by_hand: jclass, native: jclass) -> jint {
    watch_waits(env);
    match register(env, by_hand, SPECIAL) {
        JNI_OK => register(env, native, &GENERATED),
        failed => failed,
    }
}

fn register(env: *mut JNIEnv, class: jclass, methods: &[(&CStr, &CStr, *const c_void)]) -> jint {
    let method = |(name, signature, function): &(&CStr, &CStr, *const c_void)| JNINativeMethod {
        name: name.as_ptr().cast_mut(),
        signature: signature.as_ptr().cast_mut(),
        fnPtr: function.cast_mut(),
    };
    let methods: Vec<_> = methods.iter().map(method).collect();
    jni!(env, RegisterNatives, class, methods.as_ptr(), methods.len() as jint)
}

/// A path, if there is one.
fn path(env: *mut JNIEnv, array: jbyteArray) -> Option<CString> {
    if array.is_null() {
        return None;
    }
    let length = jni!(env, GetArrayLength, array);
    let mut bytes = vec![0_u8; usize::try_from(length).ok()?];
    jni!(env, GetByteArrayRegion, array, 0, length, bytes.as_mut_ptr().cast());
    CString::new(bytes).ok()
}
