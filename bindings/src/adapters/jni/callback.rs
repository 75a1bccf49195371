//! An object of the package, and the method of it that core calls back.

use std::ffi::CStr;

use jni_sys::{JNIEnv, jmethodID, jobject};
use trimaran::Result;

use super::host::{GlobalRef, closed};

/// Keeps the object.
pub(super) struct Callback {
    object: GlobalRef,
    method: jmethodID,
}

// SAFETY: a method's number may be used from any thread, while its class is there: that of the object that is held is.
unsafe impl Send for Callback {}
// SAFETY: what makes it `Send` makes it `Sync`: nothing is changed through a shared reference.
unsafe impl Sync for Callback {}

impl Callback {
    /// `None` where the JVM has no memory, or the class has no such method.
    pub(super) fn new(env: *mut JNIEnv, object: jobject, name: &CStr, signature: &CStr) -> Option<Self> {
        let class = jni!(env, GetObjectClass, object);
        let method = jni!(env, GetMethodID, class, name.as_ptr(), signature.as_ptr());
        jni!(env, DeleteLocalRef, class);
        let object = GlobalRef::strong(env, object)?;
        (!method.is_null()).then_some(Self { object, method })
    }

    /// Gives `call` the object and the method. Fails with `Closed` where the JVM is gone.
    pub(super) fn run<R>(&self, call: impl FnOnce(*mut JNIEnv, jobject, jmethodID) -> Result<R>) -> Result<R> {
        let env = self.object.env().ok_or_else(closed)?;
        let object = self.object.local(env);
        let done = call(env, object, self.method);
        jni!(env, DeleteLocalRef, object);
        done
    }
}
