//! Tasks that share one thread and one stack, as Python's greenlets do: each runs until it switches to another one, and its
//! part of the stack is put away meanwhile.
//!
//! Wasmtime knows threads alone. While one task is in a host function, its guest's frames are put away with it, so no other
//! task of that thread may enter a guest, or the caller of that host function.

use std::cell::Cell;
use std::sync::OnceLock;

use crate::process::stack;
use crate::process::stack::HOST_CALL;
use crate::{Result, WasmtimeError};

/// Gives the number of the task that runs on this thread, never 0.
static CURRENT: OnceLock<fn() -> usize> = OnceLock::new();

std::thread_local! {
    /// The task of this thread that is in a host function; 0 is none.
    static HOST: Cell<usize> = const { Cell::new(0) };
}

/// From now on tasks are told apart by what `current` gives, on any thread: a number other than 0.
pub fn tell_apart(current: fn() -> usize) {
    // There is one language.
    _ = CURRENT.set(current);
}

/// The number of the present task; none where tasks are not told apart, or the thread's stack has no room to ask.
pub(crate) fn number() -> Option<usize> {
    let current = CURRENT.get()?;
    // A language looks at which stack it is on.
    stack::on_own(HOST_CALL, |_| current())
}

/// A task is in a host function, until this goes.
pub struct Host {
    outer: Option<usize>,
}

impl Host {
    /// The present task is.
    pub fn now() -> Self {
        Self { outer: number().map(|task| HOST.replace(task)) }
    }

    /// The task of that number, which is the present one.
    pub fn of(task: usize) -> Self {
        Self { outer: Some(HOST.replace(task)) }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Some(outer) = self.outer {
            HOST.set(outer);
        }
    }
}

/// Fails with `Busy` where another task of this thread is in a host function.
#[inline]
pub(crate) fn check() -> Result<()> {
    // Looked at first: in a shared library, to find a thread's own variable is a call.
    if CURRENT.get().is_none() {
        return Ok(());
    }
    match HOST.get() {
        0 => Ok(()),
        host => compare(host),
    }
}

#[cold]
fn compare(host: usize) -> Result<()> {
    if number().is_none_or(|task| task == host) {
        return Ok(());
    }
    let reason = "another task of this thread, such as a greenlet, is in a host function, and its guest's frames are put away \
                  with it: let it return first, or run guests in threads of their own";
    Err(WasmtimeError::Busy { reason: reason.to_owned() })
}
