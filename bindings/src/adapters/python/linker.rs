//! Linking: instances, and the bodies of the host functions that a linker knows.
//!
//! What needs host functions raises `Unready` where it lacks the body of one, or where another thread has defined something
//! meanwhile. Then nothing has run, and the package begins again.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;
use trimaran::adapter::UnboundHostFunc;
use trimaran::{Result, Store, WasmtimeError};

use super::at_end::Ask;
use super::convert::{give_object, package, raw_store, take_object, take_text, this};
use super::generated::{InstancePreBase, LinkerBase, ModuleBase, give_extern};
use super::host::Body;
use super::{StoreBase, detached, enter, entry, native_store, quick, raised};

/// What is said by `Unready`, with the error that it carries.
fn unready(py: Python<'_>, error: WasmtimeError) -> PyErr {
    static UNREADY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let make = || -> PyResult<PyErr> {
        let unready = package(py, &UNREADY, "trimaran._bodies", "Unready")?;
        Ok(PyErr::from_value(unready.ask1((raised(py, error).into_value(py),))?))
    };
    make().unwrap_or_else(|error| error)
}

/// Runs what needs host functions, once they have their bodies. What a host function raises is `Host`, and so no guest ends
/// with `NotFound`: that is the core's, before anything runs.
fn linked<R: Send>(py: Python<'_>, work: impl FnOnce() -> Result<R> + Send) -> PyResult<R> {
    detached(py, || entry(work)).map_err(|error| match *error {
        error @ WasmtimeError::NotFound { .. } => unready(py, error),
        error => raised(py, error),
    })
}

#[pymethods]
impl LinkerBase {
    /// Instantiates a module with what the linker knows. What the host functions call, and whether with their caller, is in
    /// `bodies`, by the numbers that the core gave.
    fn _instantiate<'py>(
        slf: &Bound<'py, Self>,
        store: &Bound<'py, PyAny>,
        module: &Bound<'py, PyAny>,
        bodies: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (py, linker, opened) = (slf.py(), this(slf)?, raw_store(store)?);
        let module = take_object::<ModuleBase>(module, format_args!("the module"))?;
        if !give(store, opened, bodies, || linker.unbound_host_funcs(opened, Some(&**module)))? {
            let reason = "the host function has no callback in this store".to_owned();
            return Err(unready(py, WasmtimeError::Unexpected { reason }));
        }
        give_object(py, linked(py, || linker.instantiate(opened, module))?)
    }

    /// Defines what a module exports.
    fn _define_module<'py>(
        slf: &Bound<'py, Self>,
        store: &Bound<'py, PyAny>,
        name: &Bound<'py, PyAny>,
        module: &Bound<'py, PyAny>,
        bodies: &Bound<'py, PyDict>,
    ) -> PyResult<()> {
        let (py, linker, opened) = (slf.py(), this(slf)?, raw_store(store)?);
        let name = take_text(name, format_args!("the name"))?;
        let module = take_object::<ModuleBase>(module, format_args!("the module"))?;
        give(store, opened, bodies, || linker.unbound_host_funcs(opened, Some(&**module)))?;
        linked(py, || linker.define_module(opened, &name, module))
    }

    /// What is defined by a name.
    fn _get<'py>(
        slf: &Bound<'py, Self>,
        store: &Bound<'py, PyAny>,
        module: &Bound<'py, PyAny>,
        name: &Bound<'py, PyAny>,
        bodies: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (py, linker, opened) = (slf.py(), this(slf)?, raw_store(store)?);
        let module = take_text(module, format_args!("the module's name"))?;
        let name = take_text(name, format_args!("the name"))?;
        give(store, opened, bodies, || linker.unbound_host_funcs(opened, None))?;
        give_extern(py, linked(py, || linker.get(opened, &module, &name))?)
    }

    /// The function that a module of a name is run by.
    fn _get_default<'py>(
        slf: &Bound<'py, Self>,
        store: &Bound<'py, PyAny>,
        name: &Bound<'py, PyAny>,
        bodies: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (py, linker, opened) = (slf.py(), this(slf)?, raw_store(store)?);
        let name = take_text(name, format_args!("the name"))?;
        give(store, opened, bodies, || linker.unbound_host_funcs(opened, None))?;
        give_object(py, linked(py, || linker.get_default(opened, &name))?)
    }
}

#[pymethods]
impl InstancePreBase {
    /// Makes an instance of what a linker has looked up. `bodies` are those of that moment.
    fn _instantiate<'py>(
        slf: &Bound<'py, Self>,
        store: &Bound<'py, PyAny>,
        bodies: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (py, pre, opened) = (slf.py(), this(slf)?, raw_store(store)?);
        give(store, opened, bodies, || pre.unbound_host_funcs(opened))?;
        give_object(py, enter(py, || pre.instantiate(opened))?)
    }
}

/// Gives the host functions that are `needed` in a store their bodies. Whether `bodies` has all of them; nothing is
/// asked where there are none.
fn give(
    store: &Bound<'_, PyAny>,
    opened: &Arc<Store>,
    bodies: &Bound<'_, PyDict>,
    needed: impl FnOnce() -> Result<Vec<UnboundHostFunc>> + Send,
) -> PyResult<bool> {
    if bodies.is_empty() {
        return Ok(true);
    }
    let Some(home): Option<Bound<'_, StoreBase>> = native_store(store) else { return Ok(true) };
    let mut has_all = true;
    for host in quick(store.py(), opened, needed)? {
        let Some(found) = bodies.get_item(host.number())? else {
            has_all = false;
            continue;
        };
        let (function, pass_caller) = found.extract::<(Bound<'_, PyAny>, bool)>()?;
        let body = Body::new(&home, function, pass_caller, &host.signature(), Some(host.name()))?;
        quick(store.py(), opened, || host.bind(opened, Box::new(body)))?;
    }
    Ok(has_all)
}
