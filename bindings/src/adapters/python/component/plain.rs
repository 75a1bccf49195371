//! Values of plain functions: a slot for each (`core/src/component/abi/plain.rs`).

use pyo3::prelude::*;

use super::codec::Codec;
use super::misfit::Fit;
use super::numbers;
use super::write::Writer;

/// The slot of a value of that type. A resource joins those of the writer, and its slot is its index among them.
#[inline]
pub(super) fn slot(to: &mut Writer<'_>, codec: &Codec, value: &Bound<'_, PyAny>) -> Fit<u64> {
    if let Codec::Number(number) = codec {
        return numbers::slot(*number, value);
    }
    // A truth value, a character or an index: their bytes in a stream are those of the slot.
    to.bytes.clear();
    to.write(codec, value)?;
    let mut slot = [0; size_of::<u64>()];
    slot.iter_mut().zip(&to.bytes).for_each(|(to, from)| *to = *from);
    Ok(u64::from_le_bytes(slot))
}

/// The value of a slot; none for a type that has no such value.
#[inline]
pub(super) fn read<'py>(py: Python<'py>, codec: &Codec, slot: u64) -> PyResult<Option<Bound<'py, PyAny>>> {
    Ok(match codec {
        Codec::Number(number) => numbers::read(py, *number, &slot.to_le_bytes())?,
        Codec::Bool => Some((slot != 0).into_pyobject(py)?.to_owned().into_any()),
        Codec::Char => match char::from_u32(slot as u32) {
            Some(scalar) => Some(scalar.into_pyobject(py)?.into_any()),
            None => None,
        },
        _ => None,
    })
}
