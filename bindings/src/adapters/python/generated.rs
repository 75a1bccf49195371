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

use super::convert::*;
use super::func::FuncBase;
use super::instance::InstanceBase;
use super::numbers::{Count, Number};
use super::sink::take_output_sink;
use super::source::take_input_source;
use super::{NativeHandle, StoreBase, enter, quick};

include!(concat!(env!("OUT_DIR"), "/python.rs"));
