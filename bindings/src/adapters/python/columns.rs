//! Calls with columns of numbers: a row goes into slots and comes out of them, without an object for a number.

use pyo3::buffer::PyUntypedBuffer;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use trimaran::adapter::{Slot, ValKind, columns};
use trimaran::{Func, Store, WasmtimeError};

use super::at_end::Ask;
use super::convert::moment;
use super::func::{FuncBase, bits};
use super::number_type::{Destination, NumberType, name_of, type_of};
use super::{detached, enter, entry, raised, store_of};

#[pymethods]
impl FuncBase {
    /// The types of the parameters and those of the results, as `array` names them, if the function can be called with
    /// columns.
    fn _columns(&self, py: Python<'_>, store: &Bound<'_, PyAny>) -> PyResult<(String, String)> {
        let (Some(func), Some(store)) = (self.handle.get(), store_of(store)) else { return Ok(Default::default()) };
        let signature = enter(py, || func.signature(store))?;
        moment(py, || columns::check_numeric(signature))?;
        let codes = |kinds: &[ValKind]| kinds.iter().filter_map(|kind| code(*kind)).collect();
        Ok((codes(signature.params()), codes(signature.results())))
    }

    /// Calls once for each of `rows` rows of the columns from the row `start` on, and puts the results into theirs. A tuple
    /// of a buffer has its one number in every row. Where it fails, it gives the row and the error.
    fn _map(
        &self,
        py: Python<'_>,
        store: &Bound<'_, PyAny>,
        given: Vec<Bound<'_, PyAny>>,
        results: Vec<Bound<'_, PyAny>>,
        start: usize,
        rows: usize,
    ) -> PyResult<Option<(usize, Py<PyAny>)>> {
        let (Some(func), Some(store)) = (self.handle.get(), store_of(store)) else { return Ok(None) };
        let signature = enter(py, || func.signature(store))?;
        let wrong = |reason: String| raised(py, WasmtimeError::Type { reason });
        moment(py, || columns::check_count(signature, given.len()))?;
        let given = given.iter().zip(signature.params()).enumerate();
        let given: Vec<_> = given
            .map(|(index, (object, kind))| Column::read(object, *kind, index + 1))
            .collect::<Result<_, _>>()
            .map_err(wrong)?;
        let made = results.iter().zip(signature.results()).enumerate();
        let made: Vec<_> = made
            .map(|(index, (object, kind))| Column::write(object, *kind, index + 1))
            .collect::<Result<_, _>>()
            .map_err(wrong)?;
        moment(py, || check_rows(&given, &made, start.saturating_add(rows)))?;
        if made.len() != signature.results().len() {
            return Err(wrong("there is no room for the results".to_owned()));
        }
        let (inputs, outputs) = (Items::of(&given), Items::of(&made));
        let done = detached(py, || map(func, store, start, rows, &inputs, &outputs));
        // The columns still hold their buffers, so that Python has not moved or freed their bytes.
        drop((given, made));
        Ok(done.err().map(|(row, error)| (start + row, raised(py, error).into_value(py).into_any())))
    }
}

/// The bytes of the numbers of a list, as `array` would have them for that code. `odd` gives the bits of what is no plain
/// number that fits, or raises the error that says so; it is told which one it is.
#[pyfunction]
pub(crate) fn packed<'py>(
    items: &Bound<'py, PyTuple>,
    code: char,
    odd: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyBytes>> {
    let kind = match code {
        'i' => ValKind::I32,
        'q' => ValKind::I64,
        'f' => ValKind::F32,
        _ => ValKind::F64,
    };
    let size = Destination::of(kind).size();
    PyBytes::new_with(items.py(), items.len().saturating_mul(size), |room| {
        for (row, (item, room)) in items.iter().zip(room.chunks_exact_mut(size)).enumerate() {
            let low = match bits(&item, kind) {
                Some(slot) => slot.low,
                None => odd.ask1((&item, row))?.extract::<u64>()?,
            };
            if size == 4 {
                room.copy_from_slice(&(low as u32).to_ne_bytes());
            } else {
                room.copy_from_slice(&low.to_ne_bytes());
            }
        }
        Ok(())
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

/// Refuses columns of another length, and those that end before row `end`.
fn check_rows(given: &[Column], made: &[Column], end: usize) -> trimaran::Result<()> {
    let wrong = |reason: String| WasmtimeError::Type { reason };
    let lengths = given.iter().enumerate().filter_map(|(index, column)| Some((index + 1, column.rows?)));
    if lengths.clone().next().is_none() {
        return Err(wrong("every column is one number, so there are no rows: call the function".to_owned()));
    }
    let rows = columns::rows(lengths)?;
    let made = made.iter().enumerate().map(|(index, column)| (index + 1, column.rows.unwrap_or_default()));
    if let Some((place, other)) = made.clone().find(|(_, other)| *other != rows) {
        return Err(wrong(format!("column {place} of out has {other} items: the columns have {rows}")));
    }
    if end > rows { Err(wrong(format!("the columns have {rows} items, and not {end}"))) } else { Ok(()) }
}

/// The buffer of a column, and what its items are.
struct Column {
    buffer: PyUntypedBuffer,
    number: NumberType,
    to: Destination,
    /// None for one number, which every row has.
    rows: Option<usize>,
}

impl Column {
    /// The column of a parameter, if its items are numbers that the type of the parameter holds.
    fn read(object: &Bound<'_, PyAny>, kind: ValKind, place: usize) -> Result<Self, String> {
        let to = Destination::of(kind);
        let one = object.cast::<PyTuple>().ok().and_then(|tuple| tuple.get_item(0).ok());
        let given = one.as_ref().unwrap_or(object);
        let mut column = Self::get(given, to, &format!("column {place}"), to.expected(), name_of)?;
        if one.is_some() && column.rows == Some(1) {
            column.rows = None;
        }
        if column.number.goes_into(to) {
            return Ok(column);
        }
        // Columns of NumPy and of pandas have that method.
        let hint = match column.number.may_fit(to) && given.hasattr("astype").unwrap_or(false) {
            true => format!("; where its numbers fit, pass astype(\"{}\")", to.name()),
            false => String::new(),
        };
        Err(format!("column {place} has {}: expected {}{hint}", column.number, to.expected()))
    }

    /// The column of a result, if it can be written and its items are of just that type.
    fn write(object: &Bound<'_, PyAny>, kind: ValKind, place: usize) -> Result<Self, String> {
        let to = Destination::of(kind);
        let what = format!("column {place} of out");
        let expected = format!("an array of {}", to.name());
        let column = Self::get(object, to, &what, &expected, type_of)?;
        if !column.number.is(to) {
            return Err(format!("{what} has {}: expected {expected}", column.number));
        }
        if column.buffer.readonly() {
            return Err(format!("{what} is read-only: expected one that can be written"));
        }
        Ok(column)
    }

    /// `name` says what an object without a buffer is.
    fn get(
        object: &Bound<'_, PyAny>,
        to: Destination,
        what: &str,
        expected: &str,
        name: fn(&Bound<'_, PyAny>) -> String,
    ) -> Result<Self, String> {
        let buffer =
            PyUntypedBuffer::get(object).map_err(|_| format!("{what} {}: expected {expected}", name(object)))?;
        let format = buffer.format().to_string_lossy();
        let number = NumberType::of(&format, buffer.item_size())
            .ok_or_else(|| format!("{what} {}: expected {expected}", name_of(object)))?;
        let rows = match buffer.dimensions() {
            1 if buffer.suboffsets().is_none() => Some(buffer.item_count()),
            count => return Err(format!("{what} has {count} dimensions: expected 1")),
        };
        Ok(Self { buffer, number, to, rows })
    }
}

/// Where the items of some columns lie, how far apart, and what they are.
struct Items(Vec<(*mut u8, isize, NumberType, Destination)>);

// SAFETY: the buffers that they were made of are kept for as long as they are used, and a buffer is not moved or freed
// while it is out, whichever thread looks at it. Should another thread of Python write to a column meanwhile, its
// numbers are one or the other, as with every function of C that lets go of the GIL.
unsafe impl Send for Items {}
// SAFETY: what makes it `Send` makes it `Sync`: nothing is changed through a shared reference.
unsafe impl Sync for Items {}

impl Items {
    fn of(columns: &[Column]) -> Self {
        let column = |column: &Column| {
            let stride = column.buffer.strides().first().copied().unwrap_or_default();
            let stride = if column.rows.is_some() { stride } else { 0 };
            (column.buffer.buf_ptr().cast::<u8>(), stride, column.number, column.to)
        };
        Self(columns.iter().map(column).collect())
    }

    /// # Safety
    /// Each column has that row.
    unsafe fn load(&self, row: usize, slots: &mut [Slot]) {
        for ((base, stride, number, to), slot) in self.0.iter().zip(slots) {
            // SAFETY: the caller says that the column has that row, so that `number.size()` bytes lie there, as the
            // exporter of the buffer promises. One number for all rows has a stride of 0.
            let item = unsafe {
                let item = base.offset(stride.wrapping_mul(row.cast_signed()));
                match number.size() {
                    1 => u64::from(item.read()),
                    2 => u64::from(number.in_order(item.cast::<u16>().read_unaligned())),
                    4 => u64::from(number.in_order(item.cast::<u32>().read_unaligned())),
                    _ => number.in_order(item.cast::<u64>().read_unaligned()),
                }
            };
            slot.low = number.widened(item, *to);
        }
    }

    /// # Safety
    /// Each column has that row, and may be written.
    unsafe fn store(&self, row: usize, slots: &[Slot]) {
        for ((base, stride, number, to), slot) in self.0.iter().zip(slots) {
            // SAFETY: the caller says that the column has that row and may be written. `Column::write` checked that its
            // items have the size of the result's type.
            unsafe {
                let item = base.offset(stride.wrapping_mul(row.cast_signed()));
                if to.size() == 8 {
                    item.cast::<u64>().write_unaligned(number.in_order(slot.low));
                } else {
                    item.cast::<u32>().write_unaligned(number.in_order(slot.low as u32));
                }
            }
        }
    }
}

fn map(
    func: &Func,
    store: &Store,
    start: usize,
    rows: usize,
    inputs: &Items,
    outputs: &Items,
) -> Result<(), (usize, WasmtimeError)> {
    // SAFETY: `check_rows` saw that all columns have `start + rows` rows, and `Column::write` that those of the results may
    // be written.
    let fill = |row, slots: &mut [Slot]| unsafe { inputs.load(start + row, slots) };
    // SAFETY: as for `fill`.
    let take = |row, slots: &[Slot]| unsafe { outputs.store(start + row, slots) };
    entry(|| Ok(func.call_rows(store, rows, fill, take))).map_err(|error| (0, *error))?
}
