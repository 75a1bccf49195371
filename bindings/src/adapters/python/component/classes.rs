//! The classes of the package that values are made of, as the extension module finds them.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::super::convert::package;

macro_rules! of_package {
    ($($function:ident $module:literal $name:literal)*) => {
        $(pub(super) fn $function(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
            static FOUND: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
            package(py, &FOUND, $module, $name)
        })*
    };
}

of_package! {
    is_numpy_bool "trimaran._ffi" "_is_numpy_bool"
    record_class "trimaran.component.values" "Record"
    variant_class "trimaran.component.values" "Variant"
    some_class "trimaran.component.values" "Some"
    ok_class "trimaran.component.values" "Ok"
    err_class "trimaran.component.values" "Err"
    resource_host_class "trimaran.component.resource" "ResourceHost"
    host_handle_class "trimaran.component.resource" "HostHandle"
    host_owned_class "trimaran.component.resource" "HostOwned"
    to_guest "trimaran.component.resource" "to_guest"
    from_guest "trimaran.component.resource" "from_guest"
    stream_class "trimaran.component.stream" "Stream"
    future_class "trimaran.component.stream" "Future"
    source_of "trimaran.component._sources" "source_of"
}
