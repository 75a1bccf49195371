//! What host functions threw, until the outer call has returned and it is thrown again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use trimaran::WasmtimeError;

/// Objects of a language, each under a number.
pub(crate) struct Thrown<T>(Mutex<Option<Kept<T>>>);

struct Kept<T> {
    objects: HashMap<u64, T>,
    last: u64,
}

impl<T> Thrown<T> {
    pub(crate) const fn nothing() -> Self {
        Self(Mutex::new(None))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Kept<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps one more, and gives the error that stands for it.
    pub(crate) fn keep(&self, object: T) -> WasmtimeError {
        WasmtimeError::thrown(self.keep_number(object))
    }

    /// Keeps one more, and gives its number.
    pub(crate) fn keep_number(&self, object: T) -> u64 {
        let mut kept = self.lock();
        let kept = kept.get_or_insert_with(|| Kept { objects: HashMap::new(), last: 0 });
        kept.last += 1;
        kept.objects.insert(kept.last, object);
        kept.last
    }

    /// Takes one out, if there is such a number.
    pub(crate) fn take(&self, number: u64) -> Option<T> {
        self.lock().as_mut()?.objects.remove(&number)
    }
}
