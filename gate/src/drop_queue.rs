//! Values that a thread drops where it cannot or must not run their `Drop`: they wait here for a thread that can.

use std::collections::VecDeque;

use crate::sync::{AtomicBool, Mutex, Ordering, lock};

/// Values that were dropped outside, waiting for the next entry.
pub struct DropQueue<D> {
    filled: AtomicBool,
    items: Mutex<VecDeque<D>>,
}

impl<D> Default for DropQueue<D> {
    fn default() -> Self {
        Self::new()
    }
}

impl<D> DropQueue<D> {
    /// Makes an empty one.
    pub fn new() -> Self {
        Self { filled: AtomicBool::new(false), items: Mutex::new(VecDeque::new()) }
    }

    /// Leaves a value for the next entry. Never waits for the gate.
    pub fn push(&self, item: D) {
        let mut items = lock(&self.items);
        items.push_back(item);
        self.filled.store(true, Ordering::Release);
    }

    pub(crate) fn is_filled(&self) -> bool {
        self.filled.load(Ordering::Acquire)
    }

    pub(crate) fn take(&self) -> VecDeque<D> {
        if !self.is_filled() {
            return VecDeque::new();
        }
        let mut items = lock(&self.items);
        self.filled.store(false, Ordering::Relaxed);
        std::mem::take(&mut *items)
    }
}
