//! Functions of the host that components call: Python callables.

use std::any::Any;
use std::sync::Arc;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyTuple, PyWeakrefReference};
use trimaran::adapter::{ComponentHostFunction, HostFuncType, PlainHostFunction, Received, Reply};
use trimaran::{ComponentMistake, Result, Store, WasmtimeError};

use super::super::at_end::{Ask, let_go};
use super::super::convert::{package, take_list, take_text, this};
use super::super::generated::ComponentLinkerBase;
use super::super::host::THROWN;
use super::super::{CallerBase, Owned, StoreBase, closed, enter, greenlets, raised, with_gil};
use super::codec::{Codec, Codecs};
use super::misfit::{Fit, mistake};
use super::plain;
use super::read::{Reader, wrong};
use super::typed::Signature;
use super::write::{Part, Writer};

/// What a host function does: the package's `HostBody`, as long as it keeps that. That of a stream is here.
#[derive(Clone)]
pub(in super::super) struct Definition {
    body: Arc<Owned>,
    /// Whether it is an async one.
    waits: bool,
}

impl ComponentHostFunction for Definition {
    fn call(&self, store: &Store, call_id: u64, ty: &HostFuncType, mut arguments: Received) -> Result<Reply> {
        // This thread has the store's turn. A thread that waits for that turn does so without the GIL.
        let done = with_gil(|py| {
            let _greenlet = greenlets::in_host(py);
            let done = self.run(py, store, call_id, ty, &arguments);
            arguments.give_back();
            done
        });
        done.ok_or_else(no_linker)?
    }

    fn plain(self: Arc<Self>) -> Option<Arc<dyn PlainHostFunction>> {
        Some(self)
    }

    fn as_async(&self) -> Option<&dyn Any> {
        self.waits.then_some(self)
    }

    fn bind(&self, ty: &HostFuncType) -> Result<()> {
        let done = with_gil(|py| codecs(py, &self.body(py)?, ty).map(|_| ()));
        done.ok_or_else(no_linker)?
    }
}

impl PlainHostFunction for Definition {
    fn call_plain(&self, store: &Store, call_id: u64, ty: &HostFuncType, arguments: &[u64]) -> Result<u64> {
        let done = with_gil(|py| {
            let _greenlet = greenlets::in_host(py);
            self.run_plain(py, store, call_id, ty, arguments)
        });
        done.ok_or_else(no_linker)?
    }
}

#[cold]
fn no_linker() -> WasmtimeError {
    WasmtimeError::Closed { what: "linker".to_owned() }
}

static CALLER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

impl Definition {
    /// What a stream or a future of Python's has, by its `HostBody`.
    pub(super) fn of_source(body: &Bound<'_, PyAny>) -> PyResult<Self> {
        let waits = body.getattr(intern!(body.py(), "waits"))?.extract()?;
        Ok(Self { body: Arc::new(Owned::new(body.clone().unbind())), waits })
    }

    fn body<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyAny>> {
        let body = self.body.get(py).ok_or_else(no_linker)?;
        match body.cast_into::<PyWeakrefReference>() {
            Ok(weak) => weak.upgrade().ok_or_else(no_linker),
            // It is nobody else's.
            Err(error) => Ok(error.into_inner()),
        }
    }

    /// Calls an async one, which gives what its guest waits for.
    pub(in super::super) fn begin<'py>(
        &self,
        store: &Bound<'py, StoreBase>,
        call_id: u64,
        ty: &HostFuncType,
        mut arguments: Received,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = store.py();
        let failed = |error| raised(py, error);
        let body = self.body(py).map_err(failed)?;
        let codecs = codecs(py, &body, ty).map_err(failed)?;
        let mut reader = Reader::new(py, Some(store.clone()), &arguments, false);
        let values = codecs.params.iter().map(|codec| reader.read(codec));
        let begun = value(&body, || Some(store.clone()), call_id, values);
        arguments.give_back();
        begun
    }

    /// What an async one has answered: a value, or an exception that it raised.
    pub(in super::super) fn answer<'py>(
        &self,
        store: &Bound<'py, StoreBase>,
        ty: &HostFuncType,
        value: PyResult<Bound<'py, PyAny>>,
    ) -> PyResult<Reply> {
        let py = store.py();
        let failed = |error| raised(py, error);
        let body = self.body(py).map_err(failed)?;
        let codecs = codecs(py, &body, ty).map_err(failed)?;
        reply(py, codecs, ty, Some(store.clone()), value).map_err(failed)
    }

    fn run(
        &self,
        py: Python<'_>,
        store: &Store,
        call_id: u64,
        ty: &HostFuncType,
        arguments: &Received,
    ) -> Result<Reply> {
        let body = self.body(py)?;
        let codecs = codecs(py, &body, ty)?;
        let home = StoreBase::of(py, store);
        let mut reader = Reader::new(py, home.clone(), arguments, false);
        let values = codecs.params.iter().map(|codec| reader.read(codec));
        let value = value(&body, || home.clone(), call_id, values);
        reply(py, codecs, ty, home, value)
    }

    fn run_plain(
        &self,
        py: Python<'_>,
        store: &Store,
        call_id: u64,
        ty: &HostFuncType,
        arguments: &[u64],
    ) -> Result<u64> {
        let body = self.body(py)?;
        let codecs = codecs(py, &body, ty)?;
        let read = |(codec, slot): (&Arc<Codec>, &u64)| plain::read(py, codec, *slot)?.ok_or_else(|| wrong(py));
        let values = codecs.params.iter().zip(arguments).map(read);
        let value = value(&body, || StoreBase::of(py, store), call_id, values);
        let value = value.map_err(|error| THROWN.keep(error.into_value(py)))?;
        let written = match &codecs.result {
            Some(codec) => plain::slot(&mut Writer::empty(), codec, &value),
            None if value.is_none() => Ok(0),
            None => none_expected(),
        };
        if written.is_err()
            && let Some(reason) = unawaited(&value).map_err(|error| THROWN.keep(error.into_value(py)))?
        {
            return Err(WasmtimeError::Type { reason }.in_host_func(&ty.name));
        }
        let_go(value.unbind(), py);
        written.map_err(|misfit| misfit.at("result").into_core(py, |path, mistake| ty.refuse(path, mistake)))
    }
}

/// What the callable gave or raised, for the guest.
fn reply<'py>(
    py: Python<'py>,
    codecs: &Codecs,
    ty: &HostFuncType,
    home: Option<Bound<'py, StoreBase>>,
    value: PyResult<Bound<'py, PyAny>>,
) -> Result<Reply> {
    let thrown = |error: PyErr| THROWN.keep(error.into_value(py));
    let (value, failure) = match value {
        Ok(value) => (value, None),
        Err(error) => (declared(py, codecs, &error).map_err(thrown)?, Some(error)),
    };
    if let Some(reason) = unawaited(&value).map_err(thrown)? {
        return Err(WasmtimeError::Type { reason }.in_host_func(&ty.name));
    }
    let mut reply = Writer::new(home);
    let written = match (&codecs.result, &codecs.raises) {
        (Some(codec), Some(_)) => reply.outcome(codec, failure.is_none(), &value),
        (Some(codec), None) => reply.write(codec, &value),
        (None, _) if value.is_none() => Ok(()),
        (None, _) => none_expected(),
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

/// What the callable gives for those values.
fn value<'py>(
    body: &Bound<'py, PyAny>,
    home: impl FnOnce() -> Option<Bound<'py, StoreBase>>,
    call_id: u64,
    values: impl ExactSizeIterator<Item = PyResult<Bound<'py, PyAny>>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = body.py();
    let mut given = Vec::with_capacity(values.len() + 1);
    if body.getattr(intern!(py, "access_caller"))?.extract()? {
        let home = home().ok_or_else(|| closed(py))?;
        given.push(CallerBase::make(package(py, &CALLER, "trimaran", "Caller")?, &home, call_id)?);
    }
    for value in values {
        given.push(value?);
    }
    body.getattr(intern!(py, "function"))?.ask1(PyTuple::new(py, given)?)
}

/// The function has given a value, and its type has none.
#[cold]
fn none_expected<T>() -> Fit<T> {
    mistake(ComponentMistake::Count { what: "values".to_owned(), expected: 0, found: 1 })
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
        let waits = body.getattr(intern!(py, "waits"))?.extract()?;
        let body = Arc::new(Owned::new(PyWeakrefReference::new(body)?.into_any().unbind()));
        enter(py, || linker.define_func(path, &name, Arc::new(Definition { body, waits })))
    }
}
