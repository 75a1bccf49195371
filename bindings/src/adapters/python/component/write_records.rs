//! Records on their way into a component: of generated classes, or of whatever has their fields.

use pyo3::exceptions::PyAttributeError;
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};
use trimaran::{ComponentMistake, ComponentTypeKind};

use super::super::at_end::{Ask, attribute};
use super::classes::record_class;
use super::codec::Field;
use super::misfit::{Fit, mistake, other};
use super::names::Name;
use super::write::Writer;

impl Writer<'_> {
    /// An object of the class of a record, or what stands for it.
    pub(super) fn object(&mut self, class: &Py<PyAny>, fields: &[Field], value: &Bound<'_, PyAny>) -> Fit {
        if !value.get_type().is(class) {
            return self.record(fields, value);
        }
        for field in fields {
            let found = attribute(value, field.name.attribute.bind(value.py()))?;
            self.write(&field.codec, &found).map_err(|misfit| misfit.at(format!("field \"{}\"", field.name.text)))?;
        }
        Ok(())
    }

    pub(super) fn record(&mut self, fields: &[Field], value: &Bound<'_, PyAny>) -> Fit {
        let py = value.py();
        if value.get_type().is(record_class(py)?) {
            let given = value.getattr(intern!(py, "__dict__"))?.cast_into::<PyDict>().map_err(PyErr::from)?;
            return self.fields(fields, Some(&given), |field| named(&given, &field.name));
        }
        if let Ok(given) = value.cast::<PyDict>() {
            return self.fields(fields, Some(given), |field| named(given, &field.name));
        }
        let kind = value.get_type();
        // SAFETY: it is a class. The flag is that of `match` statements: what is no dictionary, and yet a mapping.
        if unsafe { ffi::PyType_GetFlags(kind.as_type_ptr()) } & MAPPING != 0 {
            let given = py.get_type::<PyDict>().ask1((value,))?.cast_into::<PyDict>().map_err(PyErr::from)?;
            return self.fields(fields, Some(&given), |field| named(&given, &field.name));
        }
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
            // One of them is unknown, or stands there twice.
            return unfit(fields, given);
        }
        for field in fields {
            let Some(found) = find(field)? else {
                return match given {
                    // A name that is written in another way is both unknown and missing.
                    Some(given) => unfit(fields, given).and(missing(field)),
                    None => missing(field),
                };
            };
            self.write(&field.codec, &found).map_err(|misfit| misfit.at(format!("field \"{}\"", field.name.text)))?;
        }
        Ok(())
    }
}

/// CPython's `Py_TPFLAGS_MAPPING`: the class is one of `collections.abc.Mapping`.
const MAPPING: std::ffi::c_ulong = 1 << 6;

/// A field of a dictionary, by the attribute's name or by the type's own.
fn named<'py>(given: &Bound<'py, PyDict>, name: &Name) -> PyResult<Option<Bound<'py, PyAny>>> {
    match given.get_item(&name.attribute)? {
        None => given.get_item(&name.plain),
        found => Ok(found),
    }
}

#[cold]
fn missing<T>(field: &Field) -> Fit<T> {
    mistake(ComponentMistake::MissingField { name: field.name.text.to_string() })
}

/// Fails where a value has a field that its type does not have, or one by two spellings of its name.
#[cold]
fn unfit(fields: &[Field], given: &Bound<'_, PyDict>) -> Fit {
    let mut seen = vec![false; fields.len()];
    for name in given.keys() {
        let text = name.str()?.to_string_lossy().into_owned();
        let is_of =
            |field: &Field| *field.name.text == *text || field.name.attribute.bind(name.py()).to_string_lossy() == text;
        let found = fields.iter().zip(&mut seen).find(|(field, _)| is_of(field));
        let Some((field, is_seen)) = found else {
            let known = fields.iter().map(|field| field.name.text.to_string()).collect();
            return mistake(ComponentMistake::UnknownField { name: text, known });
        };
        if std::mem::replace(is_seen, true) {
            return mistake(ComponentMistake::RepeatedField { name: field.name.text.to_string() });
        }
    }
    Ok(())
}
