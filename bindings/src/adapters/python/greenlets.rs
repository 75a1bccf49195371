//! Greenlets: tasks that share one thread and its stack, which the core has to tell apart.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;
use trimaran::adapter::task::{self, Host};

use super::with_gil;

/// `greenlet.getcurrent`, once the program has greenlets.
static CURRENT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Looks whether the program has greenlets by now. Costs a look into `sys.modules`.
pub(super) fn look(py: Python<'_>) -> PyResult<()> {
    static MODULES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    if CURRENT.get(py).is_some() {
        return Ok(());
    }
    let find = || Ok::<_, PyErr>(py.import("sys")?.getattr("modules")?.cast_into::<PyDict>()?.unbind());
    let modules = MODULES.get_or_try_init(py, find)?.bind(py);
    let Some(module) = modules.get_item("greenlet")? else { return Ok(()) };
    // While it is being imported it has none yet.
    let Ok(current) = module.getattr("getcurrent") else { return Ok(()) };
    _ = CURRENT.set(py, current.unbind());
    task::tell_apart(number);
    Ok(())
}

/// The number of the greenlet that runs on this thread: its address.
fn number() -> usize {
    // Where Python is at its end, there is one task.
    with_gil(present).flatten().unwrap_or(1)
}

fn present(py: Python<'_>) -> Option<usize> {
    let current = CURRENT.get(py)?.bind(py).call0().ok()?;
    Some(current.as_ptr().addr())
}

/// The present greenlet is in a host function until what this gives goes, if there are greenlets.
pub(super) fn in_host(py: Python<'_>) -> Option<Host> {
    present(py).map(Host::of)
}
