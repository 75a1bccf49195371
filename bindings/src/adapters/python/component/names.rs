//! The names of fields, cases and flags, as Python has them.

use std::collections::HashMap;

use pyo3::prelude::*;
use pyo3::types::PyString;

/// The name of a field.
pub(super) struct Name {
    pub(super) text: Box<str>,
    /// As the type has it: `first-name`.
    pub(super) plain: Py<PyString>,
    /// As an attribute of Python's is called: `first_name`.
    pub(super) attribute: Py<PyString>,
}

impl Name {
    pub(super) fn new(py: Python<'_>, name: &str) -> Self {
        Self::with_attribute(py, name, &name.replace('-', "_"))
    }

    /// The name of a field that has that attribute.
    pub(super) fn with_attribute(py: Python<'_>, name: &str, attribute: &str) -> Self {
        Self {
            text: name.into(),
            plain: PyString::intern(py, name).unbind(),
            attribute: PyString::intern(py, attribute).unbind(),
        }
    }
}

/// The names of cases or flags, in the order of their type.
pub(super) struct Names {
    objects: Box<[Py<PyString>]>,
    places: HashMap<Box<str>, u32>,
}

impl Names {
    pub(super) fn new<'a>(py: Python<'_>, names: impl Iterator<Item = &'a str>) -> Self {
        let names: Vec<&str> = names.collect();
        Self {
            objects: names.iter().map(|name| PyString::intern(py, name).unbind()).collect(),
            places: (0..).zip(&names).map(|(place, name)| ((*name).into(), place)).collect(),
        }
    }

    /// The place of a name.
    pub(super) fn find(&self, name: &str) -> Option<u32> {
        self.places.get(name).copied()
    }

    /// The name at a place.
    pub(super) fn get(&self, place: u32) -> Option<&Py<PyString>> {
        self.objects.get(place as usize)
    }

    pub(super) fn len(&self) -> usize {
        self.objects.len()
    }

    /// All of them, for a sentence.
    pub(super) fn texts(&self) -> Vec<String> {
        let mut all: Vec<_> = self.places.iter().map(|(name, place)| (*place, name.to_string())).collect();
        all.sort_unstable();
        all.into_iter().map(|(_, name)| name).collect()
    }
}
