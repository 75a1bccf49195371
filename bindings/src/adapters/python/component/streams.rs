//! Streams and futures that guests give.

use std::sync::Arc;

use pyo3::prelude::*;
use trimaran::ComponentStream;
use trimaran::adapter::{OfStore, Received};

use super::super::convert::{none, raw_store, this};
use super::super::generated::ComponentStreamBase;
use super::super::run::begin;
use super::super::runs::Running;
use super::super::{StoreBase, enter, hosted, native_store, nothing};
use super::codec::Codecs;
use super::read::{Reader, wrong};

#[pymethods]
impl ComponentStreamBase {
    /// Reads the next elements, at most so many, or the value of a future.
    fn _read<'py>(slf: &Bound<'py, Self>, store: &Bound<'py, PyAny>, most: u32) -> PyResult<Bound<'py, PyAny>> {
        let (py, stream, opened) = (slf.py(), this(slf)?, raw_store(store)?);
        let received = enter(py, || stream.read(opened, most))?;
        given(&native_store(store).ok_or_else(|| nothing(py))?, stream, received)
    }

    /// Begins to read. Gives what comes, if it is there by then, and else a `RunBase`.
    fn _begin<'py>(slf: &Bound<'py, Self>, store: &Bound<'py, PyAny>, most: u32) -> PyResult<Bound<'py, PyAny>> {
        let (py, stream, opened) = (slf.py(), this(slf)?, raw_store(store)?);
        let home = native_store(store).ok_or_else(|| nothing(py))?;
        let of = hosted::of(py, opened.store_number())?;
        let run = enter(py, || stream.start_read(opened, most, of))?;
        begin(&home, Running::Stream(run, Arc::clone(stream)), None)
    }
}

/// What a reader is given, as Python has it.
pub(in super::super) fn given<'py>(
    store: &Bound<'py, StoreBase>,
    stream: &ComponentStream,
    mut received: Received,
) -> PyResult<Bound<'py, PyAny>> {
    let py = store.py();
    let codecs = codecs(py, stream).ok_or_else(|| wrong(py))?;
    let Some(codec) = &codecs.result else { return Ok(none(py)) };
    let value = Reader::new(py, Some(store.clone()), &received, false).read(codec);
    received.give_back();
    value
}

/// How that is read.
fn codecs<'a>(py: Python<'_>, stream: &'a ComponentStream) -> Option<&'a Codecs> {
    if stream.of_language.get().is_none() {
        let row = stream.row();
        // Not in the lock: to make an object may run anything.
        let made = Codecs::of(py, &row, &row, &|plan| stream.resource_type(plan));
        _ = stream.of_language.set(Box::new(made));
    }
    stream.of_language.get()?.downcast_ref()
}
