//! Standard inputs of the host. The guest's own thread reads them, and no more of them than the guest asks for.
//!
//! Wasmtime-wasi has a thread that reads ahead. A child of a fork does not have that thread, and the rest of the process could
//! not read what the thread has read. A file that is a pipe or a device it reads on the guest's thread, where nothing could end the
//! guest meanwhile.

use camino::Utf8Path;
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::cli::InputFile;

use crate::{Result, WasmtimeError};

#[cfg(unix)]
mod unix {
    use std::fs::OpenOptions;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::task::{Context, Poll};

    use async_trait::async_trait;
    use bytes::{Bytes, BytesMut};
    use tokio::io::{AsyncRead, ReadBuf};
    use wasmtime_wasi::cli::{IsTerminal, StdinStream};
    use wasmtime_wasi::p2::{InputStream, Pollable, StreamError, StreamResult};

    use super::{InputFile, Utf8Path, WasiCtxBuilder};
    use crate::process::descriptor::{self, Descriptor, PIECE};

    pub(in super::super) fn inherit(builder: &mut WasiCtxBuilder) -> &mut WasiCtxBuilder {
        builder.stdin(Input(Descriptor::Standard(libc::STDIN_FILENO)))
    }

    pub(super) fn open<'a>(
        builder: &'a mut WasiCtxBuilder,
        path: &Utf8Path,
    ) -> std::io::Result<&'a mut WasiCtxBuilder> {
        let file = descriptor::open(path.as_std_path(), OpenOptions::new().read(true), 0)?;
        Ok(match descriptor::may_wait(&file)? {
            true => builder.stdin(Input(Descriptor::File(Arc::new(file)))),
            false => builder.stdin(InputFile::new(file)),
        })
    }

    /// An input that may have to be waited for.
    #[derive(Clone)]
    struct Input(Descriptor);

    #[async_trait]
    impl Pollable for Input {
        async fn ready(&mut self) {
            std::future::poll_fn(|_| if self.0.can_read() { Poll::Ready(()) } else { Poll::Pending }).await;
        }
    }

    #[async_trait]
    impl InputStream for Input {
        fn read(&mut self, size: usize) -> StreamResult<Bytes> {
            if size == 0 {
                return Ok(Bytes::new());
            }
            let mut bytes = BytesMut::zeroed(size.min(PIECE));
            let failed = |error| StreamError::LastOperationFailed(wasmtime::Error::new(error));
            match self.0.read(&mut bytes).map_err(failed)? {
                None => Ok(Bytes::new()),
                Some(0) => Err(StreamError::Closed),
                Some(read) => {
                    bytes.truncate(read);
                    Ok(bytes.freeze())
                }
            }
        }

        async fn blocking_read(&mut self, size: usize) -> StreamResult<Bytes> {
            loop {
                self.ready().await;
                let bytes = self.read(size)?;
                // Another reader may have been faster.
                if !bytes.is_empty() || size == 0 {
                    return Ok(bytes);
                }
            }
        }
    }

    impl AsyncRead for Input {
        fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
            match self.0.read(buffer.initialize_unfilled()) {
                Ok(None) => Poll::Pending,
                Ok(Some(read)) => {
                    buffer.advance(read);
                    Poll::Ready(Ok(()))
                }
                Err(error) => Poll::Ready(Err(error)),
            }
        }
    }

    impl IsTerminal for Input {
        fn is_terminal(&self) -> bool {
            self.0.is_terminal()
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
}

/// Systems without `fork` use wasmtime-wasi's own inputs.
#[cfg(not(unix))]
mod other {
    use super::{InputFile, Utf8Path, WasiCtxBuilder};

    pub(in super::super) fn inherit(builder: &mut WasiCtxBuilder) -> &mut WasiCtxBuilder {
        builder.inherit_stdin()
    }

    pub(super) fn open<'a>(
        builder: &'a mut WasiCtxBuilder,
        path: &Utf8Path,
    ) -> std::io::Result<&'a mut WasiCtxBuilder> {
        Ok(builder.stdin(InputFile::new(std::fs::File::open(path)?)))
    }
}

#[cfg(not(unix))]
use other::open;
#[cfg(unix)]
use unix::open;

#[cfg(not(unix))]
pub(super) use other::inherit;
#[cfg(unix)]
pub(super) use unix::inherit;

/// Makes a file the standard input.
pub(super) fn file<'a>(builder: &'a mut WasiCtxBuilder, path: &Utf8Path) -> Result<&'a mut WasiCtxBuilder> {
    open(builder, path).map_err(|error| WasmtimeError::io(path, &error))
}
