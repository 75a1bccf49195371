//! Why a value does not become what a component takes.

use pyo3::prelude::*;
use trimaran::adapter::component_mistake;
use trimaran::{ComponentMistake, ComponentTypeKind, WasmtimeError};

use super::super::convert::article;
use super::super::host::THROWN;
use super::super::raised;

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
pub(super) fn other_words<T>(expected: ComponentTypeKind, found: String) -> Fit<T> {
    mistake(ComponentMistake::Kind { expected, found })
}
