//! What a thread began and did not end: it ends with the thread, for nobody else may end it.
//!
//! A language may leave a turn or a deadline open, as Python does in a generator that nobody resumes.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Weak;

use crate::{Result, WasmtimeError};

/// What a thread can begin.
pub(crate) trait EndsWithThread {
    /// The thread that began the one of that number is about to end.
    fn thread_ends(&self, number: u64);
}

struct Begun {
    of: Weak<dyn EndsWithThread>,
    number: u64,
}

/// The turns and deadlines that this thread began and has not ended.
struct Open(RefCell<Vec<Begun>>);

std::thread_local!(static OPEN: Open = const { Open(RefCell::new(Vec::new())) });

impl Drop for Open {
    fn drop(&mut self) {
        for begun in self.0.take().into_iter().rev() {
            // A panic would end the process here. What is left open then is refused to others, as it would be without this.
            _ = catch_unwind(AssertUnwindSafe(|| begun.of.upgrade().map(|of| of.thread_ends(begun.number))));
        }
    }
}

/// This thread is about to begin one. Fails where it is at its very end.
pub(crate) fn begin<T: EndsWithThread + 'static>(of: &Weak<T>, number: u64) -> Result<()> {
    let of: Weak<dyn EndsWithThread> = Weak::<T>::clone(of);
    OPEN.try_with(|open| open.0.borrow_mut().push(Begun { of, number })).map_err(|_| WasmtimeError::Busy {
        reason: "this thread is at its end: begin nothing there that has to be ended".to_owned(),
    })
}

/// It has ended it.
pub(crate) fn end<T: EndsWithThread + 'static>(of: &T, number: u64) {
    let at = std::ptr::from_ref(of).cast::<()>();
    // At the very end of a thread there is none left to look for.
    _ = OPEN.try_with(|open| {
        let mut all = open.0.borrow_mut();
        let is_this = |begun: &Begun| begun.number == number && begun.of.as_ptr().cast::<()>() == at;
        if let Some(index) = all.iter().rposition(is_this) {
            drop(all.remove(index));
        }
    });
}
