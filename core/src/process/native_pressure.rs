//! How many bytes the stores and modules of this process hold. A language whose collector sees none of them asks, to know when
//! it is time to collect.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

thread_local!(static REFUSED: Cell<bool> = const { Cell::new(false) });

static HELD: AtomicU64 = AtomicU64::new(0);

/// How many bytes the memories, tables and heaps of all stores, and the code of all modules, take of this process's addresses,
/// about. What a guest has never touched counts as well.
pub fn held_bytes() -> u64 {
    HELD.load(Ordering::Relaxed)
}

/// Whether an instance that this thread has last failed to make found no room, before anything of it ran: then it may be tried
/// once more. Says so once.
pub fn was_refused() -> bool {
    REFUSED.take()
}

/// An instance finds no room, and nothing of it has run.
pub(crate) fn refuse() {
    REFUSED.set(true);
}

/// What one of them holds, until it goes.
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

    /// It holds nothing any more.
    pub(crate) fn clear(&self) {
        HELD.fetch_sub(self.0.swap(0, Ordering::Relaxed), Ordering::Relaxed);
    }
}

impl Drop for HeldBytes {
    fn drop(&mut self) {
        self.clear();
    }
}
