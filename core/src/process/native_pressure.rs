//! Counts the bytes that the stores and modules of this process hold. A language's garbage collector does not see them, so the
//! package asks for the count to know when to collect.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

thread_local!(static REFUSED: Cell<bool> = const { Cell::new(false) });

static HELD: AtomicU64 = AtomicU64::new(0);

/// About how many bytes of address space all stores (memories, tables, heaps) and all modules (code) take. Pages that no guest
/// has touched count as well.
pub fn held_bytes() -> u64 {
    HELD.load(Ordering::Relaxed)
}

/// Whether this thread's last instantiation failed for want of memory before any of the guest's code ran. Then the caller may
/// try again. Returns true once.
pub fn was_refused() -> bool {
    REFUSED.take()
}

/// Notes that an instantiation failed for want of memory before any of the guest's code ran.
pub(crate) fn refuse() {
    REFUSED.set(true);
}

/// The bytes that one store or module holds. They count until this is dropped.
#[derive(Debug, Default)]
pub(crate) struct HeldBytes(AtomicU64);

impl HeldBytes {
    pub(crate) fn new(bytes: usize) -> Self {
        let held = Self::default();
        held.grow(bytes);
        held
    }

    pub(crate) fn grow(&self, bytes: usize) {
        self.0.fetch_add(bytes as u64, Ordering::Relaxed);
        HELD.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Sets the count to 0.
    pub(crate) fn clear(&self) {
        HELD.fetch_sub(self.0.swap(0, Ordering::Relaxed), Ordering::Relaxed);
    }
}

impl Drop for HeldBytes {
    fn drop(&mut self) {
        self.clear();
    }
}
