//! Which object of the core stands behind one of Python.

use std::sync::Arc;

use pyo3::prelude::*;

use trimaran::adapter::OfStore;

use super::component::ComponentFuncBase;
use super::convert::{HasHandle, this};
use super::func::FuncBase;
use super::generated::{
    ComponentInstanceBase, ComponentResourceBase, ComponentStreamBase, EngineBase, GlobalBase, MemoryBase,
    ReferenceBase, TableBase, TagBase,
};
use super::instance::InstanceBase;
use super::store::StoreBase;

#[pymethods]
impl EngineBase {
    /// A number that all objects of the same engine have, and no other one.
    fn _number(slf: &Bound<'_, Self>) -> PyResult<usize> {
        Ok(Arc::as_ptr(this(slf)?).addr())
    }
}

/// The number of the store that an object belongs to, or of a store; nothing for another object, or one that was never made.
#[pyfunction]
pub(crate) fn store_number(object: &Bound<'_, PyAny>) -> Option<u64> {
    fn of<T: HasHandle>(object: &Bound<'_, PyAny>) -> Option<u64>
    where
        T::Core: OfStore,
    {
        object.cast::<T>().ok()?.get().handle().get().map(|held| held.store_number())
    }
    let kinds = [
        of::<StoreBase>,
        of::<FuncBase>,
        of::<MemoryBase>,
        of::<GlobalBase>,
        of::<TableBase>,
        of::<TagBase>,
        of::<InstanceBase>,
        of::<ReferenceBase>,
        of::<ComponentInstanceBase>,
        of::<ComponentFuncBase>,
        of::<ComponentResourceBase>,
        of::<ComponentStreamBase>,
    ];
    kinds.iter().find_map(|number| number(object))
}
