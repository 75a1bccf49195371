//! Values on their way into a component: each becomes bytes, or a mistake that says where it is.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyBool, PyDict, PyList, PyMapping, PyString, PyTuple};
use trimaran::adapter::{GivenResource, ResourceValue, component_source, spare, stream};
use trimaran::{ComponentMistake, ComponentResourceType, ComponentTypeKind};

use super::super::StoreBase;
use super::super::at_end::Ask;
use super::super::convert::{give_object, this};
use super::super::generated::{ComponentResourceBase, ComponentStreamBase};
use super::super::host::Object;
use super::classes::{host_handle_class, is_numpy_bool, resource_host_class, source_of, to_guest};
use super::codec::Codec;
use super::host::Definition;
use super::misfit::{Fit, Misfit, mistake, other, other_words};
use super::numbers;

/// Bytes that stand beside the stream. What is Python's own cannot change meanwhile.
pub(super) enum Part {
    Copied(Vec<u8>),
    Bytes(PyBackedBytes),
    Text(PyBackedStr),
}

impl Part {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Copied(bytes) => bytes,
            Self::Bytes(bytes) => bytes,
            Self::Text(text) => text.as_bytes(),
        }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Copied(bytes) => bytes,
            shared => shared.bytes().to_vec(),
        }
    }
}

/// Takes values.
pub(super) struct Writer<'s> {
    /// The store that they go into.
    store: Option<Bound<'s, StoreBase>>,
    pub(super) bytes: Vec<u8>,
    pub(super) beside: Vec<Part>,
    pub(super) resources: Vec<GivenResource>,
}

impl<'s> Writer<'s> {
    pub(super) fn new(store: Option<Bound<'s, StoreBase>>) -> Self {
        Self { store, bytes: spare::stream(), beside: Vec::new(), resources: Vec::new() }
    }

    /// The same for values that no bytes are written of.
    pub(super) fn empty() -> Self {
        Self { store: None, bytes: Vec::new(), beside: Vec::new(), resources: Vec::new() }
    }

    #[inline]
    pub(super) fn put(&mut self, bytes: &[u8]) -> Fit {
        self.reserve(bytes.len())?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Makes room for so many more bytes.
    #[inline]
    pub(super) fn reserve(&mut self, length: usize) -> Fit {
        match self.bytes.try_reserve(length) {
            Ok(()) => Ok(()),
            Err(_) => Err(Box::new(Misfit::NoRoom(length))),
        }
    }

    #[inline]
    pub(super) fn put_place(&mut self, place: u32) -> Fit {
        self.put(&place.to_le_bytes())
    }

    pub(super) fn put_count(&mut self, count: usize) -> Fit {
        self.put_place(length(count)?)
    }

    /// Adds so many elements, whose bytes these are.
    pub(super) fn put_part(&mut self, count: usize, part: Part) -> Fit {
        let count = length(count)?;
        if part.bytes().len() < stream::LARGE {
            self.put_place(count)?;
            return self.put(part.bytes());
        }
        self.put_place(count | stream::BESIDE)?;
        self.put_count(self.beside.len())?;
        self.beside.push(part);
        Ok(())
    }

    /// Adds a value of that type.
    pub(super) fn write(&mut self, codec: &Codec, value: &Bound<'_, PyAny>) -> Fit {
        match codec {
            Codec::Number(number) => numbers::write(self, *number, value),
            Codec::Bool => match value.cast::<PyBool>() {
                Ok(value) => self.put(&[u8::from(value.is_true())]),
                Err(_) => self.odd_bool(value),
            },
            Codec::Char => self.char(value),
            Codec::String => self.string(value),
            Codec::Numbers(number) => numbers::write_list(self, *number, value),
            Codec::List(element) => self.list(element, value),
            Codec::FixedLengthList(list, length) => self.fixed(list, *length, value),
            Codec::Map(key, content) => self.map(key, content, value),
            Codec::Record(fields) => self.record(fields, value),
            Codec::Tuple(items) => self.tuple(items, value),
            Codec::Variant(names, payloads) => self.variant(names, payloads, value),
            Codec::Option { value: codec, nests } => self.option(codec, *nests, value),
            Codec::Result(payloads) => self.result(payloads, value),
            Codec::Enum(names) => self.write_name(names, value),
            Codec::Flags(names) => self.flags(names, value),
            Codec::Resource { is_own, is_host, ty, .. } => self.resource(*is_own, *is_host, ty.as_ref(), value),
            Codec::Stream { is_future } => self.stream(*is_future, value),
            Codec::Object { class, fields } => self.object(class, fields, value),
            Codec::Cases { names, payloads, classes } => {
                match classes.iter().position(|class| value.get_type().is(class)) {
                    Some(place) => self.case(names, payloads, place, value),
                    None => self.variant(names, payloads, value),
                }
            }
            Codec::Members { names, members } => self.member(names, members, value),
            Codec::FlagSet { names, class } if value.get_type().is(class) => self.flag_set(names, value),
            Codec::FlagSet { names, .. } => self.flags(names, value),
            Codec::Unsupported(name) => mistake(ComponentMistake::Unsupported { name: (*name).to_owned() }),
        }
    }

    /// A truth value of NumPy's.
    #[cold]
    fn odd_bool(&mut self, value: &Bound<'_, PyAny>) -> Fit {
        if !is_numpy_bool(value.py())?.ask1((value,))?.is_truthy()? {
            return other(ComponentTypeKind::Bool, value);
        }
        self.put(&[u8::from(value.is_truthy()?)])
    }

    fn char(&mut self, value: &Bound<'_, PyAny>) -> Fit {
        const CHAR: ComponentTypeKind = ComponentTypeKind::Char;
        let Ok(text) = value.cast::<PyString>() else { return other(CHAR, value) };
        let letters = text.to_str().unwrap_or_default();
        let mut scalars = letters.chars();
        match (scalars.next(), scalars.next()) {
            (Some(scalar), None) => self.put_place(scalar.into()),
            _ => {
                mistake(ComponentMistake::Range { expected: CHAR, found: text.repr()?.to_string_lossy().into_owned() })
            }
        }
    }

    fn string(&mut self, value: &Bound<'_, PyAny>) -> Fit {
        const STRING: ComponentTypeKind = ComponentTypeKind::String;
        let Ok(text) = value.cast::<PyString>() else { return other(STRING, value) };
        let Ok(letters) = text.to_str() else { return other_words(STRING, HALF.to_owned()) };
        if letters.len() < stream::LARGE {
            self.put_count(letters.len())?;
            return self.put(letters.as_bytes());
        }
        self.put_part(letters.len(), Part::Text(text.clone().try_into()?))
    }

    fn list(&mut self, element: &Codec, value: &Bound<'_, PyAny>) -> Fit {
        // What the list is at this moment: a property of an element may change it meanwhile.
        let Some(items) = numbers::items(value)? else { return other(ComponentTypeKind::List, value) };
        self.put_count(items.len())?;
        for (place, item) in items.iter_borrowed().enumerate() {
            self.write(element, &item).map_err(|misfit| misfit.at(format!("element {place}")))?;
        }
        Ok(())
    }

    /// A list, which begins with its count.
    fn fixed(&mut self, list: &Codec, length: u32, value: &Bound<'_, PyAny>) -> Fit {
        let start = self.bytes.len();
        self.write(list, value)?;
        let count = self.bytes.get(start..).and_then(|written| written.first_chunk()).copied().unwrap_or_default();
        let found = u32::from_le_bytes(count) & !stream::BESIDE;
        if found == length {
            return Ok(());
        }
        let (what, expected, found) = ("elements".to_owned(), length.into(), found.into());
        mistake(ComponentMistake::Count { what, expected, found })
    }

    fn map(&mut self, key: &Codec, content: &Codec, value: &Bound<'_, PyAny>) -> Fit {
        if value.cast::<PyMapping>().is_err() {
            return other(ComponentTypeKind::Map, value);
        }
        // What the map is at this moment: a property of a value may change it meanwhile.
        let map = value.py().get_type::<PyDict>().ask1((value,))?.cast_into::<PyDict>().map_err(PyErr::from)?;
        self.put_count(map.len())?;
        for (place, (name, item)) in map.iter().enumerate() {
            self.write(key, &name).map_err(|misfit| misfit.at(format!("key {place}")))?;
            self.write(content, &item).map_err(|misfit| misfit.at(format!("value {place}")))?;
        }
        Ok(())
    }

    fn tuple(&mut self, codecs: &[Arc<Codec>], value: &Bound<'_, PyAny>) -> Fit {
        let items = match value.cast::<PyTuple>() {
            Ok(items) => items.clone(),
            Err(_) => match value.cast::<PyList>() {
                Ok(items) => items.to_tuple(),
                Err(_) => return other(ComponentTypeKind::Tuple, value),
            },
        };
        if items.len() != codecs.len() {
            let (what, expected, found) = ("items".to_owned(), codecs.len() as u64, items.len() as u64);
            return mistake(ComponentMistake::Count { what, expected, found });
        }
        for (place, (codec, item)) in codecs.iter().zip(items.iter_borrowed()).enumerate() {
            self.write(codec, &item).map_err(|misfit| misfit.at(format!("item {place}")))?;
        }
        Ok(())
    }

    fn resource(
        &mut self,
        is_own: bool,
        is_host: bool,
        ty: Option<&Arc<ComponentResourceType>>,
        value: &Bound<'_, PyAny>,
    ) -> Fit {
        let py = value.py();
        let value = if let Ok(resource) = value.cast::<ComponentResourceBase>() {
            ResourceValue::Guest(Arc::clone(this(resource)?))
        } else if let (true, Some(store)) = (is_host, &self.store) {
            let kind = value.get_type();
            let object = if kind.is(resource_host_class(py)?) || kind.is(host_handle_class(py)?) {
                let ty = ty.map(|ty| give_object(py, Arc::clone(ty))).transpose()?;
                to_guest(py)?.ask1((value, is_own, ty, store))?
            } else {
                value.clone()
            };
            ResourceValue::Host(Arc::new(Object::new(store.get(), object.unbind())))
        } else {
            return other(ComponentTypeKind::Own, value);
        };
        self.put_count(self.resources.len())?;
        self.resources.push(GivenResource { value, is_own });
        Ok(())
    }

    fn stream(&mut self, is_future: bool, value: &Bound<'_, PyAny>) -> Fit {
        let given = if let Ok(stream) = value.cast::<ComponentStreamBase>() {
            ResourceValue::Stream(Arc::clone(this(stream)?))
        } else {
            let source = source_of(value.py())?.ask1((value, is_future))?;
            if source.is_none() {
                return other(if is_future { ComponentTypeKind::Future } else { ComponentTypeKind::Stream }, value);
            }
            ResourceValue::Source(component_source(Arc::new(Definition::of_source(&source)?)))
        };
        self.put_count(self.resources.len())?;
        self.resources.push(GivenResource { value: given, is_own: true });
        Ok(())
    }
}

/// What a text holds that is no Unicode text.
const HALF: &str = "a str with half of a surrogate pair";

fn length(count: usize) -> Fit<u32> {
    match u32::try_from(count) {
        Ok(count) if count < stream::BESIDE => Ok(count),
        _ => mistake(ComponentMistake::Length { found: count as u64 }),
    }
}

/// All that is in it now, whatever it does meanwhile.
pub(super) fn tuple_of<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
    if let Ok(items) = value.cast_exact::<PyTuple>() {
        return Ok(items.clone());
    }
    if let Ok(items) = value.cast_exact::<PyList>() {
        return Ok(items.to_tuple());
    }
    Ok(value.py().get_type::<PyTuple>().ask1((value,))?.cast_into()?)
}
