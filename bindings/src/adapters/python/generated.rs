//! What the generator writes from the exports of the core (`bindings/generator/src/python.rs`), beside the bodies that are
//! written by hand.

#![allow(
    clippy::needless_pass_by_value,
    clippy::too_many_arguments,
    missing_docs,
    reason = "each generated method has the same plain shape"
)]

use std::fmt::Arguments;
use std::sync::Arc;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString, PyTuple};
use trimaran::*;

use super::component::ComponentFuncBase;
use super::convert::*;
use super::events::take_event_listener;
use super::func::FuncBase;
use super::http::take_http_handler;
use super::instance::InstanceBase;
use super::numbers::{Count, Number};
use super::sink::take_output_sink;
use super::source::take_input_source;
use super::{NativeHandle, StoreBase, enter, quick};

/// The type of a function.
pub(super) fn func_type(value: &Bound<'_, PyAny>) -> PyResult<FuncType> {
    take_func_type(value, format_args!("the type"))
}

/// A value, as the package has it.
pub(super) fn value(value: &Bound<'_, PyAny>, what: &str) -> PyResult<Val> {
    take_val(value, format_args!("{what}"))
}

/// Values, as the package has them in a list, each called so in a sentence.
pub(super) fn values(list: &Bound<'_, PyAny>, what: &str) -> PyResult<Vec<Val>> {
    take_list(list, |it, place| take_val(it, format_args!("{what} {place}")))
}

/// What an instance imports, as the package has it in a list.
pub(super) fn imports(list: &Bound<'_, PyAny>) -> PyResult<Vec<Extern>> {
    take_list(list, |it, place| take_extern(it, format_args!("import {place}")))
}

include!(concat!(env!("OUT_DIR"), "/python.rs"));
