//! Bytes at an address, for who takes the address of a memory.

use std::ptr::with_exposed_provenance;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyInt;

use super::at_end::Ask;

/// A base class of `trimaran.Pointer`, which is an `int` as well: it has no fields of its own.
#[pyclass(subclass, frozen, module = "trimaran._native")]
pub(crate) struct PointerBase;

#[pymethods]
impl PointerBase {
    /// The byte so far from the address; the package knows slices. Nothing checks it, as with a pointer of `ctypes`.
    fn __getitem__<'py>(slf: &Bound<'py, Self>, key: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let Ok(offset) = key.cast::<PyInt>().map_err(PyErr::from).and_then(|key| key.extract::<isize>()) else {
            return slf.ask_method1(intern!(py, "_part"), (key,));
        };
        let address: usize = slf.as_any().extract()?;
        let place = with_exposed_provenance::<u8>(address.wrapping_add_signed(offset));
        // SAFETY: the documentation of the class says that the caller's index has to be inside of the memory.
        let byte = unsafe { place.read() };
        Ok(byte.into_pyobject(py)?.into_any())
    }
}
