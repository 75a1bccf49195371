//! The bytes of memories, without a copy in between.

use std::ptr::NonNull;

use crate::errors::numbers::{natural, place};
use crate::objects::bytes::{Bytes, checked, no_text};
use crate::{Memory, Result, SharedMemory, Store, View, WasmtimeError};

/// What only the adapters need: bytes without a copy in between.
impl Memory {
    /// Copies bytes out, beginning at `start`, until `buffer` is full.
    pub fn read_into(&self, store: &Store, start: i64, buffer: &mut [u8]) -> Result<()> {
        self.with_bytes(store, |bytes| bytes.read_into(start, buffer))
    }

    /// Gives `length` bytes from `start` to `work`, which must not use the store. They are the guest's own, or a copy of
    /// them where other threads may write them.
    pub fn read_with<R>(&self, store: &Store, start: i64, length: i64, work: impl FnOnce(&[u8]) -> R) -> Result<R> {
        self.with_bytes(store, |bytes| bytes.view(start, length, work))
    }

    /// The bytes from `start`, `length` of them or up to the end, where they are. While it is there, the memory does not
    /// grow where it would have to move for that.
    pub fn view(&self, store: &Store, start: i64, length: Option<i64>) -> Result<View> {
        self.visit(
            store,
            |memory, context| {
                let closed = || WasmtimeError::Closed { what: "store".to_owned() };
                let store = context.data().weak_store.upgrade().ok_or_else(closed)?;
                let bytes = memory.data_mut(context);
                let (base, range) = (NonNull::from(&mut *bytes).cast(), part(bytes.len(), start, length)?);
                // SAFETY: the range is inside.
                Ok(View::own(store, unsafe { base.add(range.start) }, range.len()))
            },
            |shared| view_shared(shared, start, length),
        )
    }

    /// Lets `work`, which must not use the store, write all of `length` bytes from `start`. What it sees there before
    /// has no meaning.
    pub fn write_with(&self, store: &Store, start: i64, length: i64, work: impl FnOnce(&mut [u8])) -> Result<()> {
        self.with_bytes(store, |mut bytes| bytes.fill_with(start, length, work))
    }

    /// As `read_string`, into room that the caller has. Where this fails, the room may have been written to.
    pub fn read_string_into(&self, store: &Store, start: i64, buffer: &mut [u8]) -> Result<()> {
        self.read_into(store, start, buffer)?;
        // What was copied is looked at: others may write to the memory meanwhile.
        let base = usize::try_from(start).unwrap_or_default();
        std::str::from_utf8(buffer).map(|_| ()).map_err(|error| no_text(error, base))
    }
}

/// What only the adapters need: bytes into the caller's own buffer.
impl SharedMemory {
    /// Copies bytes out, beginning at `start`, until `buffer` is full.
    pub fn read_into(&self, start: i64, buffer: &mut [u8]) -> Result<()> {
        Bytes::Shared(self.inner.get()?.data()).read_into(start, buffer)
    }

    /// Gives `length` bytes from `start` to `work`: a copy, since other threads may write them.
    pub fn read_with<R>(&self, start: i64, length: i64, work: impl FnOnce(&[u8]) -> R) -> Result<R> {
        Bytes::Shared(self.inner.get()?.data()).view(start, length, work)
    }

    /// Lets `work` write all of `length` bytes from `start`: into a copy, since other threads may look at them. What it sees
    /// there before has no meaning.
    pub fn write_with(&self, start: i64, length: i64, work: impl FnOnce(&mut [u8])) -> Result<()> {
        Bytes::Shared(self.inner.get()?.data()).fill_with(start, length, work)
    }

    /// The bytes from `start`, `length` of them or up to the end, where they are. A shared memory never moves.
    pub fn view(&self, start: i64, length: Option<i64>) -> Result<View> {
        view_shared(&self.inner.get()?, start, length)
    }
}

fn view_shared(memory: &wasmtime::SharedMemory, start: i64, length: Option<i64>) -> Result<View> {
    let bytes = memory.data();
    let (base, range) = (NonNull::from(bytes).cast(), part(bytes.len(), start, length)?);
    // SAFETY: the range is inside.
    Ok(View::shared(memory.clone(), unsafe { base.add(range.start) }, range.len()))
}

/// The range of so many bytes from `start`, or up to the end.
fn part(size: usize, start: i64, length: Option<i64>) -> Result<std::ops::Range<usize>> {
    let rest = || i64::try_from(size).unwrap_or(i64::MAX).saturating_sub(start.max(0)).max(0);
    let (start, length) = (place(start, "the offset")?, natural(length.unwrap_or_else(rest), "the length")?);
    checked(start, length, size)
}
