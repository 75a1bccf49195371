//! A request on its way: from the guest's `handle` to the answer of the handler.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use wasmtime_wasi::p2::Pollable;
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, Method, Scheme};
use wasmtime_wasi_http::p2::types::HostOutgoingRequest;
use wasmtime_wasi_http::{FieldMap, RequestOptions, WasiHttpHooks};

use crate::interruption::interrupt::Interrupts;
use crate::process::failpoint;
use crate::process::host_stack::on_own_stack;
use crate::wasi::http::body::Body;
use crate::wasi::http::handler::HttpHandler;
use crate::wasi::http::headers;
use crate::wasi::http::incoming::{Incoming, IncomingBody, Reading};
use crate::wasi::http::message::HttpRequestHead;
use crate::wasi::http::request::HttpRequest;
use crate::wasi::stream::{CALLBACK, carried};

/// What a guest waits for: `future-incoming-response` is a handle of it. The body has it as well, which may be finished later.
#[derive(Clone)]
pub(crate) struct Exchange(Arc<Mutex<Stage>>);

enum Stage {
    /// The guest has not sent it, or its body is not finished.
    Waiting(Option<Sent>),
    Answered(Result<Incoming, ErrorCode>),
    /// The guest has the answer.
    Taken,
}

/// A request that the guest has sent.
pub(crate) struct Sent {
    pub(crate) head: HttpRequestHead,
    pub(crate) handler: Arc<dyn HttpHandler>,
}

impl Exchange {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Stage::Waiting(None))))
    }

    fn lock(&self) -> MutexGuard<'_, Stage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn send(&self, sent: Sent) {
        *self.lock() = Stage::Waiting(Some(sent));
    }

    /// Nobody waits for it any more.
    pub(crate) fn forget(&self) {
        *self.lock() = Stage::Taken;
    }

    /// The answer, if it is there; `Err` where the guest has it already.
    pub(crate) fn take(&self) -> Option<Result<Result<Incoming, ErrorCode>, ()>> {
        let mut stage = self.lock();
        match std::mem::replace(&mut *stage, Stage::Taken) {
            waiting @ Stage::Waiting(_) => {
                *stage = waiting;
                None
            }
            Stage::Answered(answer) => Some(Ok(answer)),
            Stage::Taken => Some(Err(())),
        }
    }

    /// Calls the handler, where the guest has sent the request and finished its body. What the handler throws ends the guest.
    pub(crate) fn run(
        &self,
        body: &Arc<Body>,
        interrupts: Option<Arc<Interrupts>>,
        hooks: &mut dyn WasiHttpHooks,
    ) -> wasmtime::Result<()> {
        let Some(complete) = body.is_complete() else { return Ok(()) };
        let mut stage = self.lock();
        let Stage::Waiting(waiting) = &mut *stage else { return Ok(()) };
        let Some(sent) = waiting.take() else { return Ok(()) };
        // The handler runs without the lock.
        drop(stage);
        let answer = match complete {
            Err(code) => Err(code),
            Ok(()) => ask(sent, Arc::clone(body), interrupts.clone(), hooks)?,
        };
        *self.lock() = Stage::Answered(answer);
        interrupts.map_or(Ok(()), |interrupts| interrupts.check())
    }
}

#[async_trait]
impl Pollable for Exchange {
    async fn ready(&mut self) {
        std::future::poll_fn(|_| match &*self.lock() {
            Stage::Waiting(_) => std::task::Poll::Pending,
            Stage::Answered(_) | Stage::Taken => std::task::Poll::Ready(()),
        })
        .await;
    }
}

fn ask(
    sent: Sent,
    body: Arc<Body>,
    interrupts: Option<Arc<Interrupts>>,
    hooks: &mut dyn WasiHttpHooks,
) -> wasmtime::Result<Result<Incoming, ErrorCode>> {
    failpoint::panic_at("wasi");
    let Sent { mut head, handler } = sent;
    head.body_size = body.size();
    body.taken();
    let request = HttpRequest::new(head, body, interrupts);
    // Languages check which stack they run on.
    on_own_stack(CALLBACK, || handler.handle(Arc::clone(&request))).map_err(carried)?;
    let response = match request.take_answer().map_err(carried)? {
        Ok(response) => response,
        Err(code) => return Ok(Err(code)),
    };
    let trailers = (!response.trailers.is_empty()).then(|| FieldMap::new_immutable(hooks, response.trailers));
    Ok(Ok(Incoming {
        status: response.status,
        headers: FieldMap::new_immutable(hooks, response.headers),
        body: Some(IncomingBody { stream: Some(Reading::new(response.body, Some(request))), trailers }),
    }))
}

/// What a handler sees of a request, but for the body, which may not be there yet.
pub(crate) fn head(
    request: HostOutgoingRequest,
    options: Option<RequestOptions>,
) -> Result<HttpRequestHead, ErrorCode> {
    let method = match request.method {
        Method::Get => "GET".to_owned(),
        Method::Head => "HEAD".to_owned(),
        Method::Post => "POST".to_owned(),
        Method::Put => "PUT".to_owned(),
        Method::Delete => "DELETE".to_owned(),
        Method::Connect => "CONNECT".to_owned(),
        Method::Options => "OPTIONS".to_owned(),
        Method::Trace => "TRACE".to_owned(),
        Method::Patch => "PATCH".to_owned(),
        // It was checked when the guest set it.
        Method::Other(name) => name,
    };
    let (scheme, default_port) = match request.scheme {
        None | Some(Scheme::Https) => ("https", 443),
        Some(Scheme::Http) => ("http", 80),
        Some(Scheme::Other(name)) if name.eq_ignore_ascii_case("http") => ("http", 80),
        Some(Scheme::Other(name)) if name.eq_ignore_ascii_case("https") => ("https", 443),
        Some(Scheme::Other(_)) => return Err(ErrorCode::HttpProtocolError),
    };
    let authority = request.authority.unwrap_or_default();
    let (host, port) = place(&authority, default_port).ok_or(ErrorCode::HttpRequestUriInvalid)?;
    let path = request.path_with_query.unwrap_or_default();
    let nanoseconds = |time: std::time::Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    let time = |of: fn(&RequestOptions) -> Option<std::time::Duration>| options.as_ref().and_then(of).map(nanoseconds);
    Ok(HttpRequestHead {
        method,
        scheme: scheme.to_owned(),
        host,
        port,
        authority,
        path_with_query: if path.starts_with('/') { path } else { format!("/{path}") },
        headers: headers::listed(&request.headers),
        body_size: 0,
        connect_timeout: time(|options| options.connect_timeout),
        first_byte_timeout: time(|options| options.first_byte_timeout),
        between_bytes_timeout: time(|options| options.between_bytes_timeout),
    })
}

/// The host and the port of an authority. One with a user's name is none: clients differ in what they take for the host then.
fn place(authority: &str, default_port: u16) -> Option<(String, u16)> {
    if authority.contains('@') {
        return None;
    }
    let parsed: http::uri::Authority = authority.parse().ok()?;
    let host = parsed.host();
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let behind = authority.get(parsed.host().len()..)?;
    let port = match behind.strip_prefix(':') {
        None => default_port,
        Some(digits) if digits.bytes().all(|digit| digit.is_ascii_digit()) => digits.parse().ok()?,
        Some(_) => return None,
    };
    (!host.is_empty()).then(|| (host.to_ascii_lowercase(), port))
}
