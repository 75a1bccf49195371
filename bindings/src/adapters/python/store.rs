//! Stores: the host functions and objects that one keeps, and the memory that a caller was last asked for.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use trimaran::{Memory, Store};

use super::super::let_go;
use super::convert::{HasHandle, open as fill, take_object, this, unopened};
use super::generated::EngineBase;
use super::host::Kept;
use super::{NativeHandle, ctrl_c, detached, enter, greenlets, interrupt_check, with_gil};

/// The base class of `trimaran.Store`.
#[pyclass(subclass, frozen, module = "trimaran._native")]
pub(crate) struct StoreBase {
    pub(super) handle: NativeHandle<Store>,
    pub(super) kept: Arc<Kept>,
    /// The memory that a caller was last asked for: most host functions ask for it again and again.
    last: Mutex<Option<Named>>,
}

/// A memory by the name that it was asked for, in the core and as the package has it. It refers to nothing of Python's.
pub(super) struct Named {
    pub(super) name: String,
    pub(super) memory: Arc<Memory>,
    pub(super) object: Py<PyAny>,
}

#[pymethods]
impl StoreBase {
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(_arguments: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Self {
        Self { handle: NativeHandle::empty(), kept: Arc::default(), last: Mutex::new(None) }
    }

    fn _make(slf: &Bound<'_, Self>, engine: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = slf.py();
        unopened(slf)?;
        let engine = take_object::<EngineBase>(engine, format_args!("the engine"))?;
        let store = enter(py, || Store::new(engine))?;
        if !store.set_interrupt_check(|| Box::new(interrupt_check::Signals)) {
            ctrl_c::watch(py)?;
        }
        let kept = &slf.get().kept;
        kept.belongs_to(slf)?;
        store.set_language_store(Box::new(Arc::downgrade(kept)));
        fill(slf, store)?;
        greenlets::look(py)
    }

    /// Refuses one that was never made.
    fn _check(slf: &Bound<'_, Self>) -> PyResult<()> {
        this(slf).map(drop)
    }

    /// How long each run may take, in milliseconds, and 0 for ever; nothing where no run can be interrupted.
    fn _run_limit(slf: &Bound<'_, Self>) -> PyResult<Option<u64>> {
        Ok(this(slf)?.run_limit())
    }

    /// Whether this thread could enter it now, without a wait.
    fn _is_free(slf: &Bound<'_, Self>) -> PyResult<bool> {
        Ok(this(slf)?.try_hold().is_some())
    }

    /// Lets go of all host functions and objects, after close.
    fn _forget(&self) {
        drop(self.kept.take());
        self.remember(None);
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.kept.traverse(&visit)
    }

    fn __clear__(&self) {
        self._forget();
    }
}

impl StoreBase {
    /// The package's own object of a store, if it is still there.
    pub(super) fn of<'py>(py: Python<'py>, store: &Store) -> Option<Bound<'py, Self>> {
        store.language_store::<Weak<Kept>>()?.upgrade()?.home(py)
    }

    pub(super) fn remember(&self, named: Option<Named>) {
        let before = std::mem::replace(&mut *self.last.lock().unwrap_or_else(PoisonError::into_inner), named);
        // Not while it is locked.
        drop(before);
    }

    /// The memory of that name that was last asked for.
    pub(super) fn last(&self, py: Python<'_>, name: &str) -> Option<(Arc<Memory>, Py<PyAny>)> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let named = last.as_ref().filter(|named| named.name == name)?;
        Some((Arc::clone(&named.memory), named.object.clone_ref(py)))
    }
}

impl HasHandle for StoreBase {
    type Core = Store;

    fn handle(&self) -> &NativeHandle<Store> {
        &self.handle
    }
}

impl Drop for StoreBase {
    /// Everything in the store may go here: not with the GIL held.
    fn drop(&mut self) {
        if let Some(store) = self.handle.0.take() {
            // Where Python is at its end, the process is as well.
            with_gil(|py| detached(py, || let_go(store)));
        }
    }
}
