//! Standard outputs of the host. The guest's own thread writes them, and waits in slices for one that takes nothing now, such as
//! a pipe that nobody reads. Wasmtime-wasi would wait in the system, where nothing could end the guest.

use std::fs::{File, OpenOptions};

use camino::Utf8Path;
use wasmtime_wasi::cli::OutputFile;

#[cfg(unix)]
pub(super) use unix::Output;

use crate::{Result, WasmtimeError};

/// An output into the host.
pub(super) enum HostOutput {
    /// To a file whose writes do not wait.
    File(OutputFile),
    /// To a pipe or a device, or to a standard stream of this process.
    #[cfg(unix)]
    Waiting(Output),
}

impl HostOutput {
    /// A file, which is made where there is none. All writes go to its end, whatever else writes there: another stream of this
    /// guest, or another store.
    pub(super) fn file(path: &Utf8Path, append: bool) -> Result<Self> {
        let made = open(path, append).and_then(Self::of_file);
        made.map_err(|error| match error.raw_os_error() {
            #[cfg(unix)]
            Some(libc::ENXIO) => WasmtimeError::Io {
                path: path.to_owned(),
                reason: "no process reads this pipe: open it for reading first".to_owned(),
                code: Some(libc::ENXIO),
            },
            _ => WasmtimeError::io(path, &error),
        })
    }

    #[cfg(unix)]
    fn of_file(file: File) -> std::io::Result<Self> {
        Ok(match crate::process::descriptor::may_wait(&file)? {
            true => Self::Waiting(Output::file(file)),
            false => Self::File(OutputFile::new(file)),
        })
    }

    #[cfg(not(unix))]
    fn of_file(file: File) -> std::io::Result<Self> {
        Ok(Self::File(OutputFile::new(file)))
    }
}

#[cfg(unix)]
fn open(path: &Utf8Path, append: bool) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    crate::process::descriptor::open(
        path.as_std_path(),
        options.create(true).write(true).truncate(!append),
        libc::O_APPEND,
    )
}

#[cfg(not(unix))]
fn open(path: &Utf8Path, append: bool) -> std::io::Result<File> {
    if !append {
        OpenOptions::new().create(true).write(true).truncate(true).open(path)?;
    }
    OpenOptions::new().create(true).append(true).open(path)
}

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::os::fd::RawFd;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::task::{Context, Poll};

    use async_trait::async_trait;
    use bytes::{Buf, Bytes, BytesMut};
    use tokio::io::AsyncWrite;
    use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
    use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

    use crate::process::descriptor::{Descriptor, WRITTEN};

    /// An output that may have to be waited for.
    #[derive(Clone)]
    pub(in super::super) struct Output {
        to: Descriptor,
        /// What was taken from a guest and is not written yet.
        left: BytesMut,
    }

    impl Output {
        pub(in super::super) fn standard(fd: RawFd) -> Self {
            Self { to: Descriptor::Standard(fd), left: BytesMut::new() }
        }

        pub(super) fn file(file: File) -> Self {
            Self { to: Descriptor::File(Arc::new(file)), left: BytesMut::new() }
        }

        /// Writes what is left, as far as it is taken now. Whether all of it was.
        fn push(&mut self) -> StreamResult<bool> {
            write(&self.to, &mut self.left)
        }

        /// The same, and then whether there is room for more.
        fn has_room(&mut self) -> StreamResult<bool> {
            Ok(self.push()? && self.to.can_write())
        }
    }

    /// Writes bytes as far as they are taken now. Whether all of them were.
    fn write(to: &Descriptor, bytes: &mut impl Buf) -> StreamResult<bool> {
        let failed = |error| StreamError::LastOperationFailed(wasmtime::Error::new(error));
        while bytes.has_remaining() {
            match to.write(bytes.chunk()).map_err(failed)? {
                None => return Ok(false),
                Some(written) => bytes.advance(written),
            }
        }
        Ok(true)
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
            _ = std::future::poll_fn(|_| when(self.has_room())).await;
        }
    }

    #[async_trait]
    impl OutputStream for Output {
        fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
            self.left.extend_from_slice(&bytes);
            self.push().map(drop)
        }

        fn flush(&mut self) -> StreamResult<()> {
            self.push().map(drop)
        }

        fn check_write(&mut self) -> StreamResult<usize> {
            Ok(if self.has_room()? { WRITTEN } else { 0 })
        }

        async fn blocking_write_and_flush(&mut self, mut bytes: Bytes) -> StreamResult<()> {
            // Where the guest ends meanwhile, what it has not written is not written later.
            std::future::poll_fn(|_| match self.push() {
                Ok(true) => when(write(&self.to, &mut bytes)),
                not_all => when(not_all),
            })
            .await
        }
    }

    impl AsyncWrite for Output {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
            match self.to.write(bytes) {
                Ok(None) => Poll::Pending,
                Ok(Some(written)) => Poll::Ready(Ok(written)),
                Err(error) => Poll::Ready(Err(error)),
            }
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
            self.to.is_terminal()
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
}
