//! Ends the turns and deadlines that a thread left open when the thread ends: only that thread may end them.
//!
//! A language may leave a turn or a deadline open, as Python does in a generator that nobody resumes.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Weak;

use crate::{Result, WasmtimeError};

/// What a thread begins and has to end: a turn, a deadline.
pub(crate) trait EndsWithThread {
    /// The thread that began `number` is about to end.
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
            // A panic here would end the process. If one is caught, the turn stays open, and other threads get `Busy`.
            _ = catch_unwind(AssertUnwindSafe(|| begun.of.upgrade().map(|of| of.thread_ends(begun.number))));
        }
    }
}

/// This thread is about to begin `number`. Fails with `Busy` where the thread's own variables are already gone.
pub(crate) fn begin<T: EndsWithThread + 'static>(of: &Weak<T>, number: u64) -> Result<()> {
    let of: Weak<dyn EndsWithThread> = Weak::<T>::clone(of);
    OPEN.try_with(|open| open.0.borrow_mut().push(Begun { of, number })).map_err(|_| WasmtimeError::Busy {
        reason: "this thread is at its end: begin nothing there that has to be ended".to_owned(),
    })
}

/// This thread has ended `number`.
pub(crate) fn end<T: EndsWithThread + 'static>(of: &T, number: u64) {
    let at = std::ptr::from_ref(of).cast::<()>();
    // Where the thread's own variables are already gone, `drop` has ended everything.
    _ = OPEN.try_with(|open| {
        let mut all = open.0.borrow_mut();
        let is_this = |begun: &Begun| begun.number == number && begun.of.as_ptr().cast::<()>() == at;
        if let Some(index) = all.iter().rposition(is_this) {
            drop(all.remove(index));
        }
    });
}
