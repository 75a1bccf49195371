//! Globals, tables, and objects of Python as references.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use trimaran::{Global, Reference, Table, WasmtimeError};
use uniffi::Handle;

use super::at_end::Ask;
use super::func::bits;
use super::host::{Object, borrow, object};
use super::{Held, closed, enter, lane_of, quick, raised, shared, store_of, whole};

/// The base class of `trimaran.Global`.
#[pyclass(subclass, frozen, module = "trimaran._native")]
pub(crate) struct GlobalLane(Held<Global>);

#[pymethods]
impl GlobalLane {
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(_arguments: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Self {
        Self(Held::nothing())
    }

    fn _open(&self, py: Python<'_>, handle: u64) -> PyResult<()> {
        // SAFETY: the method is private to the package, which passes the handle of an object of this kind and keeps it.
        unsafe { self.0.open(py, handle) }
    }

    /// The value now, as a plain object.
    fn value<'py>(slf: &Bound<'py, Self>, store: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let (Some(global), Some(opened)) = (slf.get().0.get(), store_of(store)) else {
            return slf.ask_method1("_value", (store,));
        };
        let (kind, slot) = quick(py, opened, || Ok((global.kind(opened)?, global.get_slot(opened)?)))?;
        object(store, kind, slot)
    }

    /// Sets the value to a plain object or a `Val`.
    ///
    /// Raises `WasmTypeError` for a constant global or a value of another type, and `RangeError` for a number that
    /// does not fit.
    fn set_value<'py>(slf: &Bound<'py, Self>, store: &Bound<'py, PyAny>, val: &Bound<'py, PyAny>) -> PyResult<()> {
        let py = slf.py();
        if let (Some(global), Some(opened)) = (slf.get().0.get(), store_of(store)) {
            let kind = quick(py, opened, || global.kind(opened))?;
            if let Some(slot) = bits(val, kind) {
                // SAFETY: `bits` gives nothing for references.
                return quick(py, opened, || unsafe { global.set_slot(opened, slot) });
            }
        }
        slf.ask_method1("_set_value", (store, val)).map(|_| ())
    }
}

/// The base class of `trimaran.Table`.
#[pyclass(subclass, frozen, module = "trimaran._native")]
pub(crate) struct TableLane(Held<Table>);

#[pymethods]
impl TableLane {
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(_arguments: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Self {
        Self(Held::nothing())
    }

    fn _open(&self, py: Python<'_>, handle: u64) -> PyResult<()> {
        // SAFETY: the method is private to the package, which passes the handle of an object of this kind and keeps it.
        unsafe { self.0.open(py, handle) }
    }

    /// The size now, in elements.
    fn size<'py>(slf: &Bound<'py, Self>, store: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        match (slf.get().0.get(), store_of(store)) {
            (Some(table), Some(opened)) => {
                let size = quick(py, opened, || table.size(opened))?;
                Ok(size.into_pyobject(py)?.into_any())
            }
            _ => slf.ask_method1("_size", (store,)),
        }
    }

    /// The element at `idx`, as a plain object.
    fn get<'py>(
        slf: &Bound<'py, Self>,
        store: &Bound<'py, PyAny>,
        idx: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        match (slf.get().0.get(), store_of(store), whole::<i64>(idx)) {
            (Some(table), Some(opened), Some(index)) if index >= 0 => {
                let (kind, slot) = quick(py, opened, || Ok((table.kind(opened)?, table.get_slot(opened, index)?)))?;
                object(store, kind, slot)
            }
            _ => slf.ask_method1("_get", (store, idx)),
        }
    }

    /// Sets the element at `idx` to a plain object or a `Val`.
    ///
    /// Raises `WasmTypeError` for an element of another type.
    fn set<'py>(
        slf: &Bound<'py, Self>,
        store: &Bound<'py, PyAny>,
        idx: &Bound<'py, PyAny>,
        val: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        let py = slf.py();
        if let (Some(table), Some(opened), Some(index)) = (slf.get().0.get(), store_of(store), whole::<i64>(idx))
            && index >= 0
        {
            let kind = quick(py, opened, || table.kind(opened))?;
            if let Some((slot, keep)) = borrow(store, kind, val)? {
                // SAFETY: `borrow` gave a handle of what is kept here.
                let done = quick(py, opened, || unsafe { table.set_slot(opened, index, slot) });
                drop(keep);
                return done;
            }
        }
        slf.ask_method1("_set", (store, idx, val)).map(|_| ())
    }
}

/// A handle of a reference to an object, for the generated code to own.
#[pyfunction]
pub(crate) fn new_extern(py: Python<'_>, store: &Bound<'_, PyAny>, object: Py<PyAny>) -> PyResult<u64> {
    let (Some(opened), Some(lane)) = (store_of(store), lane_of(store)) else {
        return Err(raised(py, WasmtimeError::Escaped));
    };
    let object = Arc::new(Object::new(lane, object));
    enter(py, || Reference::of_host(opened, object)).map(|made| Handle::from_arc(made).as_raw())
}

/// The object that a reference refers to, in a tuple; none where it refers to something else.
#[pyfunction]
pub(crate) fn extern_object(py: Python<'_>, store: &Bound<'_, PyAny>, handle: u64) -> PyResult<Option<(Py<PyAny>,)>> {
    let Some(store) = store_of(store) else { return Err(raised(py, WasmtimeError::Escaped)) };
    // SAFETY: the function is private to the package, which keeps the reference meanwhile.
    let reference = unsafe { shared::<Reference>(py, handle)? };
    let found = enter(py, || reference.host_object(store))?;
    let Some(object) = found.as_ref().and_then(|object| object.downcast_ref::<Object>()) else { return Ok(None) };
    object.get(py).map(|object| Some((object,))).ok_or_else(|| closed(py))
}
