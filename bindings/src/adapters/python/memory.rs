//! Bytes and numbers in memories, without a copy in between.

use std::ptr;

use pyo3::buffer::PyUntypedBuffer;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyString};
use trimaran::adapter::numbers::below_memory;
use trimaran::{Memory, Result, SharedMemory, Store};

use super::convert::{LONGEST, Maybe, moment, raw_store, take_bytes, this};
use super::generated::{MemoryBase, SharedMemoryBase};
use super::numbers::{Count, index};
use super::view::MemoryView;
use super::{enter, entry, quick, raised, whole};

/// Where a view begins and how long it is.
fn extent(start: &Maybe<'_, '_>, length: Option<&Bound<'_, PyAny>>) -> PyResult<(i64, Option<i64>)> {
    let start = start.given().map_or(Ok(0), |start| i64::count(start, format_args!("the offset")))?;
    let length = length.map(|length| i64::count(length, format_args!("the length"))).transpose()?;
    Ok((start, length))
}

/// Beyond this many bytes it is checked first whether the memory has them at all.
const SMALL: i64 = 1 << 12;

/// A memory, whichever way it is reached.
trait Reach: Sync {
    /// Runs what takes a moment.
    fn quick<R: Send>(&self, py: Python<'_>, work: impl FnOnce() -> Result<R> + Send) -> PyResult<R>;
    fn size(&self) -> Result<u64>;
    /// Where it is from the beginning.
    fn place(&self, start: i64) -> Result<i64> {
        if start < 0 { from_end(start, self.size()?, "the offset") } else { Ok(start) }
    }
    fn read_with(&self, start: i64, length: i64, work: impl FnOnce(&[u8])) -> Result<()>;
    fn copy_in(&self, data: &[u8], start: i64) -> Result<()>;
    fn fill(&self, start: i64, length: i64, work: impl FnOnce(&mut [u8])) -> Result<()>;
}

impl Reach for (&Memory, &Store) {
    fn quick<R: Send>(&self, py: Python<'_>, work: impl FnOnce() -> Result<R> + Send) -> PyResult<R> {
        quick(py, self.1, work)
    }

    fn size(&self) -> Result<u64> {
        self.0.data_len(self.1)
    }

    fn read_with(&self, start: i64, length: i64, work: impl FnOnce(&[u8])) -> Result<()> {
        self.0.read_with(self.1, start, length, work)
    }

    fn copy_in(&self, data: &[u8], start: i64) -> Result<()> {
        self.0.write(self.1, data, start)
    }

    fn fill(&self, start: i64, length: i64, work: impl FnOnce(&mut [u8])) -> Result<()> {
        self.0.write_with(self.1, start, length, work)
    }
}

impl Reach for &SharedMemory {
    fn quick<R: Send>(&self, py: Python<'_>, work: impl FnOnce() -> Result<R> + Send) -> PyResult<R> {
        // A shared memory needs no store, and so no turn.
        moment(py, work)
    }

    fn size(&self) -> Result<u64> {
        self.data_len()
    }

    fn read_with(&self, start: i64, length: i64, work: impl FnOnce(&[u8])) -> Result<()> {
        self.read(start, length).map(|bytes| work(&bytes))
    }

    fn copy_in(&self, data: &[u8], start: i64) -> Result<()> {
        self.write(data, start)
    }

    fn fill(&self, start: i64, length: i64, work: impl FnOnce(&mut [u8])) -> Result<()> {
        self.write_with(start, length, work)
    }
}

/// Where bytes lie that Python keeps for us.
#[derive(Clone, Copy)]
struct Place(*mut u8);

// SAFETY: the function that makes one keeps the object that owns the bytes until the work is done.
unsafe impl Send for Place {}
// SAFETY: what makes it `Send` makes it `Sync`: nothing is changed through a shared reference.
unsafe impl Sync for Place {}

impl Place {
    /// # Safety
    /// The place has space for the bytes, and nothing else reads or writes it.
    unsafe fn put(self, bytes: &[u8]) {
        // SAFETY: the contract of this function says that there is space for the bytes, and that nothing else uses it.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.0, bytes.len()) };
    }

    /// # Safety
    /// There are so many bytes.
    unsafe fn get(self, bytes: &mut [u8]) {
        if !bytes.is_empty() {
            // SAFETY: the caller says that there are so many bytes. They may be a view of the same memory, so the ranges may
            // overlap.
            unsafe { ptr::copy(self.0, bytes.as_mut_ptr(), bytes.len()) };
        }
    }
}

/// What counts from the end if it is negative, as in a slice. In a memory of more than 2 GiB it may be a pointer whose sign is
/// none, and is refused with `Range`.
fn from_end(index: i64, size: u64, what: &str) -> Result<i64> {
    match index {
        0.. => Ok(index),
        _ if size > 1 << 31 => Err(below_memory(what, index)),
        _ => Ok(index.saturating_add(size.cast_signed()).max(0)),
    }
}

/// The nearest `i64`: a slice takes any number.
fn nearest(number: &Bound<'_, PyInt>) -> PyResult<i64> {
    number.extract().or_else(|_| Ok(if number.lt(0)? { i64::MIN } else { i64::MAX }))
}

/// Reads a slice. Only ends in order can reach past the end.
fn read<'py>(
    py: Python<'py>,
    memory: &impl Reach,
    start: Option<&Bound<'py, PyAny>>,
    stop: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    match (start.map_or(Some(0), whole), stop.map(whole)) {
        (Some(start), None) => read_slice(py, memory, start, None),
        (Some(start), Some(Some(stop))) => read_slice(py, memory, start, Some(stop)),
        _ => read_far(py, memory, start, stop),
    }
}

/// The same, with ends that are no plain numbers of 64 bits.
#[cold]
fn read_far<'py>(
    py: Python<'py>,
    memory: &impl Reach,
    start: Option<&Bound<'py, PyAny>>,
    stop: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let start = start.map_or_else(|| Ok(PyInt::new(py, 0)), |start| index(start, "the offset"))?;
    let stop = stop.map(|stop| index(stop, "the end")).transpose()?;
    match stop {
        Some(stop) if !start.lt(0)? && !stop.lt(0)? => {
            if start.gt(&stop)? {
                return read_range(py, memory, 0, 0);
            }
            let length = stop.sub(&start)?;
            let start = i64::count(&start, format_args!("the offset"))?;
            read_range(py, memory, start, i64::count(&length, format_args!("the length"))?)
        }
        stop => read_slice(py, memory, nearest(&start)?, stop.as_ref().map(nearest).transpose()?),
    }
}

fn read_slice<'py>(
    py: Python<'py>,
    memory: &impl Reach,
    mut start: i64,
    stop: Option<i64>,
) -> PyResult<Bound<'py, PyAny>> {
    let stop = match stop {
        Some(stop) if start >= 0 && stop >= 0 => stop,
        stop => {
            let size = memory.quick(py, || memory.size())?;
            let place = |index, what| match from_end(index, size, what) {
                Ok(index) => Ok(index.min(size.cast_signed())),
                Err(error) => Err(raised(py, error)),
            };
            start = place(start, "the offset")?;
            place(stop.unwrap_or(i64::MAX), "the end")?
        }
    };
    if start > stop { read_range(py, memory, 0, 0) } else { read_range(py, memory, start, stop - start) }
}

fn read_range<'py>(py: Python<'py>, memory: &impl Reach, start: i64, length: i64) -> PyResult<Bound<'py, PyAny>> {
    // No object is made for a range that is outside; and a memory never shrinks.
    if length > SMALL && memory.quick(py, || memory.size())? < start.saturating_add(length).cast_unsigned() {
        enter(py, || memory.read_with(start, length, |_| ()))?;
    }
    // SAFETY: with a null pointer this makes a new object of `length` bytes.
    let bytes = unsafe { ffi::PyBytes_FromStringAndSize(ptr::null(), length as ffi::Py_ssize_t) };
    // SAFETY: it is a new reference, or null with an exception set.
    let bytes = unsafe { Bound::from_owned_ptr_or_err(py, bytes) }?;
    // SAFETY: it is a new `bytes` object, to which no other reference exists yet.
    let place = Place(unsafe { ffi::PyBytes_AsString(bytes.as_ptr()) }.cast());
    // SAFETY: the new object has `length` bytes, and `bytes` is here until they are in.
    let copy = || memory.read_with(start, length, |shown| unsafe { place.put(shown) });
    if length > SMALL { enter(py, copy) } else { memory.quick(py, copy) }?;
    Ok(bytes)
}

/// Writes what has bytes; gives how many there were.
fn write<'py>(
    py: Python<'py>,
    memory: &impl Reach,
    data: &Bound<'py, PyAny>,
    start: Option<&Bound<'py, PyAny>>,
) -> PyResult<usize> {
    if let Ok(bytes) = take_plain_bytes(data) {
        return put(py, memory, bytes.as_bytes(), start);
    }
    let buffer = PyUntypedBuffer::get(data).ok().filter(PyUntypedBuffer::is_c_contiguous);
    let Some(buffer) = buffer.filter(|buffer| buffer.len_bytes() <= LONGEST) else {
        // What has bytes in another way, or too many, or none.
        let bytes = take_bytes(data, format_args!("the data"))?;
        return put(py, memory, &bytes, start);
    };
    let start = begin(start)?;
    let (place, count) = (Place(buffer.buf_ptr().cast()), buffer.len_bytes());
    let length = i64::try_from(count).unwrap_or(i64::MAX);
    // SAFETY: `count` bytes lie there for as long as `buffer` is kept. Should another thread of Python write to them
    // meanwhile, each byte is one or the other, as when a file is written.
    let done = enter(py, || memory.fill(memory.place(start)?, length, |bytes| unsafe { place.get(bytes) }));
    drop(buffer);
    done.map(|()| count)
}

/// Bytes that never change, and are not too many.
fn take_plain_bytes<'a, 'py>(data: &'a Bound<'py, PyAny>) -> Result<&'a Bound<'py, PyBytes>, ()> {
    data.cast::<PyBytes>().ok().filter(|bytes| bytes.as_bytes().len() <= LONGEST).ok_or(())
}

fn put(py: Python<'_>, memory: &impl Reach, bytes: &[u8], start: Option<&Bound<'_, PyAny>>) -> PyResult<usize> {
    let start = begin(start)?;
    let copy = || memory.copy_in(bytes, memory.place(start)?);
    if bytes.len() as i64 <= SMALL { memory.quick(py, copy) } else { enter(py, copy) }?;
    Ok(bytes.len())
}

/// Where to write. One that counts from the end may be less than any memory has.
fn begin(start: Option<&Bound<'_, PyAny>>) -> PyResult<i64> {
    let Some(start) = start else { return Ok(0) };
    whole(start).map_or_else(|| begin_far(start), Ok)
}

#[cold]
fn begin_far(start: &Bound<'_, PyAny>) -> PyResult<i64> {
    let start = index(start, "the offset")?;
    if start.lt(0)? { nearest(&start) } else { i64::count(&start, format_args!("the offset")) }
}

/// The text that bytes are; nothing where they are none.
fn text<'py>(py: Python<'py>, bytes: &[u8]) -> Option<Bound<'py, PyString>> {
    // Checked first: to make the exception could run the collector, and so any code of Python, while the store is held.
    let bytes = std::str::from_utf8(bytes).ok()?;
    let length = ffi::Py_ssize_t::try_from(bytes.len()).ok()?;
    // SAFETY: so many bytes lie there, and are looked at until this returns.
    let made = unsafe { ffi::PyUnicode_FromStringAndSize(bytes.as_ptr().cast(), length) };
    // SAFETY: it is a new reference, or null with an exception set, which is dropped.
    unsafe { Bound::from_owned_ptr_or_err(py, made) }.ok()?.cast_into().ok()
}

#[pymethods]
impl MemoryBase {
    /// `length` bytes from `start`, or up to the end, in place: a writable view, which `numpy.frombuffer` takes.
    ///
    /// The view stays valid whatever happens. While it is there, the store's memories do not grow where that
    /// would move them: `grow` raises `LimitError` then, and the guest's `memory.grow` gives -1. A view keeps its
    /// length when the memory grows, and its bytes when the store is closed. Guests and other threads may write while
    /// it is looked at.
    #[pyo3(signature = (store, start = Maybe::Absent, length = None), text_signature = "($self, store, start=0, length=None)")]
    fn view<'py>(
        slf: &Bound<'py, Self>,
        store: &Bound<'py, PyAny>,
        start: Maybe<'_, 'py>,
        length: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (py, memory, raw) = (slf.py(), this(slf)?, raw_store(store)?);
        let (start, length) = extent(&start, length)?;
        MemoryView::show(py, enter(py, || memory.view(raw, start, length))?)
    }

    /// Copies the bytes from `start` up to `stop`, which is not included, or up to the end.
    ///
    /// Raises `BoundsError` where `start` and `stop` are in order and reach past the end. Everything else is as in
    /// a slice: a negative index counts from the end, and a range that is turned around is empty. In a memory of
    /// more than 2 GiB a negative index is a `RangeError`: it may be a guest's pointer, which `u32` reads.
    #[pyo3(signature = (store, start = None, stop = None), text_signature = "($self, store, start=0, stop=None)")]
    fn read<'py>(
        slf: &Bound<'py, Self>,
        store: &Bound<'py, PyAny>,
        start: Option<&Bound<'py, PyAny>>,
        stop: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (memory, raw) = (this(slf)?, raw_store(store)?);
        read(slf.py(), &(&**memory, &**raw), start, stop)
    }

    /// The text of `length` bytes of UTF-8, beginning at `start`. Raises `EncodingError` where it is not UTF-8.
    fn read_string<'py>(
        slf: &Bound<'py, Self>,
        store: &Bound<'py, PyAny>,
        start: &Bound<'py, PyAny>,
        length: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyString>> {
        let (py, memory, raw) = (slf.py(), this(slf)?, raw_store(store)?);
        let start = i64::count(start, format_args!("the offset"))?;
        let length = i64::count(length, format_args!("the length"))?;
        // Where the store is free, the bytes are decoded where they lie.
        let decoded = raw
            .try_hold()
            .and_then(|_hold| entry(|| memory.read_with(raw, start, length, |bytes| text(py, bytes))).ok());
        match decoded.flatten() {
            Some(text) => Ok(text),
            // The core says what is wrong, or waits.
            None => enter(py, || memory.read_string(raw, start, length)).map(|text| PyString::new(py, &text)),
        }
    }

    /// Copies `value` in, beginning at `start` or at 0, and gives the number of bytes.
    ///
    /// A negative `start` counts from the end, as in a slice; in a memory of more than 2 GiB it is a `RangeError`, as
    /// for `read`. Raises `BoundsError` where it does not fit; then nothing is written.
    #[pyo3(signature = (store, value, start = None))]
    fn write<'py>(
        slf: &Bound<'py, Self>,
        store: &Bound<'py, PyAny>,
        value: &Bound<'py, PyAny>,
        start: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<usize> {
        let (memory, raw) = (this(slf)?, raw_store(store)?);
        write(slf.py(), &(&**memory, &**raw), value, start)
    }
}

#[pymethods]
impl SharedMemoryBase {
    /// `length` bytes from `start`, or up to the end, in place, as `Memory.view` gives them.
    #[pyo3(signature = (start = Maybe::Absent, length = None), text_signature = "($self, start=0, length=None)")]
    fn view<'py>(
        slf: &Bound<'py, Self>,
        start: Maybe<'_, 'py>,
        length: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (py, memory) = (slf.py(), this(slf)?);
        let (start, length) = extent(&start, length)?;
        MemoryView::show(py, enter(py, || memory.view(start, length))?)
    }

    /// Copies the bytes from `start` up to `stop`, as `Memory.read` does. The whole is not read at once.
    #[pyo3(signature = (start = None, stop = None), text_signature = "($self, start=0, stop=None)")]
    fn read<'py>(
        slf: &Bound<'py, Self>,
        start: Option<&Bound<'py, PyAny>>,
        stop: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        read(slf.py(), &&**this(slf)?, start, stop)
    }

    /// Copies `value` in, as `Memory.write` does. The whole is not written at once.
    #[pyo3(signature = (value, start = None))]
    fn write<'py>(
        slf: &Bound<'py, Self>,
        value: &Bound<'py, PyAny>,
        start: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<usize> {
        write(slf.py(), &&**this(slf)?, value, start)
    }
}
