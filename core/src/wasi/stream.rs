//! A guest's streams that lead into the host: to memory, to a callback, or to an error that says that there is none.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use wasmtime_wasi::cli::{IsTerminal, StdinStream, StdoutStream};
use wasmtime_wasi::p2::{InputStream, OutputStream, Pollable, StreamError, StreamResult};

use crate::errors::spelling::Spelled;
use crate::process::failpoint;
use crate::process::fork::{self, Locked};
use crate::process::heap::try_with_capacity;
use crate::process::host_stack::on_own_stack;
use crate::traps::carried::HostError;
use crate::{Result, WasmtimeError};

/// Is given what guests print. It may be used in several stores, and from any thread, which is the guest's.
#[uniffi::export(with_foreign)]
pub trait OutputSink: Send + Sync {
    /// Takes the next piece. What it fails with comes out of the call that ran the guest.
    fn write(&self, bytes: Vec<u8>) -> Result<()>;
}

/// Collects in memory what guests print.
#[derive(uniffi::Object)]
pub struct OutputPipe {
    capacity: usize,
    bytes: Mutex<Vec<u8>>,
}

#[uniffi::export]
impl OutputPipe {
    /// Makes an empty one that holds up to `capacity` bytes, or any number of them. A guest that writes more is told that
    /// there is no space, after what fits has been taken.
    #[uniffi::constructor]
    pub fn new(capacity: Option<u64>) -> Result<Arc<Self>> {
        let capacity = capacity.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(usize::MAX);
        Ok(Arc::new(Self { capacity, bytes: Mutex::default() }))
    }

    /// What it has collected. Fails with `Limit` where the process has no room for a copy.
    pub fn contents(&self) -> Result<Vec<u8>> {
        let kept = self.lock();
        let mut copy = try_with_capacity(kept.len())?;
        copy.extend_from_slice(&kept);
        Ok(copy)
    }

    /// The same, and it is empty afterwards. Where it fails, all is still there.
    pub fn take(&self) -> Result<Vec<u8>> {
        let mut kept = self.lock();
        // The language copies the bytes afterwards. If there is no memory for that, this fails now, while the pipe still has
        // them.
        drop(try_with_capacity(kept.len())?);
        Ok(std::mem::take(&mut *kept))
    }
}

impl OutputPipe {
    fn lock(&self) -> Locked<'_, Vec<u8>> {
        fork::lock(&self.bytes)
    }

    fn append(&self, bytes: &[u8]) -> StreamResult<()> {
        let mut kept = self.lock();
        let fits = self.capacity.saturating_sub(kept.len()).min(bytes.len());
        // If the process has no memory, the guest gets the same error as for a full pipe.
        let fits = if kept.try_reserve(fits).is_ok() { fits } else { 0 };
        kept.extend(bytes.iter().take(fits));
        if fits == bytes.len() {
            return Ok(());
        }
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        Err(StreamError::LastOperationFailed(wasmtime::Error::new(full)))
    }
}

/// How many bytes of the thread's own stack a callback needs. A JVM keeps 96 KiB for its guard zones, and what it throws when
/// it runs out of stack would be lost.
pub(super) const CALLBACK: usize = 112 << 10;

/// An output into memory or to a callback.
#[derive(Clone)]
pub(super) enum Output {
    Pipe(Arc<OutputPipe>),
    Sink(Arc<dyn OutputSink>),
}

impl Output {
    fn append(&self, bytes: &[u8]) -> StreamResult<()> {
        failpoint::panic_at("wasi");
        match self {
            Self::Pipe(pipe) => pipe.append(bytes),
            // Languages check which stack they run on.
            Self::Sink(sink) => {
                let written = on_own_stack(CALLBACK, || sink.write(bytes.to_vec()));
                written.map_err(|error| StreamError::Trap(carried(error)))
            }
        }
    }
}

/// A standard stream of a store without `set_wasi`.
#[derive(Clone, Copy)]
pub(super) struct Absent;

impl Absent {
    fn error() -> StreamError {
        StreamError::Trap(carried(WasmtimeError::Config {
            reason: format!("the guest uses WASI, and its store was given none: call {} before", Spelled("set_wasi")),
        }))
    }
}

pub(super) fn carried(error: WasmtimeError) -> wasmtime::Error {
    wasmtime::Error::new(HostError(error))
}

/// The most bytes that one call of a callback reads or takes.
pub(super) const PIECE: usize = 64 << 10;

macro_rules! output {
    ($name:ident, |$this:ident, $bytes:ident| $put:expr) => {
        #[async_trait]
        impl Pollable for $name {
            async fn ready(&mut self) {}
        }

        impl OutputStream for $name {
            fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
                let ($this, $bytes) = (&*self, bytes.as_ref());
                $put
            }

            fn flush(&mut self) -> StreamResult<()> {
                Ok(())
            }

            fn check_write(&mut self) -> StreamResult<usize> {
                Ok(PIECE)
            }
        }

        impl AsyncWrite for $name {
            fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
                let ($this, $bytes) = (&*self, bytes);
                Poll::Ready($put.map(|()| bytes.len()).map_err(std::io::Error::other))
            }

            fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
                Poll::Ready(Ok(()))
            }
        }

        impl IsTerminal for $name {
            fn is_terminal(&self) -> bool {
                false
            }
        }

        impl StdoutStream for $name {
            fn p2_stream(&self) -> Box<dyn OutputStream> {
                Box::new(self.clone())
            }

            fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
                Box::new(self.clone())
            }
        }
    };
}

output!(Output, |this, bytes| this.append(bytes));
output!(Absent, |_this, _bytes| Err::<(), _>(Absent::error()));

#[async_trait]
impl InputStream for Absent {
    fn read(&mut self, _size: usize) -> StreamResult<Bytes> {
        Err(Self::error())
    }
}

impl AsyncRead for Absent {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Err(std::io::Error::other(Self::error())))
    }
}

impl StdinStream for Absent {
    fn p2_stream(&self) -> Box<dyn InputStream> {
        Box::new(*self)
    }

    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        Box::new(*self)
    }
}
