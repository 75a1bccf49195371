//! Host functions: Python callables.

use std::any::Any;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError, Weak};

use pyo3::exceptions::PyBaseException;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyList, PyTuple, PyWeakrefReference};
use trimaran::adapter::{HostType, Slot, SlotFunction, ValKind};
use trimaran::{Func, Reference, Result, Store, Val, WasmtimeError};

use uniffi::Handle;

use super::at_end::{Ask, let_go};
use super::convert::{give_object, none, package, this};
use super::func::{FuncBase, bits, number};
use super::generated::{ReferenceBase, values};
use super::{
    CallerBase, StoreBase, Thrown, closed, greenlets, nothing, open, quick, store_class_of, store_of, with_gil,
};

/// The callables of one store, and the objects that its guests have references to. They are in the store's own object,
/// and not in the core, so that Python's collector sees them.
#[derive(Default)]
pub(super) struct Kept {
    objects: Mutex<HashMap<u64, Py<PyAny>>>,
    /// A weak reference to the store's own object. It is here, and not in the core, so that it goes while the GIL is held.
    home: OnceLock<Py<PyWeakrefReference>>,
}

impl Kept {
    /// Notes whose they are.
    pub(super) fn belongs_to(&self, store: &Bound<'_, StoreBase>) -> PyResult<()> {
        _ = self.home.set(PyWeakrefReference::new(store.as_any())?.unbind());
        Ok(())
    }

    /// The store's own object, if it is still there.
    pub(super) fn home<'py>(&self, py: Python<'py>) -> Option<Bound<'py, StoreBase>> {
        self.home.get()?.bind(py).upgrade()?.cast_into().ok()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Py<PyAny>>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps one more, and tells its number.
    fn add(&self, object: Py<PyAny>) -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        self.lock().insert(number, object);
        number
    }

    fn get(&self, py: Python<'_>, number: u64) -> Option<Py<PyAny>> {
        self.lock().get(&number).map(|object| object.clone_ref(py))
    }

    /// Takes one out: to let go of it may run anything.
    fn remove(&self, number: u64) -> Option<Py<PyAny>> {
        self.lock().remove(&number)
    }

    /// Takes all out.
    pub(super) fn take(&self) -> HashMap<u64, Py<PyAny>> {
        std::mem::take(&mut *self.lock())
    }

    /// Shows them to Python's collector, which must not wait here.
    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        let all = match self.objects.try_lock() {
            Ok(all) => all,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // What is not shown is taken for being in use.
            Err(TryLockError::WouldBlock) => return Ok(()),
        };
        all.values().try_for_each(|object| visit.call(object))
    }
}

/// An object of Python's, as a guest holds it.
pub(super) struct Object {
    kept: Weak<Kept>,
    number: u64,
}

impl Object {
    pub(super) fn new(store: &StoreBase, object: Py<PyAny>) -> Self {
        Self { kept: Arc::downgrade(&store.kept), number: store.kept.add(object) }
    }

    /// None where its store is closed.
    pub(super) fn get(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.kept.upgrade()?.get(py, self.number)
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        // Where Python is at its end, its objects are as well.
        with_gil(|py| {
            let object = self.kept.upgrade().and_then(|kept| kept.remove(self.number));
            object.map(|object| let_go(object, py))
        });
    }
}

/// What a host function does: call one of its store's callables.
pub(super) struct Body {
    kept: Weak<Kept>,
    number: u64,
    ty: HostType,
    params: Box<[ValKind]>,
    results: Box<[ValKind]>,
    pass_caller: bool,
}

/// Most host functions have no more results.
const FEW: usize = 4;

impl Body {
    pub(super) fn new(
        store: &Bound<'_, StoreBase>,
        function: Bound<'_, PyAny>,
        pass_caller: bool,
        ty: HostType,
    ) -> Self {
        let (kept, signature) = (&store.get().kept, ty.signature());
        Self {
            kept: Arc::downgrade(kept),
            number: kept.add(function.unbind()),
            params: signature.params().into(),
            results: signature.results().into(),
            ty,
            pass_caller,
        }
    }

    /// What the core keeps of it. `waits` says whether it is an async one.
    pub(super) fn boxed(self, waits: bool) -> Box<dyn SlotFunction> {
        if waits { Box::new(AsyncBody(Arc::new(self))) } else { Box::new(self) }
    }

    /// Calls an async one, which gives what its guest waits for.
    pub(super) fn begin<'py>(
        &self,
        store: &Bound<'py, StoreBase>,
        call_id: u64,
        values: Vec<Val>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = store.py();
        let function = self.kept.upgrade().and_then(|kept| kept.get(py, self.number)).ok_or_else(|| closed(py))?;
        let mut arguments = Vec::with_capacity(values.len() + 1);
        if self.pass_caller {
            arguments.push(CallerBase::make(package(py, &CALLER, "trimaran", "Caller")?, store, call_id)?);
        }
        for (kind, value) in self.params.iter().zip(values) {
            arguments.push(object(store.as_any(), *kind, Slot::of(value))?);
        }
        function.bind(py).ask1(PyTuple::new(py, arguments)?)
    }

    /// What an async one has answered, for the core, which checks it.
    pub(super) fn answer(&self, store: &Bound<'_, StoreBase>, value: &Bound<'_, PyAny>) -> PyResult<Vec<Val>> {
        let mut slots = [Slot::default(); FEW];
        if let Some(slots) = slots.get_mut(..self.results.len())
            && self.take_plain(value, slots)
        {
            return Ok(slots.iter().zip(&self.results).filter_map(|(slot, kind)| slot.number(*kind)).collect());
        }
        self.converted(Some(store.clone()), value.py(), value.clone())
    }

    /// What was given, as values for the core: the package converts them.
    fn converted<'py>(
        &self,
        store: Option<Bound<'py, StoreBase>>,
        py: Python<'py>,
        value: Bound<'py, PyAny>,
    ) -> PyResult<Vec<Val>> {
        let kinds: Vec<_> = self.results.iter().map(|kind| *kind as u8).collect();
        let given = package(py, &VALUES, "trimaran._host", "values")?;
        values(&given.ask1((store, PyBytes::new(py, &kinds), value, self.ty.name()))?, "result")
    }

    fn run(&self, py: Python<'_>, inside: &Store, call_id: u64, slots: &mut [Slot]) -> PyResult<bool> {
        let function = self.kept.upgrade().and_then(|kept| kept.get(py, self.number));
        let Some(function) = function else { return Ok(false) };
        let is_plain = !self.pass_caller && self.params.iter().chain(&self.results).all(|kind| kind.is_plain());
        // The code that called the guest holds it.
        let store = if is_plain { None } else { StoreBase::of(py, inside) };
        let mut arguments = Vec::with_capacity(slots.len() + 1);
        if self.pass_caller {
            let home = store.as_ref().ok_or_else(|| closed(py))?;
            arguments.push(CallerBase::make(package(py, &CALLER, "trimaran", "Caller")?, home, call_id)?);
        }
        for (kind, slot) in self.params.iter().zip(slots.iter()) {
            arguments.push(match &store {
                Some(store) => object(store.as_any(), *kind, *slot)?,
                None => number(py, *kind, *slot)?,
            });
        }
        let value = function.bind(py).ask1(PyTuple::new(py, arguments)?)?;
        let is_plain = self.take_plain(&value, slots);
        if is_plain {
            let_go(value.unbind(), py);
        } else {
            let store = store.or_else(|| StoreBase::of(py, inside));
            let given = self.converted(store, py, value)?;
            let found = quick(py, inside, || self.ty.slots(inside, given))?;
            slots.iter_mut().zip(found).for_each(|(slot, result)| *slot = result);
        }
        Ok(true)
    }

    /// Puts the results into their slots, if they are simply what they should be.
    fn take_plain(&self, value: &Bound<'_, PyAny>, slots: &mut [Slot]) -> bool {
        let take = |value: &Bound<'_, PyAny>, kind: ValKind, slot: &mut Slot| match bits(value, kind) {
            Some(found) => {
                *slot = found;
                true
            }
            None => false,
        };
        match (&*self.results, slots) {
            ([], _) => value.is_none(),
            ([kind], [slot, ..]) => take(value, *kind, slot),
            (kinds, slots) => {
                let values: Vec<_> = if let Ok(values) = value.cast::<PyTuple>() {
                    values.iter().collect()
                } else if let Ok(values) = value.cast::<PyList>() {
                    values.iter().collect()
                } else {
                    return false;
                };
                let all = values.iter().zip(kinds).zip(slots);
                values.len() == kinds.len() && all.into_iter().all(|((value, kind), slot)| take(value, *kind, slot))
            }
        }
    }
}

// SAFETY: the core itself makes the slots of references, with handles of their own.
unsafe impl SlotFunction for Body {
    fn call(&self, store: &Store, call_id: u64, slots: &mut [Slot]) -> Result<()> {
        let closed = || WasmtimeError::Closed { what: "store".to_owned() };
        // This thread has the store's turn. A thread that waits for that turn does so without the GIL.
        let done = with_gil(|py| {
            let _greenlet = greenlets::in_host(py);
            self.run(py, store, call_id, slots).map_err(|error| THROWN.keep(error.into_value(py)))
        });
        match done {
            Some(Ok(true)) => Ok(()),
            Some(Err(error)) => Err(error),
            Some(Ok(false)) | None => Err(closed()),
        }
    }
}

/// An async host function: a guest that calls it waits, and whoever steps that guest runs it.
pub(super) struct AsyncBody(pub(super) Arc<Body>);

// SAFETY: it leaves nothing in the slots.
unsafe impl SlotFunction for AsyncBody {
    fn call(&self, _store: &Store, _call_id: u64, _slots: &mut [Slot]) -> Result<()> {
        Err(WasmtimeError::Unexpected { reason: "an async host function was called as if it was not one".to_owned() })
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

static CALLER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static VALUES: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static VAL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// What is in a slot, as Python has it. A handle in it is used up.
pub(super) fn object<'py>(store: &Bound<'py, PyAny>, kind: ValKind, slot: Slot) -> PyResult<Bound<'py, PyAny>> {
    let py = store.py();
    if kind.is_plain() {
        return number(py, kind, slot);
    }
    if slot.low == 0 {
        return Ok(none(py));
    }
    if kind == ValKind::FuncRef {
        // SAFETY: the handle came with the slot, and is used up here.
        return give_object(py, unsafe { open::<Func>(slot.low) }.ok_or_else(|| nothing(py))?);
    }
    // SAFETY: the handle came with the slot, and is used up here.
    let reference = unsafe { open::<Reference>(slot.low) }.ok_or_else(|| nothing(py))?;
    if kind == ValKind::ExternRef
        && let Some(opened) = store_of(store)
    {
        let found = quick(py, opened, || reference.host_object(opened))?;
        if let Some(object) = found.as_ref().and_then(|object| object.downcast_ref::<Object>()) {
            return Ok(object.get(py).ok_or_else(|| closed(py))?.into_bound(py));
        }
    }
    give_object(py, reference)
}

/// What keeps a handle while it is lent to the core.
pub(super) type Keep = Option<Arc<dyn Any + Send + Sync>>;

/// What goes into a place for a reference, and what keeps it; none where the package has to judge.
pub(super) fn borrow(
    store: &Bound<'_, PyAny>,
    kind: ValKind,
    value: &Bound<'_, PyAny>,
) -> PyResult<Option<(Slot, Keep)>> {
    fn lent<T: Any + Send + Sync>(kind: ValKind, object: &Arc<T>) -> (Slot, Keep) {
        let low = Handle::from_pointer(Arc::as_ptr(object)).as_raw();
        (Slot { low, high: kind as u64 }, Some(Arc::clone(object) as Arc<dyn Any + Send + Sync>))
    }
    let py = store.py();
    if value.is_none() {
        return Ok(Some((Slot { low: 0, high: kind as u64 }, None)));
    }
    if let Ok(func) = value.cast::<FuncBase>() {
        return Ok(if kind == ValKind::FuncRef { Some(lent(kind, this(func)?)) } else { None });
    }
    if kind == ValKind::FuncRef || value.is_instance(package(py, &VAL, "trimaran", "Val")?)? {
        return Ok(None);
    }
    if let Ok(reference) = value.cast::<ReferenceBase>() {
        return Ok(Some(lent(kind, this(reference)?)));
    }
    let (ValKind::ExternRef, Some(opened), Some(class)) = (kind, store_of(store), store_class_of(store)) else {
        return Ok(None);
    };
    let object = Arc::new(Object::new(class, value.clone().unbind()));
    Ok(Some(lent(kind, &quick(py, opened, || Reference::of_host(opened, object))?)))
}

pub(super) static THROWN: Thrown<Py<PyBaseException>> = Thrown::nothing();

/// Takes out what was thrown, if there is such a number.
#[pyfunction]
pub(crate) fn take_thrown(number: u64) -> Option<Py<PyBaseException>> {
    THROWN.take(number)
}
