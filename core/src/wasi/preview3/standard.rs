//! `wasi:cli`: the standard streams.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;
use wasmtime::StoreContextMut;
use wasmtime::component::{
    Access, Destination, FutureReader, Source, StreamConsumer, StreamProducer, StreamReader, StreamResult, VecBuffer,
};
use wasmtime_wasi::p2::StreamError;
use wasmtime_wasi::p3::bindings::cli::types::ErrorCode;
use wasmtime_wasi::p3::bindings::cli::{stderr, stdin, stdout};

use crate::process::in_task::InTask;
use crate::wasi::functions::WasiHost;
use crate::wasi::preview2::waiting::{HasWaiting, Waiting};
use crate::wasi::preview3::clocks::waits;
use crate::wasi::preview3::streaming::{Held, end};
use crate::wasi::standard_streams::StandardStreams;
use crate::wasi::stream::{PIECE, Printed};
use crate::wasi::wait::Waits;

type Ended = FutureReader<Result<(), ErrorCode>>;

impl stdin::Host for Waiting<'_> {}
impl stdout::Host for Waiting<'_> {}
impl stderr::Host for Waiting<'_> {}

impl<T: WasiHost> stdin::HostWithStore<T> for HasWaiting {
    fn read_via_stream(mut store: Access<'_, T, Self>) -> wasmtime::Result<(StreamReader<u8>, Ended)> {
        let (sender, sent) = oneshot::channel();
        let (waits, host) = (waits(store.data_mut()), store.get());
        let held = host.preview1.streaming.hold()?;
        let from = Box::into_pin(host.preview1.granted.streams.input.async_stream());
        let stream = StreamReader::new(&mut store, Input { from, end: End { sender: Some(sender), waits, held } })?;
        Ok((stream, end(&mut store, sent)?))
    }
}

impl<T: WasiHost> stdout::HostWithStore<T> for HasWaiting {
    fn write_via_stream(store: Access<'_, T, Self>, data: StreamReader<u8>) -> wasmtime::Result<Ended> {
        print(store, data, |streams| &streams.output)
    }
}

impl<T: WasiHost> stderr::HostWithStore<T> for HasWaiting {
    fn write_via_stream(store: Access<'_, T, Self>, data: StreamReader<u8>) -> wasmtime::Result<Ended> {
        print(store, data, |streams| &streams.error)
    }
}

/// Has what a guest writes go to one of the standard outputs.
fn print<T: WasiHost>(
    mut store: Access<'_, T, HasWaiting>,
    data: StreamReader<u8>,
    which: fn(&StandardStreams) -> &Printed,
) -> wasmtime::Result<Ended> {
    let (sender, sent) = oneshot::channel();
    let (waits, host) = (waits(store.data_mut()), store.get());
    let held = host.preview1.streaming.hold()?;
    let to = Box::into_pin(which(&host.preview1.granted.streams).async_stream());
    data.pipe(&mut store, Output { to, end: End { sender: Some(sender), waits, held } })?;
    end(&mut store, sent)
}

/// How a stream ends, and what it waits by.
struct End {
    /// Is told of a failure; without one, the guest sees success.
    sender: Option<oneshot::Sender<ErrorCode>>,
    waits: Waits,
    #[expect(dead_code, reason = "it is counted")]
    held: Held,
}

impl End {
    /// The stream has failed. What a callback threw ends the guest.
    fn failed(&mut self, error: std::io::Error) -> Poll<wasmtime::Result<StreamResult>> {
        let code = match error.kind() {
            std::io::ErrorKind::BrokenPipe => ErrorCode::Pipe,
            _ => ErrorCode::Io,
        };
        if let Ok(StreamError::Trap(error)) = error.downcast::<StreamError>() {
            return Poll::Ready(Err(error));
        }
        if let Some(sender) = self.sender.take() {
            // Where the guest does not want to know, it has dropped the future.
            _ = sender.send(code);
        }
        Poll::Ready(Ok(StreamResult::Dropped))
    }

    /// The stream has neither bytes nor room now. `finish` says that the guest waits no longer.
    fn pending(&mut self, polled: &Context<'_>, finish: bool) -> Poll<wasmtime::Result<StreamResult>> {
        if finish {
            return self.went_on(StreamResult::Cancelled);
        }
        match self.waits.pending(polled, None) {
            Ok(()) => Poll::Pending,
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    fn went_on(&mut self, result: StreamResult) -> Poll<wasmtime::Result<StreamResult>> {
        Poll::Ready(self.waits.over().map(|()| result))
    }
}

/// The standard input, which a guest reads.
struct Input {
    from: Pin<Box<dyn AsyncRead + Send + Sync>>,
    end: End,
}

impl<T: WasiHost> StreamProducer<T> for Input {
    type Item = u8;
    type Buffer = VecBuffer<u8>;

    fn poll_produce<'a>(
        self: Pin<&mut Self>,
        polled: &mut Context<'_>,
        store: StoreContextMut<'a, T>,
        mut to: Destination<'a, u8, VecBuffer<u8>>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let Self { from, end } = self.get_mut();
        let most = to.remaining(store).unwrap_or(PIECE).min(PIECE);
        if most == 0 {
            // The guest asks whether there is something to read. Only a read tells.
            return end.went_on(StreamResult::Completed);
        }
        let mut bytes = vec![0; most];
        let mut buffer = ReadBuf::new(&mut bytes);
        let read = {
            let _in_task = InTask::begin();
            from.as_mut().poll_read(polled, &mut buffer)
        };
        let length = buffer.filled().len();
        match read {
            Poll::Pending => end.pending(polled, finish),
            Poll::Ready(Err(error)) => end.failed(error),
            Poll::Ready(Ok(())) if length == 0 => end.went_on(StreamResult::Dropped),
            Poll::Ready(Ok(())) => {
                bytes.truncate(length);
                to.set_buffer(bytes.into());
                end.went_on(StreamResult::Completed)
            }
        }
    }
}

/// A standard output, which a guest writes.
struct Output {
    to: Pin<Box<dyn AsyncWrite + Send + Sync>>,
    end: End,
}

impl<T: WasiHost> StreamConsumer<T> for Output {
    type Item = u8;

    fn poll_consume(
        self: Pin<&mut Self>,
        polled: &mut Context<'_>,
        store: StoreContextMut<'_, T>,
        from: Source<'_, u8>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let Self { to, end } = self.get_mut();
        let mut from = from.as_direct(store);
        let there = from.remaining();
        let piece = there.get(..PIECE).unwrap_or(there);
        if piece.is_empty() {
            // The guest asks whether there is room. Only a write tells.
            return end.went_on(StreamResult::Completed);
        }
        let written = {
            let _in_task = InTask::begin();
            to.as_mut().poll_write(polled, piece)
        };
        match written {
            Poll::Pending => end.pending(polled, finish),
            Poll::Ready(Err(error)) => end.failed(error),
            Poll::Ready(Ok(0)) => end.failed(std::io::ErrorKind::WriteZero.into()),
            Poll::Ready(Ok(written)) => {
                from.mark_read(written);
                end.went_on(StreamResult::Completed)
            }
        }
    }
}
