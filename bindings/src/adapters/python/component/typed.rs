//! Codecs that make objects of generated classes: the type of a function and what bindings were made from, walked together.
//!
//! Bindings say of each type what `trimaran.component.wit` notes: a word for what is plain, a tuple of a word and parts, or a
//! class with such a tuple. What differs from the component is an error that says where.

use std::collections::HashMap;
use std::sync::Arc;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyWeakrefReference};
use trimaran::WasmtimeError;
use trimaran::adapter::plan::{self, Plan, Row};

use super::super::convert::take_list;
use super::super::raised;
use super::codec::{Codec, Codecs, Field, Find, Owner, number};
use super::names::{Name, Names};

/// Why bindings do not belong to a component.
pub(super) enum Misshape {
    /// Their types differ. The path leads to the place from the innermost part on.
    Differs { path: Vec<String>, expected: String, found: String },
    /// What Python raised.
    Raised(PyErr),
}

impl From<PyErr> for Box<Misshape> {
    fn from(error: PyErr) -> Self {
        Box::new(Misshape::Raised(error))
    }
}

type Shaped<T> = Result<T, Box<Misshape>>;

impl Misshape {
    fn at(mut self: Box<Self>, part: impl Into<String>) -> Box<Self> {
        if let Self::Differs { path, .. } = &mut *self {
            path.push(part.into());
        }
        self
    }

    /// The same of a function, which has these names in words.
    pub(super) fn into_core(self, name: &str) -> std::result::Result<WasmtimeError, PyErr> {
        match self {
            Self::Differs { path, expected, found } => {
                let place: String = path.iter().rev().map(|part| format!("{part}: ")).collect();
                let reason = format!(
                    "the function {name}: {place}the bindings were made for {expected}, and the component has {found}: \
                     make the bindings again"
                );
                Ok(WasmtimeError::Link { reason, module: String::new(), name: String::new() })
            }
            Self::Raised(error) => Err(error),
        }
    }

    pub(super) fn into_error(self, py: Python<'_>, name: &str) -> PyErr {
        self.into_core(name).map_or_else(|error| error, |error| raised(py, error))
    }
}

#[cold]
fn differs<T>(expected: impl Into<String>, found: impl Into<String>) -> Shaped<T> {
    Err(Box::new(Misshape::Differs { path: Vec::new(), expected: expected.into(), found: found.into() }))
}

/// What bindings say of a function: the shapes of its parameters and of its result, and the class that it raises for the
/// error of its result, if it has one.
pub(super) struct Signature<'py> {
    pub(super) params: Vec<(String, Bound<'py, PyAny>)>,
    pub(super) result: Bound<'py, PyAny>,
    pub(super) error: Bound<'py, PyAny>,
    /// By the classes of the resources, what has the functions that their objects call.
    pub(super) homes: Option<Bound<'py, PyDict>>,
}

impl<'py> Signature<'py> {
    /// What Python says: a sequence of names with shapes, a shape or `None`, and a class or `None`.
    pub(super) fn new(
        params: &Bound<'py, PyAny>,
        result: Bound<'py, PyAny>,
        error: Bound<'py, PyAny>,
        homes: Option<Bound<'py, PyDict>>,
    ) -> PyResult<Self> {
        let params = take_list(params, |it, _| it.extract())?;
        Ok(Self { params, result, error, homes })
    }
}

impl Codecs {
    /// Those of a function with such parameters and results, as bindings have it.
    pub(super) fn typed(
        py: Python<'_>,
        params: &Row,
        results: &Row,
        ty: Find<'_>,
        signature: &Signature<'_>,
    ) -> Shaped<Self> {
        let mut made = Typed { py, ty, homes: signature.homes.as_ref(), known: HashMap::new() };
        let (given, there) = (signature.params.len(), params.fields.len());
        if given != there {
            return differs(counted(given), counted(there));
        }
        let mut all = Vec::with_capacity(given);
        for ((name, shape), field) in signature.params.iter().zip(&params.fields) {
            let codec = made.codec(&field.plan, shape);
            all.push(codec.map_err(|misshape| misshape.at(format!("parameter \"{name}\"")))?);
        }
        let result = made.maybe(results.fields.first().map(|field| &field.plan), &signature.result);
        let result = result.map_err(|misshape| misshape.at("result"))?;
        let raises = (!signature.error.is_none()).then(|| signature.error.clone().unbind());
        let has_resources = made.known.values().any(|codec| matches!(**codec, Codec::Resource { .. }));
        Ok(Self { params: all.into(), result, raises, has_resources })
    }
}

fn counted(count: usize) -> String {
    format!("{count} parameter{}", if count == 1 { "" } else { "s" })
}

struct Typed<'a, 'py> {
    py: Python<'py>,
    ty: Find<'a>,
    homes: Option<&'a Bound<'py, PyDict>>,
    /// Types of WIT that have the same parts are one type of the component's, and their classes are not.
    known: HashMap<(*const Plan, *mut pyo3::ffi::PyObject), Arc<Codec>>,
}

impl<'py> Typed<'_, 'py> {
    /// A part that may be nothing.
    fn maybe(&mut self, plan: Option<&Arc<Plan>>, shape: &Bound<'py, PyAny>) -> Shaped<Option<Arc<Codec>>> {
        match plan {
            None if shape.is_none() => Ok(None),
            None => differs(said(shape)?, "nothing"),
            Some(plan) if shape.is_none() => differs("nothing", word(&plan.kind)),
            Some(plan) => self.codec(plan, shape).map(Some),
        }
    }

    fn codec(&mut self, plan: &Arc<Plan>, shape: &Bound<'py, PyAny>) -> Shaped<Arc<Codec>> {
        let key = (Arc::as_ptr(plan), shape.as_ptr());
        if let Some(known) = self.known.get(&key) {
            return Ok(Arc::clone(known));
        }
        // Types nest at most a hundred deep: the validator refuses more.
        let made = Arc::new(self.make(plan, shape)?);
        self.known.insert(key, Arc::clone(&made));
        Ok(made)
    }

    fn make(&mut self, plan: &Arc<Plan>, shape: &Bound<'py, PyAny>) -> Shaped<Codec> {
        let found = word(&plan.kind);
        if let Ok(plain) = shape.cast::<PyString>() {
            let expected = plain.to_string_lossy();
            return match &plan.kind {
                kind if expected != found => differs(expected, word(kind)),
                plan::Kind::Bool => Ok(Codec::Bool),
                plan::Kind::Char => Ok(Codec::Char),
                plan::Kind::String => Ok(Codec::String),
                kind => number(kind).map_or_else(|| differs(expected, found), |number| Ok(Codec::Number(number))),
            };
        }
        let parts = parts(shape)?;
        let expected = parts.get_item(0)?.cast_into::<PyString>().map_err(PyErr::from)?;
        let expected = expected.to_string_lossy();
        if expected != found {
            return differs(expected, found);
        }
        let part = |place: usize| parts.get_item(place);
        match &plan.kind {
            plan::Kind::Numbers(element) => {
                let shape = part(1)?;
                let expected = said(&shape)?;
                let codec = number(&element.kind).filter(|_| expected == word(&element.kind));
                match codec {
                    Some(number) => Ok(Codec::Numbers(number)),
                    None => differs(expected, word(&element.kind)).map_err(|it: Box<Misshape>| it.at("element")),
                }
            }
            plan::Kind::List(element) => {
                let codec = self.codec(element, &part(1)?);
                Ok(Codec::List(codec.map_err(|it| it.at("element"))?))
            }
            plan::Kind::Record(fields) => {
                let given = part(2)?.cast_into::<PyTuple>().map_err(PyErr::from)?;
                let shapes: Vec<(String, String, Bound<'py, PyAny>)> = given.extract()?;
                let names = || fields.iter().map(|field| &*field.name);
                same("the fields", shapes.iter().map(|(name, ..)| name.as_str()), names())?;
                let mut made = Vec::with_capacity(fields.len());
                for (field, (name, attribute, shape)) in fields.iter().zip(&shapes) {
                    let codec = self.codec(&field.plan, shape).map_err(|it| it.at(format!("field \"{name}\"")))?;
                    made.push(Field { name: Name::with_attribute(self.py, name, attribute), codec });
                }
                Ok(Codec::Object { class: part(1)?.unbind(), fields: made.into() })
            }
            plan::Kind::Tuple(items) => {
                let shapes: Vec<_> = parts.iter().skip(1).collect();
                if shapes.len() != items.len() {
                    return differs(format!("{} items", shapes.len()), format!("{} items", items.len()));
                }
                let mut made = Vec::with_capacity(items.len());
                for (place, (item, shape)) in items.iter().zip(&shapes).enumerate() {
                    made.push(self.codec(&item.plan, shape).map_err(|it| it.at(format!("item {place}")))?);
                }
                Ok(Codec::Tuple(made.into()))
            }
            plan::Kind::Variant(cases) => {
                let shapes: Vec<(String, Bound<'py, PyAny>, Bound<'py, PyAny>)> = part(2)?.extract()?;
                let names = || cases.cases.iter().map(|case| &*case.name);
                same("the cases", shapes.iter().map(|(name, ..)| name.as_str()), names())?;
                let (mut payloads, mut classes) = (Vec::new(), Vec::new());
                for (case, (name, class, shape)) in cases.cases.iter().zip(&shapes) {
                    let payload = self.maybe(case.payload.as_ref(), shape);
                    payloads.push(payload.map_err(|it| it.at(format!("case \"{name}\"")))?);
                    classes.push(class.clone().unbind());
                }
                let names = Names::new(self.py, names());
                Ok(Codec::Cases { names, payloads: payloads.into(), classes: classes.into() })
            }
            plan::Kind::Option(cases) => {
                let value = cases.cases.last().and_then(|case| case.payload.as_ref());
                let Some(value) = self.maybe(value, &part(1)?).map_err(|it| it.at("some"))? else {
                    return differs("option", "nothing");
                };
                Ok(Codec::Option { nests: matches!(*value, Codec::Option { .. }), value })
            }
            plan::Kind::Result(cases) => {
                let payload = |place: usize| cases.cases.get(place).and_then(|case| case.payload.as_ref());
                let ok = self.maybe(payload(0), &part(1)?).map_err(|it| it.at("ok"))?;
                let error = self.maybe(payload(1), &part(2)?).map_err(|it| it.at("error"))?;
                Ok(Codec::Result([ok, error]))
            }
            plan::Kind::Enum(cases) => {
                let (names, members) = self.labels(&parts)?;
                let there = || cases.cases.iter().map(|case| &*case.name);
                same("the cases", names.iter().map(String::as_str), there())?;
                Ok(Codec::Members { names: Names::new(self.py, there()), members: members.into() })
            }
            plan::Kind::Flags(_, there) => {
                let (names, _) = self.labels(&parts)?;
                let there = || there.iter().map(|name| &**name);
                same("the flags", names.iter().map(String::as_str), there())?;
                Ok(Codec::FlagSet { names: Names::new(self.py, there()), class: part(1)?.unbind() })
            }
            plan::Kind::Own | plan::Kind::Borrow => {
                let is_own = matches!(plan.kind, plan::Kind::Own);
                let ty = (self.ty)(plan);
                let is_host = ty.as_ref().is_none_or(|ty| ty.is_host().unwrap_or_default());
                let class = part(1)?;
                let owner = match self.homes.filter(|_| !class.is_none()) {
                    Some(homes) => self.owner(&class, homes)?,
                    None => None,
                };
                Ok(Codec::Resource { is_own, is_host, ty, owner })
            }
            _ => differs(expected, found),
        }
    }

    /// The class of a resource, with what has its functions.
    fn owner(&self, class: &Bound<'py, PyAny>, homes: &Bound<'py, PyDict>) -> PyResult<Option<Owner>> {
        let Some(functions) = homes.get_item(class)? else { return Ok(None) };
        // They have the function that this is about.
        let functions = PyWeakrefReference::new(&functions)?.into_any().unbind();
        Ok(Some(Owner { class: class.clone().unbind(), functions }))
    }

    fn labels(&self, parts: &Bound<'py, PyTuple>) -> PyResult<(Vec<String>, Vec<Py<PyAny>>)> {
        Ok((parts.get_item(2)?.extract()?, parts.get_item(3)?.extract()?))
    }
}

/// What is noted of a type that is not plain.
fn parts<'py>(shape: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
    let noted = match shape.cast::<PyTuple>() {
        Ok(parts) => parts.clone().into_any(),
        Err(_) => shape.getattr(intern!(shape.py(), "__wit__"))?,
    };
    Ok(noted.cast_into::<PyTuple>()?)
}

/// The word for a shape.
fn said(shape: &Bound<'_, PyAny>) -> PyResult<String> {
    if shape.is_none() {
        return Ok("nothing".to_owned());
    }
    match shape.cast::<PyString>() {
        Ok(plain) => Ok(plain.to_string_lossy().into_owned()),
        Err(_) => parts(shape)?.get_item(0)?.extract(),
    }
}

/// Fails where the names are not the same, in the same order.
fn same<'a>(what: &str, expected: impl Iterator<Item = &'a str>, found: impl Iterator<Item = &'a str>) -> Shaped<()> {
    let (expected, found): (Vec<_>, Vec<_>) = (expected.collect(), found.collect());
    if expected == found {
        return Ok(());
    }
    let list = |names: &[&str]| {
        let shown: Vec<_> = names.iter().take(32).map(|name| format!("`{name}`")).collect();
        format!("{what} {}", shown.join(", "))
    };
    differs(list(&expected), list(&found))
}

/// WIT's word for a type.
fn word(kind: &plan::Kind) -> &'static str {
    match kind {
        plan::Kind::Bool => "bool",
        plan::Kind::S8 => "s8",
        plan::Kind::U8 => "u8",
        plan::Kind::S16 => "s16",
        plan::Kind::U16 => "u16",
        plan::Kind::S32 => "s32",
        plan::Kind::U32 => "u32",
        plan::Kind::S64 => "s64",
        plan::Kind::U64 => "u64",
        plan::Kind::F32 => "f32",
        plan::Kind::F64 => "f64",
        plan::Kind::Char => "char",
        plan::Kind::String => "string",
        plan::Kind::Numbers(_) | plan::Kind::List(_) => "list",
        plan::Kind::FixedLengthList(..) => "list of a fixed length",
        plan::Kind::Map(..) => "map",
        plan::Kind::Record(_) => "record",
        plan::Kind::Tuple(_) => "tuple",
        plan::Kind::Variant(_) => "variant",
        plan::Kind::Option(_) => "option",
        plan::Kind::Result(_) => "result",
        plan::Kind::Enum(_) => "enum",
        plan::Kind::Flags(..) => "flags",
        plan::Kind::Own => "own",
        plan::Kind::Borrow => "borrow",
        plan::Kind::Stream(_) => "stream",
        plan::Kind::Future(_) => "future",
        plan::Kind::Unsupported(what) => what,
    }
}
