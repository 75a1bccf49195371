//! Lists of numbers that are buffers of Python's: arrays of any numbers, which are read where they lie.

use pyo3::buffer::{Element, PyUntypedBuffer};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyInt;
use trimaran::{ComponentMistake, ComponentTypeKind};

use super::super::convert::article;
use super::codec::Number;
use super::misfit::{Fit, Misfit, mistake};
use super::numbers::outside;

/// The numbers of a buffer in the guest's order, and how many they are; nothing where it has other elements.
pub(super) fn buffer(number: Number, value: &Bound<'_, PyAny>) -> Fit<Option<(usize, Vec<u8>)>> {
    // SAFETY: it is an object, and the GIL is held.
    if unsafe { ffi::PyObject_CheckBuffer(value.as_ptr()) } == 0 {
        return Ok(None);
    }
    let Ok(buffer) = PyUntypedBuffer::get(value) else { return Ok(None) };
    check(value, &buffer)?;
    let py = value.py();
    let format = buffer.format().to_bytes();
    let (order, code) = match format {
        [order @ (b'@' | b'=' | b'<' | b'>' | b'!'), code] => (*order, *code),
        [code] => (b'@', *code),
        _ => return Ok(None),
    };
    let other_orders: &[u8] = if cfg!(target_endian = "little") { b">!" } else { b"<" };
    let is_swapped = other_orders.contains(&order);
    if !is_swapped && let Some(found) = same(py, number, &buffer)? {
        return Ok(Some(found));
    }
    let elements = Elements { buffer: &buffer, is_swapped };
    match (code, buffer.item_size()) {
        (b'b' | b'h' | b'i' | b'l' | b'q' | b'n', 1) => elements.signed(py, number, i8::from_ne_bytes),
        (b'b' | b'h' | b'i' | b'l' | b'q' | b'n', 2) => elements.signed(py, number, i16::from_ne_bytes),
        (b'b' | b'h' | b'i' | b'l' | b'q' | b'n', 4) => elements.signed(py, number, i32::from_ne_bytes),
        (b'b' | b'h' | b'i' | b'l' | b'q' | b'n', 8) => elements.signed(py, number, i64::from_ne_bytes),
        (b'B' | b'H' | b'I' | b'L' | b'Q' | b'N', 1) => elements.unsigned(py, number, u8::from_ne_bytes),
        (b'B' | b'H' | b'I' | b'L' | b'Q' | b'N', 2) => elements.unsigned(py, number, u16::from_ne_bytes),
        (b'B' | b'H' | b'I' | b'L' | b'Q' | b'N', 4) => elements.unsigned(py, number, u32::from_ne_bytes),
        (b'B' | b'H' | b'I' | b'L' | b'Q' | b'N', 8) => elements.unsigned(py, number, u64::from_ne_bytes),
        (b'e', 2) => elements.floats(number, |bytes| half(u16::from_ne_bytes(bytes))),
        (b'f', 4) => elements.floats(number, |bytes| f32::from_ne_bytes(bytes).into()),
        (b'd', 8) => elements.floats(number, f64::from_ne_bytes),
        _ => Ok(None),
    }
}

/// Refuses an array whose mask the elements do not show, and one that is no list.
fn check(value: &Bound<'_, PyAny>, buffer: &PyUntypedBuffer) -> Fit {
    const LIST: ComponentTypeKind = ComponentTypeKind::List;
    if buffer.dimensions() != 1 {
        let found = format!("{} of {} dimensions", article(value), buffer.dimensions());
        return mistake(ComponentMistake::Kind { expected: LIST, found });
    }
    if is_masked(value)? {
        let found = "a masked array: pass one without a mask, as its `filled` gives".to_owned();
        return mistake(ComponentMistake::Kind { expected: LIST, found });
    }
    Ok(())
}

/// Whether it is one of NumPy's masked arrays.
fn is_masked(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    static MASKED: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = value.py();
    if value.get_type().name()?.to_string_lossy() == "ndarray" {
        return Ok(false);
    }
    let find = |py: Python<'_>| -> PyResult<Option<Py<PyAny>>> {
        let loaded = py.import("sys")?.getattr("modules")?.call_method1("get", ("numpy.ma",))?;
        if loaded.is_none() { Ok(None) } else { loaded.getattr("MaskedArray").map(|class| Some(class.unbind())) }
    };
    let class = match MASKED.get(py) {
        Some(class) => class,
        None => match find(py)? {
            Some(class) => MASKED.get_or_init(py, || class),
            // Nobody has loaded it: there are no such arrays.
            None => return Ok(false),
        },
    };
    value.is_instance(class.bind(py))
}

/// The bytes of a buffer of just those numbers.
fn same(py: Python<'_>, number: Number, buffer: &PyUntypedBuffer) -> Fit<Option<(usize, Vec<u8>)>> {
    match number {
        Number::S8 => copied::<i8, 1>(py, buffer, i8::to_le_bytes),
        Number::U8 => copied::<u8, 1>(py, buffer, u8::to_le_bytes),
        Number::S16 => copied::<i16, 2>(py, buffer, i16::to_le_bytes),
        Number::U16 => copied::<u16, 2>(py, buffer, u16::to_le_bytes),
        Number::S32 => copied::<i32, 4>(py, buffer, i32::to_le_bytes),
        Number::U32 => copied::<u32, 4>(py, buffer, u32::to_le_bytes),
        Number::S64 => copied::<i64, 8>(py, buffer, i64::to_le_bytes),
        Number::U64 => copied::<u64, 8>(py, buffer, u64::to_le_bytes),
        Number::F32 => copied::<f32, 4>(py, buffer, f32::to_le_bytes),
        Number::F64 => copied::<f64, 8>(py, buffer, f64::to_le_bytes),
    }
}

fn copied<N: Element + Copy, const SIZE: usize>(
    py: Python<'_>,
    buffer: &PyUntypedBuffer,
    bytes: impl Fn(N) -> [u8; SIZE],
) -> Fit<Option<(usize, Vec<u8>)>> {
    let Ok(typed) = buffer.as_typed::<N>() else { return Ok(None) };
    let count = typed.item_count();
    if cfg!(target_endian = "little") && typed.is_c_contiguous() {
        let length = count.saturating_mul(SIZE);
        let mut copy = room(length)?;
        // SAFETY: a contiguous buffer of so many items of that size has so many bytes, which stay where they are as long as this
        // holds it; the vector has room for them. Whoever writes to them meanwhile, which the GIL keeps Python from, gives
        // other bytes, and each pattern of bits is a number.
        unsafe {
            std::ptr::copy_nonoverlapping(typed.buf_ptr().cast::<u8>(), copy.as_mut_ptr(), length);
            copy.set_len(length);
        }
        return Ok(Some((count, copy)));
    }
    let numbers = typed.to_vec(py)?;
    Ok(Some((numbers.len(), numbers.into_iter().flat_map(bytes).collect())))
}

/// An empty vector with room for so many bytes.
fn room(length: usize) -> Fit<Vec<u8>> {
    let mut room = Vec::new();
    room.try_reserve_exact(length).map_err(|_| Box::new(Misfit::NoRoom(length)))?;
    Ok(room)
}

/// The elements of a buffer of one dimension, which are numbers of another type than those that are wanted.
struct Elements<'a> {
    buffer: &'a PyUntypedBuffer,
    /// Whether their bytes are in the other order than those of this machine.
    is_swapped: bool,
}

impl Elements<'_> {
    /// Elements that are signed integers.
    fn signed<S: Into<i64>, const SIZE: usize>(
        &self,
        py: Python<'_>,
        number: Number,
        read: impl Fn([u8; SIZE]) -> S + Copy,
    ) -> Fit<Option<(usize, Vec<u8>)>> {
        let read = move |bytes| Integer::Signed(read(bytes).into());
        self.integers(py, number, read)
    }

    /// Elements that are unsigned integers.
    fn unsigned<U: Into<u64>, const SIZE: usize>(
        &self,
        py: Python<'_>,
        number: Number,
        read: impl Fn([u8; SIZE]) -> U + Copy,
    ) -> Fit<Option<(usize, Vec<u8>)>> {
        let read = move |bytes| Integer::Unsigned(read(bytes).into());
        self.integers(py, number, read)
    }

    fn integers<const SIZE: usize>(
        &self,
        py: Python<'_>,
        number: Number,
        read: impl Fn([u8; SIZE]) -> Integer + Copy,
    ) -> Fit<Option<(usize, Vec<u8>)>> {
        let refuse = |found: Integer| outside(number, &found.object(py)?);
        let float = |digits: u32| move |bytes| read(bytes).float(digits).ok_or_else(|| read(bytes));
        match number {
            Number::S8 => self.each(|bytes| read(bytes).to::<i8>().map(i8::to_le_bytes), refuse),
            Number::U8 => self.each(|bytes| read(bytes).to::<u8>().map(u8::to_le_bytes), refuse),
            Number::S16 => self.each(|bytes| read(bytes).to::<i16>().map(i16::to_le_bytes), refuse),
            Number::U16 => self.each(|bytes| read(bytes).to::<u16>().map(u16::to_le_bytes), refuse),
            Number::S32 => self.each(|bytes| read(bytes).to::<i32>().map(i32::to_le_bytes), refuse),
            Number::U32 => self.each(|bytes| read(bytes).to::<u32>().map(u32::to_le_bytes), refuse),
            Number::S64 => self.each(|bytes| read(bytes).to::<i64>().map(i64::to_le_bytes), refuse),
            Number::U64 => self.each(|bytes| read(bytes).to::<u64>().map(u64::to_le_bytes), refuse),
            Number::F32 => self.each(|bytes| float(24)(bytes).map(|found| (found as f32).to_le_bytes()), refuse),
            Number::F64 => self.each(|bytes| float(53)(bytes).map(f64::to_le_bytes), refuse),
        }
    }

    /// Elements that are floats: nothing where integers are wanted.
    fn floats<const SIZE: usize>(
        &self,
        number: Number,
        read: impl Fn([u8; SIZE]) -> f64 + Copy,
    ) -> Fit<Option<(usize, Vec<u8>)>> {
        let never = |found: std::convert::Infallible| -> Fit { match found {} };
        match number {
            Number::F32 => self.each(|bytes| Ok((read(bytes) as f32).to_le_bytes()), never),
            Number::F64 => self.each(|bytes| Ok(read(bytes).to_le_bytes()), never),
            _ => Ok(None),
        }
    }

    /// Converts each element. `refuse` says why one cannot be.
    fn each<E, const SIZE: usize, const TO: usize>(
        &self,
        convert: impl Fn([u8; SIZE]) -> Result<[u8; TO], E>,
        refuse: impl Fn(E) -> Fit,
    ) -> Fit<Option<(usize, Vec<u8>)>> {
        let count = self.buffer.item_count();
        let stride = match (self.buffer.strides(), self.buffer.suboffsets()) {
            (_, Some(_)) => return Ok(None),
            ([stride], None) => *stride,
            _ => SIZE as isize,
        };
        let mut made = room(count.saturating_mul(TO))?;
        let mut place = self.buffer.buf_ptr().cast::<u8>();
        for index in 0..count {
            // SAFETY: a buffer of one dimension without suboffsets has an element of `item_size` bytes, which is `SIZE`, at each multiple
            // of its stride. It stays there as long as this holds the buffer, and the GIL keeps Python from writing to it.
            let mut bytes = unsafe { place.cast::<[u8; SIZE]>().read_unaligned() };
            if self.is_swapped {
                bytes.reverse();
            }
            match convert(bytes) {
                Ok(bytes) => made.extend_from_slice(&bytes),
                Err(found) => {
                    refuse(found).map_err(|misfit| misfit.at(format!("element {index}")))?;
                }
            }
            place = place.wrapping_offset(stride);
        }
        Ok(Some((count, made)))
    }
}

/// The value of a float of 16 bits.
fn half(bits: u16) -> f64 {
    let digits = f64::from(bits & 0x3ff);
    let size = match i32::from(bits >> 10 & 0x1f) {
        0 => digits * (-24_f64).exp2(),
        0x1f if digits == 0.0 => f64::INFINITY,
        0x1f => f64::NAN,
        exponent => (1024.0 + digits) * f64::from(exponent - 25).exp2(),
    };
    if bits >> 15 == 0 { size } else { -size }
}

/// An element that is an integer.
#[derive(Clone, Copy)]
enum Integer {
    Signed(i64),
    Unsigned(u64),
}

impl Integer {
    #[inline]
    fn to<N: TryFrom<i64> + TryFrom<u64>>(self) -> Result<N, Self> {
        match self {
            Self::Signed(found) => N::try_from(found).map_err(|_| self),
            Self::Unsigned(found) => N::try_from(found).map_err(|_| self),
        }
    }

    /// A float of so many digits that holds it.
    #[inline]
    fn float(self, digits: u32) -> Option<f64> {
        let size = match self {
            Self::Signed(found) => found.unsigned_abs(),
            Self::Unsigned(found) => found,
        };
        if size > 1 << digits {
            return None;
        }
        Some(match self {
            Self::Signed(found) => found as f64,
            Self::Unsigned(found) => found as f64,
        })
    }

    #[cold]
    fn object(self, py: Python<'_>) -> PyResult<Bound<'_, PyInt>> {
        Ok(match self {
            Self::Signed(found) => found.into_pyobject(py)?,
            Self::Unsigned(found) => found.into_pyobject(py)?,
        })
    }
}
