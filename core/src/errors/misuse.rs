//! What only a language can do wrong, before anything reaches the core: one sentence for each mistake.

use std::fmt::Display;

use crate::WasmtimeError;

/// An object that no constructor has filled. `making` says how one is made.
pub fn never_made(what: impl Display, making: impl Display) -> WasmtimeError {
    WasmtimeError::wrong_type(format!("the {what} was never made: {making}"))
}

/// An object whose constructor is called once more.
pub fn made_already() -> WasmtimeError {
    let reason = "the object is made already: make another one, and do not call its constructor again";
    WasmtimeError::wrong_type(reason.to_owned())
}

/// A text of a language whose texts are UTF-16, which is no Unicode.
pub fn half_pair() -> WasmtimeError {
    WasmtimeError::Encoding { reason: "the text has half of a surrogate pair".to_owned(), offset: 0 }
}
