//! Callers: a store, for as long as one host call lasts.

use std::sync::{Arc, OnceLock};

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyDict, PyString, PyTuple};
use trimaran::adapter::no_caller_export;
use trimaran::{Extern, Result, Store};

use super::convert::{self, give_object, moment};
use super::store::{Named, StoreBase};
use super::{generated, made, quick, raised, unmade};

/// The base class of `trimaran.Caller`: a store, for as long as one host call lasts.
#[pyclass(subclass, frozen, module = "trimaran._native")]
pub(crate) struct CallerBase(pub(super) OnceLock<(Py<StoreBase>, u64)>);

#[pymethods]
impl CallerBase {
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(_arguments: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Self {
        Self(OnceLock::new())
    }

    /// What the calling instance exports under that name, or nothing.
    fn _find<'py>(slf: &Bound<'py, Self>, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        convert::option_of(py, slf.get().find(slf, name)?.0, |item| generated::give_extern(py, item))
    }

    /// What the calling instance exports under that name. Raises `NotFoundError`, which is a `KeyError`.
    fn __getitem__<'py>(slf: &Bound<'py, Self>, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        slf.get().give(slf, name, |item, _| Ok(item))
    }

    /// The function of that name. Raises `NotFoundError`, or `WasmTypeError` for something else.
    fn func<'py>(slf: &Bound<'py, Self>, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let (item, name) = slf.get().item(slf, name)?;
        give_object(slf.py(), moment(slf.py(), || item.into_func(&name))?)
    }

    /// The memory of that name. Raises as `func` does.
    fn memory<'py>(slf: &Bound<'py, Self>, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        slf.get().give(slf, name, |item, name| Ok(Extern::OfMemory { memory: item.into_memory(name)? }))
    }

    /// The store of the guest. It may be kept.
    #[getter]
    fn store(slf: &Bound<'_, Self>) -> PyResult<Py<StoreBase>> {
        let (store, _) = slf.get().0.get().ok_or_else(|| unmade(slf.as_any()))?;
        Ok(store.clone_ref(slf.py()))
    }

    fn _check(slf: &Bound<'_, Self>) -> PyResult<()> {
        convert::raw_store(slf.as_any()).map(drop)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.0.get().map_or(Ok(()), |(store, _)| visit.call(store))
    }
}

impl CallerBase {
    /// The caller of the host call of that number, as the package has it.
    pub(super) fn make<'py>(
        class: &Bound<'py, PyAny>,
        store: &Bound<'py, StoreBase>,
        call_id: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let object = convert::fresh(class)?;
        let caller = object.cast::<Self>()?.get();
        caller.0.set((store.clone().unbind(), call_id)).map_err(|_| made(class.py()))?;
        Ok(object)
    }

    /// The store, and the number of the host call, once it is one.
    pub(super) fn opened(&self) -> Option<(&Arc<Store>, u64)> {
        let (store, call_id) = self.0.get()?;
        Some((store.get().handle.get()?, *call_id))
    }

    fn find(&self, slf: &Bound<'_, Self>, name: &Bound<'_, PyAny>) -> PyResult<(Option<Extern>, PyBackedStr)> {
        let (store, call_id) = self.opened().ok_or_else(|| unmade(slf.as_any()))?;
        let name = convert::take_text(name, format_args!("the name"))?;
        Ok((quick(slf.py(), store, || store.caller_export(call_id, &name))?, name))
    }

    /// What is exported under that name, as `check` wants it. The memory that was there before is the same object again.
    fn give<'py>(
        &self,
        slf: &Bound<'py, Self>,
        name: &Bound<'py, PyAny>,
        check: impl FnOnce(Extern, &str) -> Result<Extern>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let (store, call_id) = self.0.get().ok_or_else(|| unmade(slf.as_any()))?;
        if let (Ok(text), Some(raw)) = (name.cast::<PyString>(), store.get().handle.get())
            && let Ok(text) = text.to_str()
            && let Some((memory, object)) = store.get().last(py, text)
            && quick(py, raw, || raw.caller_has(*call_id, text, &memory))?
        {
            return Ok(object.into_bound(py));
        }
        let (item, name) = self.item(slf, name)?;
        match moment(py, || check(item, &name))? {
            Extern::OfMemory { memory } => {
                let object = give_object(py, Arc::clone(&memory))?;
                store.get().remember(Some(Named { name: name.to_string(), memory, object: object.clone().unbind() }));
                Ok(object)
            }
            other => generated::give_extern(py, other),
        }
    }

    fn item(&self, slf: &Bound<'_, Self>, name: &Bound<'_, PyAny>) -> PyResult<(Extern, PyBackedStr)> {
        let (found, name) = self.find(slf, name)?;
        let missing = || raised(slf.py(), no_caller_export(&name));
        Ok((found.ok_or_else(missing)?, name))
    }
}
