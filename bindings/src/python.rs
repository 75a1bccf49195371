//! The extension module `trimaran._native`. Python imports it, and the generated module finds the surface in
//! the same file, so that one library serves both ways.

use pyo3::prelude::*;

#[pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::lane::python::{
        CallerLane, FuncLane, GlobalLane, InstanceLane, MemoryLane, MemoryView, SharedMemoryLane, StoreLane, TableLane,
        extern_object, instantiate_pre, interpreter, link, linker_ready, new_extern, new_instance, new_sink, new_store,
        take_thrown,
    };

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        // It looks at the environment, which no other thread of Python changes now.
        trimaran::panic_at("");
        crate::lane::python::watch_end(module)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
