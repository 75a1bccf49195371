//! Room on the stack: guests run where there is enough of it.
//!
//! Wasmtime lets a guest use as much stack as it is configured to, whatever the thread has. See
//! `docs/adr/0008-guests-run-on-enough-stack.md`.

use std::cell::Cell;

std::thread_local! {
    /// The lowest address of the stack that this thread runs on; 0 where it has not been asked for.
    static BOTTOM: Cell<usize> = const { Cell::new(0) };
}

/// Whether `needed` bytes are left. Takes a nanosecond, but for the first time on a thread.
pub(crate) fn has_room(needed: usize) -> bool {
    let (here, bottom) = (here(), BOTTOM.get());
    if bottom != 0 {
        return here.checked_sub(bottom).is_some_and(|left| left >= needed);
    }
    look(needed)
}

#[cold]
fn look(needed: usize) -> bool {
    // Where the system does not say, there is nothing to go by.
    let Some(left) = stacker::remaining_stack() else { return true };
    BOTTOM.set(here().saturating_sub(left));
    left >= needed
}

/// Runs `work` on a stack of its own, of `size` bytes.
#[cold]
pub(crate) fn grow<R>(size: usize, work: impl FnOnce() -> R) -> R {
    /// Puts the bottom of the outer stack back, also where `work` panics.
    struct Outer(usize);
    impl Drop for Outer {
        fn drop(&mut self) {
            BOTTOM.set(self.0);
        }
    }
    let _outer = Outer(BOTTOM.replace(0));
    stacker::grow(size, work)
}

/// About where the stack is now.
#[inline]
fn here() -> usize {
    let local = 0_u8;
    std::hint::black_box(std::ptr::from_ref(&local)).addr()
}
