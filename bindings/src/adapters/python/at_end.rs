//! The end of Python, while other threads are in host functions.
//!
//! Up to 3.13, CPython ends a thread that asks for the GIL then, by a forced unwind, which our frames are not made for: they
//! would end the process. As of 3.14 it lets such a thread wait for ever. We do so in all versions: a frame of ours that calls
//! Python, and that the thread would be unwound through, stays where it is. PyO3 does the same where it asks for the GIL
//! itself.

use std::hint::black_box;
use std::mem::forget;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pyo3::ffi::{self, PyObject};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

/// Lets the thread wait for ever when it is dropped.
struct Stay;

impl Drop for Stay {
    fn drop(&mut self) {
        stay()
    }
}

fn stay() -> ! {
    loop {
        std::thread::sleep(Duration::from_secs(1 << 20));
    }
}

/// Runs `work`, which calls a function of Python by `ended!`.
fn staying<R>(work: impl FnOnce() -> R) -> R {
    let stays = Stay;
    let done = work();
    forget(stays);
    done
}

/// A function of Python's C API, as one that unwinds. The compiler must not see which one it is: it takes those that PyO3
/// declares for ones that never do.
macro_rules! unwinding {
    ($function:path as ($($argument:ty),*) -> $result:ty) => {{
        let function: unsafe extern "C" fn($($argument),*) -> $result = $function;
        // SAFETY: the two types of functions are called alike.
        black_box(unsafe {
            std::mem::transmute::<
                unsafe extern "C" fn($($argument),*) -> $result,
                unsafe extern "C-unwind" fn($($argument),*) -> $result,
            >(function)
        })
    }};
}

/// Calls of what may run any code of Python.
pub(super) trait Ask<'py> {
    /// Calls it.
    fn ask(
        &self,
        arguments: &Bound<'py, PyTuple>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>>;

    /// Calls it with these arguments.
    fn ask1<A>(&self, arguments: A) -> PyResult<Bound<'py, PyAny>>
    where
        A: IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>>;

    /// Calls its method of that name with these arguments.
    fn ask_method1<N, A>(&self, name: N, arguments: A) -> PyResult<Bound<'py, PyAny>>
    where
        N: IntoPyObject<'py, Target = PyString>,
        A: IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>>;
}

impl<'py, T> Ask<'py> for Bound<'py, T> {
    fn ask(
        &self,
        arguments: &Bound<'py, PyTuple>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let call = unwinding!(ffi::PyObject_Call as (*mut PyObject, *mut PyObject, *mut PyObject) -> *mut PyObject);
        let keywords = keywords.map_or(null_mut(), |keywords| keywords.as_ptr());
        // SAFETY: all of them are objects that live until this returns, but for no keywords, which are null.
        let done = staying(|| unsafe { call(self.as_ptr(), arguments.as_ptr(), keywords) });
        // SAFETY: it is a new reference, or null with an exception set.
        unsafe { Bound::from_owned_ptr_or_err(self.py(), done) }
    }

    fn ask1<A>(&self, arguments: A) -> PyResult<Bound<'py, PyAny>>
    where
        A: IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>>,
    {
        let arguments = arguments.into_pyobject(self.py()).map_err(Into::into)?;
        let done = self.ask(&arguments, None);
        let_go(arguments.unbind(), self.py());
        done
    }

    fn ask_method1<N, A>(&self, name: N, arguments: A) -> PyResult<Bound<'py, PyAny>>
    where
        N: IntoPyObject<'py, Target = PyString>,
        A: IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>>,
    {
        self.as_any().getattr(name)?.ask1(arguments)
    }
}

/// An attribute, which may be a property that runs any code of Python.
pub(super) fn attribute<'py>(object: &Bound<'py, PyAny>, name: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
    let get = unwinding!(ffi::PyObject_GetAttr as (*mut PyObject, *mut PyObject) -> *mut PyObject);
    // SAFETY: both are objects that live until this returns.
    let found = staying(|| unsafe { get(object.as_ptr(), name.as_ptr()) });
    // SAFETY: it is a new reference, or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(object.py(), found) }
}

/// Lets go of an object, which may run any code of Python.
pub(super) fn let_go<T>(object: Py<T>, _py: Python<'_>) {
    let release = unwinding!(ffi::Py_DecRef as (*mut PyObject) -> ());
    // SAFETY: the reference is ours, and given up here. The GIL is held.
    staying(|| unsafe { release(object.into_ptr()) });
}

/// Runs the signal handlers that are due, and maybe the collector.
pub(super) fn check_signals(py: Python<'_>) -> PyResult<()> {
    let check = unwinding!(ffi::PyErr_CheckSignals as () -> std::ffi::c_int);
    // SAFETY: the GIL is held.
    match staying(|| unsafe { check() }) {
        0 => Ok(()),
        _ => Err(PyErr::fetch(py)),
    }
}

/// The thread that ends Python, once that has begun; 0 before.
static ENDING: AtomicUsize = AtomicUsize::new(0);

/// A number that no other living thread has.
fn this_thread() -> usize {
    std::thread_local! { static PLACE: u8 = const { 0 } }
    PLACE.with(|place| std::ptr::from_ref(place).addr())
}

/// Python calls it, by `atexit`, before it ends.
#[pyfunction]
fn ends() {
    ENDING.store(this_thread(), Ordering::SeqCst);
}

/// The number of the interpreter that calls it: 0 is the main one.
#[pyfunction]
pub(crate) fn interpreter(_py: Python<'_>) -> i64 {
    // SAFETY: the GIL is held, and so there is an interpreter.
    unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) }
}

/// Has Python say when it ends.
pub(crate) fn watch(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let ends = wrap_pyfunction!(ends, module)?;
    module.py().import("atexit")?.getattr("register")?.call1((ends,)).map(drop)
}

/// Waits for ever where Python has ended and this thread, which is about to ask for the GIL, has not ended it.
pub(super) fn stay_if_over() {
    // SAFETY: may be called at any time.
    if unsafe { ffi::Py_IsInitialized() } == 0 && ![0, this_thread()].contains(&ENDING.load(Ordering::SeqCst)) {
        stay()
    }
}
