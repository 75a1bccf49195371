//! What is done with objects of the host that guests have dropped: objects of the class `dev.trimaran.internal.component.Dropped`.
//! The library keeps them, as it keeps the objects that guests own.

use std::sync::Arc;

use jni_sys::{JNIEnv, jclass, jlong, jmethodID, jobject, jvalue};
use trimaran::adapter::HostDrop;
use trimaran::{ComponentResourceType, HostObject, Result, WasmtimeError};

use super::give;
use super::host::{GlobalRef, closed, keep_thrown};

struct Dropped {
    object: GlobalRef,
    dropped: jmethodID,
    left: jmethodID,
}

// SAFETY: a method's number may be used from any thread, while its class is there: that of the object that is held is.
unsafe impl Send for Dropped {}
// SAFETY: what makes it `Send` makes it `Sync`: nothing is changed through a shared reference.
unsafe impl Sync for Dropped {}

impl Dropped {
    fn run(&self, method: jmethodID, object: &HostObject) -> Result<*mut JNIEnv> {
        let env = self.object.env().ok_or_else(closed)?;
        let held = object.downcast_ref::<GlobalRef>();
        let held =
            held.ok_or_else(|| WasmtimeError::Unexpected { reason: "an object of another language".to_owned() })?;
        let (this, local) = (self.object.local(env), held.local(env));
        jni!(env, CallVoidMethodA, this, method, [jvalue { l: local }].as_ptr());
        // Both may be deleted while an exception is there.
        jni!(env, DeleteLocalRef, local);
        jni!(env, DeleteLocalRef, this);
        Ok(env)
    }
}

impl HostDrop for Dropped {
    fn dropped(&self, object: &HostObject) -> Result<()> {
        keep_thrown(self.run(self.dropped, object)?)
    }

    fn left(&self, object: &HostObject) {
        let Some(env) = self.object.env() else { return };
        // What another call has thrown on this thread is thrown after this one.
        let before = jni!(env, ExceptionOccurred);
        jni!(env, ExceptionClear);
        _ = self.run(self.left, object);
        // The package's method throws nothing but what the JVM does where it has no room left.
        jni!(env, ExceptionClear);
        if !before.is_null() {
            jni!(env, Throw, before);
            jni!(env, DeleteLocalRef, before);
        }
    }
}

/// A handle of a new type of the host's, with what the package's object does with objects that guests have dropped.
pub(super) extern "system" fn new_resource_type(env: *mut JNIEnv, _class: jclass, object: jobject) -> jlong {
    give(env, || {
        let class = jni!(env, GetObjectClass, object);
        let method =
            |name: &std::ffi::CStr| jni!(env, GetMethodID, class, name.as_ptr(), c"(Ljava/lang/Object;)V".as_ptr());
        let (dropped, left) = (method(c"dropped"), method(c"left"));
        jni!(env, DeleteLocalRef, class);
        let held = GlobalRef::strong(env, object).filter(|_| !dropped.is_null() && !left.is_null());
        let full = || WasmtimeError::Limit { reason: "the JVM has no room for a type of resources".to_owned() };
        let made = Dropped { object: held.ok_or_else(full)?, dropped, left };
        Ok(Arc::into_raw(ComponentResourceType::host_with(Arc::new(made))?) as jlong)
    })
}
