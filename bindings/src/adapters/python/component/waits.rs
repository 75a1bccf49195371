//! Components whose calls and instances are started as runs: they may wait for async functions of the host.

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use trimaran::adapter::{OfStore, OwnedArguments, Received};

use super::super::convert::{none, raw_store, this};
use super::super::generated::ComponentInstancePreBase;
use super::super::run::begin;
use super::super::runs::Running;
use super::super::{StoreBase, enter, hosted, native_store, nothing};
use super::func::{ComponentFuncBase, miscounted, written};
use super::read::Reader;
use super::write::{Part, Writer};

#[pymethods]
impl ComponentFuncBase {
    /// Begins a call. Gives what the function gives, if it is over by then, and else a `RunBase`.
    fn _begin<'py>(
        slf: &Bound<'py, Self>,
        store: &Bound<'py, PyAny>,
        params: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let (func, opened) = (this(slf)?, raw_store(store)?);
        let params = params.cast::<PyTuple>()?;
        let home = native_store(store).ok_or_else(|| nothing(py))?;
        let codecs = slf.get().codecs(py, func);
        if params.len() != codecs.params.len() {
            return Err(miscounted(py, codecs.params.len(), params.len()));
        }
        let Writer { bytes, beside, resources, .. } = written(py, codecs, store, params.iter_borrowed())?;
        let beside = beside.into_iter().map(Part::into_bytes).collect();
        let arguments = OwnedArguments { bytes, beside, resources };
        let of = hosted::of(py, opened.store_number())?;
        let run = enter(py, || func.start(opened, arguments, of))?;
        begin(&home, Running::Component(run), Some(slf.clone()))
    }
}

impl ComponentFuncBase {
    /// What a call gave, as Python has it.
    pub(in super::super) fn give<'py>(
        slf: &Bound<'py, Self>,
        store: &Bound<'py, StoreBase>,
        mut received: Received,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let codecs = slf.get().codecs(py, this(slf)?);
        let Some(codec) = &codecs.result else { return Ok(none(py)) };
        let mut reader = Reader::new(py, Some(store.clone()), &received, slf.get().gives_arrays());
        let value = match &codecs.raises {
            None => reader.read(codec),
            Some(class) => reader.outcome(codec, class),
        };
        received.give_back();
        value
    }
}

#[pymethods]
impl ComponentInstancePreBase {
    /// Begins to make an instance. Gives it, if it is there by then, and else a `RunBase`.
    fn _begin<'py>(slf: &Bound<'py, Self>, store: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let (py, pre, opened) = (slf.py(), this(slf)?, raw_store(store)?);
        let home = native_store(store).ok_or_else(|| nothing(py))?;
        let of = hosted::of(py, opened.store_number())?;
        begin(&home, Running::ComponentInstance(enter(py, || pre.start(opened, of))?), None)
    }
}
