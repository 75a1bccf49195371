//! What the HTTP of a store's components works with, beside the table of their resources.

use std::collections::HashMap;
use std::sync::Arc;

use wasmtime_wasi_http::{RequestOptions, WasiBody, WasiHttpCtx, WasiHttpHooks};

use crate::traps::carried::HostError;
use crate::wasi::http::body::{Body, Held};
use crate::wasi::http::handler::{HttpHandler, WasiHttp};
use crate::wasi::http::headers::SECTION;
use crate::wasi::http::outgoing::Exchange;
use crate::wasi::http::reply::ReplyBody;
use crate::{WasiConfig, WasmtimeError};

/// How many bytes the bodies of requests may have together, if nothing is said.
const BODIES: u64 = 16 << 20;

/// How many bytes all headers, paths and hosts of a store's messages may take together.
const HEADERS: usize = 4 << 20;

/// What a resource of HTTP takes at least.
const EACH: usize = 256;

/// The state.
pub(crate) struct Http {
    pub(crate) handler: Option<Arc<dyn HttpHandler>>,
    pub(crate) context: WasiHttpCtx,
    pub(crate) hooks: Hooks,
    pub(crate) held: Held,
    /// The bodies of requests that were not sent yet, by the number of the request.
    pub(crate) bodies: HashMap<u32, (Arc<Body>, Exchange)>,
    /// The bodies of responses that were not given as an answer yet, by the number of the response.
    pub(crate) replies: HashMap<u32, Arc<ReplyBody>>,
    /// How many bytes each resource takes that has headers, by its number, and all of them.
    sizes: HashMap<u32, usize>,
    size: usize,
}

impl Http {
    pub(crate) fn new(config: &WasiConfig) -> Self {
        let handler = config.http.as_ref().map(|WasiHttp::Handler { handler }| Arc::clone(handler));
        let mut context = WasiHttpCtx::new();
        context.set_field_size_limit(SECTION);
        Self {
            handler,
            context,
            hooks: Hooks,
            held: Held::new(config.max_http_body.unwrap_or(BODIES)),
            bodies: HashMap::new(),
            replies: HashMap::new(),
            sizes: HashMap::new(),
            size: 0,
        }
    }

    /// Notes how much the resource of that number takes now. Fails with `Limit` where that is too much together with the others.
    pub(crate) fn note(&mut self, number: u32, bytes: usize) -> wasmtime::Result<()> {
        self.forget(number);
        let bytes = bytes + EACH;
        if self.size + bytes > HEADERS {
            let reason = format!("the headers of a guest's HTTP messages take more than {HEADERS} bytes");
            return Err(wasmtime::Error::new(HostError(WasmtimeError::Limit { reason })));
        }
        self.sizes.insert(number, bytes);
        self.size += bytes;
        Ok(())
    }

    /// The resource is gone.
    pub(crate) fn forget(&mut self, number: u32) {
        self.size -= self.sizes.remove(&number).unwrap_or_default();
    }
}

impl Default for Http {
    fn default() -> Self {
        Self::new(&WasiConfig::default())
    }
}

/// What wasmtime-wasi-http asks of its host. It has no way out: requests are sent by the handler alone.
pub(crate) struct Hooks;

type Sending = Box<dyn Future<Output = wasmtime_wasi_http::Result<()>> + Send>;
type Received = wasmtime_wasi_http::Result<(http::Response<WasiBody>, Sending)>;

impl WasiHttpHooks for Hooks {
    fn send_request(
        &mut self,
        _request: http::Request<WasiBody>,
        _options: Option<RequestOptions>,
        _sent: Sending,
    ) -> Box<dyn Future<Output = Received> + Send> {
        Box::new(async { Err(wasmtime_wasi_http::Error::HttpRequestDenied) })
    }
}
