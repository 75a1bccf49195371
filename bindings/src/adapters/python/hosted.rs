//! Async host calls, and which of them a task works for. The package's context variable has that (`python/trimaran/_run.py`), so
//! that tasks which a host function begins, and threads that it has work, work for the same call.

use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use trimaran::adapter::{Token, ask_tasks};

use super::convert::package;
use super::with_gil;

/// An async host call of a guest. It lasts until the guest has its answer.
#[pyclass(frozen, module = "trimaran._native")]
pub(crate) struct HostedCall {
    /// The number of the guest's store.
    store: u64,
    token: Token,
    /// The call that the guest itself was called for, if there is one.
    outer: Option<Py<HostedCall>>,
}

/// How many of them there are. As long as there is none, nobody has to look for one.
static LIVING: AtomicUsize = AtomicUsize::new(0);

/// A task works for a host call, until it leaves that.
pub(super) struct Entered(Py<PyAny>);

/// The present task works for that call of the store of that number.
pub(super) fn enter(py: Python<'_>, store: u64, token: Token) -> PyResult<Entered> {
    static SET: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let outer = now(py)?;
    LIVING.fetch_add(1, Ordering::Relaxed);
    let call = HostedCall { store, token, outer };
    Ok(Entered(package(py, &SET, "trimaran._run", "ENTER")?.call1((call,))?.unbind()))
}

impl Entered {
    /// It works for what it worked for before. A coroutine that nobody goes on with may be closed in any context, and then it
    /// leaves nothing.
    pub(super) fn leave(self, py: Python<'_>) {
        static RESET: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        if let Ok(reset) = package(py, &RESET, "trimaran._run", "LEAVE") {
            _ = reset.call1((self.0,));
        }
    }
}

impl Drop for HostedCall {
    fn drop(&mut self) {
        LIVING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The call that the present task works for.
fn now(py: Python<'_>) -> PyResult<Option<Py<HostedCall>>> {
    static CALL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    if LIVING.load(Ordering::Relaxed) == 0 {
        return Ok(None);
    }
    let call = package(py, &CALL, "trimaran._run", "CALL")?.call_method1("get", (py.None(),))?;
    Ok(call.cast_into::<HostedCall>().ok().map(Bound::unbind))
}

/// The call of that store that the present task works for.
pub(super) fn of(py: Python<'_>, store: u64) -> PyResult<Option<Token>> {
    let mut call = now(py)?;
    while let Some(hosted) = call {
        let hosted = hosted.get();
        if hosted.store == store {
            return Ok(Some(hosted.token));
        }
        call = hosted.outer.as_ref().map(|outer| outer.clone_ref(py));
    }
    Ok(None)
}

/// The same, for the core: on a thread that may not have the GIL.
fn of_task(store: u64) -> Option<Token> {
    if LIVING.load(Ordering::Relaxed) == 0 {
        return None;
    }
    with_gil(|py| of(py, store).ok().flatten()).flatten()
}

/// Has the core ask Python's tasks.
pub(crate) fn watch() {
    ask_tasks(of_task);
}
