//! The extension module `trimaran._native`, which Python imports.

use pyo3::prelude::*;

#[pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::adapters::python::generated::shown;
    #[pymodule_export]
    use crate::adapters::python::numbers::{f32_bits, f32_of, index, integer, natural, real, within};
    #[pymodule_export]
    use crate::adapters::python::{
        CallerBase, ComponentFuncBase, ExportsBase, FuncBase, HostedCall, InstanceBase, MemoryView, RunBase, StoreBase,
        arrow_parts, article, backtrace, begin_instance, component_bindings, component_file, failure, indefinite,
        interpreter, made_already, never_made, packed, refer, referred, sentence, store_number, take_thrown, text,
        wrong_export,
    };

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        // It looks at the environment, which no other thread of Python changes now.
        trimaran::adapter::panic_at("");
        crate::adapters::python::watch_end(module)?;
        crate::adapters::python::generated::add_all(module)?;
        crate::adapters::python::add_pointer(module)?;
        crate::adapters::python::keep_ctrl_c();
        crate::adapters::python::watch_waits();
        crate::adapters::python::answer_for_tasks();
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
