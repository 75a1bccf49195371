//! The lane for Python: base classes of the package's own, of which most are generated from the exports of the core.
//!
//! A generated method converts its arguments, runs the core and converts what that gave. Bodies that are special stand beside
//! them by hand: calls, host functions, views and bytes, linking. What is unusual or wrong goes to the package, which converts
//! it or says what is wrong.
//!
//! No entry into a store waits with the GIL held: whoever waits for a store must not keep those from running who
//! are in it.
//!
//! What fails raises an error of the package, also where the package itself has made the mistake.

mod at_end;
mod convert;
mod ctrl_c;
mod func;
pub(crate) mod generated;
mod greenlets;
mod host;
mod instance;
mod linker;
mod memory;
pub(crate) mod numbers;
mod pointer;
mod sink;
mod source;
mod values;
mod view;
mod watch;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use pyo3::ffi;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyString, PyTuple};
use trimaran::adapter::in_host;
use trimaran::{Extern, Memory, Result, Store, WasmtimeError};

pub(crate) use at_end::{interpreter, watch as watch_end};
pub(crate) use convert::{article, indefinite, text};
pub(crate) use ctrl_c::keep as keep_ctrl_c;
pub(crate) use func::FuncLane;
pub(crate) use host::take_thrown;
pub(crate) use instance::{ExportsLane, InstanceLane};
pub(crate) use pointer::PointerLane;
pub(crate) use values::{refer, referred};
pub(crate) use view::MemoryView;

use at_end::Ask;
use convert::{Opened, give_object, moment, open as fill, take_object, unopened};
use generated::{EngineLane, error_fields, make_error};
use host::Kept;

use super::thrown::Thrown;
use super::{entry, let_go, open};

/// The package's own exception for an error: its variant, its sentence and its fields cross once.
fn raised(py: Python<'_>, error: WasmtimeError) -> PyErr {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let make = || -> PyResult<PyErr> {
        let make = convert::package(py, &MAKE, "trimaran._surface", "raised")?;
        let sentence = error.text();
        let (variant, fields) = error_fields(py, error)?;
        Ok(PyErr::from_value(make.ask1((variant, sentence, fields))?))
    };
    make().unwrap_or_else(|error| error)
}

/// An error of the core by its name and its fields, with the core's own sentence.
#[pyfunction]
pub(crate) fn failure(variant: &Bound<'_, PyString>, fields: &Bound<'_, PyDict>) -> PyResult<Py<PyAny>> {
    let py = variant.py();
    Ok(raised(py, make_error(variant, fields)?).into_value(py).into_any())
}

/// Runs `work` with the GIL, whatever this thread has of it now; gives nothing where Python is at its end.
///
/// PyO3 goes by a count of its own, and the generated code lets go of the GIL by ctypes, which that count does not know.
fn with_gil<R>(work: impl FnOnce(Python<'_>) -> R) -> Option<R> {
    // SAFETY: may be called at any time.
    if unsafe { ffi::Py_IsInitialized() } == 0 {
        return None;
    }
    /// The state from before, which is given back where a panic passes as well.
    struct State(ffi::PyGILState_STATE);
    impl Drop for State {
        fn drop(&mut self) {
            // SAFETY: it is the state from below, and everything since has been undone.
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

/// Runs what takes a moment and no guest: with the GIL held, where the store is free. Only who has to wait lets go of it.
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
    raised(object.py(), WasmtimeError::Type { reason: format!("the {name} was never made: {making}") })
}

/// The error for an object that is made twice.
fn made(py: Python<'_>) -> PyErr {
    let reason = "the object is made already: make another one, and do not call its constructor again".to_owned();
    raised(py, WasmtimeError::Type { reason })
}

/// The error for what a store held before it was closed, maybe a moment ago and by another thread.
fn closed(py: Python<'_>) -> PyErr {
    raised(py, WasmtimeError::Closed { what: "store".to_owned() })
}

/// The lane's hold on an object of the core, from the moment on when a constructor fills it.
struct Held<T>(OnceLock<Arc<T>>);

impl<T> Held<T> {
    const fn nothing() -> Self {
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

/// The base class of `trimaran.Store`.
#[pyclass(subclass, frozen, module = "trimaran._native")]
pub(crate) struct StoreLane {
    held: Held<Store>,
    kept: Arc<Kept>,
    /// The memory that a caller was last asked for: most host functions ask for it again and again.
    last: Mutex<Option<Named>>,
}

/// A memory by the name that it was asked for, in the core and as the package has it. It refers to nothing of Python's.
struct Named {
    name: String,
    memory: Arc<Memory>,
    object: Py<PyAny>,
}

#[pymethods]
impl StoreLane {
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(_arguments: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Self {
        Self { held: Held::nothing(), kept: Arc::default(), last: Mutex::new(None) }
    }

    fn _make(slf: &Bound<'_, Self>, engine: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = slf.py();
        unopened(slf)?;
        let engine = take_object::<EngineLane>(engine, format_args!("the engine"))?;
        let store = enter(py, || Store::new(engine))?;
        if !store.watch(|| Box::new(watch::Signals)) {
            ctrl_c::watch(py)?;
        }
        fill(slf, store)?;
        greenlets::look(py)
    }

    /// Refuses one that was never made.
    fn _check(slf: &Bound<'_, Self>) -> PyResult<()> {
        convert::this(slf).map(drop)
    }

    /// Lets go of all host functions and objects, after close.
    fn _forget(&self) {
        drop(self.kept.take());
        self.remember(None);
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.kept.traverse(&visit)
    }

    fn __clear__(&self) {
        self._forget();
    }
}

impl StoreLane {
    fn remember(&self, named: Option<Named>) {
        let before = std::mem::replace(&mut *self.last.lock().unwrap_or_else(PoisonError::into_inner), named);
        // Not while it is locked.
        drop(before);
    }

    /// The memory of that name that was last asked for.
    fn last(&self, py: Python<'_>, name: &str) -> Option<(Arc<Memory>, Py<PyAny>)> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let named = last.as_ref().filter(|named| named.name == name)?;
        Some((Arc::clone(&named.memory), named.object.clone_ref(py)))
    }
}

impl Opened for StoreLane {
    type Core = Store;

    fn held(&self) -> &Held<Store> {
        &self.held
    }
}

impl Drop for StoreLane {
    /// Everything in the store may go here: not with the GIL held.
    fn drop(&mut self) {
        if let Some(store) = self.held.0.take() {
            // Where Python is at its end, the process is as well.
            with_gil(|py| detached(py, || let_go(store)));
        }
    }
}

/// The base class of `trimaran.Caller`: a store, for as long as one host call lasts.
#[pyclass(subclass, frozen, module = "trimaran._native")]
pub(crate) struct CallerLane(OnceLock<(Py<StoreLane>, u64)>);

#[pymethods]
impl CallerLane {
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(_arguments: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Self {
        Self(OnceLock::new())
    }

    /// What the calling instance exports under that name, or nothing.
    fn _find<'py>(slf: &Bound<'py, Self>, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        convert::option_of(py, slf.get().find(slf, name)?.0, |item| generated::give_extern(py, item))
    }

    /// What the calling instance exports under that name. Raises `NotFoundError`, which is a `KeyError`.
    fn __getitem__<'py>(slf: &Bound<'py, Self>, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        slf.get().give(slf, name, |item, _| Ok(item))
    }

    /// The function of that name. Raises `NotFoundError`, or `WasmTypeError` for something else.
    fn func<'py>(slf: &Bound<'py, Self>, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let (item, name) = slf.get().item(slf, name)?;
        give_object(slf.py(), moment(slf.py(), || item.into_func(&name))?)
    }

    /// The memory of that name. Raises as `func` does.
    fn memory<'py>(slf: &Bound<'py, Self>, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        slf.get().give(slf, name, |item, name| Ok(Extern::OfMemory { memory: item.into_memory(name)? }))
    }

    /// The store of the guest. It may be kept.
    #[getter]
    fn store(slf: &Bound<'_, Self>) -> PyResult<Py<StoreLane>> {
        let (store, _) = slf.get().0.get().ok_or_else(|| unmade(slf.as_any()))?;
        Ok(store.clone_ref(slf.py()))
    }

    fn _check(slf: &Bound<'_, Self>) -> PyResult<()> {
        convert::inside(slf.as_any()).map(drop)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.0.get().map_or(Ok(()), |(store, _)| visit.call(store))
    }
}

impl CallerLane {
    /// The caller of the host call of that number, as the package has it.
    fn make<'py>(class: &Bound<'py, PyAny>, store: &Bound<'py, StoreLane>, pass: u64) -> PyResult<Bound<'py, PyAny>> {
        let object = convert::fresh(class)?;
        let caller = object.cast::<Self>()?.get();
        caller.0.set((store.clone().unbind(), pass)).map_err(|_| made(class.py()))?;
        Ok(object)
    }

    /// The store, and the number of the host call, once it is one.
    fn opened(&self) -> Option<(&Arc<Store>, u64)> {
        let (store, pass) = self.0.get()?;
        Some((store.get().held.get()?, *pass))
    }

    fn find(&self, slf: &Bound<'_, Self>, name: &Bound<'_, PyAny>) -> PyResult<(Option<Extern>, PyBackedStr)> {
        let (store, pass) = self.opened().ok_or_else(|| unmade(slf.as_any()))?;
        let name = convert::take_text(name, format_args!("the name"))?;
        Ok((quick(slf.py(), store, || store.caller_export(pass, &name))?, name))
    }

    /// What is exported under that name, as `check` wants it. The memory that was there before is the same object again.
    fn give<'py>(
        &self,
        slf: &Bound<'py, Self>,
        name: &Bound<'py, PyAny>,
        check: impl FnOnce(Extern, &str) -> Result<Extern>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let (lane, pass) = self.0.get().ok_or_else(|| unmade(slf.as_any()))?;
        if let (Ok(text), Some(store)) = (name.cast::<PyString>(), lane.get().held.get())
            && let Ok(text) = text.to_str()
            && let Some((memory, object)) = lane.get().last(py, text)
            && quick(py, store, || store.caller_has(*pass, text, &memory))?
        {
            return Ok(object.into_bound(py));
        }
        let (item, name) = self.item(slf, name)?;
        match moment(py, || check(item, &name))? {
            Extern::OfMemory { memory } => {
                let object = give_object(py, Arc::clone(&memory))?;
                lane.get().remember(Some(Named { name: name.to_string(), memory, object: object.clone().unbind() }));
                Ok(object)
            }
            other => generated::give_extern(py, other),
        }
    }

    fn item(&self, slf: &Bound<'_, Self>, name: &Bound<'_, PyAny>) -> PyResult<(Extern, PyBackedStr)> {
        let (found, name) = self.find(slf, name)?;
        let missing = || {
            let reason = format!("the calling instance has no export `{name}`");
            raised(slf.py(), WasmtimeError::NotFound { name: name.to_string(), reason })
        };
        Ok((found.ok_or_else(missing)?, name))
    }
}

/// The package's own store behind what a caller passed, as an object.
fn home<'py>(value: &Bound<'py, PyAny>) -> Option<Bound<'py, StoreLane>> {
    match value.cast::<StoreLane>() {
        Ok(store) => Some(store.clone()),
        Err(_) => value.cast::<CallerLane>().ok()?.get().0.get().map(|(store, _)| store.bind(value.py()).clone()),
    }
}

/// The package's own store behind what a caller passed.
fn lane_of<'a>(value: &'a Bound<'_, PyAny>) -> Option<&'a StoreLane> {
    match value.cast::<StoreLane>() {
        Ok(store) => Some(store.get()),
        Err(_) => value.cast::<CallerLane>().ok()?.get().0.get().map(|(store, _)| store.get()),
    }
}

/// The store that a caller passed, if it is one: a store, or the caller of a host function that still runs.
fn store_of<'a>(value: &'a Bound<'_, PyAny>) -> Option<&'a Arc<Store>> {
    if let Ok(store) = value.cast::<StoreLane>() {
        return store.get().held.get();
    }
    let (store, pass) = value.cast::<CallerLane>().ok()?.get().opened()?;
    store.caller_check(pass).is_ok().then_some(store)
}

/// A whole number, as Python counts it, if it fits. A bool is none.
fn whole<'py, N: for<'a> FromPyObject<'a, 'py>>(value: &Bound<'py, PyAny>) -> Option<N> {
    if value.is_instance_of::<PyBool>() { None } else { value.extract().ok() }
}
