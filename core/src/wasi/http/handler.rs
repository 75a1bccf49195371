//! What answers the HTTP requests of components.

use std::sync::Arc;

use crate::Result;
use crate::wasi::http::request::HttpRequest;

/// Answers the HTTP requests of components. It may be used in several stores, and from any thread, which is the guest's.
#[uniffi::export(with_foreign)]
pub trait HttpHandler: Send + Sync {
    /// Answers a request, by `respond` or `fail` of it. The guest waits meanwhile. What this fails with comes out of the call that ran
    /// the guest.
    fn handle(&self, request: Arc<HttpRequest>) -> Result<()>;
}

/// Who answers the HTTP requests of components.
#[derive(Clone, uniffi::Enum)]
pub enum WasiHttp {
    /// A callback.
    Handler {
        /// What is given every request.
        handler: Arc<dyn HttpHandler>,
    },
}
