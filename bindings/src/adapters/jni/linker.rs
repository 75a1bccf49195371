//! Linkers: what their host functions do, objects of the class `dev.trimaran.internal.LinkedHost`. The package keeps them, where
//! the JVM's collector sees them, and the core has a weak reference.

use std::sync::Arc;

use jni_sys::{JNIEnv, jboolean, jbyteArray, jclass, jlong, jmethodID, jobject, jstring, jvalue};
use trimaran::adapter::{HostBody, UnboundHostFunc};
use trimaran::{Linker, Result, Store, WasmtimeError};

use super::generated::{parsed_func_type, text};
use super::host::{GlobalRef, closed, keep_thrown};
use super::{at, give};

struct Body {
    body: GlobalRef,
    method: jmethodID,
}

// SAFETY: a method's number may be used from any thread, while its class is there: the library of this class is.
unsafe impl Send for Body {}
// SAFETY: what makes it `Send` makes it `Sync`: nothing is changed through a shared reference.
unsafe impl Sync for Body {}

impl HostBody for Body {
    fn bind(&self, store: &Store, host: &UnboundHostFunc) -> Result<bool> {
        let env = self.body.env().ok_or_else(closed)?;
        let home = store.language_store::<GlobalRef>().ok_or_else(closed)?;
        let func = host.func(store)?;
        let (body, home) = (self.body.local(env), home.local(env));
        let done = if body.is_null() {
            Ok(false)
        } else if home.is_null() {
            Err(closed())
        } else {
            // The package owns the function from here on.
            let arguments = [jvalue { l: home }, jvalue { j: Arc::into_raw(func) as jlong }];
            jni!(env, CallVoidMethodA, body, self.method, arguments.as_ptr());
            keep_thrown(env).map(|()| true)
        };
        jni!(env, DeleteLocalRef, body);
        jni!(env, DeleteLocalRef, home);
        done
    }
}

/// Defines a host function, or an async one. `ty` is its type, as UniFFI serialises it.
pub(super) extern "system" fn define_func(
    env: *mut JNIEnv,
    _class: jclass,
    linker: jlong,
    module: jstring,
    name: jstring,
    ty: jbyteArray,
    body: jobject,
    waits: jboolean,
) {
    give(env, || {
        // SAFETY: the package keeps it open for the call.
        let linker: &Linker = unsafe { at(linker) };
        let (module, name, ty) = (text(env, module)?, text(env, name)?, parsed_func_type(env, ty)?);
        let class = jni!(env, GetObjectClass, body);
        let method = jni!(env, GetMethodID, class, c"bind".as_ptr(), c"(Ldev/trimaran/Store;J)V".as_ptr());
        jni!(env, DeleteLocalRef, class);
        let room = || WasmtimeError::Limit { reason: "the JVM has no room for a host function".to_owned() };
        let body = GlobalRef::weak(env, body).filter(|_| !method.is_null()).ok_or_else(room)?;
        let body = Box::new(Body { body, method });
        if waits {
            linker.define_async_func_with(&module, &name, ty, body)
        } else {
            linker.define_func_with(&module, &name, ty, body)
        }
    });
}
