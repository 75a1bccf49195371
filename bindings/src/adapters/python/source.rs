//! What gives guests their standard input: Python callables.

use std::fmt::Arguments;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use trimaran::{InputSource, Result, WasmtimeError};

use super::at_end::{Ask, let_go};
use super::host::THROWN;
use super::{Owned, with_gil};

struct Source(Owned);

impl Source {
    /// What the callable gives; none where the store is gone. The facade gives `bytes`.
    fn run(&self, py: Python<'_>, most: u64) -> PyResult<Option<Vec<u8>>> {
        let Some(read) = self.0.get(py) else { return Ok(None) };
        let given = read.ask1((most,))?;
        // The core refuses one more than it asked for.
        let some = usize::try_from(most).unwrap_or(usize::MAX).saturating_add(1);
        let bytes = given.cast::<PyBytes>().map(|bytes| bytes.as_bytes().iter().take(some).copied().collect());
        let bytes = bytes.map_err(PyErr::from);
        let_go(given.unbind(), py);
        bytes.map(Some)
    }
}

impl InputSource for Source {
    fn read(&self, most: u64) -> Result<Vec<u8>> {
        let done = with_gil(|py| self.run(py, most).map_err(|error| THROWN.keep(error.into_value(py))));
        match done {
            Some(Ok(Some(bytes))) => Ok(bytes),
            Some(Err(error)) => Err(error),
            Some(Ok(None)) | None => Err(WasmtimeError::Closed { what: "store".to_owned() }),
        }
    }
}

/// What asks a callable for each piece of input.
pub(super) fn take_input_source(value: &Bound<'_, PyAny>, _what: Arguments<'_>) -> PyResult<Arc<dyn InputSource>> {
    Ok(Arc::new(Source(Owned::new(value.clone().unbind()))))
}
