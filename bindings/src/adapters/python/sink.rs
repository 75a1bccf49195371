//! What is given the output of guests: Python callables.

use std::fmt::Arguments;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes};
use trimaran::{OutputSink, Result, WasmtimeError};

use super::at_end::{Ask, let_go};
use super::host::THROWN;
use super::{Owned, with_gil};

struct Sink(Owned);

impl Sink {
    /// Whether it has taken the piece; none where the store is gone.
    fn run(&self, py: Python<'_>, bytes: &[u8]) -> PyResult<Option<bool>> {
        let Some(write) = self.0.get(py) else { return Ok(None) };
        let done = write.ask1((PyBytes::new(py, bytes),))?;
        let has_taken = !done.is(PyBool::new(py, false));
        let_go(done.unbind(), py);
        Ok(Some(has_taken))
    }
}

impl OutputSink for Sink {
    fn write(&self, bytes: Vec<u8>) -> Result<bool> {
        let done = with_gil(|py| self.run(py, &bytes).map_err(|error| THROWN.keep(error.into_value(py))));
        match done {
            Some(Ok(Some(has_taken))) => Ok(has_taken),
            Some(Err(error)) => Err(error),
            Some(Ok(None)) | None => Err(WasmtimeError::Closed { what: "store".to_owned() }),
        }
    }
}

/// What calls a callable with each piece of output.
pub(super) fn take_output_sink(value: &Bound<'_, PyAny>, _what: Arguments<'_>) -> PyResult<Arc<dyn OutputSink>> {
    Ok(Arc::new(Sink(Owned::new(value.clone().unbind()))))
}
