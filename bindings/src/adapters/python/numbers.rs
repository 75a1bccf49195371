//! Numbers of Python's: what fits crosses as it is, and what does not is an error with the core's sentence.

use std::fmt::{Arguments, Display, Formatter};

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyFloat, PyInt};
use trimaran::adapter::float::{narrowed, widened};
use trimaran::adapter::numbers::{inexact, negative, outside, too_large};

use super::at_end::Ask;
use super::convert::wrong;
use super::{raised, whole};

/// A number of the core's.
pub(super) trait Number: Sized {
    /// A value, which says the range of its type.
    fn take(value: &Bound<'_, PyAny>, what: Arguments<'_>) -> PyResult<Self>;
}

/// A place or a count, of which the core checks the rest.
pub(super) trait Count: Sized {
    fn count(value: &Bound<'_, PyAny>, what: Arguments<'_>) -> PyResult<Self>;
}

macro_rules! integers {
    ($($ty:ident)*) => {
        $(impl Number for $ty {
            fn take(value: &Bound<'_, PyAny>, what: Arguments<'_>) -> PyResult<Self> {
                if let Some(number) = whole(value) {
                    return Ok(number);
                }
                let kind = stringify!($ty);
                let number = index_of(value, what)?;
                number.extract().map_err(|_| {
                    let kind = format_args!("{} {kind}", article_of(kind));
                    raised(value.py(), outside(what, Shown(&number), kind, Self::MIN, Self::MAX))
                })
            }
        })*
    };
}

integers! { i8 u8 i16 u16 i32 u32 i64 u64 }

impl Count for i64 {
    fn count(value: &Bound<'_, PyAny>, what: Arguments<'_>) -> PyResult<Self> {
        // The core says what is wrong with one below 0.
        whole(value).map_or_else(|| counted(value, what, "2^63"), Ok)
    }
}

impl Count for u64 {
    fn count(value: &Bound<'_, PyAny>, what: Arguments<'_>) -> PyResult<Self> {
        whole(value).map_or_else(|| counted(value, what, "2^64"), Ok)
    }
}

/// A whole number that is given in an unusual way or is wrong. `end` is what it must be less than.
#[cold]
fn counted<'py, N>(value: &Bound<'py, PyAny>, what: Arguments<'_>, end: &str) -> PyResult<N>
where
    N: for<'a> FromPyObject<'a, 'py>,
{
    let number = index_of(value, what)?;
    if let Ok(number) = number.extract() {
        return Ok(number);
    }
    let error = if number.lt(0)? { negative(what, Shown(&number)) } else { too_large(what, Shown(&number), end) };
    Err(raised(value.py(), error))
}

impl Number for f64 {
    fn take(value: &Bound<'_, PyAny>, what: Arguments<'_>) -> PyResult<Self> {
        match value.cast::<PyFloat>() {
            Ok(number) => Ok(number.value()),
            Err(_) => real_of(value, what, "f64", 53),
        }
    }
}

impl Number for f32 {
    fn take(value: &Bound<'_, PyAny>, what: Arguments<'_>) -> PyResult<Self> {
        match value.cast::<PyFloat>() {
            Ok(number) => Ok(Self::from_bits(narrowed(number.value()))),
            Err(_) => real_of(value, what, "f32", 24).map(|number| number as Self),
        }
    }
}

/// A float, or an int of no more than so many bits, which is equal to one.
#[cold]
fn real_of(value: &Bound<'_, PyAny>, what: Arguments<'_>, kind: &str, bits: u32) -> PyResult<f64> {
    let py = value.py();
    if !value.hasattr("__index__")? {
        static REAL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let find = || Ok::<_, PyErr>(py.import("numbers")?.getattr("Real")?.unbind());
        if !value.is_instance(REAL.get_or_try_init(py, find)?.bind(py))? {
            return Err(wrong(value, what, "a float"));
        }
        return value.ask_method1("__float__", ())?.extract();
    }
    let number = index_of(value, what)?;
    match number.extract::<i64>() {
        Ok(small) if small.unsigned_abs() <= 1 << bits => Ok(small as f64),
        _ => Err(raised(py, inexact(what, Shown(&number), kind, bits))),
    }
}

/// A whole number of any size. A bool is none.
fn index_of<'py>(value: &Bound<'py, PyAny>, what: Arguments<'_>) -> PyResult<Bound<'py, PyInt>> {
    static INDEX: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = value.py();
    if !value.is_instance_of::<PyBool>() {
        let find = || Ok::<_, PyErr>(py.import("operator")?.getattr("index")?.unbind());
        match INDEX.get_or_try_init(py, find)?.bind(py).ask1((value,)) {
            Ok(number) => return Ok(number.cast_into()?),
            Err(error) if !error.is_instance_of::<pyo3::exceptions::PyTypeError>(py) => return Err(error),
            Err(_) => {}
        }
    }
    Err(wrong(value, what, "an int"))
}

/// A number as a sentence shows it. Python refuses to write one of thousands of digits.
struct Shown<'a, 'py>(&'a Bound<'py, PyInt>);

impl Display for Shown<'_, '_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        /// As many as the widest type has, twice.
        const FEW: u64 = 256;
        let bits = self.0.call_method0("bit_length").and_then(|bits| bits.extract::<u64>());
        match bits {
            Ok(bits) if bits > FEW => write!(formatter, "an int of {bits} bits"),
            _ => write!(formatter, "{}", self.0),
        }
    }
}

fn article_of(kind: &str) -> &'static str {
    if kind.starts_with('i') || kind.starts_with('f') { "an" } else { "a" }
}

/// A whole number of any size. A bool is none.
#[pyfunction]
pub(crate) fn index<'py>(value: &Bound<'py, PyAny>, what: &str) -> PyResult<Bound<'py, PyInt>> {
    index_of(value, format_args!("{what}"))
}

/// A whole number of 64 bits for the core, which checks the sign itself.
#[pyfunction]
pub(crate) fn integer(value: &Bound<'_, PyAny>, what: &str) -> PyResult<i64> {
    i64::count(value, format_args!("{what}"))
}

/// A whole number, 0 or more and less than 2^64.
#[pyfunction]
pub(crate) fn natural(value: &Bound<'_, PyAny>, what: &str) -> PyResult<u64> {
    u64::count(value, format_args!("{what}"))
}

/// A whole number that a type of WebAssembly holds.
#[pyfunction]
pub(crate) fn within<'py>(
    value: &Bound<'py, PyAny>,
    what: &str,
    kind: &str,
    low: &Bound<'py, PyInt>,
    high: &Bound<'py, PyInt>,
) -> PyResult<Bound<'py, PyInt>> {
    let number = index_of(value, format_args!("{what}"))?;
    if number.lt(low)? || number.gt(high)? {
        let kind = format_args!("{} {kind}", article_of(kind));
        return Err(raised(value.py(), outside(what, Shown(&number), kind, low, high)));
    }
    Ok(number)
}

/// A float, or an int that is equal to one of that type: `f32` or `f64`.
#[pyfunction]
pub(crate) fn real(value: &Bound<'_, PyAny>, what: &str, kind: &str) -> PyResult<f64> {
    match value.cast::<PyFloat>() {
        Ok(number) => Ok(number.value()),
        Err(_) => real_of(value, format_args!("{what}"), kind, if kind == "f32" { 24 } else { 53 }),
    }
}

/// The bits of the nearest 32-bit float.
#[pyfunction]
pub(crate) fn f32_bits(value: f64) -> u32 {
    narrowed(value)
}

/// The float of these 32 bits.
#[pyfunction]
pub(crate) fn f32_of(bits: u32) -> f64 {
    widened(bits)
}
