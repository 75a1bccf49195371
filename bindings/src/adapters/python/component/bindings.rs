//! What generated bindings need of the extension module, beside calls.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use trimaran::adapter::{component_file as read_file, python_bindings};

use super::super::convert::{bytes_of, open, this};
use super::super::enter;
use super::super::generated::ComponentResourceBase;

/// The bytes of a file with a component.
#[pyfunction]
pub(crate) fn component_file<'py>(py: Python<'py>, path: &str) -> PyResult<Bound<'py, PyAny>> {
    bytes_of(py, &enter(py, || read_file(path.as_ref()))?)
}

/// The files of the bindings of a component, each as its path and its text.
#[pyfunction]
pub(crate) fn component_bindings(
    wasm: &Bound<'_, PyBytes>,
    name: &str,
    path: Option<&str>,
) -> PyResult<Vec<(String, String)>> {
    let bytes = wasm.as_bytes();
    enter(wasm.py(), || python_bindings(bytes, name, path.map(AsRef::as_ref)))
}

#[pymethods]
impl ComponentResourceBase {
    /// Makes this object stand for the same resource as another one.
    fn _take(slf: &Bound<'_, Self>, other: &Bound<'_, Self>) -> PyResult<()> {
        open(slf, std::sync::Arc::clone(this(other)?))
    }
}
