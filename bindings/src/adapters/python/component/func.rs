//! Functions that components export, called with Python's objects.

use std::slice;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use trimaran::adapter::{Arguments, GivenResource, ResourceValue, component_mistake, spare};
use trimaran::{ComponentFunc, ComponentMistake, Store, WasmtimeError};

use super::super::convert::{HasHandle, fresh, none, raw_store, this};
use super::super::generated::ComponentResourceBase;
use super::super::{NativeHandle, enter, native_store, raised};
use super::bound::ComponentBoundFunc;
use super::codec::{Codec, Codecs};
use super::plain;
use super::read::{Reader, wrong};
use super::typed::Signature;
use super::write::Writer;

/// The base class of `trimaran.component.Func`.
#[pyclass(subclass, frozen, module = "trimaran._native")]
pub(crate) struct ComponentFuncBase {
    handle: NativeHandle<ComponentFunc>,
    codecs: OnceLock<Codecs>,
    /// Lists of numbers come out as arrays.
    as_arrays: AtomicBool,
}

impl HasHandle for ComponentFuncBase {
    type Core = ComponentFunc;

    fn handle(&self) -> &NativeHandle<ComponentFunc> {
        &self.handle
    }
}

#[pymethods]
impl ComponentFuncBase {
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(_arguments: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Self {
        Self { handle: NativeHandle::empty(), codecs: OnceLock::new(), as_arrays: AtomicBool::new(false) }
    }

    #[pyo3(signature = (*arguments))]
    fn __call__<'py>(slf: &Bound<'py, Self>, arguments: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        call(slf, arguments)
    }

    /// The same function, whose lists of numbers come out as arrays.
    fn _with_arrays<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let made = fresh(slf.get_type().as_any())?;
        super::super::convert::open(made.cast::<Self>()?, Arc::clone(this(slf)?))?;
        made.cast::<Self>()?.get().as_arrays.store(true, Ordering::Relaxed);
        Ok(made)
    }

    /// The same function, whose values are of generated classes. `name` is what messages call it.
    ///
    /// Raises `LinkError` where its type is not the one that those were made for.
    fn _bound<'py>(
        slf: &Bound<'py, Self>,
        name: &str,
        params: &Bound<'py, PyAny>,
        result: Bound<'py, PyAny>,
        error: Bound<'py, PyAny>,
        homes: Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let func = this(slf)?;
        let signature = Signature::new(params, result, error, Some(homes))?;
        let find = |plan: &_| func.resource_type(plan);
        let codecs = Codecs::typed(slf.py(), func.params(), func.results(), &find, &signature);
        let codecs = codecs.map_err(|misshape| misshape.into_error(slf.py(), name))?;
        let made = fresh(slf.get_type().as_any())?;
        super::super::convert::open(made.cast::<Self>()?, Arc::clone(func))?;
        // Nobody has seen it yet.
        _ = made.cast::<Self>()?.get().codecs.set(codecs);
        Ok(made)
    }

    /// The same function, whose store needs not be given: it is this one.
    fn _in<'py>(slf: &Bound<'py, Self>, store: Bound<'py, PyAny>) -> PyResult<Bound<'py, ComponentBoundFunc>> {
        // One that was never made has nothing to call.
        this(slf)?;
        Bound::new(slf.py(), ComponentBoundFunc::new(slf.clone().unbind(), store.unbind()))
    }

    /// Refuses a function of another store.
    fn _check(slf: &Bound<'_, Self>, store: &Bound<'_, PyAny>) -> PyResult<()> {
        let store = raw_store(store)?;
        this(slf)?.check(store).map_err(|error| raised(slf.py(), error))
    }
}

impl ComponentFuncBase {
    /// Whether lists of numbers come out as arrays.
    pub(super) fn gives_arrays(&self) -> bool {
        self.as_arrays.load(Ordering::Relaxed)
    }

    /// How its values are written and read.
    pub(super) fn codecs(&self, py: Python<'_>, func: &ComponentFunc) -> &Codecs {
        if let Some(codecs) = self.codecs.get() {
            return codecs;
        }
        // Not in the lock: to make an object may run anything.
        let made = Codecs::of(py, func.params(), func.results(), &|plan| func.resource_type(plan));
        self.codecs.get_or_init(|| made)
    }
}

fn call<'py>(slf: &Bound<'py, ComponentFuncBase>, arguments: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
    let mut params = arguments.iter_borrowed();
    let store = params.next().ok_or_else(|| no_store(slf.py()))?;
    call_in(slf, &store, params)
}

/// Calls the function in its store.
#[inline]
pub(super) fn call_in<'a, 'py>(
    slf: &Bound<'py, ComponentFuncBase>,
    store: &Bound<'py, PyAny>,
    params: impl ExactSizeIterator<Item = Borrowed<'a, 'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>>
where
    'py: 'a,
{
    let py = slf.py();
    let (func, opened) = (this(slf)?, raw_store(store)?);
    let codecs = slf.get().codecs(py, func);
    if params.len() != codecs.params.len() {
        return Err(miscounted(py, codecs.params.len(), params.len()));
    }
    if func.is_plain() && codecs.raises.is_none() {
        return call_plain(py, func, opened, store, codecs, params);
    }
    let Writer { bytes, beside, resources, .. } = written(py, codecs, store, params)?;
    let parts: Vec<&[u8]> = beside.iter().map(|part| part.bytes()).collect();
    let arguments = Arguments { bytes: &bytes, beside: &parts, arrays: None, resources: &resources };
    let done = enter(py, || func.call(opened, &arguments));
    spare::keep_stream(bytes);
    let mut received = done?;
    let Some(codec) = &codecs.result else { return Ok(none(py)) };
    let home = if received.resources.is_empty() { None } else { native_store(store) };
    let mut reader = Reader::new(py, home, &received, slf.get().gives_arrays());
    let value = match &codecs.raises {
        None => reader.read(codec),
        Some(class) => reader.outcome(codec, class),
    };
    received.give_back();
    value
}

/// The arguments, as many as there are parameters.
#[inline]
pub(super) fn written<'a, 'py: 'a>(
    py: Python<'py>,
    codecs: &Codecs,
    store: &Bound<'py, PyAny>,
    params: impl Iterator<Item = Borrowed<'a, 'py, PyAny>>,
) -> PyResult<Writer<'py>> {
    // Only resources need the package's own store.
    let mut given = Writer::new(if codecs.has_resources { native_store(store) } else { None });
    for (place, (codec, value)) in codecs.params.iter().zip(params).enumerate() {
        let written = given.write(codec, &value);
        written.map_err(|misfit| misfit.at(format!("argument {}", place + 1)).into_error(py))?;
    }
    Ok(given)
}

/// There are more arguments than parameters, or fewer.
#[cold]
pub(super) fn miscounted(py: Python<'_>, expected: usize, found: usize) -> PyErr {
    let (expected, found) = (expected as u64, found as u64);
    let mistake = ComponentMistake::Count { what: "arguments".to_owned(), expected, found };
    raised(py, component_mistake(&[], mistake))
}

/// Calls a function whose values each have a slot.
fn call_plain<'a, 'py>(
    py: Python<'py>,
    func: &ComponentFunc,
    opened: &Store,
    store: &Bound<'py, PyAny>,
    codecs: &Codecs,
    params: impl Iterator<Item = Borrowed<'a, 'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    // As many as a function has flat values.
    let mut slots = [0; 16];
    let mut given = if codecs.has_resources { Writer::new(native_store(store)) } else { Writer::empty() };
    let mut count = 0;
    for ((codec, value), to) in codecs.params.iter().zip(params).zip(&mut slots) {
        count += 1;
        let slot = plain::slot(&mut given, codec, &value);
        *to = slot.map_err(|misfit| misfit.at(format!("argument {count}")).into_error(py))?;
    }
    let (slots, resources) = (slots.get(..count).unwrap_or_default(), &given.resources);
    let result = enter(py, || func.call_plain(opened, slots, resources))?;
    spare::keep_stream(given.bytes);
    plain_result(py, codecs, result)
}

/// Calls a method of a resource, with one argument at most behind that. Where its values each have a slot and the resource is a
/// guest's, it needs no stream and no list of handles.
pub(super) fn call_method<'py>(
    slf: &Bound<'py, ComponentFuncBase>,
    store: &Bound<'py, PyAny>,
    resource: &Bound<'py, PyAny>,
    argument: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = slf.py();
    let (func, opened) = (this(slf)?, raw_store(store)?);
    let codecs = slf.get().codecs(py, func);
    let is_plain = func.is_plain() && codecs.raises.is_none();
    let (is_lent, second) = match (&*codecs.params, argument) {
        ([first], None) => (is_lent(first), None),
        ([first, second], Some(argument)) => (is_lent(first), Some((second, argument))),
        _ => (false, None),
    };
    let (true, true, Ok(lent)) = (is_plain, is_lent, resource.cast::<ComponentResourceBase>()) else {
        let resource = resource.as_borrowed();
        return match argument {
            None => call_in(slf, store, [resource].into_iter()),
            Some(argument) => call_in(slf, store, [resource, argument.as_borrowed()].into_iter()),
        };
    };
    let given = GivenResource { value: ResourceValue::Guest(Arc::clone(this(lent)?)), is_own: false };
    // The slot of the handle is its index.
    let mut slots = [0; 2];
    let mut count = 1;
    if let (Some((codec, argument)), [_, to]) = (second, &mut slots) {
        let slot = plain::slot(&mut Writer::empty(), codec, argument);
        *to = slot.map_err(|misfit| misfit.at("argument 2".to_owned()).into_error(py))?;
        count = 2;
    }
    let slots = slots.get(..count).unwrap_or_default();
    let result = enter(py, || func.call_plain(opened, slots, slice::from_ref(&given)))?;
    plain_result(py, codecs, result)
}

/// Whether a parameter is a handle that is lent.
fn is_lent(codec: &Codec) -> bool {
    matches!(codec, Codec::Resource { is_own: false, .. })
}

/// The value of the slot that a plain function gave.
#[inline]
fn plain_result<'py>(py: Python<'py>, codecs: &Codecs, slot: u64) -> PyResult<Bound<'py, PyAny>> {
    let Some(codec) = &codecs.result else { return Ok(none(py)) };
    plain::read(py, codec, slot)?.ok_or_else(|| wrong(py))
}

#[cold]
fn no_store(py: Python<'_>) -> PyErr {
    let reason = "the store is missing: call the function with its store, and then with its arguments".to_owned();
    raised(py, WasmtimeError::Type { reason })
}
