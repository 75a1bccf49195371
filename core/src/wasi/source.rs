//! A standard input, or the body of an answer to an HTTP request, that comes from a callback in the host's language.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::io::{AsyncRead, ReadBuf};
use wasmtime_wasi::cli::{IsTerminal, StdinStream};
use wasmtime_wasi::p2::{InputStream, Pollable, StreamError, StreamResult};

use crate::process::failpoint;
use crate::process::host_stack::on_own_stack;
use crate::wasi::stream::{CALLBACK, PIECE, carried};
use crate::{Result, WasmtimeError};

/// Is asked for what guests read. It may be used in several stores, and from any thread, which is the guest's.
#[uniffi::export(with_foreign)]
pub trait InputSource: Send + Sync {
    /// Gives the next bytes, `most` of them at most; none are the end. The guest waits meanwhile. What this fails with comes
    /// out of the call that ran the guest.
    fn read(&self, most: u64) -> Result<Vec<u8>>;
}

/// What reads from a source.
#[derive(Clone)]
pub(super) struct Input {
    pub(super) source: Arc<dyn InputSource>,
    /// What a message calls the source.
    pub(super) what: &'static str,
}

impl Input {
    pub(super) fn take(&self, most: usize) -> Result<Vec<u8>> {
        failpoint::panic_at("wasi");
        let most = most.min(PIECE);
        // Languages check which stack they run on.
        let bytes = on_own_stack(CALLBACK, || self.source.read(most as u64))?;
        if bytes.len() > most {
            return Err(WasmtimeError::range(format!("{} gave more bytes than expected: {most} at most", self.what)));
        }
        Ok(bytes)
    }
}

#[async_trait]
impl Pollable for Input {
    async fn ready(&mut self) {}
}

impl InputStream for Input {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        if size == 0 {
            return Ok(Bytes::new());
        }
        let bytes = self.take(size).map_err(|error| StreamError::Trap(carried(error)))?;
        if bytes.is_empty() { Err(StreamError::Closed) } else { Ok(bytes.into()) }
    }
}

impl AsyncRead for Input {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let failed = |error| std::io::Error::other(StreamError::Trap(carried(error)));
        let bytes = self.take(buffer.remaining()).map_err(failed)?;
        buffer.put_slice(&bytes);
        Poll::Ready(Ok(()))
    }
}

impl IsTerminal for Input {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdinStream for Input {
    fn p2_stream(&self) -> Box<dyn InputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        Box::new(self.clone())
    }
}
