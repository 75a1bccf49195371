//! Which object of the core stands behind one of Python.

use std::sync::Arc;

use pyo3::prelude::*;

use super::convert::this;
use super::generated::EngineBase;

#[pymethods]
impl EngineBase {
    /// A number that all objects of the same engine have, and no other one.
    fn _number(slf: &Bound<'_, Self>) -> PyResult<usize> {
        Ok(Arc::as_ptr(this(slf)?).addr())
    }
}
