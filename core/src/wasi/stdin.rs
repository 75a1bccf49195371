//! The standard input of this process for guests. The guest's own thread reads it, and no more of it than the guest asks for.
//!
//! Wasmtime-wasi has a thread that reads ahead. A child of a fork does not have that thread, and the rest of the process could
//! not read what the thread has read.

#[cfg(unix)]
mod unix {
    use std::cell::Cell;
    use std::pin::Pin;
    use std::task::{Context, Poll};
    use std::time::Duration;

    use async_trait::async_trait;
    use bytes::{Bytes, BytesMut};
    use tokio::io::{AsyncRead, ReadBuf};
    use wasmtime_wasi::WasiCtxBuilder;
    use wasmtime_wasi::cli::{IsTerminal, StdinStream};
    use wasmtime_wasi::p2::{InputStream, Pollable, StreamError, StreamResult};

    std::thread_local! {
        /// Whether the call of WASI that this thread runs waits for the standard input.
        static IS_AWAITED: Cell<bool> = const { Cell::new(false) };
    }

    /// The most bytes that one read takes.
    const PIECE: usize = 64 << 10;

    pub(in super::super) fn inherit(builder: &mut WasiCtxBuilder) -> &mut WasiCtxBuilder {
        builder.stdin(Inherited)
    }

    /// Whether the call that has just said that it must wait, waits for the standard input.
    pub(in super::super) fn is_awaited() -> bool {
        IS_AWAITED.take()
    }

    /// Waits until there is something to read or the input has ended, but no longer than `time`. Returns whether that is so.
    pub(in super::super) fn wait(time: Duration) -> bool {
        // Rounded up: otherwise a wait of less than a millisecond would not wait.
        let time = time.as_nanos().div_ceil(1_000_000);
        let mut wanted = libc::pollfd { fd: libc::STDIN_FILENO, events: libc::POLLIN, revents: 0 };
        // SAFETY: `poll` wants a pointer to as many structures as it is told: one, which lives longer than the call. `poll`
        // keeps no pointer. After a signal it returns -1.
        unsafe { libc::poll(&raw mut wanted, 1, libc::c_int::try_from(time).unwrap_or(libc::c_int::MAX)) > 0 }
    }

    /// The standard input of this process.
    #[derive(Clone, Copy)]
    struct Inherited;

    impl Inherited {
        /// Whether something can be read now. If not, this notes that the thread waits for the input.
        fn is_ready() -> bool {
            let is_ready = wait(Duration::ZERO);
            IS_AWAITED.set(!is_ready);
            is_ready
        }

        /// Reads what there is into `bytes`. `None` where another reader was faster.
        fn take(bytes: &mut [u8]) -> std::io::Result<Option<usize>> {
            if !Self::is_ready() {
                return Ok(None);
            }
            // SAFETY: `read` may write `bytes.len()` bytes at `bytes`, which this function borrows exclusively.
            let read = unsafe { libc::read(libc::STDIN_FILENO, bytes.as_mut_ptr().cast(), bytes.len()) };
            match usize::try_from(read) {
                Ok(read) => Ok(Some(read)),
                Err(_) => match std::io::Error::last_os_error() {
                    error if matches!(error.raw_os_error(), Some(libc::EINTR | libc::EAGAIN)) => Ok(None),
                    error => Err(error),
                },
            }
        }
    }

    #[async_trait]
    impl Pollable for Inherited {
        async fn ready(&mut self) {
            std::future::poll_fn(|_| if Self::is_ready() { Poll::Ready(()) } else { Poll::Pending }).await;
        }
    }

    #[async_trait]
    impl InputStream for Inherited {
        fn read(&mut self, size: usize) -> StreamResult<Bytes> {
            if size == 0 {
                return Ok(Bytes::new());
            }
            let mut bytes = BytesMut::zeroed(size.min(PIECE));
            let failed = |error| StreamError::LastOperationFailed(wasmtime::Error::new(error));
            match Self::take(&mut bytes).map_err(failed)? {
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

    impl AsyncRead for Inherited {
        fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
            match Self::take(buffer.initialize_unfilled()) {
                Ok(None) => Poll::Pending,
                Ok(Some(read)) => {
                    buffer.advance(read);
                    Poll::Ready(Ok(()))
                }
                Err(error) => Poll::Ready(Err(error)),
            }
        }
    }

    impl IsTerminal for Inherited {
        fn is_terminal(&self) -> bool {
            std::io::IsTerminal::is_terminal(&std::io::stdin())
        }
    }

    impl StdinStream for Inherited {
        fn p2_stream(&self) -> Box<dyn InputStream> {
            Box::new(*self)
        }

        fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
            Box::new(*self)
        }
    }
}

/// Systems without `fork` use wasmtime-wasi's own input.
#[cfg(not(unix))]
mod other {
    use std::time::Duration;

    use wasmtime_wasi::WasiCtxBuilder;

    pub(in super::super) fn inherit(builder: &mut WasiCtxBuilder) -> &mut WasiCtxBuilder {
        builder.inherit_stdin()
    }

    pub(in super::super) fn is_awaited() -> bool {
        false
    }

    pub(in super::super) fn wait(time: Duration) -> bool {
        std::thread::sleep(time);
        false
    }
}

#[cfg(not(unix))]
pub(super) use other::{inherit, is_awaited, wait};
#[cfg(unix)]
pub(super) use unix::{inherit, is_awaited, wait};
