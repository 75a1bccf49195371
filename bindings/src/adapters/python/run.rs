//! Calls of guests that go on step by step. The package's driver (`python/trimaran/_run.py`) steps them, and awaits between the
//! steps what the guests wait for.

use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyFloat;
use trimaran::adapter::{HostFuncType, OfStore, SlotFunction};
use trimaran::{Result, WasmtimeError};

use super::at_end::{Ask, let_go};
use super::component::{ComponentFuncBase, Definition};
use super::convert::package;
use super::host::{AsyncBody, Body};
use super::hosted::{self, Entered};
use super::runs::{Answer, Call, Came, Running};
use super::{StoreBase, detached, entry, nothing, raised, with_gil};

/// A guest whose call is not over: a run that the package's driver goes on with.
#[pyclass(frozen, module = "trimaran._native")]
pub(crate) struct RunBase {
    store: Py<StoreBase>,
    /// None once this object goes.
    running: Option<Running>,
    state: Mutex<State>,
    rings: Arc<Rings>,
    /// The component's function whose call it is, if it is one.
    func: Option<Py<ComponentFuncBase>>,
}

/// Where a run is.
#[derive(Default)]
struct State {
    /// What the last step came to, until the driver asks.
    came: Option<Result<Came>>,
    /// The host call that the guest waits for.
    asked: Option<(Asked, Entered)>,
    result: Option<Py<PyAny>>,
}

/// What a guest waits for.
enum Asked {
    Module(Arc<Body>),
    Component(Definition, Arc<HostFuncType>),
}

/// Begins a run, and takes its first step. Gives what the guest gives, if it is over by then, and else a `RunBase`.
pub(super) fn begin<'py>(
    store: &Bound<'py, StoreBase>,
    running: Running,
    func: Option<Bound<'py, ComponentFuncBase>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = store.py();
    match step(py, &running, None, Waker::noop()) {
        Ok(Came::Done(done)) => done.give(store, func.as_ref()),
        Err(error) => Err(raised(py, error)),
        came => {
            running.goes_on_here();
            let state = Mutex::new(State { came: Some(came), ..State::default() });
            let run = RunBase {
                store: store.clone().unbind(),
                running: Some(running),
                state,
                rings: Arc::default(),
                func: func.map(Bound::unbind),
            };
            Ok(Bound::new(py, run)?.into_any())
        }
    }
}

/// Takes a step. `answer` is what the host function gave that the guest waits for.
fn step(py: Python<'_>, running: &Running, answer: Option<Answer>, waker: &Waker) -> Result<Came> {
    detached(py, || entry(|| running.step(answer, waker))).map_err(|error| *error)
}

/// Calls an async host function. Gives what its guest waits for.
fn called<'py>(store: &Bound<'py, StoreBase>, call: Call, call_id: u64) -> PyResult<(Asked, Bound<'py, PyAny>)> {
    let py = store.py();
    match call {
        Call::Module(call) => {
            let function = call.function().and_then(SlotFunction::as_any);
            let body = function.and_then(<dyn Any>::downcast_ref::<AsyncBody>).ok_or_else(|| nothing(py))?;
            let body = Arc::clone(&body.0);
            let awaitable = body.begin(store, call_id, call.into_arguments())?;
            Ok((Asked::Module(body), awaitable))
        }
        Call::Component(call) => {
            let function = call.function().and_then(<dyn Any>::downcast_ref::<Definition>);
            let (definition, ty) = (function.cloned().ok_or_else(|| nothing(py))?, Arc::clone(call.ty()));
            let awaitable = definition.begin(store, call_id, &ty, call.into_arguments())?;
            Ok((Asked::Component(definition, ty), awaitable))
        }
    }
}

#[pymethods]
impl RunBase {
    /// What the guest waits for: an awaitable, so many seconds, or `TURN`, `LINE` or `DONE` of the package's driver. Raises what the guest fails with.
    /// Where a method raises, the driver cancels the run.
    fn _waits<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let (py, run) = (slf.py(), slf.get());
        let store = run.store.bind(py);
        let came = run.lock().came.take().ok_or_else(|| nothing(py))?;
        let (call, token) = match came.map_err(|error| raised(py, error))? {
            Came::Turn => return marker(py, &TURN, "TURN"),
            Came::Later(time) => return Ok(PyFloat::new(py, time.as_secs_f64()).into_any()),
            Came::Waits => return marker(py, &LINE, "LINE"),
            Came::Done(done) => {
                let result = done.give(store, run.func.as_ref().map(|func| func.bind(py)))?.unbind();
                run.lock().result = Some(result);
                return marker(py, &DONE, "DONE");
            }
            Came::Host(call, token) => (call, token),
        };
        // What the function calls from here on belongs to this call.
        let entered = hosted::enter(py, run.number(py), token)?;
        match called(store, call, token.call) {
            Ok((asked, awaitable)) => {
                run.lock().asked = Some((asked, entered));
                Ok(awaitable)
            }
            Err(error) => {
                entered.leave(py);
                Err(error)
            }
        }
    }

    /// Goes on with what the host function gave. Gives what `_waits` gives then.
    fn _answer<'py>(slf: &Bound<'py, Self>, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        Self::answer(slf, Ok(value.clone()))
    }

    /// Goes on where the host function raised that, if it declares it as the error of its result. Raises any other exception again.
    fn _fail<'py>(slf: &Bound<'py, Self>, error: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        Self::answer(slf, Err(PyErr::from_value(error.clone())))
    }

    /// Goes on after `TURN`, `LINE` or so many seconds. Gives what `_waits` gives then. Where the run still stands in line, `ring` is called once it
    /// may be its turn, on any thread.
    #[pyo3(signature = (ring=None))]
    fn _go_on<'py>(slf: &Bound<'py, Self>, ring: Option<Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        let (py, run) = (slf.py(), slf.get());
        run.rings.set(py, ring.map(Bound::unbind));
        run.advance(py, None);
        Self::_waits(slf)
    }

    /// Goes on after `TURN`, on a thread of an executor's: the driver asks `_waits` for what it came to.
    fn _advance(&self, py: Python<'_>) {
        self.advance(py, None);
    }

    /// What the guest gave, after `DONE`.
    fn _result(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.lock().result.take().ok_or_else(|| nothing(py))
    }

    /// Has the guest end. Waits for nobody.
    fn _cancel(&self, py: Python<'_>) {
        if let Some(running) = &self.running {
            detached(py, || running.cancel());
        }
    }

    /// Its store.
    #[getter]
    fn _store(&self, py: Python<'_>) -> Py<StoreBase> {
        self.store.clone_ref(py)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.store)?;
        visit.call(&self.func)?;
        // What is not shown is taken for being in use.
        self.state.try_lock().map_or(Ok(()), |state| visit.call(&state.result))?;
        self.rings.0.try_lock().map_or(Ok(()), |ring| visit.call(&*ring))
    }

    fn __clear__(&self, py: Python<'_>) {
        let result = self.lock().result.take();
        drop(result);
        self.rings.set(py, None);
    }
}

impl RunBase {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn number(&self, py: Python<'_>) -> u64 {
        self.store.bind(py).get().handle.get().map_or(0, |store| store.store_number())
    }

    fn answer<'py>(slf: &Bound<'py, Self>, value: PyResult<Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        let (py, run) = (slf.py(), slf.get());
        let (asked, entered) = run.lock().asked.take().ok_or_else(|| nothing(py))?;
        entered.leave(py);
        let store = run.store.bind(py);
        let answer = match asked {
            Asked::Module(body) => Answer::Values(body.answer(store, &value?)?),
            Asked::Component(definition, ty) => Answer::Reply(definition.answer(store, &ty, value)?),
        };
        run.advance(py, Some(answer));
        Self::_waits(slf)
    }

    /// Takes a step, and notes what it came to.
    fn advance(&self, py: Python<'_>, answer: Option<Answer>) {
        let over = WasmtimeError::Closed { what: "run".to_owned() };
        let waker = Waker::from(Arc::clone(&self.rings));
        let came = self.running.as_ref().map_or(Err(over), |running| step(py, running, answer, &waker));
        self.lock().came = Some(came);
    }
}

impl Drop for RunBase {
    /// The guest unwinds here, if it is not over, and the store may go: not with the GIL held.
    fn drop(&mut self) {
        let running = self.running.take();
        let rings = Arc::clone(&self.rings);
        // Where Python is at its end, the process is as well.
        with_gil(|py| {
            rings.set(py, None);
            detached(py, || drop(running));
        });
    }
}

/// Rings for a run that stands in line. The gate has it as a waker, with its lock, and so nothing here needs the GIL to go: the run
/// takes out what there is of Python's.
#[derive(Default)]
struct Rings(Mutex<Option<Py<PyAny>>>);

impl Rings {
    fn lock(&self) -> MutexGuard<'_, Option<Py<PyAny>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, py: Python<'_>, ring: Option<Py<PyAny>>) {
        let before = std::mem::replace(&mut *self.lock(), ring);
        // Not while it is locked: to let go of it may run anything.
        if let Some(before) = before {
            let_go(before, py);
        }
    }
}

impl Wake for Rings {
    fn wake(self: Arc<Self>) {
        with_gil(|py| {
            let ring = self.lock().as_ref().map(|ring| ring.clone_ref(py));
            if let Some(ring) = ring
                && let Err(error) = ring.bind(py).ask1(())
            {
                error.write_unraisable(py, None);
            }
        });
    }
}

static TURN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static LINE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static DONE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// What stands for a step that was no host call.
fn marker<'py>(py: Python<'py>, known: &'static PyOnceLock<Py<PyAny>>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    package(py, known, "trimaran._run", name).cloned()
}
