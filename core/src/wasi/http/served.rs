//! A request for a component, as its guest sees it.

use wasmtime_wasi_http::p2::bindings::http::types::{Method, Scheme};
use wasmtime_wasi_http::{FieldMap, WasiHttpHooks};

use crate::wasi::http::headers::{self, SECTION};
use crate::wasi::http::incoming::{IncomingBody, Reading};
use crate::wasi::http::message::ServedRequest;
use crate::{Result, WasmtimeError};

/// The longest name of a method: none is longer than a word.
pub(crate) const METHOD: usize = 64;

/// A request that a guest is given. `incoming-request` is a handle of it.
pub(crate) struct Served {
    pub(crate) method: Method,
    pub(crate) scheme: Scheme,
    pub(crate) authority: String,
    pub(crate) path_with_query: String,
    pub(crate) headers: FieldMap,
    /// There until the guest takes it.
    pub(crate) body: Option<IncomingBody>,
}

impl Served {
    /// Fails with `Config` for what is no method, no scheme or no header, and with `Limit` where headers, path and host take too much.
    pub(crate) fn new(request: ServedRequest, hooks: &mut dyn WasiHttpHooks) -> Result<Self> {
        let texts = [&request.authority, &request.path_with_query];
        let headers = headers::map(request.headers)?;
        let headers = headers.filter(|_| texts.iter().all(|text| text.len() <= SECTION));
        let too_much = || {
            WasmtimeError::limit(format!(
                "the headers, the path or the host of an HTTP request take more than {SECTION} bytes"
            ))
        };
        let headers = FieldMap::new_immutable(hooks, headers.ok_or_else(too_much)?);
        let body = IncomingBody { stream: Some(Reading::new(request.body, None)), trailers: None };
        Ok(Self {
            method: method(&request.method)?,
            scheme: scheme(&request.scheme)?,
            authority: request.authority,
            path_with_query: request.path_with_query,
            headers,
            body: Some(body),
        })
    }

    /// How much room its texts take.
    pub(crate) fn size(&self) -> usize {
        headers::size(&self.headers) + self.authority.len() + self.path_with_query.len()
    }
}

fn method(name: &str) -> Result<Method> {
    let is_token = !name.is_empty() && name.len() <= METHOD && http::Method::from_bytes(name.as_bytes()).is_ok();
    match name {
        "GET" => Ok(Method::Get),
        "HEAD" => Ok(Method::Head),
        "POST" => Ok(Method::Post),
        "PUT" => Ok(Method::Put),
        "DELETE" => Ok(Method::Delete),
        "CONNECT" => Ok(Method::Connect),
        "OPTIONS" => Ok(Method::Options),
        "TRACE" => Ok(Method::Trace),
        "PATCH" => Ok(Method::Patch),
        other if is_token => Ok(Method::Other(other.to_owned())),
        _ => {
            let reason = "the method of an HTTP request is none: expected a word such as `GET`".to_owned();
            Err(WasmtimeError::Config { reason })
        }
    }
}

fn scheme(name: &str) -> Result<Scheme> {
    match name {
        "http" => Ok(Scheme::Http),
        "https" => Ok(Scheme::Https),
        _ => {
            let reason = "the scheme of an HTTP request is none: expected `http` or `https`".to_owned();
            Err(WasmtimeError::Config { reason })
        }
    }
}
