//! `wasi:http`: what a component needs that answers requests. No guest is given a request, so that these have no resources but a response
//! that nobody sends.

use wasmtime::component::Resource;
use wasmtime_wasi_http::FieldMap;
use wasmtime_wasi_http::p2::HttpResult;
use wasmtime_wasi_http::p2::bindings::http::types::{
    ErrorCode, HostIncomingRequest, HostOutgoingResponse, HostResponseOutparam, IncomingBody, IncomingRequest, Method,
    OutgoingBody, OutgoingResponse, ResponseOutparam, Scheme,
};

use crate::wasi::preview2::http::Requests;

impl HostIncomingRequest for Requests<'_> {
    fn method(&mut self, request: Resource<IncomingRequest>) -> wasmtime::Result<Method> {
        HostIncomingRequest::method(&mut self.inner(), request)
    }

    fn path_with_query(&mut self, request: Resource<IncomingRequest>) -> wasmtime::Result<Option<String>> {
        HostIncomingRequest::path_with_query(&mut self.inner(), request)
    }

    fn scheme(&mut self, request: Resource<IncomingRequest>) -> wasmtime::Result<Option<Scheme>> {
        HostIncomingRequest::scheme(&mut self.inner(), request)
    }

    fn authority(&mut self, request: Resource<IncomingRequest>) -> wasmtime::Result<Option<String>> {
        HostIncomingRequest::authority(&mut self.inner(), request)
    }

    fn headers(&mut self, request: Resource<IncomingRequest>) -> wasmtime::Result<Resource<FieldMap>> {
        HostIncomingRequest::headers(&mut self.inner(), request)
    }

    fn consume(&mut self, request: Resource<IncomingRequest>) -> wasmtime::Result<Result<Resource<IncomingBody>, ()>> {
        HostIncomingRequest::consume(&mut self.inner(), request)
    }

    fn drop(&mut self, request: Resource<IncomingRequest>) -> wasmtime::Result<()> {
        HostIncomingRequest::drop(&mut self.inner(), request)
    }
}

impl HostResponseOutparam for Requests<'_> {
    fn set(
        &mut self,
        outparam: Resource<ResponseOutparam>,
        response: Result<Resource<OutgoingResponse>, ErrorCode>,
    ) -> wasmtime::Result<()> {
        HostResponseOutparam::set(&mut self.inner(), outparam, response)
    }

    fn send_informational(
        &mut self,
        outparam: Resource<ResponseOutparam>,
        status: u16,
        headers: Resource<FieldMap>,
    ) -> HttpResult<()> {
        HostResponseOutparam::send_informational(&mut self.inner(), outparam, status, headers)
    }

    fn drop(&mut self, outparam: Resource<ResponseOutparam>) -> wasmtime::Result<()> {
        HostResponseOutparam::drop(&mut self.inner(), outparam)
    }
}

impl HostOutgoingResponse for Requests<'_> {
    fn new(&mut self, headers: Resource<FieldMap>) -> wasmtime::Result<Resource<OutgoingResponse>> {
        let size = crate::wasi::http::headers::size(self.view.table.get(&headers)?);
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
    ) -> wasmtime::Result<Result<(), ()>> {
        HostOutgoingResponse::set_status_code(&mut self.inner(), response, status)
    }

    fn headers(&mut self, response: Resource<OutgoingResponse>) -> wasmtime::Result<Resource<FieldMap>> {
        let headers = HostOutgoingResponse::headers(&mut self.inner(), response)?;
        self.note_fields(&headers)?;
        Ok(headers)
    }

    fn body(&mut self, _response: Resource<OutgoingResponse>) -> wasmtime::Result<Result<Resource<OutgoingBody>, ()>> {
        // There is nobody to send it to.
        Ok(Err(()))
    }

    fn drop(&mut self, response: Resource<OutgoingResponse>) -> wasmtime::Result<()> {
        self.http.forget(response.rep());
        HostOutgoingResponse::drop(&mut self.inner(), response)
    }
}
