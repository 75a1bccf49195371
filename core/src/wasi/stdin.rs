//! Standard inputs of the host. The guest's own thread reads them, and no more of them than the guest asks for.
//!
//! Wasmtime-wasi has a thread that reads ahead. A child of a fork does not have that thread, and the rest of the process could
//! not read what the thread has read. A file that is a pipe or a device it reads on the guest's thread, where nothing could end the
//! guest meanwhile.

use camino::Utf8Path;
use wasmtime_wasi::cli::InputFile;

use crate::wasi::stream::Input;
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

    use super::{Input, InputFile, Utf8Path};
    use crate::process::descriptor::{self, Descriptor, PIECE};

    pub(in super::super) fn inherit() -> Input {
        Arc::new(Waiting(Descriptor::Standard(libc::STDIN_FILENO)))
    }

    pub(super) fn open(path: &Utf8Path) -> std::io::Result<Input> {
        let file = descriptor::open(path.as_std_path(), OpenOptions::new().read(true), 0)?;
        Ok(match descriptor::may_wait(&file)? {
            true => Arc::new(Waiting(Descriptor::File(Arc::new(file)))),
            false => Arc::new(InputFile::new(file)),
        })
    }

    /// An input that may have to be waited for.
    #[derive(Clone)]
    struct Waiting(Descriptor);

    #[async_trait]
    impl Pollable for Waiting {
        async fn ready(&mut self) {
            std::future::poll_fn(|_| if self.0.can_read() { Poll::Ready(()) } else { Poll::Pending }).await;
        }
    }

    #[async_trait]
    impl InputStream for Waiting {
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

    impl AsyncRead for Waiting {
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

    impl IsTerminal for Waiting {
        fn is_terminal(&self) -> bool {
            self.0.is_terminal()
        }
    }

    impl StdinStream for Waiting {
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
    use std::sync::Arc;

    use super::{Input, InputFile, Utf8Path};

    pub(in super::super) fn inherit() -> Input {
        Arc::new(std::io::stdin())
    }

    pub(super) fn open(path: &Utf8Path) -> std::io::Result<Input> {
        Ok(Arc::new(InputFile::new(std::fs::File::open(path)?)))
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

/// A file as the standard input.
pub(super) fn file(path: &Utf8Path) -> Result<Input> {
    open(path).map_err(|error| WasmtimeError::io(path, &error))
}
