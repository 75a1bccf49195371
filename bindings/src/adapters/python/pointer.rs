//! Bytes at an address, for who takes the address of a memory.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;

use pyo3::exceptions::PySystemError;
use pyo3::ffi::{self, PyObject};
use pyo3::intern;
use pyo3::prelude::*;

use super::at_end::Ask;

/// The base class of `trimaran.Pointer`, which is an `int` as well: it has no fields of its own. Its one method is what
/// CPython calls for a subscript, as in `ctypes`: PyO3's way into a method would take as long as all the rest.
pub(crate) fn add_class(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let subscript: unsafe extern "C" fn(*mut PyObject, *mut PyObject) -> *mut PyObject = subscript;
    let refuse: ffi::newfunc = refuse;
    let mut slots = [
        ffi::PyType_Slot { slot: ffi::Py_mp_subscript, pfunc: subscript as *mut c_void },
        ffi::PyType_Slot { slot: ffi::Py_tp_new, pfunc: refuse as *mut c_void },
        ffi::PyType_Slot { slot: 0, pfunc: null_mut() },
    ];
    let mut spec = ffi::PyType_Spec {
        name: c"trimaran._native.PointerBase".as_ptr(),
        // Both are those of `object`.
        basicsize: 0,
        itemsize: 0,
        flags: (ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_BASETYPE) as _,
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: the GIL is held. The name is there for ever, the slots end with a zero, and each function has the type of its slot.
    // `PyType_FromSpec` gives a new reference, or null with an exception set.
    let class = unsafe { Bound::from_owned_ptr_or_err(module.py(), ffi::PyType_FromSpec(&raw mut spec))? };
    module.add("PointerBase", class)
}

/// Nothing is of this class alone.
unsafe extern "C" fn refuse(
    _class: *mut ffi::PyTypeObject,
    _args: *mut PyObject,
    _named: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: CPython calls this with the GIL held, and the exception is one of its own.
    unsafe { ffi::PyErr_SetString(ffi::PyExc_TypeError, c"No constructor defined for PointerBase".as_ptr()) };
    null_mut()
}

/// The byte so far from the address; the package knows slices. Nothing checks it, as with a pointer of `ctypes`.
unsafe extern "C" fn subscript(this: *mut PyObject, key: *mut PyObject) -> *mut PyObject {
    // SAFETY: CPython calls this with the GIL held and two objects. The functions take any object, and set an exception where
    // they fail. The documentation of the class says that the caller's index has to be inside of the memory.
    unsafe {
        if ffi::PyLong_Check(key) == 0 {
            return part(this, key);
        }
        let offset = ffi::PyLong_AsSsize_t(key);
        if offset == -1 && !ffi::PyErr_Occurred().is_null() {
            ffi::PyErr_Clear();
            return part(this, key);
        }
        let address = ffi::PyLong_AsVoidPtr(this).cast::<u8>();
        if address.is_null() && !ffi::PyErr_Occurred().is_null() {
            return null_mut();
        }
        ffi::PyLong_FromLong(address.wrapping_offset(offset).read().into())
    }
}

/// What is no plain offset.
#[cold]
fn part(this: *mut PyObject, key: *mut PyObject) -> *mut PyObject {
    let ask = |py: Python<'_>| {
        // SAFETY: CPython lends both objects until `subscript` returns.
        let (this, key) = unsafe { (Bound::from_borrowed_ptr(py, this), Bound::from_borrowed_ptr(py, key)) };
        let done = catch_unwind(AssertUnwindSafe(|| this.ask_method1(intern!(py, "_part"), (key,))));
        let done = done.unwrap_or_else(|_| Err(PySystemError::new_err("the core of Trimaran has panicked")));
        done.map_or_else(
            |error| {
                error.restore(py);
                null_mut()
            },
            Bound::into_ptr,
        )
    };
    Python::attach(ask)
}
