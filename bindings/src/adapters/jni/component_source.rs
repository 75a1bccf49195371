//! What the package has for a guest's streams and futures: objects of the class of host functions (`component_host`). The package's `Store` keeps
//! them, where the JVM's collector sees them, until it is told that no guest reads them any more.

use std::any::Any;

use jni_sys::{JNIEnv, jmethodID, jobject};
use trimaran::adapter::{ComponentHostFunction, HostFuncType, Received, Reply};
use trimaran::{Result, Store, WasmtimeError};

use super::component_host::Body;
use super::host::GlobalRef;

/// Elements of a stream, or the value of a future. The package is told when no guest reads it any more.
pub(super) struct Source {
    body: Body,
    gone: jmethodID,
}

// SAFETY: a method's number may be used from any thread, while its class is there: that of the object that is held is.
unsafe impl Send for Source {}
// SAFETY: what makes it `Send` makes it `Sync`: nothing is changed through a shared reference.
unsafe impl Sync for Source {}

impl Source {
    /// That of an object of the package. Guests wait for it where it is an async one.
    pub(super) fn new(env: *mut JNIEnv, object: jobject, is_async: bool) -> Result<Self> {
        let class = jni!(env, GetObjectClass, object);
        let gone = jni!(env, GetMethodID, class, c"gone".as_ptr(), c"()V".as_ptr());
        jni!(env, DeleteLocalRef, class);
        let held = GlobalRef::weak(env, object).filter(|_| !gone.is_null());
        Ok(Self { body: Body::new(env, object, held, (false, is_async))?, gone })
    }
}

impl ComponentHostFunction for Source {
    fn call(&self, store: &Store, call_id: u64, ty: &HostFuncType, arguments: Received) -> Result<Reply> {
        self.body.call(store, call_id, ty, arguments)
    }

    fn as_async(&self) -> Option<&dyn Any> {
        self.body.as_async()
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        let gone = self.gone;
        _ = self.body.with_host(|env, host| {
            // What another call has thrown on this thread is thrown after this one.
            let before = jni!(env, ExceptionOccurred);
            jni!(env, ExceptionClear);
            jni!(env, CallVoidMethod, host, gone);
            // The package's method throws nothing but what the JVM does where it has no room left.
            jni!(env, ExceptionClear);
            if !before.is_null() {
                jni!(env, Throw, before);
                jni!(env, DeleteLocalRef, before);
            }
            Ok::<_, WasmtimeError>(())
        });
    }
}
