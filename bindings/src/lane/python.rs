//! The lane for Python: base classes of the package's own `Store`, `Func`, `Memory` and `SharedMemory`.
//!
//! A method here does what needs no second thought: ints and floats that fit, anything that has bytes, ranges in a
//! memory. Whatever else it is given goes to the package's own method of the surface (`_call`, `_read`, `_write`, ...),
//! which converts what can be converted and says what is wrong with the rest.
//!
//! No entry into a store waits with the GIL held: whoever waits for a store must not keep those from running who
//! are in it.
//!
//! What fails raises an error of the package, also where the package itself has made the mistake.

mod at_end;
mod ctrl_c;
mod func;
mod greenlets;
mod host;
mod linker;
mod memory;
mod sink;
mod values;
mod view;
mod watch;

use std::sync::{Arc, OnceLock};

use pyo3::ffi;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyDict, PyTuple};
use trimaran::{
    Engine, Frame, Instance, Interruption, Module, Result, Store, TrapCode, UniFfiTag, WasmtimeError, in_host,
};
use uniffi::{Handle, Lift};

pub(crate) use at_end::{interpreter, watch as watch_end};
pub(crate) use func::FuncLane;
pub(crate) use host::take_thrown;
pub(crate) use linker::{InstanceLane, instantiate_pre, link, linker_ready};
pub(crate) use memory::{MemoryLane, SharedMemoryLane};
pub(crate) use sink::new_sink;
pub(crate) use values::{GlobalLane, TableLane, extern_object, new_extern};
pub(crate) use view::MemoryView;

use at_end::Ask;
use host::Kept;

use super::thrown::Thrown;
use super::{entry, error_bytes, let_go, open};

/// The package's own exception for a trap, which programs expect. Others are rare, and made by the generated code.
fn trap(
    py: Python<'_>,
    sentence: &str,
    code: Option<TrapCode>,
    reason: &str,
    interruption: Option<Interruption>,
    frames: &[Frame],
) -> PyResult<PyErr> {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let make =
        MAKE.get_or_try_init(py, || Ok::<_, PyErr>(py.import("trimaran.trap")?.getattr("lane_trap")?.unbind()))?;
    let frames: Vec<_> = frames
        .iter()
        .map(|frame| {
            let names = (frame.func_name.as_deref(), frame.module_name.as_deref());
            (frame.func_index, names.0, names.1, frame.func_offset, frame.module_offset)
        })
        .collect();
    let numbers = (code.map(|code| code as u8), interruption.map(|cause| cause as u8));
    Ok(PyErr::from_value(make.bind(py).ask1((sentence, numbers.0, reason, numbers.1, frames))?))
}

/// The package's own exception for an error.
fn raised(py: Python<'_>, error: WasmtimeError) -> PyErr {
    if let WasmtimeError::Trap { code, reason, interruption, frames } = &error {
        return trap(py, &error.text(), *code, reason, *interruption, frames).unwrap_or_else(|error| error);
    }
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let make = || -> PyResult<PyErr> {
        let make = MAKE
            .get_or_try_init(py, || Ok::<_, PyErr>(py.import("trimaran._surface")?.getattr("lane_error")?.unbind()))?;
        let sentence = error.text();
        Ok(PyErr::from_value(make.bind(py).ask1((PyBytes::new(py, &error_bytes(error)), sentence))?))
    };
    make().unwrap_or_else(|error| error)
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

/// An object that the generated code holds as well.
///
/// # Safety
/// The handle is that of a living object of the generated code, of the class that belongs to `T`.
unsafe fn shared<T: Send + Sync>(py: Python<'_>, handle: u64) -> PyResult<Arc<T>>
where
    Arc<T>: Lift<UniFfiTag, FfiType = Handle>,
{
    // SAFETY: by the contract.
    unsafe { super::shared(handle) }.ok_or_else(|| nothing(py))
}

/// The error for a handle of nothing, which the package never passes.
fn nothing(py: Python<'_>) -> PyErr {
    raised(py, WasmtimeError::Unexpected { reason: "a handle of nothing".to_owned() })
}

/// The error for an object that no constructor has opened.
fn unmade(py: Python<'_>) -> PyErr {
    let reason = "the object was never made: call its constructor, and in a subclass super().__init__()".to_owned();
    raised(py, WasmtimeError::Type { reason })
}

/// The error for an object that is opened twice.
fn made(py: Python<'_>) -> PyErr {
    let reason = "the object is made already: make another one, and do not call its constructor again".to_owned();
    raised(py, WasmtimeError::Type { reason })
}

/// The error for what a store held before it was closed, maybe a moment ago and by another thread.
fn closed(py: Python<'_>) -> PyErr {
    raised(py, WasmtimeError::Closed { what: "store".to_owned() })
}

/// Makes a store of the engine with that handle, and gives the handle of it, for the generated code to own.
#[pyfunction]
pub(crate) fn new_store(py: Python<'_>, engine: u64) -> PyResult<u64> {
    // SAFETY: the function is private to the package, which keeps the engine meanwhile.
    let engine = unsafe { shared::<Engine>(py, engine) }?;
    enter(py, || Store::new(&engine)).map(|store| Handle::from_arc(store).as_raw())
}

/// Makes an instance of a module without imports, and gives the handle of it, for the package to own.
#[pyfunction]
pub(crate) fn new_instance(py: Python<'_>, store: u64, module: u64) -> PyResult<u64> {
    // SAFETY: the function is private to the package, which keeps both meanwhile.
    let (store, module) = unsafe { (shared::<Store>(py, store)?, shared::<Module>(py, module)?) };
    enter(py, || Instance::new(&store, &module, Vec::new())).map(|instance| Handle::from_arc(instance).as_raw())
}

/// The lane's own hold on an object of the core, from the moment on when the package opens it.
struct Held<T>(OnceLock<Arc<T>>);

impl<T: Send + Sync> Held<T>
where
    Arc<T>: Lift<UniFfiTag, FfiType = Handle>,
{
    const fn nothing() -> Self {
        Self(OnceLock::new())
    }

    /// Takes a hold of its own on the object behind a handle, which the generated code keeps.
    ///
    /// # Safety
    /// As for `shared`.
    unsafe fn open(&self, py: Python<'_>, handle: u64) -> PyResult<()> {
        // SAFETY: by the same contract.
        let object = unsafe { shared(py, handle) }?;
        self.0.set(object).map_err(|_| made(py))
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
}

#[pymethods]
impl StoreLane {
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(_arguments: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Self {
        Self { held: Held::nothing(), kept: Arc::default() }
    }

    fn _open(&self, py: Python<'_>, handle: u64) -> PyResult<()> {
        // SAFETY: the method is private to the package, which passes the handle of an object of this kind and keeps it.
        unsafe { self.held.open(py, handle) }?;
        match self.held.get() {
            Some(store) if !store.watch(|| Box::new(watch::Signals)) => ctrl_c::watch(py)?,
            _ => {}
        }
        greenlets::look(py)
    }

    /// Lets go of all host functions and objects, after close.
    fn _forget(&self) {
        drop(self.kept.take());
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.kept.traverse(&visit)
    }

    fn __clear__(&self) {
        self._forget();
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

    fn _open(&self, py: Python<'_>, store: Py<StoreLane>, pass: u64) -> PyResult<()> {
        self.0.set((store, pass)).map_err(|_| made(py))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.0.get().map_or(Ok(()), |(store, _)| visit.call(store))
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
    let (store, pass) = value.cast::<CallerLane>().ok()?.get().0.get()?;
    let store = store.get().held.get()?;
    store.caller_check(*pass).is_ok().then_some(store)
}

/// A whole number, as Python counts it, if it fits. A bool is none.
fn whole<'py, N: for<'a> FromPyObject<'a, 'py>>(value: &Bound<'py, PyAny>) -> Option<N> {
    if value.is_instance_of::<PyBool>() { None } else { value.extract().ok() }
}
