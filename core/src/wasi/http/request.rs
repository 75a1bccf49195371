//! A request of a component, as the handler sees it.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use http::HeaderMap;
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;

use crate::interruption::interrupt::Interrupts;
use crate::process::heap::try_with_capacity;
use crate::wasi::http::body::Body;
use crate::wasi::http::codes;
use crate::wasi::http::grants::Destination;
use crate::wasi::http::headers;
use crate::wasi::http::message::{HttpBody, HttpRequestHead, HttpResponse};
use crate::{InputSource, Result, WasmtimeError};

/// What a component asks for by HTTP. A handler gets it, and answers it by `respond` or `fail`.
///
/// The body is here as a whole, and is read in pieces. The object can be used after the handler has returned, but for an answer.
#[derive(uniffi::Object)]
pub struct HttpRequest {
    head: HttpRequestHead,
    body: Arc<Body>,
    interrupts: Option<Arc<Interrupts>>,
    answer: Mutex<Answer>,
    /// Where it goes, under the command line's `--http-allow`.
    destination: OnceLock<Destination>,
}

#[derive(Default)]
struct Answer {
    /// Whether the handler has returned.
    is_over: bool,
    given: Option<std::result::Result<Response, ErrorCode>>,
    /// Why a body ends early that the guest is reading.
    broken: Option<ErrorCode>,
}

/// A response that has been checked.
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: HttpBody,
    pub(super) trailers: HeaderMap,
}

#[uniffi::export]
impl HttpRequest {
    /// All but the body.
    #[cfg_attr(false, brief)]
    #[cfg_attr(false, worded)]
    pub fn head(&self) -> Result<HttpRequestHead> {
        Ok(self.head.clone())
    }

    /// The next bytes of the body, `most` of them at most, or none at its end. Fails with `Limit` where the process has no room for
    /// them.
    #[cfg_attr(false, worded)]
    pub fn read(&self, most: u64) -> Result<Vec<u8>> {
        let most = most.min(self.body.size());
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        // The language copies the bytes afterwards: if there is no memory for that, this fails while they are still here.
        drop(try_with_capacity(most)?);
        Ok(self.body.read(most))
    }

    /// Fails with `Trap` where the guest has to end: its time is over, or somebody has interrupted it. A handler that waits asks now and
    /// then, and lets the error out.
    #[cfg_attr(false, brief)]
    #[cfg_attr(false, worded)]
    pub fn check(&self) -> Result<()> {
        self.interrupts.as_ref().map_or(Ok(()), |interrupts| interrupts.still_running())
    }

    /// The addresses to connect to, where the command line runs the guest: they were looked up, and checked against `--http-allow`. A
    /// client that looked the name up again might be given others. There are none where somebody else runs it.
    #[cfg_attr(false, brief)]
    #[cfg_attr(false, worded)]
    pub fn addresses(&self) -> Result<Vec<String>> {
        let addresses = self.destination.get().map(|destination| destination.addresses.as_slice()).unwrap_or_default();
        Ok(addresses.iter().map(ToString::to_string).collect())
    }

    /// Whether the command line's `--http-allow` permits that address for this request. A client that can only look names up itself asks
    /// this before it connects. It is false where somebody else runs the guest.
    #[cfg_attr(false, brief)]
    #[cfg_attr(false, worded)]
    pub fn permits(&self, address: &str) -> Result<bool> {
        let address = address.parse();
        let both = self.destination.get().zip(address.ok());
        Ok(both.is_some_and(|(destination, address)| destination.permits(&self.head, address)))
    }

    /// Answers the request. Fails with `Config` for a header that is none, with `Range` for a status that is none, and with `Closed` where
    /// the request was answered before, or its handler has returned.
    #[cfg_attr(false, worded)]
    pub fn respond(&self, response: HttpResponse) -> Result<()> {
        let HttpResponse { status, headers, body, trailers } = response;
        if !(100..1000).contains(&status) {
            return Err(WasmtimeError::range(format!(
                "the status of an HTTP response is {status}: expected 100 to 999"
            )));
        }
        let (headers, trailers) = (headers::map(headers)?, headers::map(trailers)?);
        let checked = match (headers, trailers, body) {
            (None, ..) => Err(ErrorCode::HttpResponseHeaderSectionSize(None)),
            (_, None, _) => Err(ErrorCode::HttpResponseTrailerSectionSize(None)),
            (.., HttpBody::Bytes { bytes }) if bytes.len() as u64 > self.body.most() => {
                Err(ErrorCode::HttpResponseBodySize(Some(bytes.len() as u64)))
            }
            (Some(headers), Some(trailers), body) => Ok(Response { status, headers, body, trailers }),
        };
        self.answer(checked)
    }

    /// Answers the request with an error code of `wasi:http`, by its name there, such as `connection-refused`. The guest gets the code.
    /// A detail is for codes that have a text: `DNS-error`, `TLS-alert-received`, `HTTP-response-transfer-coding`,
    /// `HTTP-response-content-coding` and `internal-error`. Where the guest is reading the response's body already, the code ends that.
    /// Fails with `Config` for a name that is none.
    #[cfg_attr(false, worded)]
    pub fn fail(&self, code: &str, detail: Option<String>) -> Result<()> {
        let code = codes::code(code, detail)?;
        let mut answer = self.lock();
        if answer.is_over || answer.given.is_some() {
            answer.broken = Some(code);
            return Ok(());
        }
        answer.given = Some(Err(code));
        Ok(())
    }
}

impl HttpRequest {
    pub(super) fn new(head: HttpRequestHead, body: Arc<Body>, interrupts: Option<Arc<Interrupts>>) -> Arc<Self> {
        Arc::new(Self { head, body, interrupts, answer: Mutex::default(), destination: OnceLock::new() })
    }

    /// The request may go there.
    pub(super) fn admit(&self, destination: Destination) {
        // It is asked for once.
        _ = self.destination.set(destination);
    }

    fn lock(&self) -> MutexGuard<'_, Answer> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, given: std::result::Result<Response, ErrorCode>) -> Result<()> {
        let mut answer = self.lock();
        if answer.is_over || answer.given.is_some() {
            drop(answer);
            return Err(WasmtimeError::Closed { what: "HTTP request".to_owned() });
        }
        answer.given = Some(given);
        Ok(())
    }

    /// The handler has returned: its answer. Fails with `Type` where it gave none.
    pub(super) fn take_answer(&self) -> Result<std::result::Result<Response, ErrorCode>> {
        let mut answer = self.lock();
        answer.is_over = true;
        let given = answer.given.take();
        drop(answer);
        given.ok_or_else(|| {
            WasmtimeError::wrong_type("the HTTP handler gave no response: expected one, or an error code")
        })
    }

    /// What interrupts the guest.
    pub(super) fn interrupts(&self) -> Option<Arc<Interrupts>> {
        self.interrupts.clone()
    }

    /// Puts another source in the place of the response's body, where that comes from one.
    pub(crate) fn wrap_body(&self, wrapped: impl FnOnce(Arc<dyn InputSource>) -> Arc<dyn InputSource>) {
        if let Some(Ok(Response { body: HttpBody::Source { source }, .. })) = &mut self.lock().given {
            *source = wrapped(Arc::clone(source));
        }
    }

    /// Why the response's body ends early, if it does.
    pub(super) fn take_broken(&self) -> Option<ErrorCode> {
        self.lock().broken.take()
    }
}
