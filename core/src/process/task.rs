//! Tasks that share one thread and one stack, as Python's greenlets do. A task runs until it switches to another one. The other
//! task then copies the first one's part of the stack to the heap.
//!
//! Wasmtime does not know of tasks. While one task is in a host function, its guest's frames may be copied away. So no other
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

/// From now on `current` tells tasks apart: it returns the number of the task that runs on the calling thread, never 0.
pub fn tell_apart(current: fn() -> usize) {
    // A process has one language's adapter, which sets this once.
    _ = CURRENT.set(current);
}

/// The number of the present task; `None` where the language has no tasks, or too little of the thread's stack is left to ask
/// it.
pub(crate) fn number() -> Option<usize> {
    let current = CURRENT.get()?;
    // The language checks which stack it runs on.
    stack::on_own(HOST_CALL, |_| current())
}

/// A task is in a host function until this is dropped.
pub struct Host {
    outer: Option<usize>,
}

impl Host {
    /// The present task enters a host function.
    pub fn now() -> Self {
        Self { outer: number().map(|task| HOST.replace(task)) }
    }

    /// The present task, whose number the caller knows, enters a host function.
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
    // This comes first because it is cheap: in a shared library, access to a thread-local variable is a function call.
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
