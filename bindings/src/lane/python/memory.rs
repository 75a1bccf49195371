//! Bytes and numbers in memories, without a copy in between.

use std::ptr;

use pyo3::buffer::PyUntypedBuffer;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyTuple};
use trimaran::{Memory, Result, SharedMemory, Store};

use super::at_end::Ask;
use super::view::MemoryView;
use super::{Held, enter, entry, quick, raised, store_of, whole};

/// Where a view begins and how long it is.
struct Extent {
    start: i64,
    length: Option<i64>,
}

impl Extent {
    /// None where the two are no whole numbers.
    fn of(start: Option<&Bound<'_, PyAny>>, length: Option<&Bound<'_, PyAny>>) -> Option<Self> {
        let start = start.map_or(Some(0), whole)?;
        let length = match length {
            Some(length) => Some(whole(length)?),
            None => None,
        };
        Some(Self { start, length })
    }
}

/// Beyond this many bytes it is checked first whether the memory has them at all.
const SMALL: i64 = 1 << 12;

/// More bytes than this go over the surface, which says how to write them.
const LONGEST: usize = i32::MAX as usize;

/// A memory, whichever way it is reached.
trait Reach: Sync {
    /// Runs what takes a moment.
    fn quick<R: Send>(&self, py: Python<'_>, work: impl FnOnce() -> Result<R> + Send) -> PyResult<R>;
    fn size(&self) -> Result<u64>;
    fn show(&self, start: i64, length: i64, work: impl FnOnce(&[u8])) -> Result<()>;
    fn put(&self, data: &[u8], start: i64) -> Result<()>;
    fn fill(&self, start: i64, length: i64, work: impl FnOnce(&mut [u8])) -> Result<()>;
}

impl Reach for (&Memory, &Store) {
    fn quick<R: Send>(&self, py: Python<'_>, work: impl FnOnce() -> Result<R> + Send) -> PyResult<R> {
        quick(py, self.1, work)
    }

    fn size(&self) -> Result<u64> {
        self.0.data_len(self.1)
    }

    fn show(&self, start: i64, length: i64, work: impl FnOnce(&[u8])) -> Result<()> {
        self.0.show(self.1, start, length, work)
    }

    fn put(&self, data: &[u8], start: i64) -> Result<()> {
        self.0.write(self.1, data, start)
    }

    fn fill(&self, start: i64, length: i64, work: impl FnOnce(&mut [u8])) -> Result<()> {
        self.0.fill_with(self.1, start, length, work)
    }
}

impl Reach for &SharedMemory {
    fn quick<R: Send>(&self, py: Python<'_>, work: impl FnOnce() -> Result<R> + Send) -> PyResult<R> {
        // No store, and so nobody to wait for.
        entry(work).map_err(|error| raised(py, *error))
    }

    fn size(&self) -> Result<u64> {
        self.data_len()
    }

    fn show(&self, start: i64, length: i64, work: impl FnOnce(&[u8])) -> Result<()> {
        self.read(start, length).map(|bytes| work(&bytes))
    }

    fn put(&self, data: &[u8], start: i64) -> Result<()> {
        self.write(data, start)
    }

    fn fill(&self, start: i64, length: i64, work: impl FnOnce(&mut [u8])) -> Result<()> {
        self.fill_with(start, length, work)
    }
}

/// Where bytes lie that Python keeps for us.
#[derive(Clone, Copy)]
struct Place(*mut u8);

// SAFETY: whoever makes one keeps the object that owns the bytes until the work is done.
unsafe impl Send for Place {}
// SAFETY: as above.
unsafe impl Sync for Place {}

impl Place {
    /// # Safety
    /// There is room for the bytes, and nobody else looks at it.
    unsafe fn put(self, bytes: &[u8]) {
        // SAFETY: by the contract.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.0, bytes.len()) };
    }

    /// # Safety
    /// There are so many bytes.
    unsafe fn get(self, bytes: &mut [u8]) {
        if !bytes.is_empty() {
            // SAFETY: by the contract. It may be a view of the very same memory: the two may overlap.
            unsafe { ptr::copy(self.0, bytes.as_mut_ptr(), bytes.len()) };
        }
    }
}

/// What counts from the end if it is negative, as in a slice.
fn from_end(index: i64, size: i64) -> i64 {
    if index < 0 { index.saturating_add(size).max(0) } else { index }
}

/// Reads a slice, if its ends are numbers. Only ends in order can reach past the end.
fn read<'py>(
    py: Python<'py>,
    memory: &impl Reach,
    start: Option<&Bound<'py, PyAny>>,
    stop: Option<&Bound<'py, PyAny>>,
) -> Option<PyResult<Bound<'py, PyAny>>> {
    let start = start.map_or(Some(0), whole)?;
    let stop = match stop {
        Some(stop) => Some(whole(stop)?),
        None => None,
    };
    Some(read_slice(py, memory, start, stop))
}

fn read_slice<'py>(
    py: Python<'py>,
    memory: &impl Reach,
    mut start: i64,
    stop: Option<i64>,
) -> PyResult<Bound<'py, PyAny>> {
    let mut stop = match stop {
        Some(stop) if start >= 0 && stop >= 0 => stop,
        stop => {
            let size = memory.quick(py, || memory.size())?.cast_signed();
            start = from_end(start, size).min(size);
            stop.map_or(size, |stop| from_end(stop, size).min(size))
        }
    };
    if start > stop {
        (start, stop) = (0, 0);
    }
    let length = stop - start;
    // Nobody gets an object of a size that no memory has; and a memory never shrinks.
    if length > SMALL && memory.quick(py, || memory.size())? < stop.cast_unsigned() {
        enter(py, || memory.show(start, length, |_| ()))?;
    }
    // SAFETY: makes a new object, with room for so many bytes.
    let bytes = unsafe { ffi::PyBytes_FromStringAndSize(ptr::null(), length as ffi::Py_ssize_t) };
    // SAFETY: it is a new reference, or null with an exception set.
    let bytes = unsafe { Bound::from_owned_ptr_or_err(py, bytes) }?;
    // SAFETY: it is `bytes`, which nobody else has yet.
    let place = Place(unsafe { ffi::PyBytes_AsString(bytes.as_ptr()) }.cast());
    // SAFETY: there is room for `length` bytes, and `bytes` is here until they are in.
    let copy = || memory.show(start, length, |shown| unsafe { place.put(shown) });
    if length > SMALL { enter(py, copy) } else { memory.quick(py, copy) }?;
    Ok(bytes)
}

/// Writes what has bytes, if `start` is a number; gives how many there were.
fn write<'py>(
    py: Python<'py>,
    memory: &impl Reach,
    data: &Bound<'py, PyAny>,
    start: Option<&Bound<'py, PyAny>>,
) -> Option<PyResult<usize>> {
    let start = start.map_or(Some(0), whole)?;
    let at = || -> Result<i64> { Ok(if start < 0 { from_end(start, memory.size()?.cast_signed()) } else { start }) };
    if let Ok(bytes) = data.cast::<PyBytes>() {
        // They never change.
        let bytes = bytes.as_bytes();
        let copy = || memory.put(bytes, at()?);
        let is_small = bytes.len() as i64 <= SMALL;
        let put = || if is_small { memory.quick(py, copy) } else { enter(py, copy) };
        return (bytes.len() <= LONGEST).then(|| put().map(|()| bytes.len()));
    }
    let buffer = PyUntypedBuffer::get(data).ok().filter(PyUntypedBuffer::is_c_contiguous)?;
    let (place, count) = (Place(buffer.buf_ptr().cast()), buffer.len_bytes());
    let length = i64::try_from(count).ok().filter(|_| count <= LONGEST)?;
    // SAFETY: `count` bytes lie there for as long as `buffer` is kept. Should another thread of Python write to them
    // meanwhile, each byte is one or the other, as when a file is written.
    let done = enter(py, || memory.fill(at()?, length, |room| unsafe { place.get(room) }));
    drop(buffer);
    Some(done.map(|()| count))
}

/// A number as Python has it, if it surely fits.
trait Number: Sized {
    fn from_python(value: &Bound<'_, PyAny>) -> Option<Self>;
}

macro_rules! integers {
    ($($ty:ty)*) => {
        $(impl Number for $ty {
            fn from_python(value: &Bound<'_, PyAny>) -> Option<Self> {
                whole(value)
            }
        })*
    };
}

integers! { i8 u8 i16 u16 i32 u32 i64 u64 }

impl Number for f32 {
    fn from_python(value: &Bound<'_, PyAny>) -> Option<Self> {
        f64::from_python(value).map(|value| value as Self)
    }
}

impl Number for f64 {
    fn from_python(value: &Bound<'_, PyAny>) -> Option<Self> {
        value.cast::<PyFloat>().ok().map(|value| value.value())
    }
}

/// The base class of `trimaran.Memory`.
#[pyclass(subclass, frozen, module = "trimaran._native")]
pub(crate) struct MemoryLane(Held<Memory>);

impl MemoryLane {
    fn reach<'a>(&'a self, store: &'a Bound<'_, PyAny>) -> Option<(&'a Memory, &'a Store)> {
        Some((self.0.get()?, store_of(store)?))
    }
}

macro_rules! memory_lane {
    ($($(#[doc = $loads:literal])* $load:ident $(#[doc = $stores:literal])* $store:ident $ty:ident;)*) => {
        #[pymethods]
        impl MemoryLane {
            #[new]
            #[pyo3(signature = (*_arguments, **_keywords))]
            fn new(_arguments: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Self {
                Self(Held::nothing())
            }

            fn _open(&self, py: Python<'_>, handle: u64) -> PyResult<()> {
                // SAFETY: the method is private to the package, which passes the handle of an object of this kind and keeps it.
                unsafe { self.0.open(py, handle) }
            }

            /// The size now, in pages.
            fn size<'py>(slf: &Bound<'py, Self>, store: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
                let Some((memory, store)) = slf.get().reach(store) else { return slf.ask_method1("_size", (store,)) };
                Ok(quick(slf.py(), store, || memory.size(store))?.into_pyobject(slf.py())?.into_any())
            }

            /// The size now, in bytes.
            fn data_len<'py>(slf: &Bound<'py, Self>, store: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
                let Some((memory, store)) = slf.get().reach(store) else {
                    return slf.ask_method1("_data_len", (store,));
                };
                Ok(quick(slf.py(), store, || memory.data_len(store))?.into_pyobject(slf.py())?.into_any())
            }

            /// `length` bytes from `start`, or up to the end, in place: a writable view, which `numpy.frombuffer` takes.
            ///
            /// The view stays valid whatever happens. While it is there, the store's memories do not grow where that
            /// would move them: `grow` raises `LimitError` then, and the guest's `memory.grow` gives -1. A view keeps its
            /// length when the memory grows, and its bytes when the store is closed. Guests and other threads may write while
            /// it is looked at.
            #[pyo3(signature = (store, start = None, length = None), text_signature = "($self, store, start=0, length=None)")]
            fn view<'py>(
                slf: &Bound<'py, Self>,
                store: &Bound<'py, PyAny>,
                start: Option<&Bound<'py, PyAny>>,
                length: Option<&Bound<'py, PyAny>>,
            ) -> PyResult<Bound<'py, PyAny>> {
                let py = slf.py();
                match (slf.get().reach(store), Extent::of(start, length)) {
                    (Some((memory, inside)), Some(Extent { start, length })) => {
                        MemoryView::show(py, enter(py, || memory.view(inside, start, length))?)
                    }
                    _ => slf.ask_method1("_view", (store, start, length)),
                }
            }

            /// Copies the bytes from `start` up to `stop`, which is not included, or up to the end.
            ///
            /// Raises `BoundsError` where `start` and `stop` are in order and reach past the end. Everything else is as in
            /// a slice: a negative index counts from the end, and a range that is turned around is empty.
            #[pyo3(signature = (store, start = None, stop = None), text_signature = "($self, store, start=0, stop=None)")]
            fn read<'py>(
                slf: &Bound<'py, Self>,
                store: &Bound<'py, PyAny>,
                start: Option<&Bound<'py, PyAny>>,
                stop: Option<&Bound<'py, PyAny>>,
            ) -> PyResult<Bound<'py, PyAny>> {
                let reach = slf.get().reach(store);
                let bytes = reach.and_then(|memory| read(slf.py(), &memory, start, stop));
                bytes.unwrap_or_else(|| slf.ask_method1("_read", (store, start, stop)))
            }

            /// Copies `value` in, beginning at `start` or at 0, and gives the number of bytes.
            ///
            /// A negative `start` counts from the end, as in a slice. Raises `BoundsError` where it does not fit; then
            /// nothing is written.
            #[pyo3(signature = (store, value, start = None))]
            fn write<'py>(
                slf: &Bound<'py, Self>,
                store: &Bound<'py, PyAny>,
                value: &Bound<'py, PyAny>,
                start: Option<&Bound<'py, PyAny>>,
            ) -> PyResult<Bound<'py, PyAny>> {
                let reach = slf.get().reach(store);
                match reach.and_then(|memory| write(slf.py(), &memory, value, start)) {
                    Some(count) => Ok(count?.into_pyobject(slf.py())?.into_any()),
                    None => slf.ask_method1("_write", (store, value, start)),
                }
            }

            $(
                $(#[doc = $loads])*
                fn $load<'py>(
                    slf: &Bound<'py, Self>,
                    store: &Bound<'py, PyAny>,
                    offset: &Bound<'py, PyAny>,
                ) -> PyResult<Bound<'py, PyAny>> {
                    match (slf.get().reach(store), whole(offset)) {
                        (Some((memory, store)), Some(offset)) => {
                            Ok(quick(slf.py(), store, || memory.$load(store, offset))?.into_pyobject(slf.py())?.into_any())
                        }
                        _ => slf.ask_method1("_load", (stringify!($ty), store, offset)),
                    }
                }

                $(#[doc = $stores])*
                fn $store<'py>(
                    slf: &Bound<'py, Self>,
                    store: &Bound<'py, PyAny>,
                    offset: &Bound<'py, PyAny>,
                    value: &Bound<'py, PyAny>,
                ) -> PyResult<Bound<'py, PyAny>> {
                    match (slf.get().reach(store), whole(offset), $ty::from_python(value)) {
                        (Some((memory, store)), Some(offset), Some(value)) => {
                            quick(slf.py(), store, || memory.$store(store, offset, value))?;
                            Ok(slf.py().None().into_bound(slf.py()))
                        }
                        _ => slf.ask_method1("_store", (stringify!($ty), store, offset, value)),
                    }
                }
            )*
        }
    };
}

memory_lane! {
    /// Reads a signed 8-bit integer at `offset`.
    load_i8
    /// Writes a signed 8-bit integer at `offset`.
    store_i8 i8;
    /// Reads an unsigned 8-bit integer at `offset`.
    load_u8
    /// Writes an unsigned 8-bit integer at `offset`.
    store_u8 u8;
    /// Reads a signed 16-bit integer at `offset`.
    load_i16
    /// Writes a signed 16-bit integer at `offset`.
    store_i16 i16;
    /// Reads an unsigned 16-bit integer at `offset`.
    load_u16
    /// Writes an unsigned 16-bit integer at `offset`.
    store_u16 u16;
    /// Reads a signed 32-bit integer at `offset`.
    load_i32
    /// Writes a signed 32-bit integer at `offset`.
    store_i32 i32;
    /// Reads an unsigned 32-bit integer at `offset`.
    load_u32
    /// Writes an unsigned 32-bit integer at `offset`.
    store_u32 u32;
    /// Reads a signed 64-bit integer at `offset`.
    load_i64
    /// Writes a signed 64-bit integer at `offset`.
    store_i64 i64;
    /// Reads an unsigned 64-bit integer at `offset`.
    load_u64
    /// Writes an unsigned 64-bit integer at `offset`.
    store_u64 u64;
    /// Reads a 32-bit float at `offset`.
    load_f32
    /// Writes a 32-bit float at `offset`. Rounds to the nearest.
    store_f32 f32;
    /// Reads a 64-bit float at `offset`.
    load_f64
    /// Writes a 64-bit float at `offset`.
    store_f64 f64;
}

/// The base class of `trimaran.SharedMemory`.
#[pyclass(subclass, frozen, module = "trimaran._native")]
pub(crate) struct SharedMemoryLane(Held<SharedMemory>);

#[pymethods]
impl SharedMemoryLane {
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(_arguments: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Self {
        Self(Held::nothing())
    }

    fn _open(&self, py: Python<'_>, handle: u64) -> PyResult<()> {
        // SAFETY: the method is private to the package, which passes the handle of an object of this kind and keeps it.
        unsafe { self.0.open(py, handle) }
    }

    /// `length` bytes from `start`, or up to the end, in place, as `Memory.view` gives them.
    #[pyo3(signature = (start = None, length = None), text_signature = "($self, start=0, length=None)")]
    fn view<'py>(
        slf: &Bound<'py, Self>,
        start: Option<&Bound<'py, PyAny>>,
        length: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        match (slf.get().0.get(), Extent::of(start, length)) {
            (Some(memory), Some(Extent { start, length })) => {
                MemoryView::show(py, enter(py, || memory.view(start, length))?)
            }
            _ => slf.ask_method1("_view", (start, length)),
        }
    }

    /// Copies the bytes from `start` up to `stop`, as `Memory.read` does. The whole is not read at once.
    #[pyo3(signature = (start = None, stop = None), text_signature = "($self, start=0, stop=None)")]
    fn read<'py>(
        slf: &Bound<'py, Self>,
        start: Option<&Bound<'py, PyAny>>,
        stop: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let memory = slf.get().0.get();
        let bytes = memory.and_then(|memory| read(slf.py(), &&**memory, start, stop));
        bytes.unwrap_or_else(|| slf.ask_method1("_read", (start, stop)))
    }

    /// Copies `value` in, as `Memory.write` does. The whole is not written at once.
    #[pyo3(signature = (value, start = None))]
    fn write<'py>(
        slf: &Bound<'py, Self>,
        value: &Bound<'py, PyAny>,
        start: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let memory = slf.get().0.get();
        match memory.and_then(|memory| write(slf.py(), &&**memory, value, start)) {
            Some(count) => Ok(count?.into_pyobject(slf.py())?.into_any()),
            None => slf.ask_method1("_write", (value, start)),
        }
    }
}
