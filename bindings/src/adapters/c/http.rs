//! What answers the HTTP requests of components: C functions with a context.

use std::ffi::c_void;
use std::sync::Arc;

use trimaran::{HttpHandler, HttpRequest, Result, UniFfiTag, WasmtimeError};
use uniffi::Lower;

use super::host::{Context, Release};

/// Answers a request, which it takes over. Gives 0, or 1 and the number under which the language keeps what was thrown.
type Handle = unsafe extern "C" fn(context: *mut c_void, request: *const HttpRequest, thrown: *mut u64) -> i32;

struct Handler {
    handle: Handle,
    context: Context,
}

impl HttpHandler for Handler {
    fn handle(&self, request: Arc<HttpRequest>) -> Result<()> {
        let mut thrown = 0;
        // SAFETY: the function came with this context, which is still there; the hold on the request is the function's from then on; there
        // is room for the number of what was thrown, borrowed for the call.
        match unsafe { (self.handle)(self.context.pointer, Arc::into_raw(request), &raw mut thrown) } {
            0 => Ok(()),
            _ => Err(WasmtimeError::thrown(thrown)),
        }
    }
}

/// Makes a handler that calls `handle` with `context`, and returns its handle. The last reference to the handler releases `context`.
/// One record takes ownership of the handle.
///
/// # Safety
/// `handle` and `release` may be called with `context` on any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_http_handler_new(handle: Handle, release: Release, context: *mut c_void) -> u64 {
    let made: Arc<dyn HttpHandler> = Arc::new(Handler { handle, context: Context { pointer: context, release } });
    <Arc<dyn HttpHandler> as Lower<UniFfiTag>>::lower(made).as_raw()
}
