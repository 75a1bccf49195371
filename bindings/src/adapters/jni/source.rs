//! Callbacks for what guests read: objects of the class `dev.trimaran.internal.Source`.

use std::sync::Arc;

use jni_sys::{JNIEnv, jclass, jlong, jmethodID, jobject, jvalue};
use trimaran::{InputSource, Result, UniFfiTag, WasmtimeError};
use uniffi::Lower;

use super::give;
use super::host::{GlobalRef, keep_thrown};

struct Source {
    source: GlobalRef,
    read: jmethodID,
}

// SAFETY: a method's number may be used from any thread, while its class is there: that of the object that is held is.
unsafe impl Send for Source {}
// SAFETY: what makes it `Send` makes it `Sync`: nothing is changed through a shared reference.
unsafe impl Sync for Source {}

impl InputSource for Source {
    fn read(&self, most: u64) -> Result<Vec<u8>> {
        let closed = || WasmtimeError::Closed { what: "store".to_owned() };
        let env = self.source.env().ok_or_else(closed)?;
        let source = self.source.local(env);
        let most = jvalue { i: most.try_into().unwrap_or(i32::MAX) };
        let array = jni!(env, CallObjectMethodA, source, self.read, [most].as_ptr());
        jni!(env, DeleteLocalRef, source);
        keep_thrown(env)?;
        if array.is_null() {
            return Err(closed());
        }
        let length = jni!(env, GetArrayLength, array);
        let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
        jni!(env, GetByteArrayRegion, array, 0, length, bytes.as_mut_ptr().cast());
        jni!(env, DeleteLocalRef, array);
        Ok(bytes)
    }
}

fn full() -> WasmtimeError {
    WasmtimeError::Limit { reason: "the JVM has no room for what a guest reads".to_owned() }
}

/// A handle of a source that reads from that object, for generated code to own.
pub(super) extern "system" fn new_source(env: *mut JNIEnv, _class: jclass, source: jobject) -> jlong {
    give(env, || {
        let class = jni!(env, GetObjectClass, source);
        let read = jni!(env, GetMethodID, class, c"read".as_ptr(), c"(I)[B".as_ptr());
        jni!(env, DeleteLocalRef, class);
        let source = GlobalRef::strong(env, source).filter(|_| !read.is_null()).ok_or_else(full)?;
        let made: Arc<dyn InputSource> = Arc::new(Source { source, read });
        Ok(<Arc<dyn InputSource> as Lower<UniFfiTag>>::lower(made).as_raw().cast_signed())
    })
}
