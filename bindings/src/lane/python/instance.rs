//! Instances: what one exports is asked for again and again, and so it is kept beside it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use trimaran::Instance;

use super::Held;
use super::convert::Opened;

/// The base class of `trimaran.Instance`.
#[pyclass(subclass, frozen, module = "trimaran._native")]
pub(crate) struct InstanceLane {
    held: Held<Instance>,
    known: Mutex<Option<Py<PyAny>>>,
}

impl Opened for InstanceLane {
    type Core = Instance;

    fn held(&self) -> &Held<Instance> {
        &self.held
    }
}

#[pymethods]
impl InstanceLane {
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(_arguments: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Self {
        Self { held: Held::nothing(), known: Mutex::new(None) }
    }

    /// What was last asked for, if anything was.
    #[getter]
    fn _known(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.lock().as_ref().map(|known| known.clone_ref(py))
    }

    #[setter(_known)]
    fn keep(&self, known: Option<Py<PyAny>>) {
        // To let go of what was there may run anything: not while it is locked.
        let before = std::mem::replace(&mut *self.lock(), known);
        drop(before);
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // What is not shown is taken for being in use.
        self.known.try_lock().map_or(Ok(()), |known| visit.call(&*known))
    }

    fn __clear__(&self) {
        self.keep(None);
    }
}

impl InstanceLane {
    fn lock(&self) -> MutexGuard<'_, Option<Py<PyAny>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
