//! The lane for Python: base classes of the package's own `Store`, `Func` and `Memory`.
//!
//! A method here does what is plain and right: exact ints and floats in range, `bytes`, offsets that are not negative.
//! For anything else it gives the call to the package's own method of the surface (`_call`, `_read`, `_write`), which
//! converts what can be converted and says what is wrong with the rest.
//!
//! No entry into a store is made with the GIL held: whoever waits for a store must not keep those from running who
//! are in it.

use std::sync::{Arc, OnceLock};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyInt, PyList, PyTuple};
use trimaran::{Func, Kind, Memory, Result, Slot, Store, WasmtimeError};

use super::{entry, error_bytes, open};

/// Calls with more values than this go over the surface.
const WIDEST: usize = 16;

/// The package's own exception for an error.
fn raised(py: Python<'_>, error: WasmtimeError) -> PyErr {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let make = || -> PyResult<PyErr> {
        let make = MAKE
            .get_or_try_init(py, || Ok::<_, PyErr>(py.import("trimaran._surface")?.getattr("lane_error")?.unbind()))?;
        Ok(PyErr::from_value(make.bind(py).call1((PyBytes::new(py, &error_bytes(error)),))?))
    };
    make().unwrap_or_else(|error| error)
}

/// Runs an entry into a store without the GIL.
fn enter<R: Send>(py: Python<'_>, work: impl FnOnce() -> Result<R> + Send) -> PyResult<R> {
    py.detach(|| entry(work)).map_err(|error| raised(py, error))
}

macro_rules! objects {
    ($($(#[doc = $doc:literal])* $name:ident of $ty:ty, as $python:literal;)*) => {
        $(
            $(#[doc = $doc])*
            #[pyclass(subclass, frozen, module = "trimaran._native", name = $python)]
            pub(crate) struct $name(OnceLock<Arc<$ty>>);

            impl $name {
                fn empty() -> Self {
                    Self(OnceLock::new())
                }

                fn open(&self, handle: u64) -> PyResult<()> {
                    // SAFETY: the method is private to the package, which passes a handle that it has just cloned.
                    let object = unsafe { open::<$ty>(handle) };
                    let object = object.ok_or_else(|| PyRuntimeError::new_err("there is no such object"))?;
                    self.0.set(object).map_err(|_| PyRuntimeError::new_err("it is open already"))
                }
            }
        )*
    };
}

objects! {
    /// The base class of `trimaran.Store`.
    StoreLane of Store, as "StoreLane";
    /// The base class of `trimaran.Func`.
    FuncLane of Func, as "FuncLane";
    /// The base class of `trimaran.Memory`.
    MemoryLane of Memory, as "MemoryLane";
}

/// The store that a caller passed, if it is one.
fn store_of<'a>(value: &'a Bound<'_, PyAny>) -> Option<&'a Arc<Store>> {
    value.cast::<StoreLane>().ok()?.get().0.get()
}

/// An offset that needs no second thought.
fn offset(value: &Bound<'_, PyAny>) -> Option<i64> {
    if !value.is_exact_instance_of::<PyInt>() {
        return None;
    }
    value.extract::<i64>().ok().filter(|value| *value >= 0)
}

#[pymethods]
impl StoreLane {
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(_arguments: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Self {
        Self::empty()
    }

    fn _open(&self, handle: u64) -> PyResult<()> {
        self.open(handle)
    }
}

#[pymethods]
impl FuncLane {
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(_arguments: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Self {
        Self::empty()
    }

    fn _open(&self, handle: u64) -> PyResult<()> {
        self.open(handle)
    }

    #[pyo3(signature = (*arguments, **keywords))]
    fn __call__<'py>(
        slf: &Bound<'py, Self>,
        arguments: &Bound<'py, PyTuple>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if keywords.is_none()
            && let Some(result) = call(slf, arguments)
        {
            return result;
        }
        slf.call_method("_call", arguments.clone(), keywords)
    }
}

/// The call, if everything about it is plain.
fn call<'py>(slf: &Bound<'py, FuncLane>, arguments: &Bound<'py, PyTuple>) -> Option<PyResult<Bound<'py, PyAny>>> {
    let py = slf.py();
    let func = slf.get().0.get()?;
    let mut given = arguments.iter_borrowed();
    let store = given.next()?;
    let store = store_of(&store)?;
    // The first call of a function looks its signature up: that waits for the store like any other.
    let signature = py.detach(|| func.signature(store)).ok()?;
    let width = signature.width();
    if given.len() != signature.params().len() || width > WIDEST {
        return None;
    }
    if signature.results().iter().any(|kind| matches!(kind, Kind::V128 | Kind::Ref)) {
        return None;
    }
    let mut room = [Slot::default(); WIDEST];
    let slots = room.get_mut(..width)?;
    for ((value, kind), slot) in given.zip(signature.params()).zip(slots.iter_mut()) {
        slot.low = bits(&value, *kind)?;
    }
    let done = enter(py, || func.call_slots(store, slots));
    Some(done.and_then(|()| match (signature.results(), &*slots) {
        ([], _) => Ok(py.None().into_bound(py)),
        ([kind], [slot, ..]) => number(py, *kind, *slot),
        (kinds, slots) => {
            let numbers: PyResult<Vec<_>> =
                kinds.iter().zip(slots).map(|(kind, slot)| number(py, *kind, *slot)).collect();
            Ok(PyList::new(py, numbers?)?.into_any())
        }
    }))
}

/// The bits of a number that fits its type as it is.
fn bits(value: &Bound<'_, PyAny>, kind: Kind) -> Option<u64> {
    match kind {
        Kind::I32 if value.is_exact_instance_of::<PyInt>() => {
            let value: i64 = value.extract().ok()?;
            // Signed or unsigned: an i32 has no sign.
            (-(1 << 31)..1 << 32).contains(&value).then_some(u64::from(value as u32))
        }
        Kind::I64 if value.is_exact_instance_of::<PyInt>() => value.extract::<i64>().ok().map(i64::cast_unsigned),
        Kind::F64 if value.is_exact_instance_of::<PyFloat>() => value.extract::<f64>().ok().map(f64::to_bits),
        Kind::F32 if value.is_exact_instance_of::<PyFloat>() => {
            value.extract::<f64>().ok().map(|value| u64::from((value as f32).to_bits()))
        }
        _ => None,
    }
}

fn number<'py>(py: Python<'py>, kind: Kind, slot: Slot) -> PyResult<Bound<'py, PyAny>> {
    Ok(match kind {
        Kind::I32 => (slot.low as u32).cast_signed().into_pyobject(py)?.into_any(),
        Kind::I64 => slot.low.cast_signed().into_pyobject(py)?.into_any(),
        Kind::F32 => PyFloat::new(py, f64::from(f32::from_bits(slot.low as u32))).into_any(),
        _ => PyFloat::new(py, f64::from_bits(slot.low)).into_any(),
    })
}

#[pymethods]
impl MemoryLane {
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(_arguments: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Self {
        Self::empty()
    }

    fn _open(&self, handle: u64) -> PyResult<()> {
        self.open(handle)
    }

    #[pyo3(signature = (store, start = None, stop = None))]
    fn read<'py>(
        slf: &Bound<'py, Self>,
        store: &Bound<'py, PyAny>,
        start: Option<&Bound<'py, PyAny>>,
        stop: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if let Some(bytes) = read(slf, store, start, stop) {
            return Ok(bytes?.into_any());
        }
        slf.call_method1("_read", (store, start, stop))
    }

    #[pyo3(signature = (store, value, start = None))]
    fn write<'py>(
        slf: &Bound<'py, Self>,
        store: &Bound<'py, PyAny>,
        value: &Bound<'py, PyAny>,
        start: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if let Some(done) = write(slf, store, value, start) {
            return done;
        }
        slf.call_method1("_write", (store, value, start))
    }

    fn size<'py>(slf: &Bound<'py, Self>, store: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        match (slf.get().0.get(), store_of(store)) {
            (Some(memory), Some(store)) => {
                Ok(enter(slf.py(), || memory.size(store))?.into_pyobject(slf.py())?.into_any())
            }
            _ => slf.call_method1("_size", (store,)),
        }
    }

    fn data_len<'py>(slf: &Bound<'py, Self>, store: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        match (slf.get().0.get(), store_of(store)) {
            (Some(memory), Some(store)) => {
                Ok(enter(slf.py(), || memory.data_len(store))?.into_pyobject(slf.py())?.into_any())
            }
            _ => slf.call_method1("_data_len", (store,)),
        }
    }
}

/// The bytes, if the range is plain.
fn read<'py>(
    slf: &Bound<'py, MemoryLane>,
    store: &Bound<'py, PyAny>,
    start: Option<&Bound<'py, PyAny>>,
    stop: Option<&Bound<'py, PyAny>>,
) -> Option<PyResult<Bound<'py, PyBytes>>> {
    let (py, memory, store) = (slf.py(), slf.get().0.get()?, store_of(store)?);
    let start = start.map_or(Some(0), offset)?;
    let stop = offset(stop?)?;
    let length = stop.checked_sub(start).filter(|length| *length >= 0)?;
    // A length that no memory has must not make an object of that size first.
    if length > 1 << 12 && !py.detach(|| memory.data_len(store)).is_ok_and(|size| stop.cast_unsigned() <= size) {
        return None;
    }
    let length = usize::try_from(length).ok()?;
    Some(PyBytes::new_with(py, length, |buffer| enter(py, || memory.read_into(store, start, buffer))))
}

/// The write, if it is of `bytes` to a plain offset.
fn write<'py>(
    slf: &Bound<'py, MemoryLane>,
    store: &Bound<'py, PyAny>,
    value: &Bound<'py, PyAny>,
    start: Option<&Bound<'py, PyAny>>,
) -> Option<PyResult<Bound<'py, PyAny>>> {
    let (py, memory, store) = (slf.py(), slf.get().0.get()?, store_of(store)?);
    let start = start.map_or(Some(0), offset)?;
    // `bytes` never change, so they can be read without the GIL.
    let data = value.cast::<PyBytes>().ok()?.as_bytes();
    let done = enter(py, || memory.write(store, data, start));
    Some(done.map(|()| py.None().into_bound(py)))
}
