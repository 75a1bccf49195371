//! `wasi:http`: requests and their bodies, as a guest makes them.

use std::sync::Arc;

use wasmtime::component::Resource;
use wasmtime_wasi::p2::{DynOutputStream, OutputStream};
use wasmtime_wasi_http::FieldMap;
use wasmtime_wasi_http::p2::bindings::http::types::{
    HostOutgoingBody, HostOutgoingRequest, Method, OutgoingBody, OutgoingRequest, Scheme,
};
use wasmtime_wasi_http::p2::{HttpError, HttpResult};

use crate::wasi::http::body::{Body, Writing};
use crate::wasi::http::headers::{self, SECTION};
use crate::wasi::http::outgoing::Exchange;
use crate::wasi::http::reply::{ReplyBody, Replying};
use crate::wasi::preview2::http::{Requests, as_type, content_length};

type Request = Resource<OutgoingRequest>;
type Done = wasmtime::Result<Result<(), ()>>;

/// The body that a guest writes, in the table of resources.
pub(super) struct Written {
    to: To,
    is_taken: bool,
}

enum To {
    Request(Arc<Body>, Exchange),
    Response(Arc<ReplyBody>),
}

impl Written {
    /// That of a response.
    pub(super) fn reply(body: Arc<ReplyBody>) -> Self {
        Self { to: To::Response(body), is_taken: false }
    }
}

impl Requests<'_> {
    /// Changes a request; a text that takes more than headers may is refused.
    fn change(&mut self, request: Request, text: Option<&str>, work: impl FnOnce(&mut Self, Request) -> Done) -> Done {
        if text.is_some_and(|text| text.len() > SECTION) {
            return Ok(Err(()));
        }
        let same = Resource::new_borrow(request.rep());
        let done = work(self, request)?;
        self.note_request(&same)?;
        Ok(done)
    }
}

impl HostOutgoingRequest for Requests<'_> {
    fn new(&mut self, headers: Resource<FieldMap>) -> wasmtime::Result<Request> {
        self.http.forget(headers.rep());
        let request = HostOutgoingRequest::new(&mut self.inner(), headers)?;
        self.note_request(&request)?;
        Ok(request)
    }

    fn body(&mut self, request: Request) -> wasmtime::Result<Result<Resource<OutgoingBody>, ()>> {
        let number = request.rep();
        let Ok(expected) = content_length(&self.view.table.get(&request)?.headers) else { return Ok(Err(())) };
        if self.http.bodies.contains_key(&number) {
            return Ok(Err(()));
        }
        let (body, exchange) = (Body::new(self.http.held.clone(), expected), Exchange::new());
        let written = Written { to: To::Request(Arc::clone(&body), exchange.clone()), is_taken: false };
        let made = self.view.table.push(written)?;
        self.http.bodies.insert(number, (body, exchange));
        Ok(Ok(Resource::new_own(made.rep())))
    }

    fn drop(&mut self, request: Request) -> wasmtime::Result<()> {
        self.http.forget(request.rep());
        self.http.bodies.remove(&request.rep());
        HostOutgoingRequest::drop(&mut self.inner(), request)
    }

    fn method(&mut self, request: Request) -> wasmtime::Result<Method> {
        HostOutgoingRequest::method(&mut self.inner(), request)
    }

    fn set_method(&mut self, request: Request, method: Method) -> Done {
        // No method is longer than a word.
        if matches!(&method, Method::Other(name) if name.len() > 64) {
            return Ok(Err(()));
        }
        HostOutgoingRequest::set_method(&mut self.inner(), request, method)
    }

    fn path_with_query(&mut self, request: Request) -> wasmtime::Result<Option<String>> {
        HostOutgoingRequest::path_with_query(&mut self.inner(), request)
    }

    fn set_path_with_query(&mut self, request: Request, path: Option<String>) -> Done {
        let text = path.clone();
        self.change(request, text.as_deref(), |this, request| {
            HostOutgoingRequest::set_path_with_query(&mut this.inner(), request, path)
        })
    }

    fn scheme(&mut self, request: Request) -> wasmtime::Result<Option<Scheme>> {
        HostOutgoingRequest::scheme(&mut self.inner(), request)
    }

    fn set_scheme(&mut self, request: Request, scheme: Option<Scheme>) -> Done {
        if matches!(&scheme, Some(Scheme::Other(name)) if name.len() > 64) {
            return Ok(Err(()));
        }
        HostOutgoingRequest::set_scheme(&mut self.inner(), request, scheme)
    }

    fn authority(&mut self, request: Request) -> wasmtime::Result<Option<String>> {
        HostOutgoingRequest::authority(&mut self.inner(), request)
    }

    fn set_authority(&mut self, request: Request, authority: Option<String>) -> Done {
        let text = authority.clone();
        self.change(request, text.as_deref(), |this, request| {
            HostOutgoingRequest::set_authority(&mut this.inner(), request, authority)
        })
    }

    fn headers(&mut self, request: Request) -> wasmtime::Result<Resource<FieldMap>> {
        let headers = HostOutgoingRequest::headers(&mut self.inner(), request)?;
        self.note_fields(&headers)?;
        Ok(headers)
    }
}

impl HostOutgoingBody for Requests<'_> {
    fn write(&mut self, body: Resource<OutgoingBody>) -> wasmtime::Result<Result<Resource<DynOutputStream>, ()>> {
        let body = as_type::<Written, _>(&body);
        let written = self.view.table.get_mut(&body)?;
        if std::mem::replace(&mut written.is_taken, true) {
            return Ok(Err(()));
        }
        let stream: Box<dyn OutputStream> = match &written.to {
            To::Request(body, _) => Box::new(Writing(Arc::clone(body))),
            To::Response(body) => Box::new(Replying(Arc::clone(body))),
        };
        Ok(Ok(self.view.table.push_child(stream, &body)?))
    }

    fn finish(&mut self, body: Resource<OutgoingBody>, trailers: Option<Resource<FieldMap>>) -> HttpResult<()> {
        let written = self.view.table.delete::<Written>(Resource::new_own(body.rep()))?;
        let trailers = match trailers {
            Some(trailers) => {
                self.http.forget(trailers.rep());
                headers::listed(&*self.view.table.delete(trailers)?)
            }
            None => Vec::new(),
        };
        match written.to {
            // No client of the three languages sends trailers.
            To::Request(body, exchange) => {
                let finished = body.finish();
                self.run(&exchange, &body).map_err(HttpError::trap)?;
                Ok(finished?)
            }
            To::Response(body) => Ok(body.finish(trailers)?),
        }
    }

    fn drop(&mut self, body: Resource<OutgoingBody>) -> wasmtime::Result<()> {
        match self.view.table.delete::<Written>(Resource::new_own(body.rep()))?.to {
            To::Request(body, exchange) => {
                body.abort();
                self.run(&exchange, &body)
            }
            To::Response(body) => {
                body.abort();
                Ok(())
            }
        }
    }
}
