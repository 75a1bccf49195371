//! Columns of numbers: what a function has to be, and what they have to be, for many calls in one.

use crate::types::slot::{Signature, ValKind};
use crate::{Result, WasmtimeError};

/// Fails with `Type` where a function cannot be called with columns, as one with a vector or a reference.
pub fn check_numeric(signature: &Signature) -> Result<()> {
    let is_numeric = |kind: &ValKind| matches!(kind, ValKind::I32 | ValKind::I64 | ValKind::F32 | ValKind::F64);
    if signature.params().iter().chain(signature.results()).all(is_numeric) {
        return Ok(());
    }
    Err(WasmtimeError::wrong_type("only functions of i32, i64, f32 and f64 can be called with columns"))
}

/// Fails with `Type` where a function cannot be called with that many columns.
pub fn check_count(signature: &Signature, given: usize) -> Result<()> {
    check_numeric(signature)?;
    let expected = signature.params().len();
    if expected == 0 {
        return Err(WasmtimeError::wrong_type("the function has no parameters, and so no columns: call it"));
    }
    if given == expected {
        return Ok(());
    }
    let many = if given > expected { "too many" } else { "too few" };
    Err(WasmtimeError::wrong_type(format!("{many} columns: the function takes {expected}, {given} given")))
}

/// How many rows columns have, of which each has a place, from 1, and a length. Fails with `Type` where they are not equally long.
pub fn rows(lengths: impl IntoIterator<Item = (usize, usize)>) -> Result<usize> {
    let mut lengths = lengths.into_iter();
    let Some((first, rows)) = lengths.next() else { return Ok(0) };
    match lengths.find(|(_, length)| *length != rows) {
        None => Ok(rows),
        Some((place, length)) => {
            Err(WasmtimeError::wrong_type(format!("column {place} has {length} items: column {first} has {rows}")))
        }
    }
}
