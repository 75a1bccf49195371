//! Callbacks for what guests print: objects of the class `dev.trimaran.internal.Sink`.
//!
//! They do not go over UniFFI, which has one table of callbacks for the library: the last class loader that loaded it would get those
//! of all others, and take them along when it goes.

use std::sync::Arc;

use jni_sys::{JNIEnv, jclass, jlong, jmethodID, jobject, jvalue};
use trimaran::{OutputSink, Result, UniFfiTag, WasmtimeError};
use uniffi::Lower;

use super::host::{GlobalRef, keep_thrown};
use super::{byte_array, give};

struct Sink {
    sink: GlobalRef,
    write: jmethodID,
}

// SAFETY: a method's number may be used from any thread, while its class is there: that of the object that is held is.
unsafe impl Send for Sink {}
// SAFETY: what makes it `Send` makes it `Sync`: nothing is changed through a shared reference.
unsafe impl Sync for Sink {}

impl OutputSink for Sink {
    fn write(&self, bytes: Vec<u8>) -> Result<()> {
        let closed = || WasmtimeError::Closed { what: "store".to_owned() };
        let env = self.sink.env().ok_or_else(closed)?;
        let Some(array) = byte_array(env, &bytes) else {
            keep_thrown(env)?;
            return Err(full());
        };
        let sink = self.sink.local(env);
        let is_open = jni!(env, CallBooleanMethodA, sink, self.write, [jvalue { l: array }].as_ptr());
        jni!(env, DeleteLocalRef, sink);
        jni!(env, DeleteLocalRef, array);
        keep_thrown(env)?;
        if is_open { Ok(()) } else { Err(closed()) }
    }
}

fn full() -> WasmtimeError {
    WasmtimeError::Limit { reason: "the JVM has no room for what a guest prints".to_owned() }
}

/// A handle of a sink that writes to that object, for generated code to own.
pub(super) extern "system" fn new_sink(env: *mut JNIEnv, _class: jclass, sink: jobject) -> jlong {
    give(env, || {
        let class = jni!(env, GetObjectClass, sink);
        let write = jni!(env, GetMethodID, class, c"write".as_ptr(), c"([B)Z".as_ptr());
        jni!(env, DeleteLocalRef, class);
        let sink = GlobalRef::strong(env, sink).filter(|_| !write.is_null()).ok_or_else(full)?;
        let made: Arc<dyn OutputSink> = Arc::new(Sink { sink, write });
        Ok(<Arc<dyn OutputSink> as Lower<UniFfiTag>>::lower(made).as_raw().cast_signed())
    })
}
