//! What a guest gives where a value should be, and what is none: why, and where it stands.

use std::fmt::{self, Display};

use crate::component::abi::plan::Kind;
use crate::errors::chain::chain;
use crate::errors::guest_text::{Name, Part};
use crate::traps::carried::HostError;
use crate::traps::words;

/// How much of a path is shown, in bytes.
const PATH: usize = 1 << 10;

/// A value of a guest's that is none. It ends the guest as a trap does.
#[derive(Debug, Default)]
pub(crate) struct NoValue {
    /// Which of a function's values it is, in words; empty until that is known.
    of: String,
    /// Which parameter it is, counted from 0; none where it is all of them.
    parameter: Option<usize>,
    /// The parts from there to it, the innermost first.
    path: Vec<String>,
    reason: String,
}

impl std::error::Error for NoValue {}

impl Display for NoValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = Place(self);
        write!(formatter, "{}{}", Part(PATH, place), self.reason)
    }
}

/// What stands before the reason.
struct Place<'a>(&'a NoValue);

impl Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.of.is_empty() {
            write!(formatter, "{}: ", self.0.of)?;
        }
        self.0.path.iter().rev().try_for_each(|part| write!(formatter, "{part}: "))
    }
}

/// The error for a value that is none, for that reason.
#[cold]
pub(super) fn wrong(reason: String) -> wasmtime::Error {
    NoValue { reason, ..NoValue::default() }.into()
}

/// The same error, of a part of a value.
#[cold]
pub(super) fn within(mut error: wasmtime::Error, part: impl FnOnce() -> String) -> wasmtime::Error {
    if let Some(found) = error.downcast_mut::<NoValue>() {
        found.path.push(part());
    }
    error
}

/// The same error, of that parameter.
#[cold]
pub(super) fn of_parameter(mut error: wasmtime::Error, parameter: usize) -> wasmtime::Error {
    if let Some(found) = error.downcast_mut::<NoValue>() {
        found.parameter = Some(parameter);
    }
    error
}

/// The same error, which names the host function that the value was for.
#[cold]
pub(crate) fn for_host(mut error: wasmtime::Error, names: &str) -> wasmtime::Error {
    if let Some(found) = error.downcast_mut::<NoValue>() {
        found.of = match found.parameter {
            Some(place) => format!("argument {} of the host function {names}", place + 1),
            None => format!("arguments of the host function {names}"),
        };
    }
    error
}

/// The same error, which names the function that gave it. So does what wasmtime says of the call itself.
#[cold]
pub(crate) fn from_guest(mut error: wasmtime::Error, names: &str) -> wasmtime::Error {
    if error.is::<wasmtime::WasmBacktrace>() || error.is::<HostError>() {
        return error;
    }
    if let Some(found) = error.downcast_mut::<NoValue>() {
        found.of = format!("result of {names}");
        return error;
    }
    let of = format!("call of {names}");
    words::ours(&chain(&error)).map_or(error, |reason| NoValue { of, reason, ..NoValue::default() }.into())
}

/// A field of a record, or an item of a tuple, which have no names.
pub(super) fn field(name: &str, index: usize) -> String {
    if name.is_empty() { format!("item {index}") } else { format!("field \"{}\"", Name(name)) }
}

/// What leads from a value to the payload of a case, in the words of paths.
pub(super) fn case_words(kind: &Kind, index: u32) -> String {
    let (Kind::Variant(cases) | Kind::Option(cases) | Kind::Result(cases) | Kind::Enum(cases)) = kind else {
        return String::new();
    };
    let name = cases.cases.get(index as usize).map_or("", |case| &case.name);
    match kind {
        Kind::Variant(_) => format!("case \"{}\"", Name(name)),
        _ => name.to_owned(),
    }
}
