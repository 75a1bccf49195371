//! Descriptors of this process that may have to be waited for: pipes, terminals, other devices. Reading and writing never waits
//! in the system. Who has to wait does so in slices, and checks between them whether it has to end.

use std::cell::Cell;
use std::fs::File;
use std::io::{Error, Result};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The most bytes that one read takes.
pub(crate) const PIECE: usize = 64 << 10;

/// The most bytes that one write gives. POSIX promises that a pipe that is ready takes so many at once.
pub(crate) const WRITTEN: usize = libc::PIPE_BUF;

/// A descriptor, and whether it is for reading or for writing.
#[derive(Clone, Copy)]
pub(crate) struct Awaited {
    fd: RawFd,
    events: libc::c_short,
}

impl Awaited {
    /// Waits until the descriptor is ready or has ended, but no longer than `time`. Returns whether that is so.
    pub(crate) fn wait(self, time: Duration) -> bool {
        // Rounded up: otherwise a wait of less than a millisecond would not wait.
        let time = time.as_nanos().div_ceil(1_000_000);
        let mut wanted = libc::pollfd { fd: self.fd, events: self.events, revents: 0 };
        // SAFETY: `poll` wants a pointer to as many structures as it is told: one, which lives longer than the call. `poll`
        // keeps no pointer. After a signal it returns -1.
        unsafe { libc::poll(&raw mut wanted, 1, libc::c_int::try_from(time).unwrap_or(libc::c_int::MAX)) > 0 }
    }
}

std::thread_local! {
    /// What the call of WASI that this thread runs waits for.
    static AWAITED: Cell<Option<Awaited>> = const { Cell::new(None) };
}

/// What the call that has just said that it must wait, waits for, if that is a descriptor.
pub(crate) fn take_awaited() -> Option<Awaited> {
    AWAITED.take()
}

/// A descriptor.
#[derive(Clone)]
pub(crate) enum Descriptor {
    /// A standard stream of this process, by its number.
    Standard(RawFd),
    /// A file, which `open` has opened.
    File(Arc<File>),
}

impl Descriptor {
    fn fd(&self) -> RawFd {
        match self {
            Self::Standard(fd) => *fd,
            Self::File(file) => file.as_raw_fd(),
        }
    }

    fn for_(&self, events: libc::c_short) -> Awaited {
        Awaited { fd: self.fd(), events }
    }

    /// What to wait for until it can be read.
    pub(crate) fn reading(&self) -> Awaited {
        self.for_(libc::POLLIN)
    }

    /// Whether it can be read now. If not, this notes that the thread waits for that.
    pub(crate) fn can_read(&self) -> bool {
        is_ready(self.reading())
    }

    /// Whether it can be written now. If not, this notes that the thread waits for that.
    pub(crate) fn can_write(&self) -> bool {
        is_ready(self.for_(libc::POLLOUT))
    }

    /// Reads what there is into `bytes`; 0 is the end. `None` where there is nothing yet.
    pub(crate) fn read(&self, bytes: &mut [u8]) -> Result<Option<usize>> {
        if !self.can_read() {
            return Ok(None);
        }
        // SAFETY: `read` may write `bytes.len()` bytes at `bytes`, which this function borrows exclusively.
        done(unsafe { libc::read(self.fd(), bytes.as_mut_ptr().cast(), bytes.len()) })
    }

    /// Writes the first `WRITTEN` of these bytes, or fewer. `None` where it takes none now.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<Option<usize>> {
        if !self.can_write() {
            return Ok(None);
        }
        let length = bytes.len().min(WRITTEN);
        // SAFETY: `write` reads `length` bytes at `bytes`, which has as many.
        match done(unsafe { libc::write(self.fd(), bytes.as_ptr().cast(), length) }) {
            // A process without that stream: what it prints goes nowhere, as with the standard library.
            Err(error) if error.raw_os_error() == Some(libc::EBADF) => Ok(Some(length)),
            written => written,
        }
    }

    pub(crate) fn is_terminal(&self) -> bool {
        // SAFETY: `isatty` takes any number.
        unsafe { libc::isatty(self.fd()) == 1 }
    }
}

fn is_ready(awaited: Awaited) -> bool {
    let is_ready = awaited.wait(Duration::ZERO);
    AWAITED.set((!is_ready).then_some(awaited));
    is_ready
}

/// What `read` or `write` gave. `None` where another thread or process was faster.
fn done(count: isize) -> Result<Option<usize>> {
    match usize::try_from(count) {
        Ok(count) => Ok(Some(count)),
        Err(_) => match Error::last_os_error() {
            error if matches!(error.raw_os_error(), Some(libc::EINTR | libc::EAGAIN)) => Ok(None),
            error => Err(error),
        },
    }
}

/// Opens a file. If it is a pipe or a device, this does not wait for the other side, and nor do reads and writes. Opening a pipe to
/// write fails with `ENXIO` where nobody reads it.
pub(crate) fn open(path: &Path, options: &mut std::fs::OpenOptions, flags: libc::c_int) -> Result<File> {
    options.custom_flags(libc::O_NONBLOCK | flags).open(path)
}

/// Whether reads and writes of this file may have to wait.
pub(crate) fn may_wait(file: &File) -> Result<bool> {
    let kind = file.metadata()?.file_type();
    Ok(kind.is_fifo() || kind.is_char_device() || kind.is_socket())
}
