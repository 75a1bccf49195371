//! Values of one case out of several on their way into a component: variants, options, results, enumerations, and flags.

use std::sync::Arc;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyFrozenSet, PyList, PySet, PyString, PyTuple};
use trimaran::{ComponentMistake, ComponentTypeKind};

use super::super::at_end::attribute;
use super::classes::{err_class, ok_class, some_class, variant_class};
use super::codec::Codec;
use super::misfit::{Fit, mistake, other};
use super::names::Names;
use super::write::{Writer, tuple_of};

impl Writer<'_> {
    pub(super) fn variant(&mut self, names: &Names, payloads: &[Option<Arc<Codec>>], value: &Bound<'_, PyAny>) -> Fit {
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

    /// An object of the class of a case.
    pub(super) fn case(
        &mut self,
        names: &Names,
        payloads: &[Option<Arc<Codec>>],
        place: usize,
        value: &Bound<'_, PyAny>,
    ) -> Fit {
        self.put_count(place)?;
        let Some(codec) = payloads.get(place).and_then(Option::as_deref) else { return Ok(()) };
        let payload = attribute(value, intern!(value.py(), "value"))?;
        self.write(codec, &payload).map_err(|misfit| {
            let name = names.texts().into_iter().nth(place).unwrap_or_default();
            misfit.at(format!("case \"{name}\""))
        })
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

    pub(super) fn option(&mut self, codec: &Codec, nests: bool, value: &Bound<'_, PyAny>) -> Fit {
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

    pub(super) fn result(&mut self, payloads: &[Option<Arc<Codec>>; 2], value: &Bound<'_, PyAny>) -> Fit {
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

    /// A case of an enumeration by its name.
    pub(super) fn write_name(&mut self, names: &Names, value: &Bound<'_, PyAny>) -> Fit {
        match value.cast::<PyString>() {
            Ok(name) => {
                let place = find(names, name)?;
                self.put_place(place)
            }
            Err(_) => other(ComponentTypeKind::Enum, value),
        }
    }

    /// A member of the class of an enumeration, or the name of a case.
    pub(super) fn member(&mut self, names: &Names, members: &[Py<PyAny>], value: &Bound<'_, PyAny>) -> Fit {
        match (0..).zip(members).find(|(_, member)| value.is(*member)) {
            Some((place, _)) => self.put_place(place),
            None => self.write_name(names, value),
        }
    }

    /// An object of the class of flags.
    pub(super) fn flag_set(&mut self, names: &Names, value: &Bound<'_, PyAny>) -> Fit {
        let bits: u32 = attribute(value, intern!(value.py(), "_value_"))?.extract()?;
        // A flag without a name has no place in the type.
        let known = u32::MAX.checked_shr(32 - names.len().min(32) as u32).unwrap_or_default();
        if bits & !known != 0 {
            let (name, known) = (format!("{bits:#x}"), names.texts());
            return mistake(ComponentMistake::UnknownCase { name, known });
        }
        self.put_place(bits)
    }

    pub(super) fn flags(&mut self, names: &Names, value: &Bound<'_, PyAny>) -> Fit {
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
}

/// The place of a case or a flag.
fn find(names: &Names, name: &Bound<'_, PyString>) -> Fit<u32> {
    let text = name.to_string_lossy();
    match names.find(&text) {
        Some(place) => Ok(place),
        None => mistake(ComponentMistake::UnknownCase { name: text.into_owned(), known: names.texts() }),
    }
}
