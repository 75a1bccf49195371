//! Calls: numbers into slots and out of them, one by one or a column at a time.

use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::buffer::PyUntypedBuffer;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyInt, PyList, PyTuple};
use trimaran::adapter::{Signature, Slot, ValKind};
use trimaran::{Func, Store, WasmtimeError};

use super::at_end::Ask;
use super::convert::HasHandle;
use super::host::{Body, borrow, object};
use super::{NativeHandle, StoreBase, detached, enter, entry, raised, store_of};

/// Calls with more values than this go over the surface.
const WIDEST: usize = 16;
/// Most calls have no more: clearing slots for the most takes longer than the rest of such a call.
const FEW: usize = 4;

/// The base class of `trimaran.Func`.
#[pyclass(subclass, frozen, module = "trimaran._native")]
pub(crate) struct FuncBase {
    handle: NativeHandle<Func>,
    /// The signature has been looked up: that enters no store any more.
    is_known: AtomicBool,
}

#[pymethods]
impl FuncBase {
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(_arguments: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Self {
        Self { handle: NativeHandle::empty(), is_known: AtomicBool::new(false) }
    }

    #[pyo3(signature = (*arguments, **keywords))]
    fn __call__<'py>(
        slf: &Bound<'py, Self>,
        arguments: &Bound<'py, PyTuple>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if keywords.is_none()
            && let Some(result) = call(slf, arguments)
        {
            return result;
        }
        slf.as_any().getattr("_call_odd")?.ask(arguments, keywords)
    }

    /// Gives a host function its body, which belongs to the store's own object.
    fn _attach(
        &self,
        py: Python<'_>,
        store: &Bound<'_, StoreBase>,
        function: Bound<'_, PyAny>,
        pass_caller: bool,
    ) -> PyResult<()> {
        let (Some(func), Some(opened)) = (self.handle.get(), store_of(store.as_any())) else { return Ok(()) };
        let signature = enter(py, || func.signature(opened))?;
        let body = Body::new(store, function, pass_caller, signature)?;
        enter(py, || func.attach(opened, Box::new(body)))
    }

    /// The types of the results, as `array` names them, if the function can be called with columns.
    fn _columns(&self, py: Python<'_>, store: &Bound<'_, PyAny>) -> PyResult<String> {
        let (Some(func), Some(store)) = (self.handle.get(), store_of(store)) else { return Ok(String::new()) };
        let signature = enter(py, || func.signature(store))?;
        let mut kinds = signature.params().iter().chain(signature.results());
        if !kinds.all(|kind| code(*kind).is_some()) {
            let reason = "only functions of i32, i64, f32 and f64 can be called with columns".to_owned();
            return Err(raised(py, WasmtimeError::Type { reason }));
        }
        Ok(signature.results().iter().filter_map(|kind| code(*kind)).collect())
    }

    /// Calls once for each row of the columns, and puts the results into theirs. Where it fails, it gives the row and
    /// the error.
    fn _map(
        &self,
        py: Python<'_>,
        store: &Bound<'_, PyAny>,
        columns: Vec<Bound<'_, PyAny>>,
        results: Vec<Bound<'_, PyAny>>,
    ) -> PyResult<Option<(usize, Py<PyAny>)>> {
        let (Some(func), Some(store)) = (self.handle.get(), store_of(store)) else { return Ok(None) };
        let signature = enter(py, || func.signature(store))?;
        let wrong = |reason: String| raised(py, WasmtimeError::Type { reason });
        let buffers = |objects: &[Bound<'_, PyAny>], kinds: &[ValKind]| {
            let all = objects.iter().zip(kinds).enumerate();
            all.map(|(index, (object, kind))| buffer(object, *kind, index + 1)).collect::<Result<Vec<_>, _>>()
        };
        check_count(signature, columns.len()).map_err(wrong)?;
        let given = buffers(&columns, signature.params()).map_err(wrong)?;
        let made = buffers(&results, signature.results()).map_err(wrong)?;
        let length = |buffer: &PyUntypedBuffer| buffer.item_count();
        let rows = given.first().map_or(0, length);
        if let Some(index) = given.iter().position(|buffer| length(buffer) != rows) {
            let other = given.get(index).map_or(0, length);
            return Err(wrong(format!("column {} has {other} items: column 1 has {rows}", index + 1)));
        }
        if made.len() != signature.results().len()
            || made.iter().any(|buffer| length(buffer) != rows || buffer.readonly())
        {
            return Err(wrong("there is no room for the results".to_owned()));
        }
        let (inputs, outputs) = (Columns::of(&given), Columns::of(&made));
        let done = detached(py, || map(func, store, rows, &inputs, &outputs));
        // `buffers` still holds the buffers, so that Python has not moved or freed their bytes.
        drop((given, made));
        Ok(done.err().map(|(row, error)| (row, raised(py, error).into_value(py).into_any())))
    }
}

impl HasHandle for FuncBase {
    type Core = Func;

    fn handle(&self) -> &NativeHandle<Func> {
        &self.handle
    }
}

/// The call, if everything about it is plain.
fn call<'py>(slf: &Bound<'py, FuncBase>, arguments: &Bound<'py, PyTuple>) -> Option<PyResult<Bound<'py, PyAny>>> {
    let py = slf.py();
    let this = slf.get();
    let func = this.handle.get()?;
    let mut given = arguments.iter_borrowed();
    let store = given.next()?;
    let store = store_of(&store)?;
    let signature = if this.is_known.load(Ordering::Acquire) {
        func.signature(store).ok()?
    } else {
        let signature = match detached(py, || func.signature(store)) {
            Ok(signature) => signature,
            // The wait for the store was ended, and what ended it is said once.
            Err(error @ (WasmtimeError::Host { .. } | WasmtimeError::Trap { .. } | WasmtimeError::Busy { .. })) => {
                return Some(Err(raised(py, error)));
            }
            Err(_) => return None,
        };
        this.is_known.store(true, Ordering::Release);
        signature
    };
    let width = signature.width();
    if given.len() != signature.params().len() || width > WIDEST {
        return None;
    }
    if !signature.is_plain() {
        return call_references(py, func, &arguments.get_item(0).ok()?, arguments, signature);
    }
    if width <= FEW {
        call_plain::<FEW>(py, func, store, signature, given)
    } else {
        call_plain::<WIDEST>(py, func, store, signature, given)
    }
}

/// Calls a function of numbers with `SLOTS` slots.
#[inline(always)]
fn call_plain<'a, 'py: 'a, const SLOTS: usize>(
    py: Python<'py>,
    func: &Func,
    store: &Store,
    signature: &Signature,
    given: impl Iterator<Item = Borrowed<'a, 'py, PyAny>>,
) -> Option<PyResult<Bound<'py, PyAny>>> {
    let mut buffer = [Slot::default(); SLOTS];
    let slots = buffer.get_mut(..signature.width())?;
    for ((value, kind), slot) in given.zip(signature.params()).zip(slots.iter_mut()) {
        *slot = bits(&value, *kind)?;
    }
    let done = enter(py, || func.call_slots(store, slots));
    Some(done.and_then(|()| match (signature.results(), &*slots) {
        ([], _) => Ok(py.None().into_bound(py)),
        ([kind], [slot, ..]) => number(py, *kind, *slot),
        (kinds, slots) => {
            let numbers: PyResult<Vec<_>> =
                kinds.iter().zip(slots).map(|(kind, slot)| number(py, *kind, *slot)).collect();
            Ok(PyList::new(py, numbers?)?.into_any())
        }
    }))
}

/// The call of a function with references, if everything about it is plain.
fn call_references<'py>(
    py: Python<'py>,
    func: &Func,
    inside: &Bound<'py, PyAny>,
    arguments: &Bound<'py, PyTuple>,
    signature: &Signature,
) -> Option<PyResult<Bound<'py, PyAny>>> {
    let store = store_of(inside)?;
    let mut buffer = [Slot::default(); WIDEST];
    let slots = buffer.get_mut(..signature.width())?;
    // What the handles belong to stays here until the call has returned.
    let mut kept = Vec::new();
    for ((value, kind), slot) in arguments.iter().skip(1).zip(signature.params()).zip(slots.iter_mut()) {
        *slot = if kind.is_plain() {
            bits(&value, *kind)?
        } else {
            match borrow(inside, *kind, &value) {
                Ok(found) => {
                    let (slot, keep) = found?;
                    kept.push(keep);
                    slot
                }
                Err(error) => return Some(Err(error)),
            }
        };
    }
    // SAFETY: `borrow` gave handles of objects that are in `kept`.
    let done = enter(py, || unsafe { func.call_references(store, slots) });
    drop(kept);
    Some(done.and_then(|()| {
        let found = signature.results().iter().zip(slots.iter());
        let mut results: Vec<_> = found.map(|(kind, slot)| object(inside, *kind, *slot)).collect::<PyResult<_>>()?;
        match results.len() {
            0 => Ok(py.None().into_bound(py)),
            1 => Ok(results.swap_remove(0)),
            _ => Ok(PyList::new(py, results)?.into_any()),
        }
    }))
}

/// The bits of an object that goes into a number of that type without a doubt.
pub(super) fn bits(value: &Bound<'_, PyAny>, kind: ValKind) -> Option<Slot> {
    let low = match kind {
        // Signed or unsigned: the integers of WebAssembly have no sign. A bool counts as 0 or 1.
        ValKind::I32 => {
            let value: i64 = value.extract().ok()?;
            (-(1 << 31)..1 << 32).contains(&value).then_some(u64::from(value as u32))?
        }
        ValKind::I64 => value.extract().map(i64::cast_unsigned).or_else(|_| value.extract::<u64>()).ok()?,
        ValKind::F32 => u64::from((float(value, 24)? as f32).to_bits()),
        ValKind::F64 => float(value, 53)?.to_bits(),
        ValKind::V128 => {
            let bytes: [u8; 16] = value.cast::<PyBytes>().ok()?.as_bytes().try_into().ok()?;
            let bits = u128::from_le_bytes(bytes);
            return Some(Slot { low: bits as u64, high: (bits >> 64) as u64 });
        }
        _ => return None,
    };
    Some(Slot { low, high: 0 })
}

/// A float, or an int that a float of so many digits surely holds.
fn float(value: &Bound<'_, PyAny>, digits: u32) -> Option<f64> {
    if let Ok(value) = value.cast::<PyFloat>() {
        return Some(value.value());
    }
    let value: i64 = value.cast::<PyInt>().ok()?.extract().ok()?;
    (value.unsigned_abs() <= 1 << digits).then_some(value as f64)
}

pub(super) fn number<'py>(py: Python<'py>, kind: ValKind, slot: Slot) -> PyResult<Bound<'py, PyAny>> {
    Ok(match kind {
        ValKind::I32 => (slot.low as u32).cast_signed().into_pyobject(py)?.into_any(),
        ValKind::I64 => slot.low.cast_signed().into_pyobject(py)?.into_any(),
        ValKind::F32 => PyFloat::new(py, f64::from(f32::from_bits(slot.low as u32))).into_any(),
        ValKind::F64 => PyFloat::new(py, f64::from_bits(slot.low)).into_any(),
        _ => {
            let bits = u128::from(slot.high) << 64 | u128::from(slot.low);
            PyBytes::new(py, &bits.to_le_bytes()).into_any()
        }
    })
}

/// What `array` calls a number of that type.
fn code(kind: ValKind) -> Option<char> {
    match kind {
        ValKind::I32 => Some('i'),
        ValKind::I64 => Some('q'),
        ValKind::F32 => Some('f'),
        ValKind::F64 => Some('d'),
        _ => None,
    }
}

fn check_count(signature: &Signature, given: usize) -> Result<(), String> {
    match signature.params().len() {
        0 => Err("the function has no parameters, and so no columns: call it".to_owned()),
        expected if given < expected => Err(format!("too few columns: the function takes {expected}, {given} given")),
        expected if given > expected => Err(format!("too many columns: the function takes {expected}, {given} given")),
        _ => Ok(()),
    }
}

/// The items of a column, if they are numbers of that type in a row.
fn buffer(object: &Bound<'_, PyAny>, kind: ValKind, place: usize) -> Result<PyUntypedBuffer, String> {
    let (size, name) = match kind {
        ValKind::I32 => (4, "int32"),
        ValKind::I64 => (8, "int64"),
        ValKind::F32 => (4, "float32"),
        _ => (8, "float64"),
    };
    let expected = format!("expected an array of {name}");
    let buffer = PyUntypedBuffer::get(object).map_err(|_| {
        let ty = object.get_type().name().map_or_else(|_| "object".to_owned(), |name| name.to_string());
        format!("column {place} is of type {ty}: {expected}")
    })?;
    let format = String::from_utf8_lossy(buffer.format().to_bytes()).into_owned();
    let item = format.trim_start_matches(['@', '=', '<']);
    let is_right = match kind {
        ValKind::I32 | ValKind::I64 => ["i", "I", "l", "L", "q", "Q"].contains(&item),
        ValKind::F32 => item == "f",
        _ => item == "d",
    };
    if !is_right || buffer.item_size() != size {
        return Err(format!("column {place} has items of {} bytes, `{format}`: {expected}", buffer.item_size()));
    }
    if buffer.dimensions() != 1 || buffer.suboffsets().is_some() {
        return Err(format!("column {place} has {} dimensions: expected 1", buffer.dimensions()));
    }
    Ok(buffer)
}

/// Where the items of some columns lie, and how far apart.
struct Columns(Vec<(*mut u8, isize, bool)>);

// SAFETY: the buffers that they were made of are kept for as long as they are used, and a buffer is not moved or freed
// while it is out, whichever thread looks at it. Should another thread of Python write to a column meanwhile, its
// numbers are one or the other, as with every function of C that lets go of the GIL.
unsafe impl Send for Columns {}
// SAFETY: what makes it `Send` makes it `Sync`: nothing is changed through a shared reference.
unsafe impl Sync for Columns {}

impl Columns {
    fn of(buffers: &[PyUntypedBuffer]) -> Self {
        let column = |buffer: &PyUntypedBuffer| {
            let stride = buffer.strides().first().copied().unwrap_or_default();
            (buffer.buf_ptr().cast::<u8>(), stride, buffer.item_size() == 8)
        };
        Self(buffers.iter().map(column).collect())
    }

    /// # Safety
    /// Each column has that row.
    unsafe fn load(&self, row: usize, slots: &mut [Slot]) {
        for ((base, stride, is_wide), slot) in self.0.iter().zip(slots) {
            // SAFETY: the caller says that the column has that row. `buffer` checked that its items have 4 or 8 bytes.
            slot.low = unsafe {
                let item = base.offset(stride.wrapping_mul(row.cast_signed()));
                if *is_wide { item.cast::<u64>().read_unaligned() } else { item.cast::<u32>().read_unaligned().into() }
            };
        }
    }

    /// # Safety
    /// Each column has that row, and may be written.
    unsafe fn store(&self, row: usize, slots: &[Slot]) {
        for ((base, stride, is_wide), slot) in self.0.iter().zip(slots) {
            // SAFETY: the caller says that the column has that row. `buffer` checked that its items have 4 or 8 bytes.
            unsafe {
                let item = base.offset(stride.wrapping_mul(row.cast_signed()));
                if *is_wide {
                    item.cast::<u64>().write_unaligned(slot.low);
                } else {
                    item.cast::<u32>().write_unaligned(slot.low as u32);
                }
            }
        }
    }
}

fn map(
    func: &Func,
    store: &Store,
    rows: usize,
    inputs: &Columns,
    outputs: &Columns,
) -> Result<(), (usize, WasmtimeError)> {
    // SAFETY: `_map` checked that all columns have so many rows, and that those of the results may be written.
    let fill = |row, slots: &mut [Slot]| unsafe { inputs.load(row, slots) };
    // SAFETY: `_map` checked that all columns have so many rows, and that those of the results may be written.
    let take = |row, slots: &[Slot]| unsafe { outputs.store(row, slots) };
    entry(|| Ok(func.call_rows(store, rows, fill, take))).map_err(|error| (0, *error))?
}
