//! `wasi:io`: streams and waiting for them.

use wasmtime::component::{HasData, Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::sync::io::{poll, streams};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, DynPollable, StreamError, StreamResult};
use wasmtime_wasi_io::bindings::wasi::io::{poll as waiting_poll, streams as waiting};

use crate::wasi::preview2::waiting::{Waiting, wait};

/// Says that the table of resources is what an interface works with.
pub(super) struct HasTable;

impl HasData for HasTable {
    type Data<'a> = &'a mut ResourceTable;
}

impl poll::Host for Waiting<'_> {
    fn poll(&mut self, all: Vec<Resource<DynPollable>>) -> wasmtime::Result<Vec<u32>> {
        wait(self.interrupts.as_deref(), waiting_poll::Host::poll(self.view.table, all))?
    }
}

impl poll::HostPollable for Waiting<'_> {
    fn ready(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<bool> {
        wait(self.interrupts.as_deref(), waiting_poll::HostPollable::ready(self.view.table, pollable))?
    }

    fn block(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        wait(self.interrupts.as_deref(), waiting_poll::HostPollable::block(self.view.table, pollable))?
    }

    fn drop(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        waiting_poll::HostPollable::drop(self.view.table, pollable)
    }
}

impl Waiting<'_> {
    /// Waits for a stream.
    fn stream<R>(&mut self, call: impl AsyncFnOnce(&mut ResourceTable) -> StreamResult<R>) -> StreamResult<R> {
        wait(self.interrupts.as_deref(), call(self.view.table)).map_err(StreamError::Trap)?
    }
}

impl streams::Host for Waiting<'_> {
    fn convert_stream_error(&mut self, error: StreamError) -> wasmtime::Result<streams::StreamError> {
        Ok(waiting::Host::convert_stream_error(self.view.table, error)?.into())
    }
}

impl streams::HostOutputStream for Waiting<'_> {
    fn drop(&mut self, stream: Resource<DynOutputStream>) -> wasmtime::Result<()> {
        wait(self.interrupts.as_deref(), waiting::HostOutputStream::drop(self.view.table, stream))?
    }

    fn check_write(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<u64> {
        waiting::HostOutputStream::check_write(self.view.table, stream)
    }

    fn write(&mut self, stream: Resource<DynOutputStream>, bytes: Vec<u8>) -> StreamResult<()> {
        waiting::HostOutputStream::write(self.view.table, stream, bytes)
    }

    fn blocking_write_and_flush(&mut self, stream: Resource<DynOutputStream>, bytes: Vec<u8>) -> StreamResult<()> {
        self.stream(async |table| waiting::HostOutputStream::blocking_write_and_flush(table, stream, bytes).await)
    }

    fn blocking_write_zeroes_and_flush(&mut self, stream: Resource<DynOutputStream>, length: u64) -> StreamResult<()> {
        self.stream(async |table| {
            waiting::HostOutputStream::blocking_write_zeroes_and_flush(table, stream, length).await
        })
    }

    fn subscribe(&mut self, stream: Resource<DynOutputStream>) -> wasmtime::Result<Resource<DynPollable>> {
        waiting::HostOutputStream::subscribe(self.view.table, stream)
    }

    fn write_zeroes(&mut self, stream: Resource<DynOutputStream>, length: u64) -> StreamResult<()> {
        // Wasmtime-wasi would make so many zeros, whatever the stream has said that it takes.
        let most = waiting::HostOutputStream::check_write(self.view.table, Resource::new_borrow(stream.rep()))?;
        if length > most {
            return Err(StreamError::trap("write-zeroes of more bytes than the stream takes now"));
        }
        waiting::HostOutputStream::write_zeroes(self.view.table, stream, length)
    }

    fn flush(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<()> {
        waiting::HostOutputStream::flush(self.view.table, stream)
    }

    fn blocking_flush(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<()> {
        self.stream(async |table| waiting::HostOutputStream::blocking_flush(table, stream).await)
    }

    fn splice(
        &mut self,
        to: Resource<DynOutputStream>,
        from: Resource<DynInputStream>,
        length: u64,
    ) -> StreamResult<u64> {
        waiting::HostOutputStream::splice(self.view.table, to, from, length)
    }

    fn blocking_splice(
        &mut self,
        to: Resource<DynOutputStream>,
        from: Resource<DynInputStream>,
        length: u64,
    ) -> StreamResult<u64> {
        self.stream(async |table| waiting::HostOutputStream::blocking_splice(table, to, from, length).await)
    }
}

impl streams::HostInputStream for Waiting<'_> {
    fn drop(&mut self, stream: Resource<DynInputStream>) -> wasmtime::Result<()> {
        wait(self.interrupts.as_deref(), waiting::HostInputStream::drop(self.view.table, stream))?
    }

    fn read(&mut self, stream: Resource<DynInputStream>, length: u64) -> StreamResult<Vec<u8>> {
        waiting::HostInputStream::read(self.view.table, stream, length.min(MOST))
    }

    fn blocking_read(&mut self, stream: Resource<DynInputStream>, length: u64) -> StreamResult<Vec<u8>> {
        self.stream(async |table| waiting::HostInputStream::blocking_read(table, stream, length.min(MOST)).await)
    }

    fn skip(&mut self, stream: Resource<DynInputStream>, length: u64) -> StreamResult<u64> {
        waiting::HostInputStream::skip(self.view.table, stream, length.min(MOST))
    }

    fn blocking_skip(&mut self, stream: Resource<DynInputStream>, length: u64) -> StreamResult<u64> {
        self.stream(async |table| waiting::HostInputStream::blocking_skip(table, stream, length.min(MOST)).await)
    }

    fn subscribe(&mut self, stream: Resource<DynInputStream>) -> wasmtime::Result<Resource<DynPollable>> {
        waiting::HostInputStream::subscribe(self.view.table, stream)
    }
}

/// The most bytes that one read makes, whatever the guest asks for: a read may give less.
const MOST: u64 = 1 << 20;
