//! The text of wasmtime's errors.

use crate::errors::guest_text::{Lines, Sentence};

/// The whole of an error, outermost first, in one line.
pub(crate) fn chain(error: &wasmtime::Error) -> String {
    // Wasmtime writes a guest's call stack in names that it demangles without bound.
    match error.is::<wasmtime::WasmBacktrace>() {
        true => Sentence(error.root_cause()).to_string(),
        false => Sentence(format_args!("{error:#}")).to_string(),
    }
}

/// The same of what the host configured wrongly, in as many lines as it has.
pub(crate) fn lines(error: &wasmtime::Error) -> String {
    Lines(format_args!("{error:#}")).to_string()
}
