//! A response, as the guest sees it: its headers, its body as a stream, and its trailers.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use wasmtime_wasi::p2::{InputStream, Pollable, StreamError, StreamResult};
use wasmtime_wasi_http::FieldMap;

use crate::wasi::http::message::HttpBody;
use crate::wasi::http::request::HttpRequest;
use crate::wasi::source;
use crate::wasi::stream::carried;

/// A response that has come.
pub(crate) struct Incoming {
    pub(crate) status: u16,
    pub(crate) headers: FieldMap,
    /// There until the guest takes it.
    pub(crate) body: Option<IncomingBody>,
}

/// Its body, and what follows.
pub(crate) struct IncomingBody {
    /// There until the guest takes it.
    pub(crate) stream: Option<Reading>,
    pub(crate) trailers: Option<FieldMap>,
}

impl IncomingBody {
    /// The guest is done with it. The trailers, which follow.
    pub(crate) fn end(self) -> Option<FieldMap> {
        self.stream.into_iter().for_each(|mut stream| stream.close());
        self.trailers
    }
}

/// The trailers behind a body. A guest takes them once.
pub(crate) struct Trailers {
    pub(crate) found: Option<FieldMap>,
    pub(crate) is_taken: bool,
}

#[async_trait]
impl Pollable for Trailers {
    async fn ready(&mut self) {}
}

/// The stream that a guest reads a body from.
pub(crate) struct Reading {
    body: Pieces,
    /// What it answers, where the guest has asked.
    request: Option<Arc<HttpRequest>>,
}

enum Pieces {
    Bytes(Bytes),
    Source(source::Input),
    Over,
}

impl Reading {
    pub(super) fn new(body: HttpBody, request: Option<Arc<HttpRequest>>) -> Self {
        let body = match body {
            HttpBody::Bytes { bytes } => Pieces::Bytes(bytes.into()),
            HttpBody::Source { source } => Pieces::Source(source::Input {
                source,
                what: if request.is_some() { "the body of the answer" } else { "the body of the request" },
            }),
        };
        Self { body, request }
    }

    /// The guest wants no more, and hears of nothing any more.
    fn close(&mut self) {
        if let Pieces::Source(source) = std::mem::replace(&mut self.body, Pieces::Over) {
            _ = source.take(0);
        }
    }
}

#[async_trait]
impl Pollable for Reading {
    async fn ready(&mut self) {}
}

#[async_trait]
impl InputStream for Reading {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        if size == 0 {
            return Ok(Bytes::new());
        }
        let piece = match &mut self.body {
            Pieces::Bytes(bytes) => bytes.split_to(size.min(bytes.len())),
            Pieces::Source(source) => source.take(size).map_err(|error| StreamError::Trap(carried(error)))?.into(),
            Pieces::Over => Bytes::new(),
        };
        if !piece.is_empty() {
            return Ok(piece);
        }
        self.body = Pieces::Over;
        match self.request.as_ref().and_then(|request| request.take_broken()) {
            Some(code) => Err(StreamError::LastOperationFailed(code.into())),
            None => Err(StreamError::Closed),
        }
    }

    async fn cancel(&mut self) {
        self.close();
    }
}
