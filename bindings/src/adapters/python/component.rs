//! Components: values of their types out of Python's objects and back, calls, and host functions.
//!
//! The arguments of a call are bytes before the store is entered, and results are read after it was left: no code of Python runs
//! in between (ADR 29).

mod bindings;
mod bound;
mod buffers;
mod classes;
mod codec;
mod drops;
mod func;
mod host;
mod misfit;
mod names;
mod numbers;
mod plain;
mod read;
mod streams;
mod typed;
mod waits;
mod write;
mod write_cases;
mod write_records;

pub(crate) use bindings::{component_bindings, component_file};
pub(crate) use func::ComponentFuncBase;
pub(super) use host::Definition;
pub(super) use streams::given as given_by_stream;
