//! Linkers: what their host functions do. The package keeps it, where Python's collector sees it, and the core has a weak
//! reference.

use pyo3::prelude::*;
use pyo3::types::PyWeakrefReference;
use trimaran::adapter::{HostBody, SlotFunction, UnboundHostFunc};
use trimaran::{Result, Store, WasmtimeError};

use super::convert::{take_text, this};
use super::generated::{LinkerBase, func_type};
use super::host::{Body, THROWN};
use super::{Owned, StoreBase, enter, with_gil};

/// What a host function of a linker does: the package's `HostBody`, as long as it keeps that.
struct Definition(Owned);

impl HostBody for Definition {
    fn bind(&self, store: &Store, host: &UnboundHostFunc) -> Result<bool> {
        let closed = || WasmtimeError::Closed { what: "linker".to_owned() };
        let made = with_gil(|py| self.body(py, store, host).map_err(|error| THROWN.keep(error.into_value(py))));
        let Some(body) = made.ok_or_else(closed)?? else { return Ok(false) };
        host.bind(store, body).map(|()| true)
    }
}

impl Definition {
    /// What the function does in a store; none where the package has let go of it.
    fn body(&self, py: Python<'_>, store: &Store, host: &UnboundHostFunc) -> PyResult<Option<Box<dyn SlotFunction>>> {
        let (Some(home), Some(body)) = (StoreBase::of(py, store), self.0.referent(py)) else { return Ok(None) };
        let function = body.getattr("function")?;
        let pass_caller = body.getattr("access_caller")?.extract()?;
        let waits = body.getattr("waits")?.extract()?;
        Ok(Some(Body::new(&home, function, pass_caller, host.ty()).boxed(waits)))
    }
}

#[pymethods]
impl LinkerBase {
    /// Defines a host function. `body` is the package's `HostBody`, which the package keeps.
    fn _define_func(
        slf: &Bound<'_, Self>,
        module: &Bound<'_, PyAny>,
        name: &Bound<'_, PyAny>,
        ty: &Bound<'_, PyAny>,
        body: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let (py, linker) = (slf.py(), this(slf)?);
        let module = take_text(module, format_args!("the module's name"))?;
        let name = take_text(name, format_args!("the name"))?;
        let ty = func_type(ty)?;
        let waits = body.getattr("waits")?.extract()?;
        let body = Box::new(Definition(Owned::new(PyWeakrefReference::new(body)?.into_any().unbind())));
        enter(py, || {
            if waits {
                linker.define_async_func_with(&module, &name, ty, body)
            } else {
                linker.define_func_with(&module, &name, ty, body)
            }
        })
    }
}
