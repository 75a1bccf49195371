//! What a component answers an HTTP request with: the head, once the guest has set it, and the body, which goes on as the guest writes it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;

use crate::errors::guest_text::Name;
use crate::process::failpoint;
use crate::process::host_stack::on_own_stack;
use crate::wasi::http::body::Held;
use crate::wasi::http::message::{HttpHeader, ServedResponse};
use crate::wasi::stream::{CALLBACK, PIECE, carried};
use crate::{OutputSink, Result, WasmtimeError};

/// The answer to one request. `response-outparam` is a handle of it.
pub(crate) struct Reply {
    /// Is told by an empty piece that the head is there, and is given the body then.
    sink: Arc<dyn OutputSink>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    head: Option<ServedResponse>,
    body: Option<Arc<ReplyBody>>,
    code: Option<ErrorCode>,
}

impl Reply {
    pub(crate) fn new(sink: Arc<dyn OutputSink>) -> Arc<Self> {
        Arc::new(Self { sink, state: Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The head, once the guest has set it.
    pub(crate) fn head(&self) -> Option<ServedResponse> {
        self.lock().head.clone()
    }

    /// The trailers: they are there when the guest has finished the body.
    pub(crate) fn trailers(&self) -> Vec<HttpHeader> {
        let body = self.lock().body.clone();
        body.map(|body| body.lock().trailers.clone()).unwrap_or_default()
    }

    /// The guest has answered with a response. The sink gets the head, and what there is of the body.
    pub(crate) fn set(&self, head: ServedResponse, body: Option<Arc<ReplyBody>>) -> Result<()> {
        let mut state = self.lock();
        (state.head, state.body) = (Some(head), body.clone());
        // The sink asks for the head.
        drop(state);
        give(self.sink.as_ref(), &[])?;
        body.map_or(Ok(()), |body| body.connect(&self.sink))
    }

    /// The guest has answered with an error code.
    pub(crate) fn fail(&self, code: ErrorCode) {
        self.lock().code = Some(code);
    }

    /// The guest has returned. Fails with `Type` where there is no whole answer.
    pub(crate) fn end(&self) -> Result<()> {
        let state = self.lock();
        if let Some(code) = &state.code {
            let code = format!("{code:?}");
            return Err(WasmtimeError::wrong_type(format!(
                "the component answered the HTTP request with the error code `{}` of wasi:http: expected a response",
                Name(&code)
            )));
        }
        if state.head.is_none() {
            return Err(WasmtimeError::wrong_type(
                "the component has not answered the HTTP request: expected a call of `response-outparam.set`",
            ));
        }
        let reason = match state.body.as_ref().map(|body| body.lock().stage) {
            None | Some(Stage::Finished) => return Ok(()),
            Some(Stage::Open) => {
                "the component has not finished the body of its HTTP response: expected a call of `outgoing-body.finish`"
            }
            Some(Stage::Failed) => "the component broke off the body of its HTTP response: it is incomplete",
        };
        Err(WasmtimeError::wrong_type(reason))
    }
}

/// Gives a sink a piece. It takes it when it has room.
fn give(sink: &dyn OutputSink, bytes: &[u8]) -> Result<()> {
    failpoint::panic_at("wasi");
    // Languages check which stack they run on.
    match on_own_stack(CALLBACK, || sink.write(bytes.to_vec()))? {
        true => Ok(()),
        false => Err(WasmtimeError::wrong_type("what takes an HTTP response had no room: expected it to wait")),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Open,
    Finished,
    Failed,
}

/// The body of a response: kept until the response is the answer, and given to the sink from then on.
pub(crate) struct ReplyBody {
    held: Held,
    /// What the header `Content-Length` has said.
    expected: Option<u64>,
    state: Mutex<BodyState>,
}

struct BodyState {
    kept: Vec<u8>,
    /// How many bytes the guest has written.
    size: u64,
    stage: Stage,
    sink: Option<Arc<dyn OutputSink>>,
    trailers: Vec<HttpHeader>,
}

impl ReplyBody {
    pub(crate) fn new(held: Held, expected: Option<u64>) -> Arc<Self> {
        let state = BodyState { kept: Vec::new(), size: 0, stage: Stage::Open, sink: None, trailers: Vec::new() };
        Arc::new(Self { held, expected, state: Mutex::new(state) })
    }

    fn lock(&self) -> MutexGuard<'_, BodyState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many bytes it will have, where the guest has said so.
    pub(crate) fn expected(&self) -> Option<u64> {
        self.expected
    }

    fn connect(&self, sink: &Arc<dyn OutputSink>) -> Result<()> {
        let mut state = self.lock();
        state.sink = Some(Arc::clone(sink));
        let kept = std::mem::take(&mut state.kept);
        drop(state);
        self.held.release(kept.len() as u64);
        kept.chunks(PIECE).try_for_each(|piece| give(sink.as_ref(), piece))
    }

    fn append(&self, bytes: &[u8]) -> StreamResult<()> {
        let mut state = self.lock();
        match state.stage {
            Stage::Open => {}
            Stage::Finished => return Err(StreamError::Closed),
            Stage::Failed => return Err(failed(ErrorCode::HttpResponseIncomplete)),
        }
        let size = state.size + bytes.len() as u64;
        let is_kept = state.sink.is_none();
        let refused = if self.expected.is_some_and(|expected| size > expected) {
            Some(size)
        } else if is_kept && (!self.held.admit(bytes.len() as u64)) {
            Some(self.held.most())
        } else {
            None
        };
        if let Some(size) = refused {
            state.stage = Stage::Failed;
            return Err(failed(ErrorCode::HttpResponseBodySize(Some(size))));
        }
        state.size = size;
        let Some(sink) = state.sink.clone() else {
            // A stream gets a piece at a time, and the sum has its bound.
            state.kept.extend_from_slice(bytes);
            return Ok(());
        };
        // The sink runs without the lock.
        drop(state);
        bytes
            .chunks(PIECE)
            .try_for_each(|piece| give(sink.as_ref(), piece))
            .map_err(|error| StreamError::Trap(carried(error)))
    }

    /// The guest has written everything. Fails where that is less than it has said.
    pub(crate) fn finish(&self, trailers: Vec<HttpHeader>) -> std::result::Result<(), ErrorCode> {
        let mut state = self.lock();
        if state.stage == Stage::Failed {
            return Err(ErrorCode::HttpResponseIncomplete);
        }
        if self.expected.is_some_and(|expected| state.size != expected) {
            state.stage = Stage::Failed;
            return Err(ErrorCode::HttpResponseBodySize(Some(state.size)));
        }
        (state.stage, state.trailers) = (Stage::Finished, trailers);
        Ok(())
    }

    /// The guest has dropped it without a word.
    pub(crate) fn abort(&self) {
        let mut state = self.lock();
        if state.stage == Stage::Open {
            state.stage = Stage::Failed;
        }
    }
}

impl Drop for ReplyBody {
    fn drop(&mut self) {
        let kept = self.lock().kept.len() as u64;
        self.held.release(kept);
    }
}

fn failed(code: ErrorCode) -> StreamError {
    StreamError::LastOperationFailed(code.into())
}

/// The stream that a guest writes the body of a response to.
pub(crate) struct Replying(pub(crate) Arc<ReplyBody>);

#[async_trait]
impl Pollable for Replying {
    async fn ready(&mut self) {}
}

impl OutputStream for Replying {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.0.append(&bytes)
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        let stage = self.0.lock().stage;
        match stage {
            Stage::Open => Ok(PIECE),
            Stage::Finished => Err(StreamError::Closed),
            Stage::Failed => Err(failed(ErrorCode::HttpResponseIncomplete)),
        }
    }
}
