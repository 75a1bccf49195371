//! The body of a request: what a guest writes, until it has finished it. Then the handler is called, on the guest's thread, where
//! the guest cannot write any more: so the whole body has to be here.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;

use crate::wasi::stream::PIECE;

/// How many bytes of bodies a store's guests have written that no handler has taken yet, and how many that may be.
#[derive(Clone)]
pub(crate) struct Held {
    bytes: Arc<AtomicU64>,
    most: u64,
}

impl Held {
    pub(crate) fn new(most: u64) -> Self {
        Self { bytes: Arc::default(), most }
    }

    pub(crate) fn most(&self) -> u64 {
        self.most
    }

    pub(super) fn admit(&self, bytes: u64) -> bool {
        let add = |held: u64| held.checked_add(bytes).filter(|all| *all <= self.most);
        self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok()
    }

    pub(super) fn release(&self, bytes: u64) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Where a body is.
#[derive(Clone)]
enum Stage {
    Open,
    Finished,
    Failed(ErrorCode),
}

struct State {
    written: Vec<u8>,
    /// From where on it was not read yet.
    read: usize,
    stage: Stage,
    /// Whether a handler has got it.
    is_taken: bool,
}

/// A body.
pub(crate) struct Body {
    held: Held,
    /// What the header `Content-Length` has said.
    expected: Option<u64>,
    state: Mutex<State>,
}

impl Body {
    pub(crate) fn new(held: Held, expected: Option<u64>) -> Arc<Self> {
        let state = State { written: Vec::new(), read: 0, stage: Stage::Open, is_taken: false };
        Arc::new(Self { held, expected, state: Mutex::new(state) })
    }

    /// One that has nothing.
    pub(crate) fn empty(held: Held) -> Arc<Self> {
        let body = Self::new(held, None);
        body.lock().stage = Stage::Finished;
        body
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is complete; `None` while it is not, and the code where it never will be.
    pub(crate) fn is_complete(&self) -> Option<Result<(), ErrorCode>> {
        match &self.lock().stage {
            Stage::Open => None,
            Stage::Finished => Some(Ok(())),
            Stage::Failed(code) => Some(Err(code.clone())),
        }
    }

    fn append(&self, bytes: &[u8]) -> Result<(), ErrorCode> {
        let mut state = self.lock();
        if let Stage::Failed(code) = &state.stage {
            return Err(code.clone());
        }
        let all = (state.written.len() + bytes.len()) as u64;
        let code = if self.expected.is_some_and(|expected| all > expected) {
            ErrorCode::HttpRequestBodySize(Some(all))
        } else if !self.held.admit(bytes.len() as u64) {
            ErrorCode::HttpRequestBodySize(Some(self.held.most()))
        } else if state.written.try_reserve(bytes.len()).is_err() {
            self.held.release(bytes.len() as u64);
            ErrorCode::HttpRequestBodySize(Some(self.held.most()))
        } else {
            state.written.extend_from_slice(bytes);
            return Ok(());
        };
        state.stage = Stage::Failed(code.clone());
        Err(code)
    }

    /// The guest has written everything. Fails where that is less than it has said.
    pub(crate) fn finish(&self) -> Result<(), ErrorCode> {
        let mut state = self.lock();
        if let Stage::Failed(code) = &state.stage {
            return Err(code.clone());
        }
        let all = state.written.len() as u64;
        if self.expected.is_some_and(|expected| all != expected) {
            let code = ErrorCode::HttpRequestBodySize(Some(all));
            state.stage = Stage::Failed(code.clone());
            return Err(code);
        }
        state.stage = Stage::Finished;
        Ok(())
    }

    /// The guest has dropped it without a word.
    pub(crate) fn abort(&self) {
        let mut state = self.lock();
        if matches!(state.stage, Stage::Open) {
            state.stage = Stage::Failed(ErrorCode::HttpProtocolError);
        }
    }

    /// A handler gets it now, and it counts for the store no longer: a garbage collector may decide when the handler's object goes, and
    /// what a guest may write must not depend on that.
    pub(crate) fn taken(&self) {
        let mut state = self.lock();
        if !state.is_taken {
            state.is_taken = true;
            self.held.release(state.written.len() as u64);
        }
    }

    /// How many bytes bodies may have.
    pub(crate) fn most(&self) -> u64 {
        self.held.most()
    }

    /// How many bytes it has.
    pub(crate) fn size(&self) -> u64 {
        self.lock().written.len() as u64
    }

    /// The next bytes, `most` of them at most; none are the end.
    pub(crate) fn read(&self, most: usize) -> Vec<u8> {
        let mut state = self.lock();
        let left = state.written.get(state.read..).unwrap_or_default();
        let piece = left.get(..most.min(left.len())).unwrap_or_default().to_vec();
        state.read += piece.len();
        piece
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.taken();
    }
}

/// The stream that a guest writes a body to.
pub(crate) struct Writing(pub(crate) Arc<Body>);

impl Writing {
    fn failed(code: ErrorCode) -> StreamError {
        StreamError::LastOperationFailed(code.into())
    }
}

#[async_trait]
impl Pollable for Writing {
    async fn ready(&mut self) {}
}

impl OutputStream for Writing {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.0.append(&bytes).map_err(Self::failed)
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        match self.0.is_complete() {
            Some(Err(code)) => Err(Self::failed(code)),
            Some(Ok(())) => Err(StreamError::Closed),
            None => Ok(PIECE),
        }
    }
}
