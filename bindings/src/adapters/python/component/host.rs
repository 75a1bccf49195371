//! Functions of the host that components call: Python callables.

use pyo3::intern;
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
use super::misfit::mistake;
use super::read::Reader;
use super::typed::Signature;
use super::write::{Part, Writer};

/// What a host function does: the package's `HostBody`, as long as it keeps that.
struct Definition(Owned);

impl ComponentHostFunction for Definition {
    fn call(&self, store: &Store, call_id: u64, ty: &HostFuncType, mut arguments: Received) -> Result<Reply> {
        let closed = || WasmtimeError::Closed { what: "linker".to_owned() };
        // This thread has the store's turn. A thread that waits for that turn does so without the GIL.
        let done = with_gil(|py| {
            let _greenlet = greenlets::in_host(py);
            let done = self.run(py, store, call_id, ty, &arguments);
            arguments.give_back();
            done
        });
        done.ok_or_else(closed)?
    }

    fn bind(&self, ty: &HostFuncType) -> Result<()> {
        let closed = || WasmtimeError::Closed { what: "linker".to_owned() };
        let done = with_gil(|py| {
            let Some(body) = self.0.referent(py) else { return Err(closed()) };
            codecs(py, &body, ty).map(|_| ())
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
        let codecs = codecs(py, &body, ty)?;
        let home = StoreBase::of(py, store);
        let (value, failure) = match self.value(&body, home.as_ref(), call_id, codecs, arguments) {
            Ok(value) => (value, None),
            Err(error) => (declared(py, codecs, &error).map_err(thrown)?, Some(error)),
        };
        if let Some(reason) = unawaited(&value).map_err(thrown)? {
            return Err(WasmtimeError::Type { reason }.in_host_func(&ty.name));
        }
        let mut reply = Writer::new(home.clone());
        let written = match (&codecs.result, &codecs.raises) {
            (Some(codec), Some(_)) => reply.outcome(codec, failure.is_none(), &value),
            (Some(codec), None) => reply.write(codec, &value),
            (None, _) if value.is_none() => Ok(()),
            (None, _) => mistake(ComponentMistake::Count { what: "values".to_owned(), expected: 0, found: 1 }),
        };
        let_go(value.unbind(), py);
        if let (Err(_), Some(error)) = (&written, failure) {
            // It is not the error that the function declares: it goes its own way.
            return Err(thrown(error));
        }
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

/// What is wrong where the callable was an `async def`. Its coroutine never runs.
fn unawaited(value: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    static FOUND: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    static SAY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = value.py();
    if !value.get_type().is(package(py, &FOUND, "types", "CoroutineType")?) {
        return Ok(None);
    }
    package(py, &SAY, "trimaran._ffi", "unawaited")?.ask1((value,))?.extract()
}

/// The error that a result has for what the callable raised, if it declares it. Otherwise gives back what that was.
fn declared<'py>(py: Python<'py>, codecs: &Codecs, error: &PyErr) -> PyResult<Bound<'py, PyAny>> {
    match &codecs.raises {
        Some(class) if error.value(py).is_instance(class.bind(py))? => error.value(py).getattr(intern!(py, "value")),
        _ => Err(error.clone_ref(py)),
    }
}

/// How the values of a host function are written and read. `body` may say which classes they are of.
fn codecs<'a>(py: Python<'_>, body: &Bound<'_, PyAny>, ty: &'a HostFuncType) -> Result<&'a Codecs> {
    loop {
        if let Some(known) = ty.of_language.get().and_then(|known| known.downcast_ref()) {
            return Ok(known);
        }
        // Not in the lock: to make an object may run anything.
        _ = ty.of_language.set(Box::new(made(py, body, ty)?));
    }
}

fn made(py: Python<'_>, body: &Bound<'_, PyAny>, ty: &HostFuncType) -> Result<Codecs> {
    let thrown = |error: PyErr| THROWN.keep(error.into_value(py));
    // A guest imports no resource that is another guest's.
    let find = |_: &_| None;
    let shape = body.getattr(intern!(py, "shape")).map_err(thrown)?;
    if shape.is_none() {
        return Ok(Codecs::of(py, &ty.params, &ty.results, &find));
    }
    let signature = shape
        .extract()
        .and_then(|(params, result, error): (Bound<'_, PyAny>, _, _)| Signature::new(&params, result, error, None));
    let signature = signature.map_err(thrown)?;
    let codecs = Codecs::typed(py, &ty.params, &ty.results, &find, &signature);
    codecs.map_err(|misshape| misshape.into_core(&ty.name).unwrap_or_else(thrown))
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
