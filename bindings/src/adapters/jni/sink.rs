//! Callbacks for what guests print: objects of the class `dev.trimaran.internal.Sink`.
//!
//! They do not go over UniFFI, which has one table of callbacks for the library: the last class loader that loaded it would get
//! those of all others, and take them along when it goes.

use std::sync::Arc;

use jni_sys::{JNIEnv, jclass, jint, jlong, jobject, jvalue};
use trimaran::{OutputSink, Result, UniFfiTag, WasmtimeError};
use uniffi::Lower;

use super::callback::Callback;
use super::host::{closed, keep_thrown};
use super::{byte_array, give};

/// What the package's method says: its store is gone, or it has taken the piece. Anything else is that it has no room now.
const GONE: jint = 0;
const TAKEN: jint = 1;

struct Sink(Callback);

impl OutputSink for Sink {
    fn write(&self, bytes: Vec<u8>) -> Result<bool> {
        self.0.run(|env, sink, write| {
            let Some(array) = byte_array(env, &bytes) else {
                keep_thrown(env)?;
                return Err(full());
            };
            let taken = jni!(env, CallIntMethodA, sink, write, [jvalue { l: array }].as_ptr());
            jni!(env, DeleteLocalRef, array);
            keep_thrown(env)?;
            if taken == GONE { Err(closed()) } else { Ok(taken == TAKEN) }
        })
    }
}

fn full() -> WasmtimeError {
    WasmtimeError::Limit { reason: "the JVM has no room for what a guest prints".to_owned() }
}

/// A handle of a sink that writes to that object, for generated code to own.
pub(super) extern "system" fn new_sink(env: *mut JNIEnv, _class: jclass, sink: jobject) -> jlong {
    give(env, || {
        let made: Arc<dyn OutputSink> = Arc::new(Sink(Callback::new(env, sink, c"write", c"([B)I").ok_or_else(full)?));
        Ok(<Arc<dyn OutputSink> as Lower<UniFfiTag>>::lower(made).as_raw().cast_signed())
    })
}
