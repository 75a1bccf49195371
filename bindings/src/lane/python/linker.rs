//! Linking: instances, and the host functions of linkers that a store has to be given bodies for.

use pyo3::prelude::*;
use trimaran::{InstancePre, Linker, Module, Store};
use uniffi::Handle;

use super::{enter, quick, shared};

/// Makes an instance by a linker, and gives the handle of it, for the generated code to own.
#[pyfunction]
pub(crate) fn link(py: Python<'_>, linker: u64, store: u64, module: u64) -> PyResult<u64> {
    // SAFETY: the function is private to the package, which keeps all three meanwhile.
    let (linker, store, module) =
        unsafe { (shared::<Linker>(linker)?, shared::<Store>(store)?, shared::<Module>(module)?) };
    enter(py, || linker.instantiate(&store, &module)).map(|instance| Handle::from_arc(instance).as_raw())
}

/// Makes an instance of what a linker has looked up, and gives the handle of it, for the generated code to own.
#[pyfunction]
pub(crate) fn instantiate_pre(py: Python<'_>, pre: u64, store: u64) -> PyResult<u64> {
    // SAFETY: the function is private to the package, which keeps both meanwhile.
    let (pre, store) = unsafe { (shared::<InstancePre>(pre)?, shared::<Store>(store)?) };
    enter(py, || pre.instantiate(&store)).map(|instance| Handle::from_arc(instance).as_raw())
}

/// The numbers of a linker's host functions that need a body in the store, for a module or, with 0, for all of it.
#[pyfunction]
pub(crate) fn linker_hosts(py: Python<'_>, linker: u64, store: u64, module: u64) -> PyResult<Vec<u64>> {
    // SAFETY: the function is private to the package, which keeps all three meanwhile.
    let (linker, store) = unsafe { (shared::<Linker>(linker)?, shared::<Store>(store)?) };
    let module = match module {
        0 => None,
        // SAFETY: as above.
        module => Some(unsafe { shared::<Module>(module) }?),
    };
    quick(py, &store, || linker.hosts(&store, module))
}

/// The same for a prepared instance.
#[pyfunction]
pub(crate) fn pre_hosts(py: Python<'_>, pre: u64, store: u64) -> PyResult<Vec<u64>> {
    // SAFETY: the function is private to the package, which keeps both meanwhile.
    let (pre, store) = unsafe { (shared::<InstancePre>(pre)?, shared::<Store>(store)?) };
    quick(py, &store, || pre.hosts(&store))
}

/// The host function of that number in the store: the handle of it, for the package to own.
#[pyfunction]
pub(crate) fn linker_host(py: Python<'_>, linker: u64, store: u64, number: u64) -> PyResult<u64> {
    // SAFETY: the function is private to the package, which keeps both meanwhile.
    let (linker, store) = unsafe { (shared::<Linker>(linker)?, shared::<Store>(store)?) };
    quick(py, &store, || linker.host(&store, number)).map(|func| Handle::from_arc(func).as_raw())
}

/// The same for a prepared instance.
#[pyfunction]
pub(crate) fn pre_host(py: Python<'_>, pre: u64, store: u64, number: u64) -> PyResult<u64> {
    // SAFETY: the function is private to the package, which keeps both meanwhile.
    let (pre, store) = unsafe { (shared::<InstancePre>(pre)?, shared::<Store>(store)?) };
    quick(py, &store, || pre.host(&store, number)).map(|func| Handle::from_arc(func).as_raw())
}
