//! Views: the bytes of a memory where they are.

use std::ptr::NonNull;
use std::sync::Arc;

use crate::Store;

/// A range of a memory's bytes, without a copy. As long as it is there, so are they: the memory does not move, and
/// stays when its store is closed.
///
/// It gives an address and no slice, since guests and other threads may write the bytes at any time.
pub struct View {
    base: NonNull<u8>,
    length: usize,
    of: Of,
}

/// What has the bytes.
enum Of {
    Own(Arc<Store>),
    /// A shared memory never moves, and lives for as long as one refers to it.
    Shared(#[expect(dead_code, reason = "it keeps the bytes")] wasmtime::SharedMemory),
}

// SAFETY: it is an address and a length, which never change. The bytes may be reached from any thread, as the bytes of
// a memory are; the code that reaches them answers for it.
unsafe impl Send for View {}
// SAFETY: what makes it `Send` makes it `Sync`: nothing is changed through a shared reference.
unsafe impl Sync for View {}

impl View {
    /// Of a memory of a store. Only inside the store, which keeps the bytes from now on.
    pub(crate) fn own(store: Arc<Store>, base: NonNull<u8>, length: usize) -> Self {
        store.pin();
        Self { base, length, of: Of::Own(store) }
    }

    pub(crate) fn shared(memory: wasmtime::SharedMemory, base: NonNull<u8>, length: usize) -> Self {
        Self { base, length, of: Of::Shared(memory) }
    }

    /// The address of the first byte.
    pub fn base(&self) -> *mut u8 {
        self.base.as_ptr()
    }

    /// How many bytes there are.
    pub fn length(&self) -> usize {
        self.length
    }
}

impl Drop for View {
    fn drop(&mut self) {
        if let Of::Own(store) = &self.of {
            store.unpin();
        }
    }
}
