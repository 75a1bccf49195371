//! The extension module `trimaran._native`, which Python imports.

use pyo3::prelude::*;

#[pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::lane::python::generated::shown;
    #[pymodule_export]
    use crate::lane::python::numbers::{f32_bits, index, integer, natural, real, within};
    #[pymodule_export]
    use crate::lane::python::{
        CallerLane, ExportsLane, FuncLane, InstanceLane, MemoryView, PointerLane, StoreLane, article, failure,
        indefinite, interpreter, refer, referred, take_thrown, text,
    };

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        // It looks at the environment, which no other thread of Python changes now.
        trimaran::adapter::panic_at("");
        crate::lane::python::watch_end(module)?;
        crate::lane::python::generated::add_all(module)?;
        crate::lane::python::keep_ctrl_c();
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
