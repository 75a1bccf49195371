//! Streams of files. Each has a stream of WASI 0.2, and counts as a descriptor as long as that is there.

use std::iter::empty;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;
use wasmtime::StoreContextMut;
use wasmtime::component::{
    Access, Destination, FutureReader, Resource, Source, StreamConsumer, StreamProducer, StreamReader, StreamResult,
    VecBuffer,
};
use wasmtime_wasi::p2::bindings::sync::filesystem::types::HostDescriptor as Old;
use wasmtime_wasi::p2::bindings::sync::io::streams::{HostInputStream, HostOutputStream, OutputStream};
use wasmtime_wasi::p2::{FsResult, StreamError};
use wasmtime_wasi::p3::bindings::filesystem::types::{Descriptor, ErrorCode};

use crate::wasi::functions::WasiHost;
use crate::wasi::preview2::waiting::{HasWaiting, Waiting, waiting};
use crate::wasi::preview3::streaming::{Has, Kind, end};
use crate::wasi::preview3::words;
use crate::wasi::stream::PIECE;

type Ended = FutureReader<Result<(), ErrorCode>>;

/// How many bytes a stream of WASI 0.2 takes at once.
const WRITTEN: usize = 4096;

/// A stream of what a file has from there on.
pub(super) fn read<T: WasiHost>(
    mut store: Access<'_, T, HasWaiting>,
    fd: Resource<Descriptor>,
    offset: u64,
) -> wasmtime::Result<(StreamReader<u8>, Ended)> {
    let (sender, sent) = oneshot::channel();
    let mut host = store.get();
    let held = host.preview1.streaming.hold()?;
    let stream = match Old::read_via_stream(&mut host, fd, offset) {
        Ok(stream) => {
            let has = host.preview1.streaming.has(held, Kind::Input, &stream);
            StreamReader::new(&mut store, Reads { has, sender: Some(sender) })?
        }
        Err(error) => {
            _ = sender.send(words::code_of(error)?);
            StreamReader::new(&mut store, empty())?
        }
    };
    Ok((stream, end(&mut store, sent)?))
}

/// Has what a guest writes go to the stream that `open` opens.
pub(super) fn write<T: WasiHost>(
    mut store: Access<'_, T, HasWaiting>,
    mut data: StreamReader<u8>,
    open: impl FnOnce(&mut Waiting<'_>) -> FsResult<Resource<OutputStream>>,
) -> wasmtime::Result<Ended> {
    let (sender, sent) = oneshot::channel();
    let mut host = store.get();
    let held = host.preview1.streaming.hold()?;
    match open(&mut host) {
        Ok(stream) => {
            let has = host.preview1.streaming.has(held, Kind::Output, &stream);
            data.pipe(&mut store, Writes { has, sender: Some(sender) })?;
        }
        Err(error) => {
            _ = sender.send(words::code_of(error)?);
            data.close(&mut store)?;
        }
    }
    end(&mut store, sent)
}

/// What a stream of WASI 0.2 gave; none where it is over. Then the guest is told of a failure.
pub(super) fn given<R>(
    done: Result<R, StreamError>,
    sender: &mut Option<oneshot::Sender<ErrorCode>>,
) -> wasmtime::Result<Option<R>> {
    let error = match done {
        Ok(given) => return Ok(Some(given)),
        Err(error) => error,
    };
    if let (Some(code), Some(sender)) = (words::code_of_stream(error)?, sender.take()) {
        // Where the guest does not want to know, it has dropped the future.
        _ = sender.send(code);
    }
    Ok(None)
}

/// A guest reads a file.
struct Reads {
    has: Has,
    sender: Option<oneshot::Sender<ErrorCode>>,
}

impl<T: WasiHost> StreamProducer<T> for Reads {
    type Item = u8;
    type Buffer = VecBuffer<u8>;

    fn poll_produce<'a>(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut store: StoreContextMut<'a, T>,
        mut to: Destination<'a, u8, VecBuffer<u8>>,
        _: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let Self { has, sender } = self.get_mut();
        let most = to.remaining(&mut store).unwrap_or(PIECE).min(PIECE);
        if most == 0 {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        let read = HostInputStream::blocking_read(&mut waiting(store.data_mut()), has.stream(), most as u64);
        Poll::Ready(given(read, sender).map(|read| match read {
            Some(bytes) => {
                to.set_buffer(bytes.into());
                StreamResult::Completed
            }
            None => StreamResult::Dropped,
        }))
    }
}

/// A guest writes a file.
struct Writes {
    has: Has,
    sender: Option<oneshot::Sender<ErrorCode>>,
}

impl<T: WasiHost> StreamConsumer<T> for Writes {
    type Item = u8;

    fn poll_consume(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut store: StoreContextMut<'_, T>,
        mut from: Source<'_, u8>,
        _: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let Self { has, sender } = self.get_mut();
        let mut bytes = Vec::with_capacity(from.remaining(&mut store).min(PIECE));
        from.read(&mut store, &mut bytes)?;
        for piece in bytes.chunks(WRITTEN) {
            let mut host = waiting(store.data_mut());
            let written = HostOutputStream::blocking_write_and_flush(&mut host, has.stream(), piece.to_vec());
            if given(written, sender)?.is_none() {
                return Poll::Ready(Ok(StreamResult::Dropped));
            }
        }
        Poll::Ready(Ok(StreamResult::Completed))
    }
}
