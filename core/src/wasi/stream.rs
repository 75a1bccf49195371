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
    /// Takes the next piece, and gives whether it has: one that has no room now is given the piece again, some milliseconds later. What
    /// it fails with comes out of the call that ran the guest.
    fn write(&self, bytes: Vec<u8>) -> Result<bool>;
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

/// A standard input of a store's guests.
pub(super) type Input = Arc<dyn StdinStream + Sync>;

/// A standard output of a store's guests.
pub(super) type Printed = Arc<dyn StdoutStream + Sync>;

/// How many bytes of the thread's own stack a callback needs. A JVM keeps 96 KiB for its guard zones, and what it throws when
/// it runs out of stack would be lost.
pub(super) const CALLBACK: usize = 112 << 10;

/// Where an output goes.
#[derive(Clone)]
pub(super) enum Target {
    Pipe(Arc<OutputPipe>),
    Sink(Arc<dyn OutputSink>),
}

/// An output into memory or to a callback.
#[derive(Clone)]
pub(super) struct Output {
    to: Target,
    /// What was taken from a guest, and had no room yet.
    left: Bytes,
}

impl Output {
    pub(super) fn new(to: Target) -> Self {
        Self { to, left: Bytes::new() }
    }

    /// Whether there was room.
    fn append(&self, bytes: &[u8]) -> StreamResult<bool> {
        failpoint::panic_at("wasi");
        match &self.to {
            Target::Pipe(pipe) => pipe.append(bytes).map(|()| true),
            // Languages check which stack they run on.
            Target::Sink(sink) => {
                let written = on_own_stack(CALLBACK, || sink.write(bytes.to_vec()));
                written.map_err(|error| StreamError::Trap(carried(error)))
            }
        }
    }

    /// Whether nothing is left.
    fn push(&mut self) -> StreamResult<bool> {
        if !self.left.is_empty() && self.append(&self.left)? {
            self.left.clear();
        }
        Ok(self.left.is_empty())
    }
}

fn when(done: StreamResult<bool>) -> Poll<StreamResult<()>> {
    match done {
        Ok(false) => Poll::Pending,
        done => Poll::Ready(done.map(drop)),
    }
}

#[async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {
        // The guest is told of a failure when it writes.
        _ = std::future::poll_fn(|_| when(self.push())).await;
    }
}

#[async_trait]
impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if !self.push()? {
            return Err(StreamError::trap("write of more bytes than the stream takes now"));
        }
        if !self.append(&bytes)? {
            self.left = bytes;
        }
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.push().map(drop)
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(if self.push()? { PIECE } else { 0 })
    }

    async fn blocking_write_and_flush(&mut self, bytes: Bytes) -> StreamResult<()> {
        // Where the guest ends meanwhile, what it has not written is not written later.
        std::future::poll_fn(|_| match self.push() {
            Ok(true) => when(self.append(&bytes)),
            not_all => when(not_all),
        })
        .await
    }
}

impl AsyncWrite for Output {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        when(self.append(bytes)).map(|done| done.map(|()| bytes.len()).map_err(std::io::Error::other))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

/// A standard stream that fails with this.
#[derive(Clone, Copy)]
pub(super) struct Failing(fn() -> WasmtimeError);

impl Failing {
    /// That of a store without `set_wasi`.
    pub(super) const ABSENT: Self = Self(|| WasmtimeError::Config {
        reason: format!("the guest uses WASI, and its store was given none: call {} before", Spelled("set_wasi")),
    });

    /// One that an async function serves, for components. Modules never come here.
    pub(super) const ASYNC: Self = Self(|| {
        WasmtimeError::Suspend {
        reason: "the standard stream is an async one, which modules alone can wait for: give the components of a store another one"
            .to_owned(),
    }
    });

    fn error(self) -> StreamError {
        StreamError::Trap(carried((self.0)()))
    }
}

pub(super) fn carried(error: WasmtimeError) -> wasmtime::Error {
    wasmtime::Error::new(HostError(error))
}

/// The most bytes that one call of a callback reads or takes.
pub(super) const PIECE: usize = 64 << 10;

#[async_trait]
impl Pollable for Failing {
    async fn ready(&mut self) {}
}

impl OutputStream for Failing {
    fn write(&mut self, _bytes: Bytes) -> StreamResult<()> {
        Err(self.error())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(PIECE)
    }
}

impl AsyncWrite for Failing {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<std::io::Result<usize>> {
        Poll::Ready(Err(std::io::Error::other(self.error())))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl IsTerminal for Failing {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Failing {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(*self)
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(*self)
    }
}

#[async_trait]
impl InputStream for Failing {
    fn read(&mut self, _size: usize) -> StreamResult<Bytes> {
        Err(self.error())
    }
}

impl AsyncRead for Failing {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Err(std::io::Error::other(self.error())))
    }
}

impl StdinStream for Failing {
    fn p2_stream(&self) -> Box<dyn InputStream> {
        Box::new(*self)
    }

    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        Box::new(*self)
    }
}
