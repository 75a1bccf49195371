//! Globals, tables, and objects of Python as references.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use trimaran::adapter::ValKind;
use trimaran::{Reference, Val};

use super::at_end::Ask;
use super::convert::{give_object, package, raw_store, take_object, this};
use super::func::bits;
use super::generated::{GlobalBase, ReferenceBase, TableBase, value};
use super::host::{Object, borrow, object};
use super::numbers::Count;
use super::{closed, enter, nothing, quick, store_class_of};

#[pymethods]
impl GlobalBase {
    /// The value now, as a plain object.
    fn value<'py>(slf: &Bound<'py, Self>, store: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let (global, opened) = (this(slf)?, raw_store(store)?);
        let (kind, slot) = quick(py, opened, || Ok((global.kind(opened)?, global.get_slot(opened)?)))?;
        object(store, kind, slot)
    }

    /// Sets the value to a plain object or a `Val`.
    ///
    /// Raises `WasmTypeError` for a constant global or a value of another type, and `RangeError` for a number that
    /// does not fit.
    fn set_value<'py>(slf: &Bound<'py, Self>, store: &Bound<'py, PyAny>, val: &Bound<'py, PyAny>) -> PyResult<()> {
        let py = slf.py();
        let (global, opened) = (this(slf)?, raw_store(store)?);
        let kind = quick(py, opened, || global.kind(opened))?;
        if let Some(slot) = bits(val, kind) {
            // SAFETY: `bits` gives nothing for references.
            return quick(py, opened, || unsafe { global.set_slot(opened, slot) });
        }
        let value = converted(store, kind, val, "the value")?;
        quick(py, opened, || global.set(opened, value))
    }
}

#[pymethods]
impl TableBase {
    /// The element at `idx`, as a plain object.
    fn get<'py>(
        slf: &Bound<'py, Self>,
        store: &Bound<'py, PyAny>,
        idx: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (table, opened) = (this(slf)?, raw_store(store)?);
        let index = i64::count(idx, format_args!("the index"))?;
        let (kind, slot) = quick(slf.py(), opened, || Ok((table.kind(opened)?, table.get_slot(opened, index)?)))?;
        object(store, kind, slot)
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
        let (table, opened) = (this(slf)?, raw_store(store)?);
        let index = i64::count(idx, format_args!("the index"))?;
        let kind = quick(py, opened, || table.kind(opened))?;
        if let Some((slot, keep)) = borrow(store, kind, val)? {
            // SAFETY: `borrow` gave a handle of what is kept here.
            let done = quick(py, opened, || unsafe { table.set_slot(opened, index, slot) });
            drop(keep);
            return done;
        }
        let value = converted(store, kind, val, "the element")?;
        quick(py, opened, || table.set(opened, index, value))
    }
}

/// A plain object or a `Val` as a value of that kind, which the core judges: the package knows what each becomes.
fn converted(store: &Bound<'_, PyAny>, kind: ValKind, val: &Bound<'_, PyAny>, place: &str) -> PyResult<Val> {
    static CONVERTED: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let convert = package(store.py(), &CONVERTED, "trimaran._host", "converted")?;
    value(&convert.ask1((store, kind as u8, val, place))?, place)
}

/// A reference to an object.
#[pyfunction]
pub(crate) fn refer<'py>(store: &Bound<'py, PyAny>, object: Py<PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let (py, opened) = (store.py(), raw_store(store)?);
    let class = store_class_of(store).ok_or_else(|| nothing(py))?;
    let object = Arc::new(Object::new(class, object));
    give_object(py, enter(py, || Reference::of_host(opened, object))?)
}

/// The object that a reference refers to; the reference itself where it refers to something else.
#[pyfunction]
pub(crate) fn referred<'py>(store: &Bound<'py, PyAny>, reference: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let (py, opened) = (store.py(), raw_store(store)?);
    let held = take_object::<ReferenceBase>(reference, format_args!("the reference"))?;
    let found = enter(py, || held.host_object(opened))?;
    let Some(object) = found.as_ref().and_then(|object| object.downcast_ref::<Object>()) else {
        return Ok(reference.clone());
    };
    object.get(py).map(|object| object.into_bound(py)).ok_or_else(|| closed(py))
}
