//! Functions of the host that components call: Python callables.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyTuple, PyWeakrefReference};
use trimaran::adapter::{ComponentHostFunction, HostFuncType, Received, Reply};
use trimaran::{ComponentMistake, Result, Store, WasmtimeError};

use super::super::at_end::{Ask, let_go};
use super::super::convert::{package, take_list, take_text, this};
use super::super::generated::ComponentLinkerBase;
use super::super::host::THROWN;
use super::super::{CallerBase, Owned, StoreBase, closed, enter, greenlets, with_gil};
use super::codec::Codecs;
use super::read::Reader;
use super::write::{Part, Writer, mistake};

/// What a host function does: the package's `HostBody`, as long as it keeps that.
struct Definition(Owned);

impl ComponentHostFunction for Definition {
    fn call(&self, store: &Store, call_id: u64, ty: &HostFuncType, arguments: Received) -> Result<Reply> {
        let closed = || WasmtimeError::Closed { what: "linker".to_owned() };
        // This thread has the store's turn. A thread that waits for that turn does so without the GIL.
        let done = with_gil(|py| {
            let _greenlet = greenlets::in_host(py);
            self.run(py, store, call_id, ty, &arguments)
        });
        done.ok_or_else(closed)?
    }
}

static CALLER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

impl Definition {
    fn run(
        &self,
        py: Python<'_>,
        store: &Store,
        call_id: u64,
        ty: &HostFuncType,
        arguments: &Received,
    ) -> Result<Reply> {
        let thrown = |error: PyErr| THROWN.keep(error.into_value(py));
        let Some(body) = self.0.referent(py) else { return Err(WasmtimeError::Closed { what: "linker".to_owned() }) };
        let codecs = codecs(py, ty);
        let home = StoreBase::of(py, store);
        let value = self.value(&body, home.as_ref(), call_id, codecs, arguments).map_err(thrown)?;
        let mut reply = Writer::new(home.clone());
        let written = match &codecs.result {
            Some(codec) => reply.write(codec, &value),
            None if value.is_none() => Ok(()),
            None => mistake(ComponentMistake::Count { what: "values".to_owned(), expected: 0, found: 1 }),
        };
        let_go(value.unbind(), py);
        written.map_err(|misfit| misfit.at("result").into_core(py, |path, mistake| ty.refuse(path, mistake)))?;
        let Writer { bytes, beside, resources, .. } = reply;
        Ok(Reply { bytes, beside: beside.into_iter().map(Part::into_bytes).collect(), resources })
    }

    /// What the callable gives.
    fn value<'py>(
        &self,
        body: &Bound<'py, PyAny>,
        home: Option<&Bound<'py, StoreBase>>,
        call_id: u64,
        codecs: &Codecs,
        arguments: &Received,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = body.py();
        let mut given = Vec::with_capacity(codecs.params.len() + 1);
        if body.getattr(pyo3::intern!(py, "access_caller"))?.extract()? {
            let home = home.ok_or_else(|| closed(py))?;
            given.push(CallerBase::make(package(py, &CALLER, "trimaran", "Caller")?, home, call_id)?);
        }
        let mut reader = Reader::new(py, home.cloned(), arguments, false);
        for codec in &codecs.params {
            given.push(reader.read(codec)?);
        }
        body.getattr(pyo3::intern!(py, "function"))?.ask1(PyTuple::new(py, given)?)
    }
}

/// How the values of a host function are written and read.
fn codecs<'a>(py: Python<'_>, ty: &'a HostFuncType) -> &'a Codecs {
    loop {
        if let Some(known) = ty.of_language.get().and_then(|known| known.downcast_ref()) {
            return known;
        }
        // Not in the lock: to make an object may run anything. A guest imports no resource that is another guest's.
        let made = Codecs::of(py, &ty.params, &ty.results, &|_| None);
        _ = ty.of_language.set(Box::new(made));
    }
}

#[pymethods]
impl ComponentLinkerBase {
    /// Defines a host function. `body` is the package's `HostBody`, which the package keeps.
    fn _define_func(
        slf: &Bound<'_, Self>,
        path: &Bound<'_, PyAny>,
        name: &Bound<'_, PyAny>,
        body: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let (py, linker) = (slf.py(), this(slf)?);
        let path = take_list(path, |it, _| take_text(it, format_args!("the name")).map(|it| (&*it).into()))?;
        let name = take_text(name, format_args!("the name"))?;
        let body = Definition(Owned::new(PyWeakrefReference::new(body)?.into_any().unbind()));
        enter(py, || linker.define_func(path, &name, std::sync::Arc::new(body)))
    }
}
