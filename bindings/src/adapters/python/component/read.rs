//! Values out of a component, as Python's objects.

use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PySet, PyString, PyTuple, PyWeakrefMethods, PyWeakrefReference};
use trimaran::adapter::{Received, ResourceValue, stream};
use trimaran::{ComponentResource, WasmtimeError};

use super::super::at_end::Ask;
use super::super::convert::{fresh, give_object, none, open};
use super::super::generated::{ComponentResourceBase, ComponentStreamBase};
use super::super::host::Object;
use super::super::{StoreBase, closed, raise, raised};
use super::classes::{
    err_class, from_guest, future_class, host_owned_class, ok_class, record_class, resource_host_class, some_class,
    stream_class, variant_class,
};
use super::codec::{Codec, Field, Number, Owner};
use super::names::Names;
use super::numbers;

/// Gives values, one after the other.
pub(super) struct Reader<'a, 'py> {
    py: Python<'py>,
    /// The store that they are of.
    store: Option<Bound<'py, StoreBase>>,
    bytes: &'a [u8],
    received: &'a Received,
    as_arrays: bool,
}

impl<'a, 'py> Reader<'a, 'py> {
    pub(super) fn new(
        py: Python<'py>,
        store: Option<Bound<'py, StoreBase>>,
        received: &'a Received,
        as_arrays: bool,
    ) -> Self {
        Self { py, store, bytes: &received.bytes, received, as_arrays }
    }

    fn take(&mut self, count: usize) -> PyResult<&'a [u8]> {
        let (found, rest) = self.bytes.split_at_checked(count).ok_or_else(|| wrong(self.py))?;
        self.bytes = rest;
        Ok(found)
    }

    fn place(&mut self) -> PyResult<u32> {
        let bytes = self.take(4)?.first_chunk().ok_or_else(|| wrong(self.py))?;
        Ok(u32::from_le_bytes(*bytes))
    }

    /// The bytes of elements of that size.
    fn part(&mut self, size: usize) -> PyResult<&'a [u8]> {
        let count = self.place()?;
        if count & stream::BESIDE == 0 {
            return self.take((count as usize).saturating_mul(size));
        }
        let place = self.place()? as usize;
        self.received.beside.get(place).map(Vec::as_slice).ok_or_else(|| wrong(self.py))
    }

    /// The next value, which is of that type.
    pub(super) fn read(&mut self, codec: &Codec) -> PyResult<Bound<'py, PyAny>> {
        let py = self.py;
        match codec {
            Codec::Bool => Ok((self.take(1)? != [0]).into_pyobject(py)?.to_owned().into_any()),
            Codec::Number(number) => self.number(*number),
            Codec::Char => {
                let scalar = char::from_u32(self.place()?).ok_or_else(|| wrong(py))?;
                Ok(scalar.into_pyobject(py)?.into_any())
            }
            Codec::String => {
                let text = std::str::from_utf8(self.part(1)?).map_err(|_| wrong(py))?;
                Ok(PyString::new(py, text).into_any())
            }
            Codec::Numbers(number) => {
                let bytes = self.part(number.size())?;
                numbers::read_list(py, *number, bytes, self.as_arrays)
            }
            Codec::List(element) => {
                let list = PyList::empty(py);
                for _ in 0..self.place()? {
                    list.append(self.read(element)?)?;
                }
                Ok(list.into_any())
            }
            Codec::FixedLengthList(list, _) => self.read(list),
            Codec::Map(key, value) => {
                let map = PyDict::new(py);
                for _ in 0..self.place()? {
                    map.set_item(self.read(key)?, self.read(value)?)?;
                }
                Ok(map.into_any())
            }
            Codec::Record(fields) => self.record(fields),
            Codec::Tuple(items) => {
                let items = items.iter().map(|codec| self.read(codec)).collect::<PyResult<Vec<_>>>()?;
                Ok(PyTuple::new(py, items)?.into_any())
            }
            Codec::Variant(names, payloads) => {
                let place = self.place()?;
                let name = self.name(names, place)?;
                let payload = payloads.get(place as usize).and_then(Option::as_ref);
                let payload = payload.map_or_else(|| Ok(none(py)), |codec| self.read(codec))?;
                let made = fresh(variant_class(py)?)?;
                set(&made, intern!(py, "tag"), &name)?;
                set(&made, intern!(py, "payload"), &payload)?;
                Ok(made)
            }
            Codec::Option { value, nests } => match self.place()? {
                0 => Ok(none(py)),
                _ => {
                    let value = self.read(value)?;
                    if *nests { filled(some_class(py)?, &value) } else { Ok(value) }
                }
            },
            Codec::Result([ok, error]) => {
                let (class, codec) = if self.place()? == 0 { (ok_class(py)?, ok) } else { (err_class(py)?, error) };
                let payload = codec.as_ref().map_or_else(|| Ok(none(py)), |codec| self.read(codec))?;
                filled(class, &payload)
            }
            Codec::Enum(names) => {
                let place = self.place()?;
                self.name(names, place)
            }
            Codec::Flags(names) => {
                let bits = self.place()?;
                let flags = PySet::empty(py)?;
                for place in (0..32).take(names.len()).filter(|place| bits >> place & 1 == 1) {
                    flags.add(self.name(names, place)?)?;
                }
                Ok(flags.into_any())
            }
            Codec::Resource { is_own, owner, .. } => self.resource(*is_own, owner.as_ref()),
            Codec::Stream { is_future } => self.stream(*is_future),
            Codec::Object { class, fields } => self.object(class.bind(py), fields),
            Codec::Cases { payloads, classes, .. } => {
                let place = self.place()? as usize;
                let (class, payload) = classes.get(place).zip(payloads.get(place)).ok_or_else(|| wrong(py))?;
                match payload {
                    None => fresh(class.bind(py)),
                    Some(codec) => {
                        let value = self.read(codec)?;
                        filled(class.bind(py), &value)
                    }
                }
            }
            Codec::Members { members, .. } => {
                let place = self.place()? as usize;
                Ok(members.get(place).ok_or_else(|| wrong(py))?.bind(py).clone())
            }
            Codec::FlagSet { class, .. } => class.bind(py).ask1((self.place()?,)),
            Codec::Unsupported(_) => Err(wrong(py)),
        }
    }

    #[inline]
    fn number(&mut self, number: Number) -> PyResult<Bound<'py, PyAny>> {
        let bytes = self.take(number.size())?;
        numbers::read(self.py, number, bytes)?.ok_or_else(|| wrong(self.py))
    }

    fn name(&self, names: &Names, place: u32) -> PyResult<Bound<'py, PyAny>> {
        let name = names.get(place).ok_or_else(|| wrong(self.py))?;
        Ok(name.bind(self.py).clone().into_any())
    }

    /// The value of a result, whose error is raised as an object of that class.
    pub(super) fn outcome(&mut self, codec: &Codec, raises: &Py<PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = self.py;
        let Codec::Result([ok, error]) = codec else { return Err(wrong(py)) };
        let is_ok = self.place()? == 0;
        let payload = if is_ok { ok } else { error };
        let payload = payload.as_ref().map_or_else(|| Ok(none(py)), |codec| self.read(codec))?;
        if is_ok { Ok(payload) } else { Err(raise(&raises.bind(py).ask1((payload,))?)) }
    }

    fn record(&mut self, fields: &[Field]) -> PyResult<Bound<'py, PyAny>> {
        self.object(record_class(self.py)?, fields)
    }

    /// An object of a class that has these fields.
    fn object(&mut self, class: &Bound<'py, PyAny>, fields: &[Field]) -> PyResult<Bound<'py, PyAny>> {
        let py = self.py;
        let made = fresh(class)?;
        for field in fields {
            let value = self.read(&field.codec)?;
            set(&made, field.name.attribute.bind(py), &value)?;
        }
        Ok(made)
    }

    fn resource(&mut self, is_own: bool, owner: Option<&Owner>) -> PyResult<Bound<'py, PyAny>> {
        let py = self.py;
        let place = self.place()? as usize;
        match self.received.resources.get(place).ok_or_else(|| wrong(py))? {
            ResourceValue::Guest(resource) => {
                let made = match owner {
                    None => give_object(py, std::sync::Arc::clone(resource))?,
                    Some(owner) => self.owned(owner, std::sync::Arc::clone(resource))?,
                };
                if let Some(store) = &self.store {
                    set(&made, intern!(py, "_store"), store.as_any())?;
                }
                Ok(made)
            }
            ResourceValue::Host(object) => {
                let object = object.downcast_ref::<Object>().ok_or_else(|| wrong(py))?;
                let object = object.get(py).ok_or_else(|| closed(py))?.into_bound(py);
                let kind = object.get_type();
                if kind.is(host_owned_class(py)?) || kind.is(resource_host_class(py)?) {
                    return from_guest(py)?.ask1((object, is_own));
                }
                Ok(object)
            }
            ResourceValue::Stream(_) | ResourceValue::Source(_) => Err(wrong(py)),
        }
    }

    fn stream(&mut self, is_future: bool) -> PyResult<Bound<'py, PyAny>> {
        let py = self.py;
        let place = self.place()? as usize;
        let Some(ResourceValue::Stream(stream)) = self.received.resources.get(place) else { return Err(wrong(py)) };
        let made = fresh(if is_future { future_class(py)? } else { stream_class(py)? })?;
        open(made.cast::<ComponentStreamBase>()?, std::sync::Arc::clone(stream))?;
        if let Some(store) = &self.store {
            set(&made, intern!(py, "_store"), store.as_any())?;
        }
        Ok(made)
    }
}

impl<'py> Reader<'_, 'py> {
    /// A resource as an object of its own class.
    fn owned(&self, owner: &Owner, resource: std::sync::Arc<ComponentResource>) -> PyResult<Bound<'py, PyAny>> {
        let py = self.py;
        let functions = owner.functions.bind(py).cast::<PyWeakrefReference>()?.upgrade();
        let made = fresh(owner.class.bind(py))?;
        open(made.cast::<ComponentResourceBase>()?, resource)?;
        set(&made, intern!(py, "_functions"), &functions.ok_or_else(|| closed(py))?)?;
        Ok(made)
    }
}

/// An object of a class with one slot.
fn filled<'py>(class: &Bound<'py, PyAny>, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let made = fresh(class)?;
    set(&made, intern!(class.py(), "value"), value)?;
    Ok(made)
}

/// Sets an attribute of an object of the package's own, whatever its class makes of that.
fn set(object: &Bound<'_, PyAny>, name: &Bound<'_, PyString>, value: &Bound<'_, PyAny>) -> PyResult<()> {
    // SAFETY: all three are objects. What it gives is 0, or something else with an exception set.
    match unsafe { ffi::PyObject_GenericSetAttr(object.as_ptr(), name.as_ptr(), value.as_ptr()) } {
        0 => Ok(()),
        _ => Err(PyErr::fetch(object.py())),
    }
}

/// Bytes that are not what their type wants: a mistake of the core's.
#[cold]
pub(super) fn wrong(py: Python<'_>) -> PyErr {
    raised(py, WasmtimeError::Unexpected { reason: "a component's values are not those of their types".to_owned() })
}
