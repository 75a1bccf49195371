//! Views: Python's buffer protocol over the bytes of a memory.

use std::ffi::c_int;

use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyMemoryView;
use trimaran::View;

use super::super::let_go;
use super::{detached, with_gil};

/// What a `memoryview` of a memory refers to.
#[pyclass(frozen, module = "trimaran._native")]
pub(crate) struct MemoryView(Option<View>);

impl MemoryView {
    /// The view as Python's own class has it.
    pub(super) fn show(py: Python<'_>, view: View) -> PyResult<Bound<'_, PyAny>> {
        Ok(PyMemoryView::from(Bound::new(py, Self(Some(view)))?.as_any())?.into_any())
    }
}

#[pymethods]
impl MemoryView {
    /// # Safety
    /// As Python has it: `view` is a `Py_buffer` that this may write.
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        let Some(shown) = &slf.get().0 else { return Err(PyBufferError::new_err("the view is gone")) };
        let length = shown.length().cast_signed();
        let writable = 0;
        // SAFETY: the bytes are there for as long as the buffer refers to this object; `view` is as Python has it.
        match unsafe { ffi::PyBuffer_FillInfo(view, slf.as_ptr(), shown.base().cast(), length, writable, flags) } {
            0 => Ok(()),
            _ => Err(PyErr::fetch(slf.py())),
        }
    }
}

impl Drop for MemoryView {
    /// What a closed store held may go here: not with the GIL held.
    fn drop(&mut self) {
        if let Some(view) = self.0.take() {
            // Where Python is at its end, the process is as well.
            with_gil(|py| detached(py, || let_go(view)));
        }
    }
}
