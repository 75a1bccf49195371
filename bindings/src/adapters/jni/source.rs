//! Callbacks for what guests read: objects of the class `dev.trimaran.internal.Source`.

use std::sync::Arc;

use jni_sys::{JNIEnv, jclass, jlong, jobject, jvalue};
use trimaran::{InputSource, Result, UniFfiTag, WasmtimeError};
use uniffi::Lower;

use super::callback::Callback;
use super::give;
use super::host::{closed, keep_thrown};

struct Source(Callback);

impl InputSource for Source {
    fn read(&self, most: u64) -> Result<Vec<u8>> {
        self.0.run(|env, source, read| {
            let asked = i32::try_from(most).unwrap_or(i32::MAX);
            let array = jni!(env, CallObjectMethodA, source, read, [jvalue { i: asked }].as_ptr());
            keep_thrown(env)?;
            if array.is_null() {
                return Err(closed());
            }
            // The core refuses one more than it asked for.
            let length = jni!(env, GetArrayLength, array).min(asked.saturating_add(1));
            let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
            jni!(env, GetByteArrayRegion, array, 0, length, bytes.as_mut_ptr().cast());
            jni!(env, DeleteLocalRef, array);
            Ok(bytes)
        })
    }
}

fn full() -> WasmtimeError {
    WasmtimeError::Limit { reason: "the JVM has no room for what a guest reads".to_owned() }
}

/// A handle of a source that reads from that object, for generated code to own.
pub(super) extern "system" fn new_source(env: *mut JNIEnv, _class: jclass, source: jobject) -> jlong {
    give(env, || {
        let made: Arc<dyn InputSource> =
            Arc::new(Source(Callback::new(env, source, c"read", c"(I)[B").ok_or_else(full)?));
        Ok(<Arc<dyn InputSource> as Lower<UniFfiTag>>::lower(made).as_raw().cast_signed())
    })
}
