//! How many bytes the stores and modules of this process hold. A language's garbage collector does not see them: the package
//! asks, to know when to collect.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

thread_local!(static REFUSED: Cell<bool> = const { Cell::new(false) });

static HELD: AtomicU64 = AtomicU64::new(0);

/// About how many bytes of addresses the memories, tables and heaps of all stores and the code of all modules take. Pages that a
/// guest has never touched count as well.
pub fn held_bytes() -> u64 {
    HELD.load(Ordering::Relaxed)
}

/// Whether the instance that this thread last failed to make found no room before any of its code ran. Then the caller may try
/// again. Returns true once.
pub fn was_refused() -> bool {
    REFUSED.take()
}

/// Notes that an instance found no room before any of its code ran.
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
