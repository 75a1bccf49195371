//! `wasi:http`: requests that a component answers, and its responses.

use std::sync::Arc;

use wasmtime::component::Resource;
use wasmtime_wasi_http::FieldMap;
use wasmtime_wasi_http::p2::bindings::http::types::{
    ErrorCode, HostIncomingRequest, HostOutgoingResponse, HostResponseOutparam, IncomingBody as RawBody,
    IncomingRequest, Method, OutgoingBody, OutgoingResponse, ResponseOutparam, Scheme,
};
use wasmtime_wasi_http::p2::{HttpError, HttpResult};

use crate::interruption::interrupt::Interrupts;
use crate::wasi::functions::WasiHost;
use crate::wasi::http::headers;
use crate::wasi::http::incoming::IncomingBody;
use crate::wasi::http::message::{ServedRequest, ServedResponse};
use crate::wasi::http::reply::{Reply, ReplyBody};
use crate::wasi::http::served::Served;
use crate::wasi::preview2::http::{Requests, as_type, content_length, requests};
use crate::wasi::preview2::http_requests::Written;
use crate::wasi::stream::carried;
use crate::{Result, WasmtimeError};

/// What `handle` of a component is called with.
pub(crate) type Arguments = (Resource<IncomingRequest>, Resource<ResponseOutparam>);

/// Gives a store a request, and where its response goes.
pub(crate) fn begin<T: WasiHost>(host: &mut T, request: ServedRequest, reply: &Arc<Reply>) -> Result<Arguments> {
    let mut requests = requests(host);
    let served = Served::new(request, &mut requests.http.hooks)?;
    requests.serve(served, Arc::clone(reply)).map_err(|error| WasmtimeError::limit(error.to_string()))
}

impl Requests<'_> {
    fn serve(&mut self, served: Served, reply: Arc<Reply>) -> wasmtime::Result<Arguments> {
        let size = served.size();
        let request = self.view.table.push(served)?;
        self.http.note(request.rep(), size)?;
        let reply = self.view.table.push(reply)?;
        Ok((Resource::new_own(request.rep()), Resource::new_own(reply.rep())))
    }

    fn served(&self, request: &Resource<IncomingRequest>) -> wasmtime::Result<&Served> {
        Ok(self.view.table.get(&as_type::<Served, _>(request))?)
    }

    fn go_on(&self) -> wasmtime::Result<()> {
        self.interrupts.as_deref().map_or(Ok(()), Interrupts::check)
    }
}

impl HostIncomingRequest for Requests<'_> {
    fn method(&mut self, request: Resource<IncomingRequest>) -> wasmtime::Result<Method> {
        Ok(self.served(&request)?.method.clone())
    }

    fn path_with_query(&mut self, request: Resource<IncomingRequest>) -> wasmtime::Result<Option<String>> {
        Ok(Some(self.served(&request)?.path_with_query.clone()))
    }

    fn scheme(&mut self, request: Resource<IncomingRequest>) -> wasmtime::Result<Option<Scheme>> {
        Ok(Some(self.served(&request)?.scheme.clone()))
    }

    fn authority(&mut self, request: Resource<IncomingRequest>) -> wasmtime::Result<Option<String>> {
        Ok(Some(self.served(&request)?.authority.clone()))
    }

    fn headers(&mut self, request: Resource<IncomingRequest>) -> wasmtime::Result<Resource<FieldMap>> {
        let headers = self.served(&request)?.headers.clone();
        let headers = self.view.table.push(headers)?;
        self.note_fields(&headers)?;
        Ok(headers)
    }

    fn consume(
        &mut self,
        request: Resource<IncomingRequest>,
    ) -> wasmtime::Result<std::result::Result<Resource<RawBody>, ()>> {
        let Some(body) = self.view.table.get_mut(&as_type::<Served, _>(&request))?.body.take() else {
            return Ok(Err(()));
        };
        Ok(Ok(Resource::new_own(self.view.table.push(body)?.rep())))
    }

    fn drop(&mut self, request: Resource<IncomingRequest>) -> wasmtime::Result<()> {
        self.http.forget(request.rep());
        let served = self.view.table.delete::<Served>(Resource::new_own(request.rep()))?;
        served.body.map(IncomingBody::end);
        Ok(())
    }
}

impl HostResponseOutparam for Requests<'_> {
    fn set(
        &mut self,
        outparam: Resource<ResponseOutparam>,
        response: std::result::Result<Resource<OutgoingResponse>, ErrorCode>,
    ) -> wasmtime::Result<()> {
        let reply = self.view.table.delete::<Arc<Reply>>(Resource::new_own(outparam.rep()))?;
        let response = match response {
            Ok(response) => response,
            Err(code) => {
                reply.fail(code);
                return Ok(());
            }
        };
        let number = response.rep();
        self.http.forget(number);
        let body = self.http.replies.remove(&number);
        let found = self.view.table.delete(response)?;
        // One that has no body says so by its size, whatever the guest has written about it.
        let body_size = body.as_ref().map_or(Some(0), |body| body.expected());
        let headers = headers::listed(&found.headers);
        let head = ServedResponse { status: found.status.as_u16(), headers, body_size };
        reply.set(head, body).map_err(carried)?;
        self.go_on()
    }

    fn send_informational(
        &mut self,
        _outparam: Resource<ResponseOutparam>,
        _status: u16,
        headers: Resource<FieldMap>,
    ) -> HttpResult<()> {
        // Few servers can send one.
        self.http.forget(headers.rep());
        self.view.table.delete(headers).map_err(|error| HttpError::trap(wasmtime::Error::new(error)))?;
        Err(ErrorCode::InternalError(Some("no response is sent before the last one".to_owned())).into())
    }

    fn drop(&mut self, outparam: Resource<ResponseOutparam>) -> wasmtime::Result<()> {
        self.view.table.delete::<Arc<Reply>>(Resource::new_own(outparam.rep()))?;
        Ok(())
    }
}

impl HostOutgoingResponse for Requests<'_> {
    fn new(&mut self, headers: Resource<FieldMap>) -> wasmtime::Result<Resource<OutgoingResponse>> {
        let size = headers::size(self.view.table.get(&headers)?);
        self.http.forget(headers.rep());
        let response = HostOutgoingResponse::new(&mut self.inner(), headers)?;
        self.http.note(response.rep(), size)?;
        Ok(response)
    }

    fn status_code(&mut self, response: Resource<OutgoingResponse>) -> wasmtime::Result<u16> {
        HostOutgoingResponse::status_code(&mut self.inner(), response)
    }

    fn set_status_code(
        &mut self,
        response: Resource<OutgoingResponse>,
        status: u16,
    ) -> wasmtime::Result<std::result::Result<(), ()>> {
        // Those below 200 are no last response.
        if status < 200 {
            return Ok(Err(()));
        }
        HostOutgoingResponse::set_status_code(&mut self.inner(), response, status)
    }

    fn headers(&mut self, response: Resource<OutgoingResponse>) -> wasmtime::Result<Resource<FieldMap>> {
        let headers = HostOutgoingResponse::headers(&mut self.inner(), response)?;
        self.note_fields(&headers)?;
        Ok(headers)
    }

    fn body(
        &mut self,
        response: Resource<OutgoingResponse>,
    ) -> wasmtime::Result<std::result::Result<Resource<OutgoingBody>, ()>> {
        let number = response.rep();
        let Ok(expected) = content_length(&self.view.table.get(&response)?.headers) else { return Ok(Err(())) };
        if self.http.replies.contains_key(&number) {
            return Ok(Err(()));
        }
        let body = ReplyBody::new(self.http.held.clone(), expected);
        let made = self.view.table.push(Written::reply(Arc::clone(&body)))?;
        self.http.replies.insert(number, body);
        Ok(Ok(Resource::new_own(made.rep())))
    }

    fn drop(&mut self, response: Resource<OutgoingResponse>) -> wasmtime::Result<()> {
        self.http.forget(response.rep());
        self.http.replies.remove(&response.rep());
        HostOutgoingResponse::drop(&mut self.inner(), response)
    }
}
