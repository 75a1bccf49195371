//! Standard streams that an async function of the language serves: a guest that reads or writes one waits for that function, as for an
//! async host function, and costs no thread meanwhile (`docs/adr/0039-a-stream-that-waits-is-a-host-call.md`).

use std::any::Any;
use std::fmt::{Debug, Display, Formatter};
use std::pin::Pin;
use std::sync::{Arc, Mutex, Weak};

use bytes::{Bytes, BytesMut};
use wasmtime::Caller;
use wasmtime_wasi::p1::types::{Ciovec, Error, Iovec};
use wiggle::{GuestMemory, GuestPtr};

use crate::errors::spelling::Spelled;
use crate::process::fork::{self, Locked};
use crate::process::heap::try_with_capacity;
use crate::wasi::guest_memory::{check, pieces};
use crate::wasi::stream::{PIECE, carried};
use crate::{Result, WasmtimeError};

/// What lies between a standard stream of a store's guests and the async function that serves it. That function is called for each
/// piece, with how many bytes the guest has room for or has written, and gives or takes the piece here before it answers.
#[derive(uniffi::Object)]
pub struct StreamPort {
    /// The function, as the room of host functions knows it.
    served_by: Weak<dyn Any + Send + Sync>,
    held: Mutex<Held>,
}

/// What is on its way.
#[derive(Default)]
struct Held {
    /// For the guest to read.
    given: Bytes,
    /// Whether the next read that finds nothing has found the end.
    is_at_end: bool,
    /// What the guest has written.
    written: Vec<u8>,
}

#[uniffi::export]
impl StreamPort {
    /// Gives a piece for the guest to read, of any length; no bytes are the end. What one read leaves of it is for the next.
    #[cfg_attr(false, worded)]
    pub fn give(&self, bytes: Vec<u8>) -> Result<()> {
        let mut held = self.lock();
        held.is_at_end = bytes.is_empty();
        held.given = match held.given.is_empty() {
            true => bytes.into(),
            false => [held.given.as_ref(), &bytes].into_iter().flatten().copied().collect::<BytesMut>().freeze(),
        };
        Ok(())
    }

    /// Takes the piece that the guest has written. Fails with `Limit` where the process has no room for a copy.
    #[cfg_attr(false, worded)]
    pub fn take(&self) -> Result<Vec<u8>> {
        let mut held = self.lock();
        // The language copies the bytes afterwards. If there is no memory for that, this fails now.
        drop(try_with_capacity(held.written.len())?);
        Ok(std::mem::take(&mut held.written))
    }
}

impl StreamPort {
    /// One that this function serves.
    pub(crate) fn served_by(function: Weak<dyn Any + Send + Sync>) -> Arc<Self> {
        Arc::new(Self { served_by: function, held: Mutex::default() })
    }

    fn lock(&self) -> Locked<'_, Held> {
        fork::lock(&self.held)
    }

    /// What there is to read, `most` bytes at most, or none at the end; nothing where the function has to be asked.
    fn next(&self, most: u32) -> Option<Bytes> {
        let mut held = self.lock();
        if held.given.is_empty() {
            return std::mem::take(&mut held.is_at_end).then(Bytes::new);
        }
        let length = held.given.len().min(most as usize);
        Some(held.given.split_to(length))
    }
}

/// A guest waits for the function that serves one of its streams. It is no error: whoever has called WASI for the guest asks the
/// function, and goes on when that has answered.
pub(crate) struct Awaits {
    port: Arc<StreamPort>,
    /// For how many bytes it has room, or how many it has written.
    pub(crate) count: u32,
    writes: bool,
}

impl Awaits {
    /// What serves the stream, if its store is still there.
    pub(crate) fn function(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        self.port.served_by.upgrade()
    }

    /// How many bytes the guest has written, once the function has answered. One that reads is to read again.
    pub(super) fn written(&self) -> Option<u32> {
        self.writes.then_some(self.count)
    }

    /// Why a guest cannot wait here.
    pub(crate) fn refused(&self) -> WasmtimeError {
        let does = if self.writes { "writes to" } else { "reads" };
        let reason = format!(
            "the guest {does} a standard stream that is an async one where it cannot wait: make the outermost call an async one, with no \
             host function in between that is not async, and the instance after {}",
            Spelled("set_wasi")
        );
        WasmtimeError::Suspend { reason }
    }
}

impl Debug for Awaits {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Awaits").field("count", &self.count).field("writes", &self.writes).finish_non_exhaustive()
    }
}

impl Display for Awaits {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str("the guest waits for an async stream")
    }
}

impl std::error::Error for Awaits {}

/// Has a guest wait until the function has answered that serves one of its streams.
pub(crate) type Ask<T> = for<'a, 'b> fn(&'a mut Caller<'b, T>, &'a Awaits) -> Asking<'a>;
pub(crate) type Asking<'a> = Pin<Box<dyn Future<Output = wasmtime::Result<()>> + Send + 'a>>;

/// The same error, unless it says that a guest waits: then why it cannot.
pub(super) fn without_waiting(error: wasmtime::Error) -> wasmtime::Error {
    error.downcast::<Awaits>().map_or_else(|error| error, |awaits| carried(awaits.refused()))
}

/// Reads into the first of a guest's vectors that has room.
pub(super) fn read(
    port: Arc<StreamPort>,
    memory: &mut GuestMemory<'_>,
    vectors: GuestPtr<[Iovec]>,
) -> Result<u32, Error> {
    let room = pieces(memory, vectors, |vector| (vector.buf, vector.buf_len))?;
    let Some(room) = room.first() else { return Ok(0) };
    let (start, count) = (room.as_ptr(), room.len().min(PIECE as u32));
    // Before anything is taken.
    check(memory, start.offset(), count, 1)?;
    match port.next(count) {
        Some(bytes) => {
            let length = u32::try_from(bytes.len())?;
            memory.copy_from_slice(&bytes, start.as_array(length))?;
            Ok(length)
        }
        None => Err(Error::trap(wasmtime::Error::new(Awaits { port, count, writes: false }))),
    }
}

/// Has the function take what a guest writes: that of all vectors together, as far as one piece goes.
pub(super) fn write(
    port: Arc<StreamPort>,
    memory: &GuestMemory<'_>,
    vectors: GuestPtr<[Ciovec]>,
) -> Result<u32, Error> {
    let mut written = Vec::new();
    for piece in pieces(memory, vectors, |vector| (vector.buf, vector.buf_len))? {
        let length = (piece.len() as usize).min(PIECE - written.len());
        written.extend_from_slice(&memory.as_cow(piece.as_ptr().as_array(u32::try_from(length)?))?);
    }
    let count = u32::try_from(written.len())?;
    if count == 0 {
        return Ok(0);
    }
    port.lock().written = written;
    Err(Error::trap(wasmtime::Error::new(Awaits { port, count, writes: true })))
}
