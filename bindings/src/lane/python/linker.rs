//! Linking: instances, and the bodies of the host functions that a linker knows.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use trimaran::{Bodiless, Instance, InstancePre, Linker, Module, Result, Store, WasmtimeError};
use uniffi::Handle;

use super::host::Body;
use super::{Held, StoreLane, detached, enter, entry, made, nothing, open, quick, raised, shared, unmade};

/// Makes an instance by a linker, and gives the handle of it, for the package to own. What the host functions call, and whether
/// with their caller, is in `bodies`, by the numbers that the core gave.
///
/// Gives nothing where it lacks one, or where another thread has defined something meanwhile. Then nothing has run.
#[pyfunction]
pub(crate) fn link(
    py: Python<'_>,
    linker: u64,
    store: &Bound<'_, StoreLane>,
    module: u64,
    bodies: &Bound<'_, PyDict>,
) -> PyResult<Option<u64>> {
    // SAFETY: the function is private to the package, which keeps both meanwhile.
    let (linker, module) = unsafe { (shared::<Linker>(py, linker)?, shared::<Module>(py, module)?) };
    let opened = opened(store)?;
    if !give(store, bodies, || linker.bodiless(opened, Some(&*module)))? {
        return Ok(None);
    }
    match detached(py, || entry(|| linker.instantiate(opened, &module))) {
        Ok(instance) => Ok(Some(Handle::from_arc(instance).as_raw())),
        // No guest ends with it: what a host function raises is `Host`.
        Err(error) if matches!(*error, WasmtimeError::NotFound { .. }) => Ok(None),
        Err(error) => Err(raised(py, *error)),
    }
}

/// Gives the host functions that a module imports, or with 0 all of a linker's, their bodies in the store, as `link` does: as
/// many as `bodies` has.
#[pyfunction]
pub(crate) fn linker_ready(
    linker: u64,
    store: &Bound<'_, StoreLane>,
    module: u64,
    bodies: &Bound<'_, PyDict>,
) -> PyResult<()> {
    // SAFETY: the function is private to the package, which keeps both meanwhile.
    let linker = unsafe { shared::<Linker>(store.py(), linker) }?;
    // SAFETY: as above.
    let module = if module == 0 { None } else { Some(unsafe { shared::<Module>(store.py(), module) }?) };
    let opened = opened(store)?;
    give(store, bodies, || linker.bodiless(opened, module.as_deref())).map(drop)
}

/// Makes an instance of what a linker has looked up, and gives the handle of it, for the package to own. `bodies` are those of
/// that moment.
#[pyfunction]
pub(crate) fn instantiate_pre(
    py: Python<'_>,
    pre: u64,
    store: &Bound<'_, StoreLane>,
    bodies: &Bound<'_, PyDict>,
) -> PyResult<u64> {
    // SAFETY: the function is private to the package, which keeps it meanwhile.
    let pre = unsafe { shared::<InstancePre>(py, pre) }?;
    let opened = opened(store)?;
    give(store, bodies, || pre.bodiless(opened))?;
    enter(py, || pre.instantiate(opened)).map(|instance| Handle::from_arc(instance).as_raw())
}

fn opened<'a>(store: &'a Bound<'_, StoreLane>) -> PyResult<&'a Arc<Store>> {
    store.get().held.get().ok_or_else(|| unmade(store.py()))
}

/// Gives the functions of the host that are `needed` in a store their bodies. Whether `bodies` has all of them; nothing is
/// asked where there are none.
fn give(
    store: &Bound<'_, StoreLane>,
    bodies: &Bound<'_, PyDict>,
    needed: impl FnOnce() -> Result<Vec<Bodiless>> + Send,
) -> PyResult<bool> {
    if bodies.is_empty() {
        return Ok(true);
    }
    let opened = opened(store)?;
    let mut has_all = true;
    for host in quick(store.py(), opened, needed)? {
        let Some(found) = bodies.get_item(host.number())? else {
            has_all = false;
            continue;
        };
        let (function, pass_caller) = found.extract::<(Bound<'_, PyAny>, bool)>()?;
        let body = Body::new(store, function, pass_caller, &host.signature())?;
        quick(store.py(), opened, || host.give(opened, Box::new(body)))?;
    }
    Ok(has_all)
}

/// The base class of `trimaran.Instance`. The generated code makes an object of it when that is first asked for.
#[pyclass(subclass, frozen, module = "trimaran._native")]
pub(crate) struct InstanceLane {
    held: Held<Instance>,
}

#[pymethods]
impl InstanceLane {
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(_arguments: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Self {
        Self { held: Held::nothing() }
    }

    /// Takes over the handle that one of the functions here gave.
    fn _take(&self, py: Python<'_>, handle: u64) -> PyResult<()> {
        // SAFETY: the method is private to the package, which passes the handle that it got for this, once.
        let instance = unsafe { open::<Instance>(handle) }.ok_or_else(|| nothing(py))?;
        self.held.0.set(instance).map_err(|_| made(py))
    }

    /// A handle of its own for the generated code.
    fn _lend(&self, py: Python<'_>) -> PyResult<u64> {
        self.held.get().map(|instance| Handle::from_arc(Arc::clone(instance)).as_raw()).ok_or_else(|| unmade(py))
    }
}
