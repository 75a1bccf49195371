//! What is started as a run: calls of functions, and instances. Those of components begin in `component/waits.rs`.

use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyList, PyTuple};
use trimaran::adapter::{
    ComponentHostCall, HostCall, OfStore, Received, Reply, Run, Signature, Slot, Step, Token, ValKind,
};
use trimaran::{ComponentInstance, ComponentStream, Func, Instance, Result, Store, Val, WasmtimeError};

use super::at_end::Ask;
use super::component::{ComponentFuncBase, given_by_stream};
use super::convert::{give_object, open, raw_store, take_object, this, unopened};
use super::func::{FuncBase, bits};
use super::generated::{InstancePreBase, LinkerBase, ModuleBase, func_type, imports, values};
use super::host::object;
use super::run::begin;
use super::{StoreBase, enter, hosted, native_store, nothing, raised};

/// A run, by what it gives. A component's own values are made by its function.
pub(super) enum Running {
    Func(Run<Vec<Val>>),
    Instance(Run<Arc<Instance>>),
    Component(Run<Received, ComponentHostCall>),
    ComponentInstance(Run<Arc<ComponentInstance>, ComponentHostCall>),
    Stream(Run<Received, ComponentHostCall>, Arc<ComponentStream>),
}

/// What a run gave.
pub(super) enum Done {
    Values(Vec<Val>),
    Instance(Arc<Instance>),
    Component(Received),
    ComponentInstance(Arc<ComponentInstance>),
    Stream(Received, Arc<ComponentStream>),
}

/// What a step came to.
pub(super) enum Came {
    Waits,
    Turn,
    Later(Duration),
    Host(Call, Token),
    Done(Done),
}

/// What a guest asks of an async host function.
pub(super) enum Call {
    Module(HostCall),
    Component(ComponentHostCall),
}

/// What the function gave.
pub(super) enum Answer {
    Values(Vec<Val>),
    Reply(Reply),
}

impl Answer {
    fn values(self) -> Result<Vec<Val>> {
        match self {
            Self::Values(values) => Ok(values),
            Self::Reply(_) => Err(unexpected()),
        }
    }

    fn reply(self) -> Result<Reply> {
        match self {
            Self::Reply(reply) => Ok(reply),
            Self::Values(_) => Err(unexpected()),
        }
    }
}

#[cold]
fn unexpected() -> WasmtimeError {
    WasmtimeError::Unexpected { reason: "a host function has another one's answer".to_owned() }
}

impl Running {
    pub(super) fn step(&self, answer: Option<Answer>, waker: &Waker) -> Result<Came> {
        let module = |answer: Option<Answer>| answer.map(Answer::values);
        let component = |answer: Option<Answer>| answer.map(Answer::reply);
        Ok(match self {
            Self::Func(run) => came(run.step(module(answer), waker)?, Call::Module, Done::Values),
            Self::Instance(run) => came(run.step(module(answer), waker)?, Call::Module, Done::Instance),
            Self::Component(run) => came(run.step(component(answer), waker)?, Call::Component, Done::Component),
            Self::ComponentInstance(run) => {
                came(run.step(component(answer), waker)?, Call::Component, Done::ComponentInstance)
            }
            Self::Stream(run, stream) => {
                let done = |received| Done::Stream(received, Arc::clone(stream));
                came(run.step(component(answer), waker)?, Call::Component, done)
            }
        })
    }

    /// The thread of the event loop goes on with it, also where an executor's takes its steps.
    pub(super) fn goes_on_here(&self) {
        match self {
            Self::Func(run) => run.goes_on_here(),
            Self::Instance(run) => run.goes_on_here(),
            Self::Component(run) => run.goes_on_here(),
            Self::ComponentInstance(run) => run.goes_on_here(),
            Self::Stream(run, _) => run.goes_on_here(),
        }
    }

    pub(super) fn cancel(&self) {
        match self {
            Self::Func(run) => run.cancel(),
            Self::Instance(run) => run.cancel(),
            Self::Component(run) => run.cancel(),
            Self::ComponentInstance(run) => run.cancel(),
            Self::Stream(run, _) => run.cancel(),
        }
    }
}

fn came<T, A>(step: Step<T, A>, call: impl FnOnce(A) -> Call, done: impl FnOnce(T) -> Done) -> Came {
    match step {
        Step::Done(it) => Came::Done(done(it)),
        Step::Host(it, token) => Came::Host(call(it), token),
        Step::Turn => Came::Turn,
        Step::Later(time) => Came::Later(time),
        Step::Waits => Came::Waits,
    }
}

impl Done {
    /// The same for Python. `func` is the component's function that gave it.
    pub(super) fn give<'py>(
        self,
        store: &Bound<'py, StoreBase>,
        func: Option<&Bound<'py, ComponentFuncBase>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = store.py();
        let mut values = match self {
            Self::Instance(instance) => return give_object(py, instance),
            Self::ComponentInstance(instance) => return give_object(py, instance),
            Self::Stream(received, stream) => return given_by_stream(store, &stream, received),
            Self::Component(received) => {
                return ComponentFuncBase::give(func.ok_or_else(|| nothing(py))?, store, received);
            }
            Self::Values(values) => values,
        };
        let give = |value: Val| object(store.as_any(), kind(&value), Slot::of(value));
        match (values.pop(), values.is_empty()) {
            (None, _) => Ok(py.None().into_bound(py)),
            (Some(value), true) => give(value),
            (Some(last), false) => {
                values.push(last);
                Ok(PyList::new(py, values.into_iter().map(give).collect::<PyResult<Vec<_>>>()?)?.into_any())
            }
        }
    }
}

/// The kind of a value. A null has that of any reference.
fn kind(value: &Val) -> ValKind {
    match value {
        Val::I32 { .. } => ValKind::I32,
        Val::I64 { .. } => ValKind::I64,
        Val::F32 { .. } => ValKind::F32,
        Val::F64 { .. } => ValKind::F64,
        Val::V128 { .. } => ValKind::V128,
        Val::FuncRef { .. } => ValKind::FuncRef,
        Val::ExternRef { .. } | Val::Null => ValKind::ExternRef,
        Val::AnyRef { .. } => ValKind::AnyRef,
        Val::ExnRef { .. } => ValKind::ExnRef,
    }
}

#[pymethods]
impl FuncBase {
    /// Makes an async host function, to which `_attach` gives its body.
    fn _make_async_host(slf: &Bound<'_, Self>, store: &Bound<'_, PyAny>, ty: &Bound<'_, PyAny>) -> PyResult<()> {
        unopened(slf)?;
        let (store, ty) = (raw_store(store)?, func_type(ty)?);
        let made = enter(slf.py(), || Func::async_host(store, ty))?;
        open(slf, made)
    }

    /// Begins a call. Gives what the function gives, if it is over by then, and else a `RunBase`.
    fn _begin<'py>(
        slf: &Bound<'py, Self>,
        store: &Bound<'py, PyAny>,
        params: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (py, func, opened) = (slf.py(), this(slf)?, raw_store(store)?);
        let params = params.cast::<PyTuple>()?;
        let home = native_store(store).ok_or_else(|| nothing(py))?;
        let known = match slf.get().signature(py, func, opened) {
            Ok(signature) => Ok(plain(params, signature)),
            // A guest computes there, and rests meanwhile: this call stands in line behind it, and the core says what does not fit.
            Err(error @ WasmtimeError::Busy { .. }) => untyped(params).map(Some).ok_or(error),
            Err(error) => Err(error),
        };
        let arguments = match known.map_err(|error| raised(py, error))? {
            Some(arguments) => arguments,
            None => values(&slf.ask_method1("_arguments", (store, params.to_list()))?, "argument")?,
        };
        let of = hosted::of(py, opened.store_number())?;
        let run = super::entry(|| func.start(opened, arguments, of)).map_err(|error| raised(py, *error))?;
        begin(&home, Running::Func(run), None)
    }
}

/// Begins to make an instance. `start` has the store and the host call that this comes from.
fn begin_in<'py>(
    store: &Bound<'py, PyAny>,
    start: impl FnOnce(&Arc<Store>, Option<Token>) -> Result<Run<Arc<Instance>>> + Send,
) -> PyResult<Bound<'py, PyAny>> {
    let (py, opened) = (store.py(), raw_store(store)?);
    let home = native_store(store).ok_or_else(|| nothing(py))?;
    let of = hosted::of(py, opened.store_number())?;
    begin(&home, Running::Instance(enter(py, || start(opened, of))?), None)
}

/// Begins to make an instance. Gives it, if it is there by then, and else a `RunBase`.
#[pyfunction]
pub(crate) fn begin_instance<'py>(
    store: &Bound<'py, PyAny>,
    module: &Bound<'py, PyAny>,
    given: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    raw_store(store)?;
    let module = take_object::<ModuleBase>(module, format_args!("the module"))?;
    let given = imports(given)?;
    begin_in(store, |store, of| Instance::start(store, module, &given, of))
}

#[pymethods]
impl InstancePreBase {
    /// The same, of what is prepared.
    fn _begin<'py>(slf: &Bound<'py, Self>, store: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let pre = this(slf)?;
        begin_in(store, |store, of| pre.start(store, of))
    }
}

#[pymethods]
impl LinkerBase {
    /// The same, with what the linker knows.
    fn _begin<'py>(
        slf: &Bound<'py, Self>,
        store: &Bound<'py, PyAny>,
        module: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (linker, module) = (this(slf)?, take_object::<ModuleBase>(module, format_args!("the module"))?);
        begin_in(store, |store, of| linker.start(store, module, of))
    }
}

/// The arguments, if they are simply what they should be.
fn plain(params: &Bound<'_, PyTuple>, signature: &Signature) -> Option<Vec<Val>> {
    if params.len() != signature.params().len() {
        return None;
    }
    let pairs = params.iter_borrowed().zip(signature.params());
    pairs.map(|(value, kind)| bits(&value, *kind).and_then(|slot| slot.number(*kind))).collect()
}

/// The arguments of a function whose signature is not known yet, if they are numbers: the core converts them.
fn untyped(params: &Bound<'_, PyTuple>) -> Option<Vec<Val>> {
    let number = |value: Borrowed<'_, '_, PyAny>| {
        let kind = if value.is_instance_of::<PyFloat>() { ValKind::F64 } else { ValKind::I64 };
        bits(&value, kind)?.number(kind)
    };
    params.iter_borrowed().map(number).collect()
}
