//! `wasi:http`: responses, as a guest reads them.

use wasmtime::component::Resource;
use wasmtime_wasi::p2::{DynInputStream, DynPollable, subscribe};
use wasmtime_wasi_http::FieldMap;
use wasmtime_wasi_http::p2::bindings::http::types::{
    ErrorCode, FutureIncomingResponse, FutureTrailers, HostFutureIncomingResponse, HostFutureTrailers,
    HostIncomingBody, HostIncomingResponse, IncomingBody as RawBody, IncomingResponse,
};

use crate::wasi::http::headers;
use crate::wasi::http::incoming::{Incoming, IncomingBody, Trailers};
use crate::wasi::http::outgoing::Exchange;
use crate::wasi::preview2::http::{Requests, as_type};

/// What a guest asks of what may not be there yet, and of what may be taken already.
type Later<T> = wasmtime::Result<Option<Result<Result<T, ErrorCode>, ()>>>;

impl HostFutureIncomingResponse for Requests<'_> {
    fn subscribe(&mut self, future: Resource<FutureIncomingResponse>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(self.view.table, as_type::<Exchange, _>(&future))
    }

    fn get(&mut self, future: Resource<FutureIncomingResponse>) -> Later<Resource<IncomingResponse>> {
        let Some(taken) = self.view.table.get(&as_type::<Exchange, _>(&future))?.take() else { return Ok(None) };
        Ok(Some(match taken {
            Err(()) => Err(()),
            Ok(Err(code)) => Ok(Err(code)),
            Ok(Ok(response)) => {
                let size = headers::size(&response.headers);
                let made = self.view.table.push(response)?;
                self.http.note(made.rep(), size)?;
                Ok(Ok(Resource::new_own(made.rep())))
            }
        }))
    }

    fn drop(&mut self, future: Resource<FutureIncomingResponse>) -> wasmtime::Result<()> {
        self.view.table.delete::<Exchange>(Resource::new_own(future.rep()))?.forget();
        Ok(())
    }
}

impl HostIncomingResponse for Requests<'_> {
    fn status(&mut self, response: Resource<IncomingResponse>) -> wasmtime::Result<u16> {
        Ok(self.view.table.get(&as_type::<Incoming, _>(&response))?.status)
    }

    fn headers(&mut self, response: Resource<IncomingResponse>) -> wasmtime::Result<Resource<FieldMap>> {
        let headers = self.view.table.get(&as_type::<Incoming, _>(&response))?.headers.clone();
        let headers = self.view.table.push(headers)?;
        self.note_fields(&headers)?;
        Ok(headers)
    }

    fn consume(&mut self, response: Resource<IncomingResponse>) -> wasmtime::Result<Result<Resource<RawBody>, ()>> {
        let Some(body) = self.view.table.get_mut(&as_type::<Incoming, _>(&response))?.body.take() else {
            return Ok(Err(()));
        };
        Ok(Ok(Resource::new_own(self.view.table.push(body)?.rep())))
    }

    fn drop(&mut self, response: Resource<IncomingResponse>) -> wasmtime::Result<()> {
        self.http.forget(response.rep());
        let response = self.view.table.delete::<Incoming>(Resource::new_own(response.rep()))?;
        response.body.map(IncomingBody::end);
        Ok(())
    }
}

impl HostIncomingBody for Requests<'_> {
    fn stream(&mut self, body: Resource<RawBody>) -> wasmtime::Result<Result<Resource<DynInputStream>, ()>> {
        let body = as_type::<IncomingBody, _>(&body);
        let Some(stream) = self.view.table.get_mut(&body)?.stream.take() else { return Ok(Err(())) };
        let stream: DynInputStream = Box::new(stream);
        Ok(Ok(self.view.table.push_child(stream, &body)?))
    }

    fn finish(&mut self, body: Resource<RawBody>) -> wasmtime::Result<Resource<FutureTrailers>> {
        let body = self.view.table.delete::<IncomingBody>(Resource::new_own(body.rep()))?;
        let trailers = self.view.table.push(Trailers { found: body.end(), is_taken: false })?;
        Ok(Resource::new_own(trailers.rep()))
    }

    fn drop(&mut self, body: Resource<RawBody>) -> wasmtime::Result<()> {
        self.view.table.delete::<IncomingBody>(Resource::new_own(body.rep()))?.end();
        Ok(())
    }
}

impl HostFutureTrailers for Requests<'_> {
    fn subscribe(&mut self, trailers: Resource<FutureTrailers>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(self.view.table, as_type::<Trailers, _>(&trailers))
    }

    fn get(&mut self, trailers: Resource<FutureTrailers>) -> Later<Option<Resource<FieldMap>>> {
        let trailers = self.view.table.get_mut(&as_type::<Trailers, _>(&trailers))?;
        if std::mem::replace(&mut trailers.is_taken, true) {
            return Ok(Some(Err(())));
        }
        let Some(found) = trailers.found.take() else { return Ok(Some(Ok(Ok(None)))) };
        let found = self.view.table.push(found)?;
        self.note_fields(&found)?;
        Ok(Some(Ok(Ok(Some(found)))))
    }

    fn drop(&mut self, trailers: Resource<FutureTrailers>) -> wasmtime::Result<()> {
        self.view.table.delete::<Trailers>(Resource::new_own(trailers.rep()))?;
        Ok(())
    }
}
