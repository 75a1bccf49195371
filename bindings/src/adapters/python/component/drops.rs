//! What is done with objects of Python's that guests have dropped: Python callables.

use std::any::Any;
use std::cell::RefCell;
use std::sync::Arc;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyWeakrefReference;
use trimaran::adapter::HostDrop;
use trimaran::{ComponentResourceType, HostObject, Result, WasmtimeError};

use super::super::at_end::{Ask, let_go};
use super::super::convert::{open, this, unopened};
use super::super::generated::ComponentResourceTypeBase;
use super::super::host::{Object, THROWN};
use super::super::{Owned, StoreBase, enter, greenlets, with_gil};

/// What a callable does, by a weak reference to the package's `HostBody`, which the package keeps.
struct Dropped {
    body: Owned,
    /// Where the `HostBody` is.
    place: usize,
}

thread_local! {
    /// The bodies of a store that Python's collector finalizes: it has cleared the weak references to them.
    static LEAVING: RefCell<Option<Py<PyAny>>> = const { RefCell::new(None) };
}

/// They were others before, and are again when this is dropped.
struct Leaving(Option<Py<PyAny>>);

impl Leaving {
    fn with(bodies: &Bound<'_, PyAny>) -> Self {
        Self(LEAVING.replace(Some(bodies.clone().unbind())))
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        let bodies = LEAVING.replace(self.0.take());
        drop(Owned(bodies));
    }
}

impl HostDrop for Dropped {
    fn dropped(&self, object: &HostObject) -> Result<()> {
        // This thread has the store's turn. A thread that waits for that turn does so without the GIL.
        let done = with_gil(|py| {
            let _greenlet = greenlets::in_host(py);
            self.run(py, object).map_err(|error| THROWN.keep(error.into_value(py)))
        });
        done.ok_or_else(|| WasmtimeError::Closed { what: "store".to_owned() })?
    }

    fn left(&self, object: &HostObject) {
        with_gil(|py| {
            if let Err(error) = self.run(py, object) {
                error.write_unraisable(py, self.body(py).and_then(|body| function(&body).ok()).as_ref());
            }
        });
    }
}

fn function<'py>(body: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    body.getattr(intern!(body.py(), "function"))
}

impl Dropped {
    fn body<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.body.referent(py).or_else(|| {
            let bodies = LEAVING.with_borrow(|bodies| bodies.as_ref().map(|bodies| bodies.clone_ref(py)))?;
            let mut all = bodies.bind(py).try_iter().ok()?.filter_map(PyResult::ok);
            all.find(|body| body.as_ptr().addr() == self.place)
        })
    }

    fn run(&self, py: Python<'_>, object: &HostObject) -> PyResult<()> {
        let object = object.downcast_ref::<Object>().and_then(|object| object.get(py));
        // Where either is gone, Python's collector has taken it along with all that uses it.
        let (Some(body), Some(object)) = (self.body(py), object) else { return Ok(()) };
        let_go(function(&body)?.ask1((object,))?.unbind(), py);
        Ok(())
    }
}

#[pymethods]
impl ComponentResourceTypeBase {
    /// Makes a new type of the host's. `body` is the package's `HostBody` of what is called with each object that a guest has dropped.
    fn _make_host_with(slf: &Bound<'_, Self>, body: &Bound<'_, PyAny>) -> PyResult<()> {
        unopened(slf)?;
        let weak = Owned::new(PyWeakrefReference::new(body)?.into_any().unbind());
        let dropped = Arc::new(Dropped { body: weak, place: body.as_ptr().addr() });
        open(slf, enter(slf.py(), || ComponentResourceType::host_with(dropped))?)
    }

    /// The `HostBody` of what is called with each object that a guest has dropped, if there is one.
    fn _drop_body<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let found = this(slf)?.host_drop().map(|found| &**found as &dyn Any);
        Ok(found.and_then(|found| found.downcast_ref::<Dropped>()).and_then(|dropped| dropped.body(slf.py())))
    }
}

#[pymethods]
impl StoreBase {
    /// Has done with the objects that guests own what is done with those that they drop, before the store and the objects go. `bodies` are the
    /// `HostBody`s that the package's store keeps.
    fn _leave_objects(slf: &Bound<'_, Self>, bodies: &Bound<'_, PyAny>) -> PyResult<()> {
        let store = this(slf)?;
        let _leaving = Leaving::with(bodies);
        slf.py().detach(|| store.leave_objects());
        Ok(())
    }
}
