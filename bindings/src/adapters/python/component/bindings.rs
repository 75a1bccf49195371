//! What generated bindings need of the extension module, beside calls.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use trimaran::adapter::python_bindings;

use super::super::convert::{open, this};
use super::super::enter;
use super::super::generated::ComponentResourceBase;

/// The files of the bindings of a component, each as its path and its text.
#[pyfunction]
pub(crate) fn component_bindings(wasm: &Bound<'_, PyBytes>, name: &str) -> PyResult<Vec<(String, String)>> {
    let bytes = wasm.as_bytes();
    enter(wasm.py(), || python_bindings(bytes, name))
}

#[pymethods]
impl ComponentResourceBase {
    /// Makes this object stand for the same resource as another one.
    fn _take(slf: &Bound<'_, Self>, other: &Bound<'_, Self>) -> PyResult<()> {
        open(slf, std::sync::Arc::clone(this(other)?))
    }
}
