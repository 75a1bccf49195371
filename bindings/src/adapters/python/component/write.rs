//! Values on their way into a component: each becomes bytes, or a mistake that says where it is.

use std::sync::Arc;

use pyo3::exceptions::PyAttributeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFrozenSet, PyList, PySet, PyString, PyTuple};
use trimaran::adapter::{GivenResource, ResourceValue, component_mistake, spare, stream};
use trimaran::{ComponentMistake, ComponentResourceType, ComponentTypeKind, WasmtimeError};

use super::super::at_end::{Ask, attribute};
use super::super::convert::{article, give_object, package, this};
use super::super::generated::ComponentResourceBase;
use super::super::host::{Object, THROWN};
use super::super::{StoreBase, raised};
use super::codec::{Codec, Field};
use super::names::{Name, Names};
use super::numbers;

/// Why a value does not become bytes.
pub(super) enum Misfit {
    /// It does not fit its type. The path leads to it from the innermost part on.
    Mistake { path: Vec<String>, mistake: ComponentMistake },
    /// The process has no room for so many bytes of it.
    NoRoom(usize),
    /// What Python raised.
    Raised(PyErr),
}

fn no_room(length: usize) -> WasmtimeError {
    WasmtimeError::Limit { reason: format!("the process has no room for {length} bytes of a component's values") }
}

impl From<PyErr> for Box<Misfit> {
    fn from(error: PyErr) -> Self {
        Box::new(Misfit::Raised(error))
    }
}

impl Misfit {
    /// The same in a part of another value.
    #[cold]
    pub(super) fn at(mut self: Box<Self>, part: impl Into<String>) -> Box<Self> {
        if let Self::Mistake { path, .. } = &mut *self {
            path.push(part.into());
        }
        self
    }

    /// What the caller gets.
    #[cold]
    pub(super) fn into_error(self, py: Python<'_>) -> PyErr {
        match self {
            Self::Mistake { mut path, mistake } => {
                path.reverse();
                raised(py, component_mistake(&path, mistake))
            }
            Self::NoRoom(length) => raised(py, no_room(length)),
            Self::Raised(error) => error,
        }
    }

    /// What the guest's caller gets, by `refuse`.
    #[cold]
    pub(super) fn into_core(
        self,
        py: Python<'_>,
        refuse: impl FnOnce(&[String], ComponentMistake) -> WasmtimeError,
    ) -> WasmtimeError {
        match self {
            Self::Mistake { mut path, mistake } => {
                path.reverse();
                refuse(&path, mistake)
            }
            Self::NoRoom(length) => no_room(length),
            Self::Raised(error) => THROWN.keep(error.into_value(py)),
        }
    }
}

pub(super) type Fit<T = ()> = Result<T, Box<Misfit>>;

#[cold]
pub(super) fn mistake<T>(mistake: ComponentMistake) -> Fit<T> {
    Err(Box::new(Misfit::Mistake { path: Vec::new(), mistake }))
}

/// The value is of another kind.
#[cold]
pub(super) fn other<T>(expected: ComponentTypeKind, value: &Bound<'_, PyAny>) -> Fit<T> {
    other_words(expected, article(value))
}

#[cold]
fn other_words<T>(expected: ComponentTypeKind, found: String) -> Fit<T> {
    mistake(ComponentMistake::Kind { expected, found })
}

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
    fn put_place(&mut self, place: u32) -> Fit {
        self.put(&place.to_le_bytes())
    }

    fn put_count(&mut self, count: usize) -> Fit {
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
                Err(_) => other(ComponentTypeKind::Bool, value),
            },
            Codec::Char => self.char(value),
            Codec::String => self.string(value),
            Codec::Numbers(number) => numbers::write_list(self, *number, value),
            Codec::List(element) => self.list(element, value),
            Codec::Record(fields) => self.record(fields, value),
            Codec::Tuple(items) => self.tuple(items, value),
            Codec::Variant(names, payloads) => self.variant(names, payloads, value),
            Codec::Option { value: codec, nests } => self.option(codec, *nests, value),
            Codec::Result(payloads) => self.result(payloads, value),
            Codec::Enum(names) => self.write_name(names, value),
            Codec::Flags(names) => self.flags(names, value),
            Codec::Resource { is_own, is_host, ty, .. } => self.resource(*is_own, *is_host, ty.as_ref(), value),
            Codec::Object { class, fields } => self.object(class, fields, value),
            Codec::Cases { names, payloads, classes } => {
                match classes.iter().position(|class| value.get_type().is(class)) {
                    Some(place) => self.case(names, payloads, place, value),
                    None => self.variant(names, payloads, value),
                }
            }
            Codec::Members { names, members } => match (0..).zip(members).find(|(_, member)| value.is(*member)) {
                Some((place, _)) => self.put_place(place),
                None => self.write_name(names, value),
            },
            Codec::FlagSet { names, class } if value.get_type().is(class) => {
                let bits: u32 = attribute(value, intern!(value.py(), "_value_"))?.extract()?;
                // A flag without a name has no place in the type.
                let known = u32::MAX.checked_shr(32 - names.len().min(32) as u32).unwrap_or_default();
                if bits & !known != 0 {
                    let (name, known) = (format!("{bits:#x}"), names.texts());
                    return mistake(ComponentMistake::UnknownCase { name, known });
                }
                self.put_place(bits)
            }
            Codec::FlagSet { names, .. } => self.flags(names, value),
            Codec::Unsupported(name) => mistake(ComponentMistake::Unsupported { name: (*name).to_owned() }),
        }
    }

    /// A case of an enumeration by its name.
    fn write_name(&mut self, names: &Names, value: &Bound<'_, PyAny>) -> Fit {
        match value.cast::<PyString>() {
            Ok(name) => {
                let place = find(names, name)?;
                self.put_place(place)
            }
            Err(_) => other(ComponentTypeKind::Enum, value),
        }
    }

    /// An object of the class of a record, or what stands for it.
    fn object(&mut self, class: &Py<PyAny>, fields: &[Field], value: &Bound<'_, PyAny>) -> Fit {
        if !value.get_type().is(class) {
            return self.record(fields, value);
        }
        for field in fields {
            let found = attribute(value, field.name.attribute.bind(value.py()))?;
            self.write(&field.codec, &found).map_err(|misfit| misfit.at(format!("field \"{}\"", field.name.text)))?;
        }
        Ok(())
    }

    /// An object of the class of a case.
    fn case(&mut self, names: &Names, payloads: &[Option<Arc<Codec>>], place: usize, value: &Bound<'_, PyAny>) -> Fit {
        self.put_count(place)?;
        let Some(codec) = payloads.get(place).and_then(Option::as_deref) else { return Ok(()) };
        let payload = attribute(value, intern!(value.py(), "value"))?;
        self.write(codec, &payload).map_err(|misfit| {
            let name = names.texts().into_iter().nth(place).unwrap_or_default();
            misfit.at(format!("case \"{name}\""))
        })
    }

    /// The value of a result that succeeded, or the error of one that did not.
    pub(super) fn outcome(&mut self, codec: &Codec, is_ok: bool, value: &Bound<'_, PyAny>) -> Fit {
        let Codec::Result([ok, error]) = codec else { return other(ComponentTypeKind::Result, value) };
        self.put_place(u32::from(!is_ok))?;
        let (codec, part) = if is_ok { (ok, "ok") } else { (error, "error") };
        match codec {
            Some(codec) => self.write(codec, value).map_err(|misfit| misfit.at(part)),
            None if value.is_none() => Ok(()),
            None => mistake(ComponentMistake::Payload { name: part.to_owned(), is_expected: false }),
        }
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

    fn record(&mut self, fields: &[Field], value: &Bound<'_, PyAny>) -> Fit {
        let py = value.py();
        if value.get_type().is(record_class(py)?) {
            let given = value.getattr(intern!(py, "__dict__"))?.cast_into::<PyDict>().map_err(PyErr::from)?;
            return self.fields(fields, Some(&given), |field| named(&given, &field.name));
        }
        if let Ok(given) = value.cast::<PyDict>() {
            return self.fields(fields, Some(given), |field| named(given, &field.name));
        }
        let kind = value.get_type();
        let is_plain = value.is_none()
            || value.is_instance_of::<PyString>()
            || value.is_instance_of::<PyList>()
            || value.is_instance_of::<PyBytes>()
            || kind.hasattr(intern!(py, "__index__"))?
            || kind.hasattr(intern!(py, "__float__"))?;
        if is_plain {
            return other(ComponentTypeKind::Record, value);
        }
        self.fields(fields, None, |field| match attribute(value, field.name.attribute.bind(py)) {
            Ok(found) => Ok(Some(found)),
            // As wasmtime-py names them.
            Err(error) if error.is_instance_of::<PyAttributeError>(py) => {
                match attribute(value, field.name.plain.bind(py)) {
                    Err(error) if error.is_instance_of::<PyAttributeError>(py) => Ok(None),
                    found => found.map(Some),
                }
            }
            Err(error) => Err(error),
        })
    }

    /// The fields of a record, each as `find` finds it. `given` has all fields of the value, where those are known.
    fn fields<'py>(
        &mut self,
        fields: &[Field],
        given: Option<&Bound<'py, PyDict>>,
        find: impl Fn(&Field) -> PyResult<Option<Bound<'py, PyAny>>>,
    ) -> Fit {
        if let Some(given) = given.filter(|given| given.len() > fields.len()) {
            return unknown(fields, given);
        }
        for field in fields {
            let Some(found) = find(field)? else {
                return match given {
                    // A name that is written in another way is both unknown and missing.
                    Some(given) => unknown(fields, given).and(missing(field)),
                    None => missing(field),
                };
            };
            self.write(&field.codec, &found).map_err(|misfit| misfit.at(format!("field \"{}\"", field.name.text)))?;
        }
        Ok(())
    }

    fn variant(&mut self, names: &Names, payloads: &[Option<Arc<Codec>>], value: &Bound<'_, PyAny>) -> Fit {
        let py = value.py();
        if !value.is_instance(variant_class(py)?)? {
            return other(ComponentTypeKind::Variant, value);
        }
        let tag = value.getattr(intern!(py, "tag"))?;
        let Ok(tag) = tag.cast::<PyString>() else { return other(ComponentTypeKind::Variant, value) };
        let place = find(names, tag)?;
        self.put_place(place)?;
        let payload = payloads.get(place as usize).and_then(Option::as_deref);
        let name = tag.to_str().unwrap_or_default();
        self.payload(name, format_args!("case \"{name}\""), payload, &value.getattr(intern!(py, "payload"))?)
    }

    /// The payload of a case, if it has one.
    fn payload(
        &mut self,
        name: &str,
        part: std::fmt::Arguments<'_>,
        codec: Option<&Codec>,
        value: &Bound<'_, PyAny>,
    ) -> Fit {
        let payload = |is_expected| mistake(ComponentMistake::Payload { name: name.to_owned(), is_expected });
        match codec {
            None if value.is_none() => Ok(()),
            None => payload(false),
            Some(codec) if value.is_none() && !matches!(codec, Codec::Option { .. }) => match codec {
                // None is an object as well.
                Codec::Resource { is_host: true, .. } => self.write(codec, value),
                _ => payload(true),
            },
            Some(codec) => self.write(codec, value).map_err(|misfit| misfit.at(part.to_string())),
        }
    }

    fn option(&mut self, codec: &Codec, nests: bool, value: &Bound<'_, PyAny>) -> Fit {
        let py = value.py();
        if value.is_none() {
            return self.put_place(0);
        }
        let inner = if value.is_instance(some_class(py)?)? {
            Some(value.getattr(intern!(py, "value"))?)
        } else if value.get_type().is(variant_class(py)?) {
            // As wasmtime-py has an option of an option.
            match value.getattr(intern!(py, "tag"))?.extract::<PyBackedStr>() {
                Ok(tag) if &*tag == "none" => return self.put_place(0),
                Ok(tag) if &*tag == "some" => Some(value.getattr(intern!(py, "payload"))?),
                _ => None,
            }
        } else {
            None
        };
        if nests && inner.is_none() {
            return other(ComponentTypeKind::Option, value);
        }
        self.put_place(1)?;
        self.write(codec, inner.as_ref().unwrap_or(value)).map_err(|misfit| misfit.at("some"))
    }

    fn result(&mut self, payloads: &[Option<Arc<Codec>>; 2], value: &Bound<'_, PyAny>) -> Fit {
        let py = value.py();
        let (place, payload) = if value.is_instance(ok_class(py)?)? {
            (0, value.getattr(intern!(py, "value"))?)
        } else if value.is_instance(err_class(py)?)? {
            (1, value.getattr(intern!(py, "value"))?)
        } else if value.get_type().is(variant_class(py)?) {
            // As wasmtime-py has one whose two types are alike.
            let place = match value.getattr(intern!(py, "tag"))?.extract::<PyBackedStr>() {
                Ok(tag) if &*tag == "ok" => 0,
                Ok(tag) if &*tag == "err" || &*tag == "error" => 1,
                _ => return other(ComponentTypeKind::Result, value),
            };
            (place, value.getattr(intern!(py, "payload"))?)
        } else {
            return other(ComponentTypeKind::Result, value);
        };
        self.put_place(place)?;
        let [ok, error] = payloads;
        let (name, codec) = if place == 0 { ("ok", ok) } else { ("error", error) };
        self.payload(name, format_args!("{name}"), codec.as_deref(), &payload)
    }

    fn flags(&mut self, names: &Names, value: &Bound<'_, PyAny>) -> Fit {
        const FLAGS: ComponentTypeKind = ComponentTypeKind::Flags;
        let is_some = value.is_instance_of::<PySet>()
            || value.is_instance_of::<PyFrozenSet>()
            || value.is_instance_of::<PyList>()
            || value.is_instance_of::<PyTuple>();
        if !is_some {
            return other(FLAGS, value);
        }
        let mut bits = 0_u32;
        for item in tuple_of(value)?.iter_borrowed() {
            let Ok(name) = item.cast::<PyString>() else { return other(FLAGS, &item) };
            bits |= 1_u32.checked_shl(find(names, &name)?).unwrap_or_default();
        }
        self.put_place(bits)
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
}

/// What a text holds that is no Unicode text.
const HALF: &str = "a str with half of a surrogate pair";

fn length(count: usize) -> Fit<u32> {
    match u32::try_from(count) {
        Ok(count) if count < stream::BESIDE => Ok(count),
        _ => mistake(ComponentMistake::Length { found: count as u64 }),
    }
}

/// A field of a dictionary, by the attribute's name or by the type's own.
fn named<'py>(given: &Bound<'py, PyDict>, name: &Name) -> PyResult<Option<Bound<'py, PyAny>>> {
    match given.get_item(&name.attribute)? {
        None => given.get_item(&name.plain),
        found => Ok(found),
    }
}

/// The place of a case or a flag.
fn find(names: &Names, name: &Bound<'_, PyString>) -> Fit<u32> {
    let text = name.to_string_lossy();
    match names.find(&text) {
        Some(place) => Ok(place),
        None => mistake(ComponentMistake::UnknownCase { name: text.into_owned(), known: names.texts() }),
    }
}

#[cold]
fn missing<T>(field: &Field) -> Fit<T> {
    mistake(ComponentMistake::MissingField { name: field.name.text.to_string() })
}

/// Fails where a value has a field that its type does not have.
#[cold]
fn unknown(fields: &[Field], given: &Bound<'_, PyDict>) -> Fit {
    for name in given.keys() {
        let text = name.str()?.to_string_lossy().into_owned();
        if fields.iter().all(|field| *field.name.text != *text && *field.name.text.replace('-', "_") != *text) {
            let known = fields.iter().map(|field| field.name.text.to_string()).collect();
            return mistake(ComponentMistake::UnknownField { name: text, known });
        }
    }
    Ok(())
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

macro_rules! of_package {
    ($($function:ident $module:literal $name:literal)*) => {
        $(pub(super) fn $function(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
            static FOUND: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
            package(py, &FOUND, $module, $name)
        })*
    };
}

of_package! {
    record_class "trimaran.component.values" "Record"
    variant_class "trimaran.component.values" "Variant"
    some_class "trimaran.component.values" "Some"
    ok_class "trimaran.component.values" "Ok"
    err_class "trimaran.component.values" "Err"
    resource_host_class "trimaran.component.resource" "ResourceHost"
    host_handle_class "trimaran.component.resource" "HostHandle"
    host_owned_class "trimaran.component.resource" "HostOwned"
    to_guest "trimaran.component.resource" "to_guest"
    from_guest "trimaran.component.resource" "from_guest"
}
