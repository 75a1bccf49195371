//! Pins: what looks at the root from outside.

use std::sync::Arc;

use crate::sync::{AtomicUsize, Ordering};

/// Counts what looks at the root from outside. As long as there is any, a closed gate keeps its root.
pub struct Pins(pub(crate) AtomicUsize);

impl Pins {
    /// Nothing looks.
    pub fn new() -> Arc<Self> {
        Arc::new(Self(AtomicUsize::new(0)))
    }

    /// Whether anything looks. What is gone has done with the root.
    #[inline]
    pub fn any(&self) -> bool {
        self.0.load(Ordering::Acquire) != 0
    }
}
