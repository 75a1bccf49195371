//! Values across: what Python gives, and what it gets. What is unusual or wrong goes to the package, which converts it or
//! says what is wrong with it.

use std::ffi::c_void;
use std::fmt::Arguments;
use std::ptr::null_mut;
use std::sync::Arc;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::pyclass::boolean_struct::True;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyList, PyString, PyTuple, PyType};
use pyo3::{BoundObject, PyClass, ffi};
use trimaran::adapter::float::widened;
use trimaran::adapter::misuse;
use trimaran::{Result, Store, WasmtimeError};

use super::at_end::Ask;
use super::{CallerBase, NativeHandle, StoreBase, entry, made, raised, unmade};

/// A class here that holds an object of the core.
pub(super) trait HasHandle: PyClass<Frozen = True> + Sync {
    type Core: Send + Sync;
    fn handle(&self) -> &NativeHandle<Self::Core>;
}

/// An object of the core that has such a class, and a public one of the package's that derives from it.
pub(super) trait Carried: Send + Sync + Sized {
    type Class: HasHandle<Core = Self>;
    fn class(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>>;
}

/// The object of the core behind one of Python's.
pub(super) fn this<'a, C: HasHandle>(slf: &'a Bound<'_, C>) -> PyResult<&'a Arc<C::Core>> {
    slf.get().handle().get().ok_or_else(|| unmade(slf.as_any()))
}

/// Refuses an object that a constructor has filled already.
pub(super) fn unopened<C: HasHandle>(slf: &Bound<'_, C>) -> PyResult<()> {
    slf.get().handle().get().map_or(Ok(()), |_| Err(made(slf.py())))
}

/// Fills an object that `__new__` made.
pub(super) fn open<C: HasHandle>(slf: &Bound<'_, C>, object: Arc<C::Core>) -> PyResult<()> {
    slf.get().handle().open(object).map_err(|_| made(slf.py()))
}

/// The store that an argument stands for.
pub(super) fn raw_store<'a>(value: &'a Bound<'_, PyAny>) -> PyResult<&'a Arc<Store>> {
    if let Ok(store) = value.cast::<StoreBase>() {
        return this(store);
    }
    let Ok(caller) = value.cast::<CallerBase>() else {
        return Err(wrong(value, format_args!("the store"), "a Store"));
    };
    let (store, call_id) = caller.get().opened().ok_or_else(|| unmade(value))?;
    store.caller_check(call_id).map_err(|error| raised(value.py(), error))?;
    Ok(store)
}

/// Runs what takes a moment and no store.
pub(super) fn moment<R>(py: Python<'_>, work: impl FnOnce() -> Result<R>) -> PyResult<R> {
    entry(work).map_err(|error| raised(py, *error))
}

/// Beyond this many bytes or elements it is no moment any more.
pub(super) fn is_short(length: i64) -> bool {
    length <= 1 << 12
}

/// An object of the public class for one of the core.
pub(super) fn give_object<T: Carried>(py: Python<'_>, object: Arc<T>) -> PyResult<Bound<'_, PyAny>> {
    let made = fresh(T::class(py)?)?;
    open(made.cast::<T::Class>()?, object)?;
    Ok(made)
}

/// An object of a class of the package's that no constructor has filled: one that derives from a class of this module, or a
/// record.
pub(super) fn fresh<'py>(class: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = class.py();
    let class = class.cast::<PyType>()?.as_type_ptr();
    let nothing = PyTuple::empty(py);
    // SAFETY: `class` is a type. `Py_tp_new` asks for its `tp_new`, which is null or a `newfunc`, and of which a pointer has
    // the size. `tp_new` takes a type, a tuple, and a dictionary or null.
    let new =
        unsafe { std::mem::transmute::<*mut c_void, Option<ffi::newfunc>>(ffi::PyType_GetSlot(class, ffi::Py_tp_new)) };
    let new = new.ok_or_else(|| PyTypeError::new_err("the class of a result has no __new__"))?;
    // SAFETY: as above; what it gives is a new reference, or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(py, new(class, nothing.as_ptr(), null_mut())) }
}

pub(super) fn plain<'py, T>(py: Python<'py>, value: T) -> PyResult<Bound<'py, PyAny>>
where
    T: IntoPyObject<'py>,
    PyErr: From<T::Error>,
{
    Ok(value.into_pyobject(py)?.into_bound().into_any())
}

/// A float of 32 bits.
pub(super) fn float_of(py: Python<'_>, value: f32) -> PyResult<Bound<'_, PyAny>> {
    Ok(PyFloat::new(py, widened(value.to_bits())).into_any())
}

/// A text or a path.
pub(super) fn text_of(py: Python<'_>, value: impl AsRef<str>) -> PyResult<Bound<'_, PyAny>> {
    Ok(PyString::new(py, value.as_ref()).into_any())
}

pub(super) fn bool_of(py: Python<'_>, value: bool) -> PyResult<Bound<'_, PyAny>> {
    Ok(PyBool::new(py, value).to_owned().into_any())
}

pub(super) fn bytes_of<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    // It fails with `MemoryError`, where `new` panics.
    let copy = |buffer: &mut [u8]| {
        buffer.copy_from_slice(bytes);
        Ok(())
    };
    Ok(PyBytes::new_with(py, bytes.len(), copy)?.into_any())
}

pub(super) fn none(py: Python<'_>) -> Bound<'_, PyAny> {
    py.None().into_bound(py)
}

pub(super) fn option_of<'py, T>(
    py: Python<'py>,
    value: Option<T>,
    give: impl FnOnce(T) -> PyResult<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    value.map_or_else(|| Ok(none(py)), give)
}

pub(super) fn list_of<'py, T>(
    py: Python<'py>,
    items: Vec<T>,
    give: impl Fn(T) -> PyResult<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let all = PyList::empty(py);
    items.into_iter().try_for_each(|item| all.append(give(item)?))?;
    Ok(all.into_any())
}

/// A function of the package's own, for what is rare.
pub(super) fn package<'py>(
    py: Python<'py>,
    known: &'static PyOnceLock<Py<PyAny>>,
    module: &str,
    name: &str,
) -> PyResult<&'py Bound<'py, PyAny>> {
    let find = || Ok::<_, PyErr>(py.import(module)?.getattr(name)?.unbind());
    Ok(known.get_or_try_init(py, find)?.bind(py))
}

/// The type of a value with its article, for messages.
fn article_of(value: &Bound<'_, PyAny>) -> String {
    if value.is_none() {
        return "None".to_owned();
    }
    let name = value.get_type().name().map_or_else(|_| "object".to_owned(), |name| name.to_string());
    with_article(&name)
}

fn with_article(name: &str) -> String {
    // What is read letter by letter: an f64, an HttpResponse, an ndarray.
    let is_vowel = name.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O'])
        || name.starts_with("Http")
        || matches!(name, "f32" | "f64" | "ndarray");
    format!("{} {name}", if is_vowel { "an" } else { "a" })
}

/// The type of a value with its article, for messages.
#[pyfunction]
pub(crate) fn article(value: &Bound<'_, PyAny>) -> String {
    article_of(value)
}

/// A name with its article.
#[pyfunction]
pub(crate) fn indefinite(name: &str) -> String {
    with_article(name)
}

/// The error for a value of another type.
#[cold]
pub(super) fn wrong(value: &Bound<'_, PyAny>, what: Arguments<'_>, expected: &str) -> PyErr {
    let reason = format!("{what} is {}: expected {expected}", article_of(value));
    raised(value.py(), WasmtimeError::Type { reason })
}

/// The error for an object of a class of that name that no constructor has filled.
#[pyfunction]
pub(crate) fn never_made(py: Python<'_>, name: &str, making: &str) -> Py<PyAny> {
    raised(py, misuse::never_made(name, making)).into_value(py).into_any()
}

/// The error for an object whose constructor is called once more.
#[pyfunction]
pub(crate) fn made_already(py: Python<'_>) -> Py<PyAny> {
    made(py).into_value(py).into_any()
}

/// The error for an export that is of one kind, and was asked for as another one: the numbers of two variants of `Extern`.
#[pyfunction]
pub(crate) fn wrong_export(py: Python<'_>, name: &str, found: i32, expected: i32) -> Py<PyAny> {
    raised(py, trimaran::adapter::wrong_export(name, found, expected)).into_value(py).into_any()
}

/// The error for a number or a name of nothing, which the package never passes.
#[cold]
pub(super) fn unknown(py: Python<'_>, name: &str) -> PyErr {
    raised(py, WasmtimeError::Unexpected { reason: format!("a value of {name} that there is not") })
}

/// An argument that may be left out. `None` is one that was given.
pub(super) enum Maybe<'a, 'py> {
    Absent,
    Given(Borrowed<'a, 'py, PyAny>),
}

impl<'py> Maybe<'_, 'py> {
    pub(super) fn given(&self) -> Option<&Bound<'py, PyAny>> {
        match self {
            Self::Absent => None,
            Self::Given(value) => Some(value),
        }
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for Maybe<'a, 'py> {
    type Error = std::convert::Infallible;

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> std::result::Result<Self, Self::Error> {
        Ok(Self::Given(value))
    }
}

pub(super) fn take_bool(value: &Bound<'_, PyAny>, what: Arguments<'_>) -> PyResult<bool> {
    value.cast::<PyBool>().map(|value| value.is_true()).map_err(|_| wrong(value, what, "a bool"))
}

pub(super) fn take_text(value: &Bound<'_, PyAny>, what: Arguments<'_>) -> PyResult<PyBackedStr> {
    let text = value.cast::<PyString>().map_err(|_| wrong(value, what, "a str"))?;
    text.clone().try_into().map_err(|_| {
        let reason = format!("{what} holds half of a surrogate pair: expected Unicode text");
        raised(value.py(), WasmtimeError::Type { reason })
    })
}

/// A text that can be written as UTF-8.
#[pyfunction]
pub(crate) fn text(value: Py<PyAny>, what: &str, py: Python<'_>) -> PyResult<Py<PyAny>> {
    take_text(value.bind(py), format_args!("{what}"))?;
    Ok(value)
}

/// More bytes than this are passed in parts.
pub(super) const LONGEST: usize = i32::MAX as usize;

pub(super) fn take_bytes(value: &Bound<'_, PyAny>, what: Arguments<'_>) -> PyResult<PyBackedBytes> {
    match value.cast::<PyBytes>() {
        Ok(bytes) if bytes.as_bytes().len() <= LONGEST => Ok(bytes.clone().into()),
        _ => contents(value, what),
    }
}

/// The bytes of what has bytes, or what is wrong with it.
#[cold]
fn contents(value: &Bound<'_, PyAny>, what: Arguments<'_>) -> PyResult<PyBackedBytes> {
    static CONTENTS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let contents = package(value.py(), &CONTENTS, "trimaran._ffi", "contents")?;
    Ok(contents.ask1((value, what.to_string()))?.cast_into::<PyBytes>()?.into())
}

pub(super) fn take_object<'a, C: HasHandle>(
    value: &'a Bound<'_, PyAny>,
    what: Arguments<'_>,
) -> PyResult<&'a Arc<C::Core>> {
    match value.cast::<C>() {
        Ok(object) => this(object),
        Err(_) => Err(wrong(value, what, &with_article(C::NAME.trim_end_matches("Base")))),
    }
}

pub(super) fn option<'a, 'py, T>(
    value: &'a Bound<'py, PyAny>,
    take: impl FnOnce(&'a Bound<'py, PyAny>) -> PyResult<T>,
) -> PyResult<Option<T>> {
    if value.is_none() { Ok(None) } else { take(value).map(Some) }
}

pub(super) fn take_list<'py, T>(
    value: &Bound<'py, PyAny>,
    take: impl Fn(&Bound<'py, PyAny>, usize) -> PyResult<T>,
) -> PyResult<Vec<T>> {
    value.try_iter()?.zip(1..).map(|(item, place)| take(&item?, place)).collect()
}

/// A field that may be left out.
pub(super) fn field<'py, T: Default>(
    fields: &Bound<'py, PyDict>,
    name: &Bound<'py, PyString>,
    take: impl FnOnce(&Bound<'py, PyAny>) -> PyResult<T>,
) -> PyResult<T> {
    fields.get_item(name)?.map_or_else(|| Ok(T::default()), |value| take(&value))
}

/// A field that is always there.
pub(super) fn needed<'py, T>(
    fields: &Bound<'py, PyDict>,
    name: &Bound<'py, PyString>,
    take: impl FnOnce(&Bound<'py, PyAny>) -> PyResult<T>,
) -> PyResult<T> {
    let missing = || unknown(name.py(), &format!("the field {name}"));
    take(&fields.get_item(name)?.ok_or_else(missing)?)
}

/// What the package makes of a record or an enum of that name, and the other way round; nothing where the fields themselves are
/// what it wants.
pub(super) struct Shape {
    name: &'static str,
    give: PyOnceLock<Option<Py<PyAny>>>,
    take: PyOnceLock<Option<Py<PyAny>>>,
    slots: PyOnceLock<Py<PyTuple>>,
}

impl Shape {
    pub(super) const fn new(name: &'static str) -> Self {
        Self { name, give: PyOnceLock::new(), take: PyOnceLock::new(), slots: PyOnceLock::new() }
    }

    pub(super) fn give<'py>(&self, fields: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = fields.py();
        let Some(give) = self.find(py, &self.give, "GIVE")? else { return Ok(fields) };
        let give = give.bind(py);
        match (give.cast::<PyType>(), fields.cast::<PyTuple>()) {
            (Ok(class), Ok(fields)) => self.record(class, fields),
            _ => give.ask1((fields,)),
        }
    }

    /// A record of the package's, whose slots are the fields in their order. Nothing else sets them, nor checks them.
    fn record<'py>(&self, class: &Bound<'py, PyType>, fields: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        let py = class.py();
        let find = || class.getattr("__slots__")?.cast_into::<PyTuple>().map(Bound::unbind).map_err(PyErr::from);
        let slots = self.slots.get_or_try_init(py, find)?.bind(py);
        let made = fresh(class.as_any())?;
        for (slot, field) in slots.iter_borrowed().zip(fields.iter_borrowed()) {
            // SAFETY: all three are objects. What it gives is 0, or something else with an exception set.
            if unsafe { ffi::PyObject_GenericSetAttr(made.as_ptr(), slot.as_ptr(), field.as_ptr()) } != 0 {
                return Err(PyErr::fetch(py));
            }
        }
        Ok(made)
    }

    pub(super) fn take<'py>(&self, value: &Bound<'py, PyAny>, what: Arguments<'_>) -> PyResult<Bound<'py, PyAny>> {
        match self.find(value.py(), &self.take, "TAKE")? {
            Some(take) => take.bind(value.py()).ask1((value, what.to_string())),
            None => Ok(value.clone()),
        }
    }

    fn find<'a>(
        &self,
        py: Python<'_>,
        known: &'a PyOnceLock<Option<Py<PyAny>>>,
        table: &str,
    ) -> PyResult<Option<&'a Py<PyAny>>> {
        let find = || {
            let table = py.import("trimaran._shapes")?.getattr(table)?.cast_into::<PyDict>()?;
            Ok::<_, PyErr>(table.get_item(self.name)?.map(Bound::unbind))
        };
        Ok(known.get_or_try_init(py, find)?.as_ref())
    }
}

/// The shape of that name, of which there is one.
macro_rules! shape {
    ($name:literal) => {{
        static SHAPE: Shape = Shape::new($name);
        &SHAPE
    }};
}

pub(super) use shape;
