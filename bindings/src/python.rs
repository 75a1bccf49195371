//! The extension module `trimaran._native`. Python imports it, and the generated module finds the surface in
//! the same file, so that one library serves both ways.

use pyo3::prelude::*;

#[pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::lane::python::{
        CallerLane, FuncLane, GlobalLane, InstanceLane, MemoryLane, MemoryView, SharedMemoryLane, StoreLane, TableLane,
        extern_object, instantiate_pre, keep_thrown, link, linker_ready, new_extern, new_instance, new_store,
        take_thrown,
    };

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
