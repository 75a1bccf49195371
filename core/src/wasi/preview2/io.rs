//! `wasi:io`: streams and waiting for them.

use wasmtime::component::{HasData, Resource, ResourceTable};
use wasmtime_wasi::WasiView;
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
        wait(self.interrupts.as_deref(), waiting_poll::Host::poll(self.preview1.context.ctx().table, all))?
    }
}

impl poll::HostPollable for Waiting<'_> {
    fn ready(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<bool> {
        wait(
            self.interrupts.as_deref(),
            waiting_poll::HostPollable::ready(self.preview1.context.ctx().table, pollable),
        )?
    }

    fn block(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        wait(
            self.interrupts.as_deref(),
            waiting_poll::HostPollable::block(self.preview1.context.ctx().table, pollable),
        )?
    }

    fn drop(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        waiting_poll::HostPollable::drop(self.preview1.context.ctx().table, pollable)
    }
}

impl Waiting<'_> {
    /// Waits for a stream.
    fn stream<R>(&mut self, call: impl AsyncFnOnce(&mut ResourceTable) -> StreamResult<R>) -> StreamResult<R> {
        wait(self.interrupts.as_deref(), call(self.preview1.context.ctx().table)).map_err(StreamError::Trap)?
    }
}

impl streams::Host for Waiting<'_> {
    fn convert_stream_error(&mut self, error: StreamError) -> wasmtime::Result<streams::StreamError> {
        Ok(waiting::Host::convert_stream_error(self.preview1.context.ctx().table, error)?.into())
    }
}

impl streams::HostOutputStream for Waiting<'_> {
    fn drop(&mut self, stream: Resource<DynOutputStream>) -> wasmtime::Result<()> {
        if self.kept_stream(&stream).is_some() {
            self.opened.remove(&stream.rep());
            return self.drop_kept_stream(&stream);
        }
        self.opened.remove(&stream.rep());
        wait(self.interrupts.as_deref(), waiting::HostOutputStream::drop(self.preview1.context.ctx().table, stream))?
    }

    fn check_write(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<u64> {
        if self.kept_stream(&stream).is_some() {
            return Ok(MOST);
        }
        waiting::HostOutputStream::check_write(self.preview1.context.ctx().table, stream)
    }

    fn write(&mut self, stream: Resource<DynOutputStream>, bytes: Vec<u8>) -> StreamResult<()> {
        if self.kept_stream(&stream).is_some() {
            return self.write_to_kept(&stream, &bytes);
        }
        waiting::HostOutputStream::write(self.preview1.context.ctx().table, stream, bytes)
    }

    fn blocking_write_and_flush(&mut self, stream: Resource<DynOutputStream>, bytes: Vec<u8>) -> StreamResult<()> {
        if self.kept_stream(&stream).is_some() {
            return self.write_to_kept(&stream, &bytes);
        }
        self.stream(async |table| waiting::HostOutputStream::blocking_write_and_flush(table, stream, bytes).await)
    }

    fn blocking_write_zeroes_and_flush(&mut self, stream: Resource<DynOutputStream>, length: u64) -> StreamResult<()> {
        if self.kept_stream(&stream).is_some() {
            return self.write_zeroes(stream, length);
        }
        self.stream(async |table| {
            waiting::HostOutputStream::blocking_write_zeroes_and_flush(table, stream, length).await
        })
    }

    fn subscribe(&mut self, stream: Resource<DynOutputStream>) -> wasmtime::Result<Resource<DynPollable>> {
        if self.kept_stream(&stream).is_some() {
            return self.wait_for_kept(&stream);
        }
        waiting::HostOutputStream::subscribe(self.preview1.context.ctx().table, stream)
    }

    fn write_zeroes(&mut self, stream: Resource<DynOutputStream>, length: u64) -> StreamResult<()> {
        if self.kept_stream(&stream).is_some() {
            if length > MOST {
                return Err(StreamError::trap("write-zeroes of more bytes than the stream takes now"));
            }
            return self.write_to_kept(&stream, &vec![0; length as usize]);
        }
        // Wasmtime-wasi would make so many zeros, whatever the stream has said that it takes.
        let most = waiting::HostOutputStream::check_write(
            self.preview1.context.ctx().table,
            Resource::new_borrow(stream.rep()),
        )?;
        if length > most {
            return Err(StreamError::trap("write-zeroes of more bytes than the stream takes now"));
        }
        waiting::HostOutputStream::write_zeroes(self.preview1.context.ctx().table, stream, length)
    }

    fn flush(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<()> {
        if self.kept_stream(&stream).is_some() {
            return Ok(());
        }
        waiting::HostOutputStream::flush(self.preview1.context.ctx().table, stream)
    }

    fn blocking_flush(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<()> {
        if self.kept_stream(&stream).is_some() {
            return Ok(());
        }
        self.stream(async |table| waiting::HostOutputStream::blocking_flush(table, stream).await)
    }

    fn splice(
        &mut self,
        to: Resource<DynOutputStream>,
        from: Resource<DynInputStream>,
        length: u64,
    ) -> StreamResult<u64> {
        if self.kept_stream(&to).is_some() || self.kept_stream(&from).is_some() {
            let most = streams::HostOutputStream::check_write(self, Resource::new_borrow(to.rep()))?;
            let bytes = streams::HostInputStream::read(self, from, length.min(most))?;
            let count = bytes.len() as u64;
            streams::HostOutputStream::write(self, to, bytes)?;
            return Ok(count);
        }
        waiting::HostOutputStream::splice(self.preview1.context.ctx().table, to, from, length)
    }

    fn blocking_splice(
        &mut self,
        to: Resource<DynOutputStream>,
        from: Resource<DynInputStream>,
        length: u64,
    ) -> StreamResult<u64> {
        if self.kept_stream(&to).is_some() || self.kept_stream(&from).is_some() {
            let most = streams::HostOutputStream::check_write(self, Resource::new_borrow(to.rep()))?;
            let bytes = streams::HostInputStream::blocking_read(self, from, length.min(most))?;
            let count = bytes.len() as u64;
            streams::HostOutputStream::write(self, to, bytes)?;
            return Ok(count);
        }
        self.stream(async |table| waiting::HostOutputStream::blocking_splice(table, to, from, length).await)
    }
}

impl streams::HostInputStream for Waiting<'_> {
    fn drop(&mut self, stream: Resource<DynInputStream>) -> wasmtime::Result<()> {
        if self.kept_stream(&stream).is_some() {
            self.opened.remove(&stream.rep());
            return self.drop_kept_stream(&stream);
        }
        self.opened.remove(&stream.rep());
        wait(self.interrupts.as_deref(), waiting::HostInputStream::drop(self.preview1.context.ctx().table, stream))?
    }

    fn read(&mut self, stream: Resource<DynInputStream>, length: u64) -> StreamResult<Vec<u8>> {
        if self.kept_stream(&stream).is_some() {
            return self.read_from_kept(&stream, length);
        }
        waiting::HostInputStream::read(self.preview1.context.ctx().table, stream, length.min(MOST))
    }

    fn blocking_read(&mut self, stream: Resource<DynInputStream>, length: u64) -> StreamResult<Vec<u8>> {
        if self.kept_stream(&stream).is_some() {
            return self.read_from_kept(&stream, length);
        }
        self.stream(async |table| waiting::HostInputStream::blocking_read(table, stream, length.min(MOST)).await)
    }

    fn skip(&mut self, stream: Resource<DynInputStream>, length: u64) -> StreamResult<u64> {
        if self.kept_stream(&stream).is_some() {
            return Ok(self.read_from_kept(&stream, length)?.len() as u64);
        }
        waiting::HostInputStream::skip(self.preview1.context.ctx().table, stream, length.min(MOST))
    }

    fn blocking_skip(&mut self, stream: Resource<DynInputStream>, length: u64) -> StreamResult<u64> {
        if self.kept_stream(&stream).is_some() {
            return Ok(self.read_from_kept(&stream, length)?.len() as u64);
        }
        self.stream(async |table| waiting::HostInputStream::blocking_skip(table, stream, length.min(MOST)).await)
    }

    fn subscribe(&mut self, stream: Resource<DynInputStream>) -> wasmtime::Result<Resource<DynPollable>> {
        if self.kept_stream(&stream).is_some() {
            return self.wait_for_kept(&stream);
        }
        waiting::HostInputStream::subscribe(self.preview1.context.ctx().table, stream)
    }
}

/// The most bytes that one read makes, whatever the guest asks for: a read may give less.
pub(super) const MOST: u64 = 1 << 20;
