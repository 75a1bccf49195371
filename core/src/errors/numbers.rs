//! What is wrong with a number: one sentence for each way, whichever language it came from.

use std::fmt::Display;

use crate::{Result, WasmtimeError};

/// A place or a count that is less than 0.
pub fn negative(what: impl Display, number: impl Display) -> WasmtimeError {
    WasmtimeError::range(format!("{what} is {number}: expected 0 or more"))
}

/// A place in a memory that is less than 0. Guests have no sign in a pointer, and above 2 GiB its i32 reads as one below 0.
pub fn below_memory(what: impl Display, number: i64) -> WasmtimeError {
    match i32::try_from(number) {
        Ok(pointer) => WasmtimeError::range(format!(
            "{what} is {pointer}: expected 0 or more; an i32 that is a pointer wants its unsigned reading, {}",
            pointer.cast_unsigned()
        )),
        Err(_) => negative(what, number),
    }
}

/// A place or a count that is `end`, such as 2^63, or more.
pub fn too_large(what: impl Display, number: impl Display, end: impl Display) -> WasmtimeError {
    WasmtimeError::range(format!("{what} is {number}: expected less than {end}"))
}

/// A value that a type does not hold. `kind` is the type with its article.
pub fn outside(
    what: impl Display,
    number: impl Display,
    kind: impl Display,
    low: impl Display,
    high: impl Display,
) -> WasmtimeError {
    WasmtimeError::range(format!("{what} is {number}: expected {kind}, from {low} to {high}"))
}

/// A number that is not between two others.
pub fn not_between(what: impl Display, number: impl Display, low: impl Display, high: impl Display) -> WasmtimeError {
    let (low, high) = (low.to_string(), high.to_string());
    let range = if low == high { low } else { format!("{low} to {high}") };
    WasmtimeError::range(format!("{what} is {number}: expected {range}"))
}

/// An integer that is equal to no float of that type, which holds integers of so many bits.
pub fn inexact(what: impl Display, number: impl Display, kind: impl Display, bits: u32) -> WasmtimeError {
    WasmtimeError::range(format!(
        "{what} is {number}: an {kind} holds integers up to 2^{bits} exactly; pass a float to round"
    ))
}

/// A place in a memory that came from a language with signed integers.
pub(crate) fn place(value: i64, what: &str) -> Result<u64> {
    u64::try_from(value).map_err(|_| below_memory(what, value))
}

/// A count or an offset that came from a language with signed integers.
pub(crate) fn natural(value: i64, what: &str) -> Result<u64> {
    u64::try_from(value).map_err(|_| negative(what, value))
}
