//! `wasi:http`: requests that go out. Wasmtime-wasi-http keeps their headers; the bodies, the waiting and the answers are ours, since
//! its own wait in tokio.

use std::sync::Arc;

use http::HeaderMap;
use wasmtime::component::{HasData, Resource};
use wasmtime_wasi::{WasiCtxView, WasiView};
use wasmtime_wasi_http::p2::HttpError;
use wasmtime_wasi_http::p2::HttpResult;
use wasmtime_wasi_http::p2::bindings::http::outgoing_handler;
use wasmtime_wasi_http::p2::bindings::http::types::{self, ErrorCode, RequestOptions};
use wasmtime_wasi_http::p2::types::{HostFutureIncomingResponse, HostOutgoingRequest};
use wasmtime_wasi_http::{FieldMap, WasiHttpCtxView};

use crate::interruption::interrupt::Interrupts;
use crate::wasi::functions::WasiHost;
use crate::wasi::http::body::Body;
use crate::wasi::http::headers;
use crate::wasi::http::outgoing::{self, Exchange, Sent};
use crate::wasi::http::state::Http;

/// What the functions of HTTP work with.
pub(super) struct Requests<'a> {
    pub(super) view: WasiCtxView<'a>,
    pub(super) http: &'a mut Http,
    pub(super) interrupts: Option<Arc<Interrupts>>,
}

pub(super) fn requests<T: WasiHost>(host: &mut T) -> Requests<'_> {
    let interrupts = host.interrupts();
    let (preview1, http) = host.wasi_http();
    Requests { view: preview1.context.ctx(), http, interrupts }
}

/// Says that `Requests` is what these interfaces work with.
pub(super) struct HasRequests;

impl HasData for HasRequests {
    type Data<'a> = Requests<'a>;
}

/// The same resource, as another type that its table has it as.
pub(super) fn as_type<T: 'static, U: 'static>(resource: &Resource<U>) -> Resource<T> {
    Resource::new_borrow(resource.rep())
}

impl Requests<'_> {
    /// What wasmtime-wasi-http works with.
    pub(super) fn inner(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.http.hooks, table: &mut *self.view.table, ctx: &mut self.http.context }
    }

    /// Notes how much the headers of that resource take now.
    pub(super) fn note_fields(&mut self, fields: &Resource<FieldMap>) -> wasmtime::Result<()> {
        let size = headers::size(self.view.table.get(fields)?);
        self.http.note(fields.rep(), size)
    }

    /// The same of a request.
    pub(super) fn note_request(&mut self, request: &Resource<HostOutgoingRequest>) -> wasmtime::Result<()> {
        let found = self.view.table.get(request)?;
        let texts = [&found.authority, &found.path_with_query].map(|text| text.as_ref().map_or(0, String::len));
        let size = headers::size(&found.headers) + texts.iter().sum::<usize>();
        self.http.note(request.rep(), size)
    }

    /// Calls the handler if all is there.
    pub(super) fn run(&mut self, exchange: &Exchange, body: &Arc<Body>) -> wasmtime::Result<()> {
        exchange.run(body, self.interrupts.clone(), &mut self.http.hooks)
    }
}

/// What the header `Content-Length` says; `Err` where that is nothing.
pub(super) fn content_length(headers: &HeaderMap) -> Result<Option<u64>, ()> {
    let mut values = headers.get_all(http::header::CONTENT_LENGTH).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().ok().and_then(|text| text.parse().ok()).map(Some).ok_or(()),
        (Some(_), Some(_)) => Err(()),
    }
}

impl outgoing_handler::Host for Requests<'_> {
    fn handle(
        &mut self,
        request: Resource<HostOutgoingRequest>,
        options: Option<Resource<RequestOptions>>,
    ) -> HttpResult<Resource<HostFutureIncomingResponse>> {
        let options = match options {
            Some(options) => Some(*self.view.table.get(&options)?),
            None => None,
        };
        let number = request.rep();
        let found = self.view.table.delete(request)?;
        self.http.forget(number);
        let kept = self.http.bodies.remove(&number);
        let expected = content_length(&found.headers).map_err(|()| ErrorCode::HttpProtocolError)?;
        if kept.is_none() && expected.is_some_and(|size| size != 0) {
            return Err(ErrorCode::HttpRequestBodySize(Some(0)).into());
        }
        let Some(handler) = self.http.handler.clone() else { return Err(ErrorCode::HttpRequestDenied.into()) };
        let (body, exchange) = kept.unwrap_or_else(|| (Body::empty(self.http.held.clone()), Exchange::new()));
        exchange.send(Sent { head: outgoing::head(found, options)?, handler });
        self.run(&exchange, &body).map_err(HttpError::trap)?;
        let future = self.view.table.push(exchange)?;
        Ok(Resource::new_own(future.rep()))
    }
}

impl types::Host for Requests<'_> {
    fn convert_error_code(&mut self, error: HttpError) -> wasmtime::Result<ErrorCode> {
        error.downcast()
    }

    fn convert_header_error(
        &mut self,
        error: wasmtime_wasi_http::p2::HeaderError,
    ) -> wasmtime::Result<types::HeaderError> {
        error.downcast()
    }

    fn http_error_code(&mut self, error: Resource<types::IoError>) -> wasmtime::Result<Option<ErrorCode>> {
        types::Host::http_error_code(&mut self.inner(), error)
    }
}
