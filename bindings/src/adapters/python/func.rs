//! Calls: numbers into slots and out of them. `columns.rs` has the calls with whole columns.

use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyInt, PyList, PyTuple};
use trimaran::adapter::float::{narrowed, widened};
use trimaran::adapter::{HostType, Signature, Slot, ValKind};
use trimaran::{Func, Store, WasmtimeError};

use super::at_end::Ask;
use super::convert::HasHandle;
use super::host::{Body, borrow, object};
use super::{NativeHandle, StoreBase, detached, enter, raised, store_of};

/// Calls with more values than this go over the surface.
const WIDEST: usize = 16;
/// Most calls have no more: clearing slots for the most takes longer than the rest of such a call.
const FEW: usize = 4;

/// The base class of `trimaran.Func`.
#[pyclass(subclass, frozen, module = "trimaran._native")]
pub(crate) struct FuncBase {
    pub(super) handle: NativeHandle<Func>,
    /// The signature has been looked up: that enters no store any more.
    is_known: AtomicBool,
}

#[pymethods]
impl FuncBase {
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(_arguments: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Self {
        Self { handle: NativeHandle::empty(), is_known: AtomicBool::new(false) }
    }

    #[pyo3(signature = (*arguments, **keywords))]
    fn __call__<'py>(
        slf: &Bound<'py, Self>,
        arguments: &Bound<'py, PyTuple>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if keywords.is_none()
            && let Some(result) = call(slf, arguments)
        {
            return result;
        }
        by_values(slf, arguments, keywords)
    }

    /// Gives a host function its body, which belongs to the store's own object. `waits` says whether it is an async one.
    fn _attach(
        &self,
        py: Python<'_>,
        store: &Bound<'_, StoreBase>,
        function: Bound<'_, PyAny>,
        pass_caller: bool,
        waits: bool,
    ) -> PyResult<()> {
        let (Some(func), Some(opened)) = (self.handle.get(), store_of(store.as_any())) else { return Ok(()) };
        let ty = enter(py, || HostType::of(func, opened))?;
        let body = Body::new(store, function, pass_caller, ty).boxed(waits);
        enter(py, || func.attach(opened, body))
    }
}

impl FuncBase {
    /// The signature, which is looked up in the store the first time.
    #[inline(always)]
    pub(super) fn signature<'a>(
        &self,
        py: Python<'_>,
        func: &'a Func,
        store: &Store,
    ) -> trimaran::Result<&'a Signature> {
        if self.is_known.load(Ordering::Acquire) {
            return func.signature(store);
        }
        let signature = detached(py, || func.signature(store))?;
        self.is_known.store(true, Ordering::Release);
        Ok(signature)
    }
}

impl HasHandle for FuncBase {
    type Core = Func;

    fn handle(&self) -> &NativeHandle<Func> {
        &self.handle
    }
}

/// The call of what does not go on slots: the package's own `call` converts the arguments, or says what is wrong with them.
#[cold]
fn by_values<'py>(
    slf: &Bound<'py, FuncBase>,
    arguments: &Bound<'py, PyTuple>,
    keywords: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = slf.py();
    let (mut store, mut first) = (arguments.get_item(0).ok(), 1);
    for (name, value) in keywords.into_iter().flatten() {
        if store.is_some() || name.extract::<PyBackedStr>()? != "store" {
            return Err(PyTypeError::new_err(format!("a call of a Func takes no argument {name} by its name")));
        }
        (store, first) = (Some(value), 0);
    }
    let store = store.ok_or_else(|| PyTypeError::new_err("a call of a Func takes the store first"))?;
    let results = slf.ask_method1("call", (store, arguments.get_slice(first, arguments.len())))?;
    let plain = |result: PyResult<Bound<'py, PyAny>>| result?.getattr("value");
    let mut plain: Vec<_> = results.try_iter()?.map(plain).collect::<PyResult<_>>()?;
    match plain.len() {
        0 => Ok(py.None().into_bound(py)),
        1 => Ok(plain.swap_remove(0)),
        _ => Ok(PyList::new(py, plain)?.into_any()),
    }
}

/// The call, if everything about it is plain.
fn call<'py>(slf: &Bound<'py, FuncBase>, arguments: &Bound<'py, PyTuple>) -> Option<PyResult<Bound<'py, PyAny>>> {
    let py = slf.py();
    let this = slf.get();
    let func = this.handle.get()?;
    let mut given = arguments.iter_borrowed();
    let store = given.next()?;
    let store = store_of(&store)?;
    let signature = match this.signature(py, func, store) {
        Ok(signature) => signature,
        // The wait for the store was ended, and what ended it is said once.
        Err(error @ (WasmtimeError::Host { .. } | WasmtimeError::Trap { .. } | WasmtimeError::Busy { .. })) => {
            return Some(Err(raised(py, error)));
        }
        Err(_) => return None,
    };
    let width = signature.width();
    if given.len() != signature.params().len() || width > WIDEST {
        return None;
    }
    if !signature.is_plain() {
        return call_references(py, func, &arguments.get_item(0).ok()?, arguments, signature);
    }
    if width <= FEW {
        call_plain::<FEW>(py, func, store, signature, given)
    } else {
        call_plain::<WIDEST>(py, func, store, signature, given)
    }
}

/// Calls a function of numbers with `SLOTS` slots.
#[inline(always)]
fn call_plain<'a, 'py: 'a, const SLOTS: usize>(
    py: Python<'py>,
    func: &Func,
    store: &Store,
    signature: &Signature,
    given: impl Iterator<Item = Borrowed<'a, 'py, PyAny>>,
) -> Option<PyResult<Bound<'py, PyAny>>> {
    let mut buffer = [Slot::default(); SLOTS];
    let slots = buffer.get_mut(..signature.width())?;
    for ((value, kind), slot) in given.zip(signature.params()).zip(slots.iter_mut()) {
        *slot = bits(&value, *kind)?;
    }
    let done = enter(py, || func.call_slots(store, slots));
    Some(done.and_then(|()| match (signature.results(), &*slots) {
        ([], _) => Ok(py.None().into_bound(py)),
        ([kind], [slot, ..]) => number(py, *kind, *slot),
        (kinds, slots) => {
            let numbers: PyResult<Vec<_>> =
                kinds.iter().zip(slots).map(|(kind, slot)| number(py, *kind, *slot)).collect();
            Ok(PyList::new(py, numbers?)?.into_any())
        }
    }))
}

/// The call of a function with references, if everything about it is plain.
fn call_references<'py>(
    py: Python<'py>,
    func: &Func,
    inside: &Bound<'py, PyAny>,
    arguments: &Bound<'py, PyTuple>,
    signature: &Signature,
) -> Option<PyResult<Bound<'py, PyAny>>> {
    let store = store_of(inside)?;
    let mut buffer = [Slot::default(); WIDEST];
    let slots = buffer.get_mut(..signature.width())?;
    // What the handles belong to stays here until the call has returned.
    let mut kept = Vec::new();
    for ((value, kind), slot) in arguments.iter().skip(1).zip(signature.params()).zip(slots.iter_mut()) {
        *slot = if kind.is_plain() {
            bits(&value, *kind)?
        } else {
            match borrow(inside, *kind, &value) {
                Ok(found) => {
                    let (slot, keep) = found?;
                    kept.push(keep);
                    slot
                }
                Err(error) => return Some(Err(error)),
            }
        };
    }
    // SAFETY: `borrow` gave handles of objects that are in `kept`.
    let done = enter(py, || unsafe { func.call_references(store, slots) });
    drop(kept);
    Some(done.and_then(|()| {
        let found = signature.results().iter().zip(slots.iter());
        let mut results: Vec<_> = found.map(|(kind, slot)| object(inside, *kind, *slot)).collect::<PyResult<_>>()?;
        match results.len() {
            0 => Ok(py.None().into_bound(py)),
            1 => Ok(results.swap_remove(0)),
            _ => Ok(PyList::new(py, results)?.into_any()),
        }
    }))
}

/// The bits of an object that goes into a number of that type without a doubt.
pub(super) fn bits(value: &Bound<'_, PyAny>, kind: ValKind) -> Option<Slot> {
    let low = match kind {
        // Signed or unsigned: the integers of WebAssembly have no sign. A bool counts as 0 or 1.
        ValKind::I32 => {
            let value: i64 = value.extract().ok()?;
            (-(1 << 31)..1 << 32).contains(&value).then_some(u64::from(value as u32))?
        }
        ValKind::I64 => value.extract().map(i64::cast_unsigned).or_else(|_| value.extract::<u64>()).ok()?,
        ValKind::F32 => u64::from(narrowed(float(value, 24)?)),
        ValKind::F64 => float(value, 53)?.to_bits(),
        ValKind::V128 => {
            let bytes: [u8; 16] = value.cast::<PyBytes>().ok()?.as_bytes().try_into().ok()?;
            let bits = u128::from_le_bytes(bytes);
            return Some(Slot { low: bits as u64, high: (bits >> 64) as u64 });
        }
        _ => return None,
    };
    Some(Slot { low, high: 0 })
}

/// A float, or an int that a float of so many digits surely holds.
fn float(value: &Bound<'_, PyAny>, digits: u32) -> Option<f64> {
    if let Ok(value) = value.cast::<PyFloat>() {
        return Some(value.value());
    }
    let value: i64 = value.cast::<PyInt>().ok()?.extract().ok()?;
    (value.unsigned_abs() <= 1 << digits).then_some(value as f64)
}

pub(super) fn number<'py>(py: Python<'py>, kind: ValKind, slot: Slot) -> PyResult<Bound<'py, PyAny>> {
    Ok(match kind {
        ValKind::I32 => (slot.low as u32).cast_signed().into_pyobject(py)?.into_any(),
        ValKind::I64 => slot.low.cast_signed().into_pyobject(py)?.into_any(),
        ValKind::F32 => PyFloat::new(py, widened(slot.low as u32)).into_any(),
        ValKind::F64 => PyFloat::new(py, f64::from_bits(slot.low)).into_any(),
        _ => {
            let bits = u128::from(slot.high) << 64 | u128::from(slot.low);
            PyBytes::new(py, &bits.to_le_bytes()).into_any()
        }
    })
}
