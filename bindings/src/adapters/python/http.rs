//! What answers the HTTP requests of components: Python callables.

use std::fmt::Arguments;
use std::sync::Arc;

use pyo3::prelude::*;
use trimaran::{HttpHandler, HttpRequest, Result, WasmtimeError};

use super::at_end::{Ask, let_go};
use super::convert::give_object;
use super::host::THROWN;
use super::{Owned, with_gil};

struct Handler(Owned);

impl Handler {
    /// Whether the store is still there. The facade answers the request.
    fn run(&self, py: Python<'_>, request: Arc<HttpRequest>) -> PyResult<bool> {
        let Some(handle) = self.0.get(py) else { return Ok(false) };
        let done = handle.ask1((give_object(py, request)?,))?;
        let_go(done.unbind(), py);
        Ok(true)
    }
}

impl HttpHandler for Handler {
    fn handle(&self, request: Arc<HttpRequest>) -> Result<()> {
        let done = with_gil(|py| self.run(py, request).map_err(|error| THROWN.keep(error.into_value(py))));
        match done {
            Some(Ok(true)) => Ok(()),
            Some(Err(error)) => Err(error),
            Some(Ok(false)) | None => Err(WasmtimeError::Closed { what: "store".to_owned() }),
        }
    }
}

/// What calls a callable with each request.
pub(super) fn take_http_handler(value: &Bound<'_, PyAny>, _what: Arguments<'_>) -> PyResult<Arc<dyn HttpHandler>> {
    Ok(Arc::new(Handler(Owned::new(value.clone().unbind()))))
}
