//! The adapter for Python: base classes of the package's own, of which most are generated from the exports of the core.
//!
//! A generated method converts its arguments, runs the core and converts what that gave. Bodies that are special stand beside
//! them by hand: calls, host functions, views and bytes, linking. What is unusual or wrong goes to the package, which converts
//! it or says what is wrong.
//!
//! No entry into a store waits with the GIL held: a thread that waits for a store must let those run who
//! are in it.
//!
//! What fails raises an error of the package, also where the package itself has made the mistake.

mod arrow;
mod at_end;
mod caller;
mod columns;
mod component;
mod convert;
mod ctrl_c;
mod events;
mod func;
pub(crate) mod generated;
mod greenlets;
mod host;
mod hosted;
mod http;
mod identity;
mod instance;
mod interrupt_check;
mod linker;
mod memory;
mod number_type;
pub(crate) mod numbers;
mod pointer;
mod run;
mod runs;
mod sink;
mod source;
mod store;
mod values;
mod view;

use std::sync::{Arc, OnceLock};

use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyString, PyWeakrefReference};
use trimaran::adapter::{Backtrace, in_host, misuse};
use trimaran::{Result, Store, WasmtimeError};

pub(crate) use arrow::arrow_parts;
pub(crate) use at_end::{interpreter, watch as watch_end};
pub(crate) use caller::CallerBase;
pub(crate) use columns::packed;
pub(crate) use component::{ComponentFuncBase, component_bindings, component_file};
pub(crate) use convert::{article, indefinite, made_already, never_made, text, wrong_export};
pub(crate) use ctrl_c::keep as keep_ctrl_c;
pub(crate) use func::FuncBase;
pub(crate) use host::take_thrown;
pub(crate) use hosted::{HostedCall, watch as answer_for_tasks};
pub(crate) use identity::store_number;
pub(crate) use instance::{ExportsBase, InstanceBase};
pub(crate) use interrupt_check::watch_waits;
pub(crate) use pointer::add_class as add_pointer;
pub(crate) use run::RunBase;
pub(crate) use runs::begin_instance;
pub(crate) use store::StoreBase;
pub(crate) use values::{refer, referred};
pub(crate) use view::MemoryView;

use at_end::Ask;
use generated::{error_fields, make_error};

use super::thrown::Thrown;
use super::{entry, open};

/// The package's own exception for an error: its variant, its sentence and its fields cross once.
fn raised(py: Python<'_>, error: WasmtimeError) -> PyErr {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let make = || -> PyResult<PyErr> {
        let make = convert::package(py, &MAKE, "trimaran._ffi", "raised")?;
        // That of a trap has the lines of the guest's source, and is asked for when somebody reads it.
        let sentence = (!matches!(error, WasmtimeError::Trap { .. })).then(|| error.text());
        let (variant, fields) = error_fields(py, error)?;
        Ok(raise(&make.ask1((variant, sentence, fields))?))
    };
    make().unwrap_or_else(|error| error)
}

/// What raises an exception as Python's `raise` does: its context is the exception that is handled now, which the error indicator alone
/// does not see to. What a host function raised keeps the context that it has.
fn raise(error: &Bound<'_, PyAny>) -> PyErr {
    let py = error.py();
    // PyO3 would go on with a panic of another extension module's.
    if error.is_instance_of::<pyo3::panic::PanicException>() {
        return PyErr::from_value(error.clone());
    }
    // SAFETY: `PyException_GetContext` wants an exception, which the first question makes sure of, and gives a new reference or null.
    // `PyErr_SetObject` borrows a class and one of its objects, and sets the error indicator, which `take` clears.
    unsafe {
        if ffi::PyExceptionInstance_Check(error.as_ptr()) == 0 {
            return PyErr::from_value(error.clone());
        }
        let context = ffi::PyException_GetContext(error.as_ptr());
        if !context.is_null() {
            ffi::Py_DecRef(context);
            return PyErr::from_value(error.clone());
        }
        ffi::PyErr_SetObject(error.get_type().as_ptr(), error.as_ptr());
    }
    PyErr::take(py).unwrap_or_else(|| PyErr::from_value(error.clone()))
}

/// An error of the core by its name and its fields, with the core's own sentence.
#[pyfunction]
pub(crate) fn failure(variant: &Bound<'_, PyString>, fields: &Bound<'_, PyDict>) -> PyResult<Py<PyAny>> {
    let py = variant.py();
    Ok(raised(py, make_error(variant, fields)?).into_value(py).into_any())
}

/// The sentence of an error of the core, by its name and its fields.
#[pyfunction]
pub(crate) fn sentence(variant: &Bound<'_, PyString>, fields: &Bound<'_, PyDict>) -> PyResult<String> {
    Ok(make_error(variant, fields)?.text())
}

/// The call stack of a guest in lines, of the fields of an error that has one.
#[pyfunction]
pub(crate) fn backtrace(variant: &Bound<'_, PyString>, fields: &Bound<'_, PyDict>) -> PyResult<String> {
    let error = make_error(variant, fields)?;
    let (WasmtimeError::Host { frames, .. } | WasmtimeError::Trap { frames, .. }) = &error else {
        return Ok(String::new());
    };
    Ok(Backtrace(frames).to_string())
}

/// Runs `work` with the GIL, whatever this thread has of it now; gives nothing where Python is at its end.
///
/// PyO3 goes by a count of its own, and the generated code lets go of the GIL by ctypes, which that count does not know.
fn with_gil<R>(work: impl FnOnce(Python<'_>) -> R) -> Option<R> {
    // SAFETY: may be called at any time.
    if unsafe { ffi::Py_IsInitialized() } == 0 {
        return None;
    }
    /// The state that `PyGILState_Ensure` returned. It goes back on every way out, a panic included.
    struct State(ffi::PyGILState_STATE);
    impl Drop for State {
        fn drop(&mut self) {
            // SAFETY: `PyGILState_Ensure` below returned this state, and everything since has been undone.
            unsafe { ffi::PyGILState_Release(self.0) };
        }
    }
    // SAFETY: Python is there, and what is made of the state gives it back.
    let _state = State(unsafe { ffi::PyGILState_Ensure() });
    in_host(|| Python::try_attach(work))
}

/// An object of Python's that others than Python let go of, on any thread.
struct Owned(Option<Py<PyAny>>);

impl Owned {
    fn new(object: Py<PyAny>) -> Self {
        Self(Some(object))
    }

    fn get<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.0.as_ref().map(|object| object.clone_ref(py).into_bound(py))
    }

    /// What a weak reference refers to, if that is still there.
    fn referent<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.get(py)?.cast_into::<PyWeakrefReference>().ok()?.upgrade()
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        let mut object = self.0.take();
        with_gil(|py| object.take().map(|object| at_end::let_go(object, py)));
        // Where Python is at its end, its objects are as well.
        std::mem::forget(object);
    }
}

/// Runs an entry into a store without the GIL.
fn enter<R: Send>(py: Python<'_>, work: impl FnOnce() -> Result<R> + Send) -> PyResult<R> {
    detached(py, || entry(work)).map_err(|error| raised(py, *error))
}

/// Runs without the GIL what runs guests, or waits for those who do.
fn detached<R: Send>(py: Python<'_>, work: impl FnOnce() -> R + Send) -> R {
    py.detach(|| {
        let done = work();
        at_end::stay_if_over();
        done
    })
}

/// Runs what takes a moment and no guest: with the GIL held, where the store is free. A thread that has to wait releases it.
fn quick<R: Send>(py: Python<'_>, store: &Store, work: impl FnOnce() -> Result<R> + Send) -> PyResult<R> {
    match store.try_hold() {
        Some(_hold) => entry(work).map_err(|error| raised(py, *error)),
        None => enter(py, work),
    }
}

/// The error for a handle of nothing, which the package never passes.
fn nothing(py: Python<'_>) -> PyErr {
    raised(py, WasmtimeError::Unexpected { reason: "a handle of nothing".to_owned() })
}

/// The error for an object that no constructor has filled. The package says how to make one.
fn unmade(object: &Bound<'_, PyAny>) -> PyErr {
    let name = object.get_type().name().map_or_else(|_| "object".to_owned(), |name| name.to_string());
    let making =
        object.get_type().getattr(intern!(object.py(), "_making")).and_then(|making| making.extract::<String>());
    let making = making.unwrap_or_else(|_| "call its constructor".to_owned());
    raised(object.py(), misuse::never_made(name, making))
}

/// The error for an object that is made twice.
fn made(py: Python<'_>) -> PyErr {
    raised(py, misuse::made_already())
}

/// The error for what a store held before it was closed, maybe a moment ago and by another thread.
fn closed(py: Python<'_>) -> PyErr {
    raised(py, WasmtimeError::Closed { what: "store".to_owned() })
}

/// Keeps an object of the core for one of Python's. It is empty until a constructor fills it.
struct NativeHandle<T>(OnceLock<Arc<T>>);

impl<T> NativeHandle<T> {
    const fn empty() -> Self {
        Self(OnceLock::new())
    }

    /// Takes over an object, where there is none yet.
    fn open(&self, object: Arc<T>) -> Result<(), Arc<T>> {
        self.0.set(object)
    }

    fn get(&self) -> Option<&Arc<T>> {
        self.0.get()
    }
}

/// The package's own store behind what a caller passed, as an object.
fn native_store<'py>(value: &Bound<'py, PyAny>) -> Option<Bound<'py, StoreBase>> {
    match value.cast::<StoreBase>() {
        Ok(store) => Some(store.clone()),
        Err(_) => value.cast::<CallerBase>().ok()?.get().0.get().map(|(store, _)| store.bind(value.py()).clone()),
    }
}

/// The package's own store behind what a caller passed.
fn store_class_of<'a>(value: &'a Bound<'_, PyAny>) -> Option<&'a StoreBase> {
    match value.cast::<StoreBase>() {
        Ok(store) => Some(store.get()),
        Err(_) => value.cast::<CallerBase>().ok()?.get().0.get().map(|(store, _)| store.get()),
    }
}

/// The store that a caller passed, if it is one: a store, or the caller of a host function that still runs.
fn store_of<'a>(value: &'a Bound<'_, PyAny>) -> Option<&'a Arc<Store>> {
    if let Ok(store) = value.cast::<StoreBase>() {
        return store.get().handle.get();
    }
    let (store, call_id) = value.cast::<CallerBase>().ok()?.get().opened()?;
    store.caller_check(call_id).is_ok().then_some(store)
}

/// A whole number, as Python counts it, if it fits. A bool is none.
fn whole<'py, N: for<'a> FromPyObject<'a, 'py>>(value: &Bound<'py, PyAny>) -> Option<N> {
    if value.is_instance_of::<PyBool>() { None } else { value.extract().ok() }
}
