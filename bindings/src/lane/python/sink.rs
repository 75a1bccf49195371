//! What is given the output of guests: Python callables.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use trimaran::{OutputSink, Result, UniFfiTag, WasmtimeError};
use uniffi::Lower;

use super::at_end::{Ask, let_go};
use super::host::THROWN;
use super::{Owned, with_gil};

struct Sink(Owned);

impl Sink {
    fn run(&self, py: Python<'_>, bytes: &[u8]) -> PyResult<bool> {
        let Some(write) = self.0.get(py) else { return Ok(false) };
        let done = write.ask1((PyBytes::new(py, bytes),))?;
        let_go(done.unbind(), py);
        Ok(true)
    }
}

impl OutputSink for Sink {
    fn write(&self, bytes: Vec<u8>) -> Result<()> {
        let done = with_gil(|py| self.run(py, &bytes).map_err(|error| THROWN.keep(error.into_value(py))));
        match done {
            Some(Ok(true)) => Ok(()),
            Some(Err(error)) => Err(error),
            Some(Ok(false)) | None => Err(WasmtimeError::Closed { what: "store".to_owned() }),
        }
    }
}

/// A handle of something that calls `write` with each piece of output, for the generated code to own.
#[pyfunction]
pub(crate) fn new_sink(write: Py<PyAny>) -> u64 {
    let sink: Arc<dyn OutputSink> = Arc::new(Sink(Owned::new(write)));
    <Arc<dyn OutputSink> as Lower<UniFfiTag>>::lower(sink).as_raw()
}
