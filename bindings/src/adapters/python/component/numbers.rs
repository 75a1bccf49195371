//! Numbers and lists of numbers on their way into a component and out of it.

use pyo3::exceptions::{PyNotImplementedError, PyTypeError};
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyMemoryView, PyString, PyTuple};
use trimaran::ComponentMistake;

use super::super::at_end::Ask;
use super::buffers::buffer;
use super::codec::Number;
use super::misfit::{Fit, Misfit, mistake, other};
use super::write::{Part, Writer, tuple_of};

/// Adds a number.
pub(super) fn write(to: &mut Writer<'_>, number: Number, value: &Bound<'_, PyAny>) -> Fit {
    match number {
        Number::S8 => to.put(&integer::<i8>(number, value)?.to_le_bytes()),
        Number::U8 => to.put(&integer::<u8>(number, value)?.to_le_bytes()),
        Number::S16 => to.put(&integer::<i16>(number, value)?.to_le_bytes()),
        Number::U16 => to.put(&integer::<u16>(number, value)?.to_le_bytes()),
        Number::S32 => to.put(&integer::<i32>(number, value)?.to_le_bytes()),
        Number::U32 => to.put(&integer::<u32>(number, value)?.to_le_bytes()),
        Number::S64 => to.put(&integer::<i64>(number, value)?.to_le_bytes()),
        Number::U64 => to.put(&integer::<u64>(number, value)?.to_le_bytes()),
        Number::F32 => to.put(&(float(number, 24, value)? as f32).to_le_bytes()),
        Number::F64 => to.put(&float(number, 53, value)?.to_le_bytes()),
    }
}

/// A number in a slot.
#[inline]
pub(super) fn slot(number: Number, value: &Bound<'_, PyAny>) -> Fit<u64> {
    Ok(match number {
        Number::S8 => integer::<i8>(number, value)?.cast_unsigned().into(),
        Number::U8 => integer::<u8>(number, value)?.into(),
        Number::S16 => integer::<i16>(number, value)?.cast_unsigned().into(),
        Number::U16 => integer::<u16>(number, value)?.into(),
        Number::S32 => integer::<i32>(number, value)?.cast_unsigned().into(),
        Number::U32 => integer::<u32>(number, value)?.into(),
        Number::S64 => integer::<i64>(number, value)?.cast_unsigned(),
        Number::U64 => integer::<u64>(number, value)?,
        Number::F32 => (float(number, 24, value)? as f32).to_bits().into(),
        Number::F64 => float(number, 53, value)?.to_bits(),
    })
}

#[inline]
fn integer<N: TryFrom<i64> + TryFrom<u64>>(number: Number, value: &Bound<'_, PyAny>) -> Fit<N> {
    if value.is_exact_instance_of::<PyInt>()
        && let Ok(found) = value.extract::<i64>()
        && let Ok(found) = N::try_from(found)
    {
        return Ok(found);
    }
    odd_integer(number, value)
}

/// An integer that is not simply one.
#[cold]
fn odd_integer<N: TryFrom<i64> + TryFrom<u64>>(number: Number, value: &Bound<'_, PyAny>) -> Fit<N> {
    let found = whole(number, value)?;
    let small = found.extract::<i64>().ok().and_then(|found| N::try_from(found).ok());
    match small.or_else(|| found.extract::<u64>().ok().and_then(|found| N::try_from(found).ok())) {
        Some(found) => Ok(found),
        None => outside(number, &found),
    }
}

/// A whole number of any kind, such as one of NumPy's. A bool is none.
fn whole<'py>(number: Number, value: &Bound<'py, PyAny>) -> Fit<Bound<'py, PyInt>> {
    let py = value.py();
    if let (Ok(found), false) = (value.cast::<PyInt>(), value.is_instance_of::<PyBool>()) {
        return Ok(found.clone());
    }
    if value.is_instance_of::<PyBool>() || !value.hasattr(intern!(py, "__index__"))? {
        return other(number.kind(), value);
    }
    match value.ask_method1(intern!(py, "__index__"), ()) {
        Ok(found) => Ok(found.cast_into::<PyInt>().map_err(PyErr::from)?),
        // An array of NumPy's has the method, and is no number.
        Err(error) if error.is_instance_of::<PyTypeError>(py) => other(number.kind(), value),
        Err(error) => Err(error.into()),
    }
}

#[cold]
pub(super) fn outside<T>(number: Number, found: &Bound<'_, PyInt>) -> Fit<T> {
    /// As many as the widest type has, twice.
    const FEW: u64 = 128;
    let bits: u64 = found.call_method0(intern!(found.py(), "bit_length"))?.extract()?;
    let found = if bits > FEW { format!("an int of {bits} bits") } else { found.to_string() };
    mistake(ComponentMistake::Range { expected: number.kind(), found })
}

#[inline]
fn float(number: Number, digits: u32, value: &Bound<'_, PyAny>) -> Fit<f64> {
    match value.cast::<PyFloat>() {
        Ok(value) => Ok(value.value()),
        Err(_) => odd_float(number, digits, value),
    }
}

/// An int that a float of so many digits holds, or a real number of another kind.
#[cold]
fn odd_float(number: Number, digits: u32, value: &Bound<'_, PyAny>) -> Fit<f64> {
    let py = value.py();
    if value.is_instance_of::<PyBool>() || value.is_instance_of::<PyString>() {
        return other(number.kind(), value);
    }
    if value.hasattr(intern!(py, "__index__"))? {
        let found = whole(number, value)?;
        return match found.extract::<i64>() {
            Ok(small) if small.unsigned_abs() <= 1 << digits => Ok(small as f64),
            _ => outside(number, &found),
        };
    }
    static REAL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let find = || Ok::<_, PyErr>(py.import("numbers")?.getattr("Real")?.unbind());
    if !value.is_instance(REAL.get_or_try_init(py, find)?.bind(py))? {
        return other(number.kind(), value);
    }
    Ok(value.ask_method1(intern!(py, "__float__"), ())?.extract::<f64>()?)
}

/// Adds a list of numbers: bytes, a buffer of numbers, or a sequence.
pub(super) fn write_list(to: &mut Writer<'_>, number: Number, value: &Bound<'_, PyAny>) -> Fit {
    if number == Number::U8
        && let Ok(bytes) = value.cast::<PyBytes>()
    {
        return to.put_part(bytes.as_bytes().len(), Part::Bytes(bytes.clone().into()));
    }
    let is_sequence = value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>();
    if !is_sequence && let Some((count, bytes)) = buffer(number, value)? {
        return to.put_part(count, Part::Copied(bytes));
    }
    let Some(items) = items(value)? else { return other(trimaran::ComponentTypeKind::List, value) };
    let mut bytes = Writer::new(None);
    bytes.reserve(items.len().saturating_mul(number.size()))?;
    for (place, item) in items.iter_borrowed().enumerate() {
        write(&mut bytes, number, &item).map_err(|misfit: Box<Misfit>| misfit.at(format!("element {place}")))?;
    }
    to.put_part(items.len(), Part::Copied(bytes.bytes))
}

/// What a sequence holds now; nothing where the value is none, as an array without dimensions.
pub(super) fn items<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyTuple>>> {
    let is_none = value.is_instance_of::<PyString>() || value.is_instance_of::<PyDict>();
    // SAFETY: it is an object, and the GIL is held.
    if is_none || unsafe { ffi::PySequence_Check(value.as_ptr()) } == 0 {
        return Ok(None);
    }
    match tuple_of(value) {
        // SAFETY: the GIL is held, and the object is alive: `value` holds it.
        Err(error) if is_unlisted(value.py(), &error) && unsafe { ffi::PyObject_CheckBuffer(value.as_ptr()) } != 0 => {
            Ok(None)
        }
        found => found.map(Some),
    }
}

/// Whether this is how arrays say that they have no dimension, and memory views that they have several.
fn is_unlisted(py: Python<'_>, error: &PyErr) -> bool {
    error.is_instance_of::<PyTypeError>(py) || error.is_instance_of::<PyNotImplementedError>(py)
}

/// A number out of as many bytes as it has.
pub(super) fn read<'py>(py: Python<'py>, number: Number, bytes: &[u8]) -> PyResult<Option<Bound<'py, PyAny>>> {
    macro_rules! read {
        ($ty:ident) => {{
            let Some(bytes) = bytes.first_chunk() else { return Ok(None) };
            $ty::from_le_bytes(*bytes).into_pyobject(py)?.into_any()
        }};
    }
    Ok(Some(match number {
        Number::S8 => read!(i8),
        Number::U8 => read!(u8),
        Number::S16 => read!(i16),
        Number::U16 => read!(u16),
        Number::S32 => read!(i32),
        Number::U32 => read!(u32),
        Number::S64 => read!(i64),
        Number::U64 => read!(u64),
        Number::F32 => read!(f32),
        Number::F64 => read!(f64),
    }))
}

/// A list of numbers: bytes, a list, or an array where those are wanted.
pub(super) fn read_list<'py>(
    py: Python<'py>,
    number: Number,
    bytes: &[u8],
    as_array: bool,
) -> PyResult<Bound<'py, PyAny>> {
    if number == Number::U8 {
        return super::super::convert::bytes_of(py, bytes);
    }
    if as_array {
        return array(py, number, bytes);
    }
    let list = PyList::empty(py);
    for bytes in bytes.chunks_exact(number.size()) {
        if let Some(number) = read(py, number, bytes)? {
            list.append(number)?;
        }
    }
    Ok(list.into_any())
}

fn array<'py>(py: Python<'py>, number: Number, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    static ARRAY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let find = || Ok::<_, PyErr>(py.import("array")?.getattr("array")?.unbind());
    let made = ARRAY.get_or_try_init(py, find)?.bind(py).call1((number.code(),))?;
    let bytes = View::of(py, bytes)?;
    made.call_method1(intern!(py, "frombytes"), (&bytes.0,))?;
    if cfg!(target_endian = "big") {
        made.call_method0(intern!(py, "byteswap"))?;
    }
    Ok(made)
}

/// Bytes of ours as Python sees them, until this goes.
struct View<'py>(Bound<'py, PyMemoryView>);

impl<'py> View<'py> {
    fn of(py: Python<'py>, bytes: &[u8]) -> PyResult<Self> {
        let length = ffi::Py_ssize_t::try_from(bytes.len()).unwrap_or(ffi::Py_ssize_t::MAX);
        // SAFETY: the bytes are there as long as the caller has them, and `drop` takes them away from the view before that ends; nobody
        // else has the view. What it gives is a new reference, or null with an exception set.
        let view = unsafe {
            let view = ffi::PyMemoryView_FromMemory(bytes.as_ptr().cast_mut().cast(), length, ffi::PyBUF_READ);
            Bound::from_owned_ptr_or_err(py, view)?
        };
        Ok(Self(view.cast_into().map_err(PyErr::from)?))
    }
}

impl Drop for View<'_> {
    fn drop(&mut self) {
        _ = self.0.call_method0(intern!(self.0.py(), "release"));
    }
}
