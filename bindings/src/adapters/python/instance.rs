//! Instances: what one exports is asked for again and again, and so it is kept beside it, by name.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use trimaran::Instance;

use super::at_end::Ask;
use super::convert::{HasHandle, raw_store, this};
use super::{NativeHandle, StoreBase, made, native_store, nothing, unmade};

/// The base class of `trimaran.Instance`.
#[pyclass(subclass, frozen, module = "trimaran._native")]
pub(crate) struct InstanceBase {
    handle: NativeHandle<Instance>,
    known: Mutex<Option<Py<ExportsBase>>>,
}

impl HasHandle for InstanceBase {
    type Core = Instance;

    fn handle(&self) -> &NativeHandle<Instance> {
        &self.handle
    }
}

#[pymethods]
impl InstanceBase {
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(_arguments: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Self {
        Self { handle: NativeHandle::empty(), known: Mutex::new(None) }
    }

    /// Everything that the instance exports, by name, in the module's order.
    fn exports<'py>(slf: &Bound<'py, Self>, store: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let (py, instance) = (slf.py(), slf.get());
        if let Some(known) = instance.known_of(store) {
            return Ok(known);
        }
        this(slf)?;
        raw_store(store)?;
        let home = native_store(store).ok_or_else(|| nothing(py))?;
        // By the caller of a host function, maybe.
        if let Some(known) = instance.known_of(home.as_any()) {
            return Ok(known);
        }
        let made = slf.ask_method1(intern!(py, "_exports_of"), (home, store))?;
        instance.keep(made.cast::<ExportsBase>().ok().map(|made| made.clone().unbind()));
        Ok(made)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // What is not shown is taken for being in use.
        self.known.try_lock().map_or(Ok(()), |known| visit.call(&*known))
    }

    fn __clear__(&self) {
        self.keep(None);
    }
}

impl InstanceBase {
    /// The exports, if they have been asked for before with that very object, a store that is open.
    fn known_of<'py>(&self, store: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
        let known = self.lock();
        let exports = known.as_ref()?;
        exports.get().is_of(store).then(|| exports.bind(store.py()).as_any().clone())
    }

    fn keep(&self, known: Option<Py<ExportsBase>>) {
        let before = std::mem::replace(&mut *self.lock(), known);
        // To let go of what was there may run anything: not while it is locked.
        drop(before);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Py<ExportsBase>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The base class of `trimaran.InstanceExports`: the items by name, and the store that they are of.
#[pyclass(subclass, frozen, module = "trimaran._native")]
pub(crate) struct ExportsBase(OnceLock<(Py<StoreBase>, Py<PyDict>)>);

#[pymethods]
impl ExportsBase {
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(_arguments: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Self {
        Self(OnceLock::new())
    }

    fn _fill(&self, py: Python<'_>, store: Py<StoreBase>, items: Py<PyDict>) -> PyResult<()> {
        self.0.set((store, items)).map_err(|_| made(py))
    }

    #[getter]
    fn _store(slf: &Bound<'_, Self>) -> PyResult<Py<StoreBase>> {
        Ok(Self::content(slf)?.0.clone_ref(slf.py()))
    }

    #[getter]
    fn _items(slf: &Bound<'_, Self>) -> PyResult<Py<PyDict>> {
        Ok(Self::content(slf)?.1.clone_ref(slf.py()))
    }

    /// What is exported under a name; the package knows places and slices, and what is wrong with the rest.
    fn __getitem__<'py>(slf: &Bound<'py, Self>, key: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        if key.is_exact_instance_of::<PyString>()
            && let Some(found) = Self::content(slf)?.1.bind(slf.py()).get_item(key)?
        {
            return Ok(found);
        }
        slf.ask_method1(intern!(slf.py(), "_other"), (key,))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let Some((store, items)) = self.0.get() else { return Ok(()) };
        visit.call(store)?;
        visit.call(items)
    }
}

impl ExportsBase {
    fn content<'a>(slf: &'a Bound<'_, Self>) -> PyResult<&'a (Py<StoreBase>, Py<PyDict>)> {
        slf.get().0.get().ok_or_else(|| unmade(slf.as_any()))
    }

    /// Whether they are of that very object, a store that is open.
    fn is_of(&self, store: &Bound<'_, PyAny>) -> bool {
        let Some((home, _)) = self.0.get() else { return false };
        let is_open =
            || home.get().handle.get().is_some_and(|store| store.is_released().is_ok_and(|is_closed| !is_closed));
        home.as_ptr() == store.as_ptr() && is_open()
    }
}
