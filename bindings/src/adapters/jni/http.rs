//! What answers the HTTP requests of components: objects of the class `dev.trimaran.internal.Answering`.

use std::sync::Arc;

use jni_sys::{JNIEnv, jclass, jlong, jobject, jvalue};
use trimaran::{HttpHandler, HttpRequest, Result, UniFfiTag, WasmtimeError};
use uniffi::{Handle, Lower};

use super::callback::Callback;
use super::give;
use super::host::{closed, keep_thrown};

struct Handler(Callback);

impl HttpHandler for Handler {
    fn handle(&self, request: Arc<HttpRequest>) -> Result<()> {
        self.0.run(|env, handler, handle| {
            // The package owns it from then on.
            let request = Handle::from_arc(request).as_raw().cast_signed();
            let is_open = jni!(env, CallBooleanMethodA, handler, handle, [jvalue { j: request }].as_ptr());
            keep_thrown(env)?;
            if is_open { Ok(()) } else { Err(closed()) }
        })
    }
}

fn full() -> WasmtimeError {
    WasmtimeError::Limit { reason: "the JVM has no room for an HTTP handler".to_owned() }
}

/// A handle of a handler that calls that object, for generated code to own.
pub(super) extern "system" fn new_handler(env: *mut JNIEnv, _class: jclass, handler: jobject) -> jlong {
    give(env, || {
        let made: Arc<dyn HttpHandler> =
            Arc::new(Handler(Callback::new(env, handler, c"handle", c"(J)Z").ok_or_else(full)?));
        Ok(<Arc<dyn HttpHandler> as Lower<UniFfiTag>>::lower(made).as_raw().cast_signed())
    })
}
