//! What is told of events: objects of the class `dev.trimaran.internal.Listening`.

use std::sync::Arc;

use jni_sys::{JNIEnv, jclass, jlong, jobject, jvalue};
use trimaran::{Event, EventListener, UniFfiTag, WasmtimeError};
use uniffi::Lower;

use super::callback::Callback;
use super::{byte_array, give};

struct Listener(Callback);

impl EventListener for Listener {
    fn on_event(&self, event: Event) {
        let Event { kind, name, nanoseconds, bytes, error, text } = event;
        let texts = [name.as_deref(), error.as_deref(), Some(text.as_str())];
        // Where the JVM is gone, there is nobody to tell. The package's method throws nothing.
        _ = self.0.run(|env, listener, on_event| {
            let arrays = texts
                .map(|text| text.and_then(|text| byte_array(env, text.as_bytes())).unwrap_or(std::ptr::null_mut()));
            let [name, error, text] = arrays;
            let size = bytes.and_then(|bytes| i64::try_from(bytes).ok()).unwrap_or(-1);
            let arguments = [
                jvalue { i: kind as i32 },
                jvalue { l: name },
                jvalue { j: i64::try_from(nanoseconds).unwrap_or(i64::MAX) },
                jvalue { j: size },
                jvalue { l: error },
                jvalue { l: text },
            ];
            if !text.is_null() {
                jni!(env, CallVoidMethodA, listener, on_event, arguments.as_ptr());
            }
            jni!(env, ExceptionClear);
            arrays.into_iter().filter(|array| !array.is_null()).for_each(|array| jni!(env, DeleteLocalRef, array));
            Ok(())
        });
    }
}

fn full() -> WasmtimeError {
    WasmtimeError::Limit { reason: "the JVM has no room for a listener".to_owned() }
}

/// A handle of a listener that calls that object, for generated code to own.
pub(super) extern "system" fn new_listener(env: *mut JNIEnv, _class: jclass, listener: jobject) -> jlong {
    give(env, || {
        let made: Arc<dyn EventListener> =
            Arc::new(Listener(Callback::new(env, listener, c"onEvent", c"(I[BJJ[B[B)V").ok_or_else(full)?));
        Ok(<Arc<dyn EventListener> as Lower<UniFfiTag>>::lower(made).as_raw().cast_signed())
    })
}
