//! Columns by the Arrow PyCapsule interface: pyarrow, polars, pandas, DuckDB and others give them without a copy.
//!
//! The three structures are those of the Arrow C data interface and of its stream interface, whose specification has
//! consumers copy the definitions. What is in the buffers is copied before anything else of Python runs.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::null_mut;

use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule, PyTuple};

use super::at_end::Ask;

/// `struct ArrowSchema`: the type of a column.
#[repr(C)]
struct Schema {
    format: *const c_char,
    name: *const c_char,
    metadata: *const c_char,
    flags: i64,
    n_children: i64,
    children: *mut *mut Schema,
    dictionary: *mut Schema,
    release: Option<unsafe extern "C" fn(*mut Schema)>,
    private_data: *mut c_void,
}

/// `struct ArrowArray`: a column, or a part of one.
#[repr(C)]
struct Array {
    length: i64,
    null_count: i64,
    offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *mut *const c_void,
    children: *mut *mut Array,
    dictionary: *mut Array,
    release: Option<unsafe extern "C" fn(*mut Array)>,
    private_data: *mut c_void,
}

/// `struct ArrowArrayStream`: the parts of a column, one after the other.
#[repr(C)]
struct Stream {
    get_schema: Option<unsafe extern "C" fn(*mut Stream, *mut Schema) -> c_int>,
    get_next: Option<unsafe extern "C" fn(*mut Stream, *mut Array) -> c_int>,
    get_last_error: Option<unsafe extern "C" fn(*mut Stream) -> *const c_char>,
    release: Option<unsafe extern "C" fn(*mut Stream)>,
    private_data: *mut c_void,
}

/// A structure that a producer filled for us: it is released with this.
struct Filled<T: Release>(T);

trait Release {
    /// # Safety
    /// A producer has filled it, or it is all zeros, and nobody uses it afterwards.
    unsafe fn release(&mut self);
}

macro_rules! release {
    ($($ty:ident)*) => {
        $(impl Release for $ty {
            unsafe fn release(&mut self) {
                if let Some(release) = self.release {
                    // SAFETY: the structure is filled and not released yet, or `release` would be null: "Released
                    // structure" in the specification. It is passed its own address, as that asks.
                    unsafe { release(self) };
                }
            }
        }

        impl Filled<$ty> {
            /// An empty structure, for a producer to fill.
            const fn empty() -> Self {
                // SAFETY: null pointers, zeros and no function are valid in each field: a released structure.
                Self(unsafe { std::mem::zeroed() })
            }
        })*
    };
}

release! { Schema Array }

impl<T: Release> Drop for Filled<T> {
    fn drop(&mut self) {
        // SAFETY: `empty` zeroed it, only a producer has written to it since, and this is the last use.
        unsafe { self.0.release() };
    }
}

/// A column, as the package makes a buffer of it: the code of its items in the `struct` module, or nothing where these are no
/// numbers, how many of them are null, and the bytes of its parts.
type Parts<'py> = (&'static str, u64, Vec<Bound<'py, PyBytes>>);

/// The column that an object gives by the Arrow PyCapsule interface; nothing where it has none.
#[pyfunction]
pub(crate) fn arrow_parts<'py>(column: &Bound<'py, PyAny>) -> PyResult<Option<Parts<'py>>> {
    let py = column.py();
    let nothing = PyTuple::empty(py);
    if let Some(give) = column.getattr_opt(intern!(py, "__arrow_c_array__"))? {
        let (schema, array): (Bound<'_, PyCapsule>, Bound<'_, PyCapsule>) = give.ask(&nothing, None)?.extract()?;
        let schema = schema.pointer_checked(Some(c"arrow_schema"))?.cast::<Schema>();
        let array = array.pointer_checked(Some(c"arrow_array"))?.cast::<Array>();
        // SAFETY: the PyCapsule interface says that a capsule of that name holds such a structure, which lives as long as
        // the capsule unless a consumer moves it. Both capsules are alive here, and nobody else has them.
        let (schema, array) = unsafe { (schema.as_ref(), array.as_ref()) };
        let Some(layout) = Layout::of(schema) else { return Ok(Some(("", 0, Vec::new()))) };
        let (nulls, part) = layout.part(py, array)?;
        return Ok(Some((layout.code, nulls, vec![part])));
    }
    let Some(give) = column.getattr_opt(intern!(py, "__arrow_c_stream__"))? else { return Ok(None) };
    let capsule = give.ask(&nothing, None)?;
    let stream = capsule.cast::<PyCapsule>()?.pointer_checked(Some(c"arrow_array_stream"))?.cast::<Stream>().as_ptr();
    let mut schema = Filled::<Schema>::empty();
    // SAFETY: the capsule holds such a structure and is alive. Nobody else has it, and no two calls run at a time. `schema` is
    // room for one.
    unsafe { done(py, stream, (*stream).get_schema.map(|get| get(stream, &raw mut schema.0)))? };
    let Some(layout) = Layout::of(&schema.0) else { return Ok(Some(("", 0, Vec::new()))) };
    let (mut nulls, mut parts) = (0, Vec::new());
    loop {
        let mut array = Filled::<Array>::empty();
        // SAFETY: as above; the stream is still alive, and `array` is room for one part.
        unsafe { done(py, stream, (*stream).get_next.map(|get| get(stream, &raw mut array.0)))? };
        // A released array is the end.
        if array.0.release.is_none() {
            return Ok(Some((layout.code, nulls, parts)));
        }
        let (more, part) = layout.part(py, &array.0)?;
        nulls += more;
        parts.push(part);
    }
}

/// Whether a call of a stream succeeded: it gives 0, or the number of an error of the system.
///
/// # Safety
/// The stream is alive, and nobody else uses it.
unsafe fn done(py: Python<'_>, stream: *mut Stream, status: Option<c_int>) -> PyResult<()> {
    match status {
        Some(0) => Ok(()),
        Some(status) => {
            // SAFETY: the caller says that the stream is alive. The text lives until the next call of it.
            let text = unsafe { (*stream).get_last_error.map_or(null_mut(), |get| get(stream).cast_mut()) };
            // SAFETY: where it is not null, the specification has a text that ends with 0.
            let text = (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned());
            // Python's own error, where a producer that is written in Python has left one.
            Err(PyErr::take(py).unwrap_or_else(|| PyOSError::new_err((status, text.unwrap_or_default()))))
        }
        None => Err(broken("a stream without functions")),
    }
}

fn broken(what: &str) -> PyErr {
    PyValueError::new_err(format!("the column does not keep to the Arrow C data interface: {what}"))
}

/// How the items of a column lie.
#[derive(Clone, Copy)]
struct Layout {
    code: &'static str,
    /// In bits.
    width: usize,
}

impl Layout {
    /// That of a column of numbers or of truth values.
    fn of(schema: &Schema) -> Option<Self> {
        if schema.format.is_null() || !schema.dictionary.is_null() {
            return None;
        }
        // SAFETY: the specification has a text that ends with 0, and the schema is alive.
        let (code, width) = match unsafe { CStr::from_ptr(schema.format) }.to_bytes() {
            b"b" => ("?", 1),
            b"c" => ("b", 8),
            b"C" => ("B", 8),
            b"s" => ("h", 16),
            b"S" => ("H", 16),
            b"i" => ("i", 32),
            b"I" => ("I", 32),
            b"l" => ("q", 64),
            b"L" => ("Q", 64),
            b"e" => ("e", 16),
            b"f" => ("f", 32),
            b"g" => ("d", 64),
            _ => return None,
        };
        Some(Self { code, width })
    }

    /// A copy of a part's items, a truth value as a byte, and how many of them are null.
    fn part<'py>(self, py: Python<'py>, array: &Array) -> PyResult<(u64, Bound<'py, PyBytes>)> {
        let number = |value: i64| usize::try_from(value).map_err(|_| broken("a length or an offset below 0"));
        let (length, offset) = (number(array.length)?, number(array.offset)?);
        let end = offset.checked_add(length).filter(|end| end.checked_mul(self.width).is_some());
        let end = end.ok_or_else(|| broken("a length that no memory has"))?;
        if array.n_buffers != 2 || array.buffers.is_null() {
            return Err(broken("a column of numbers without its two buffers"));
        }
        // SAFETY: `buffers` points to `n_buffers` pointers, of which there are 2.
        let (valid, items) = unsafe { (*array.buffers, *array.buffers.add(1)) };
        let (valid, items) = (valid.cast::<u8>(), items.cast::<u8>());
        // SAFETY: a bitmap that is there has a bit for each of the `end` items, and the array is alive.
        let is_set = |bits: *const u8, index: usize| unsafe { *bits.add(index / 8) } >> (index % 8) & 1 == 1;
        // -1 means that nobody has counted. Without a bitmap there are none.
        let nulls = match u64::try_from(array.null_count) {
            _ if valid.is_null() => 0,
            Ok(count) => count,
            Err(_) => (offset..end).filter(|index| !is_set(valid, *index)).map(|_| 1).sum(),
        };
        if items.is_null() && length > 0 {
            return Err(broken("a column without its items"));
        }
        let size = self.width.div_ceil(8);
        let bytes = PyBytes::new_with(py, length.saturating_mul(size), |room| {
            if self.width == 1 {
                for (index, byte) in room.iter_mut().enumerate() {
                    *byte = u8::from(is_set(items, offset + index));
                }
            } else if length > 0 {
                // SAFETY: the buffer of items has `end` of them, of `size` bytes each, and `room` has as many as are copied.
                unsafe { room.as_mut_ptr().copy_from_nonoverlapping(items.add(offset * size), length * size) };
            }
            Ok(())
        })?;
        Ok((nulls, bytes))
    }
}
