//! Functions of the host that a thread runs while it polls wasmtime's event loop: no component can be called there.

use std::cell::Cell;
use std::marker::PhantomData;

thread_local! {
    /// How many functions of the host this thread runs that tasks have called, of whatever stores.
    static IN_TASKS: Cell<usize> = const { Cell::new(0) };
}

/// This thread runs a function of the host that a task has called.
pub(crate) struct InTask(PhantomData<*const ()>);

impl InTask {
    pub(crate) fn begin() -> Self {
        IN_TASKS.set(IN_TASKS.get() + 1);
        Self(PhantomData)
    }

    /// Whether this thread runs none.
    pub(crate) fn is_none() -> bool {
        IN_TASKS.get() == 0
    }
}

impl Drop for InTask {
    fn drop(&mut self) {
        IN_TASKS.set(IN_TASKS.get() - 1);
    }
}
