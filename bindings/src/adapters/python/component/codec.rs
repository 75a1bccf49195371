//! What Python's values of a component's types are, worked out once from the plan of each type.

use std::collections::HashMap;
use std::sync::Arc;

use pyo3::prelude::*;
use trimaran::adapter::plan::{self, Plan, Row};
use trimaran::{ComponentResourceType, ComponentTypeKind};

use super::names::{Name, Names};

/// A type of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
    F32,
    F64,
}

impl Number {
    /// What `array` calls it.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::S8 => "b",
            Self::U8 => "B",
            Self::S16 => "h",
            Self::U16 => "H",
            Self::S32 => "i",
            Self::U32 => "I",
            Self::S64 => "q",
            Self::U64 => "Q",
            Self::F32 => "f",
            Self::F64 => "d",
        }
    }

    pub(super) fn size(self) -> usize {
        match self {
            Self::S8 | Self::U8 => 1,
            Self::S16 | Self::U16 => 2,
            Self::S32 | Self::U32 | Self::F32 => 4,
            Self::S64 | Self::U64 | Self::F64 => 8,
        }
    }

    pub(super) fn kind(self) -> ComponentTypeKind {
        match self {
            Self::S8 => ComponentTypeKind::S8,
            Self::U8 => ComponentTypeKind::U8,
            Self::S16 => ComponentTypeKind::S16,
            Self::U16 => ComponentTypeKind::U16,
            Self::S32 => ComponentTypeKind::S32,
            Self::U32 => ComponentTypeKind::U32,
            Self::S64 => ComponentTypeKind::S64,
            Self::U64 => ComponentTypeKind::U64,
            Self::F32 => ComponentTypeKind::F32,
            Self::F64 => ComponentTypeKind::F64,
        }
    }
}

/// A field of a record.
pub(super) struct Field {
    pub(super) name: Name,
    pub(super) codec: Arc<Codec>,
}

/// How values of one type are written and read.
pub(super) enum Codec {
    Bool,
    Number(Number),
    Char,
    String,
    Numbers(Number),
    List(Arc<Codec>),
    /// A list of so many elements.
    FixedLengthList(Arc<Codec>, u32),
    /// The keys and the values of a map.
    Map(Arc<Codec>, Arc<Codec>),
    Record(Box<[Field]>),
    Tuple(Box<[Arc<Codec>]>),
    /// The names of the cases, and their payloads.
    Variant(Names, Box<[Option<Arc<Codec>>]>),
    Option {
        value: Arc<Codec>,
        /// The value is an option itself, so that `None` would not say which one is empty.
        nests: bool,
    },
    Result([Option<Arc<Codec>>; 2]),
    Enum(Names),
    Flags(Names),
    Resource {
        is_own: bool,
        /// Any object of Python's is one.
        is_host: bool,
        /// Its type, where it is known.
        ty: Option<Arc<ComponentResourceType>>,
        /// Whose objects stand for it, if not `Resource`.
        owner: Option<Owner>,
    },
    /// A record of a class of its own.
    Object {
        class: Py<PyAny>,
        fields: Box<[Field]>,
    },
    /// A variant with a class for each case.
    Cases {
        names: Names,
        payloads: Box<[Option<Arc<Codec>>]>,
        classes: Box<[Py<PyAny>]>,
    },
    /// An enumeration of a class of its own: its members.
    Members {
        names: Names,
        members: Box<[Py<PyAny>]>,
    },
    /// Flags of a class of its own.
    FlagSet {
        names: Names,
        class: Py<PyAny>,
    },
    /// A stream, or a future.
    Stream {
        is_future: bool,
    },
    Unsupported(&'static str),
}

/// A generated class of a resource.
pub(super) struct Owner {
    pub(super) class: Py<PyAny>,
    /// A weak reference to what has its functions.
    pub(super) functions: Py<PyAny>,
}

/// What finds the type of a handle's resource.
pub(super) type Find<'a> = &'a dyn Fn(&Plan) -> Option<Arc<ComponentResourceType>>;

/// The values of a function.
pub(super) struct Codecs {
    pub(super) params: Box<[Arc<Codec>]>,
    pub(super) result: Option<Arc<Codec>>,
    /// The class of what stands for the error of the result, which is the value otherwise.
    pub(super) raises: Option<Py<PyAny>>,
    /// Whether there is a resource in any of them.
    pub(super) has_resources: bool,
}

impl Codecs {
    /// Those of a function with such parameters and results. `ty` finds the type of a handle's resource; where it is not known, the host has it.
    pub(super) fn of(py: Python<'_>, params: &Row, results: &Row, ty: Find<'_>) -> Self {
        let mut made = Made { py, ty, known: HashMap::new() };
        let params = params.fields.iter().map(|field| made.codec(&field.plan)).collect();
        let result = results.fields.first().map(|field| made.codec(&field.plan));
        let has_resources =
            made.known.values().any(|codec| matches!(**codec, Codec::Resource { .. } | Codec::Stream { .. }));
        Self { params, result, raises: None, has_resources }
    }
}

/// Makes codecs, each type's once: parts that types share are shared here as well.
struct Made<'a> {
    py: Python<'a>,
    ty: Find<'a>,
    known: HashMap<*const Plan, Arc<Codec>>,
}

impl Made<'_> {
    fn codec(&mut self, plan: &Arc<Plan>) -> Arc<Codec> {
        if let Some(known) = self.known.get(&Arc::as_ptr(plan)) {
            return Arc::clone(known);
        }
        // Types nest at most a hundred deep: the validator refuses more.
        let made = Arc::new(self.make(plan));
        self.known.insert(Arc::as_ptr(plan), Arc::clone(&made));
        made
    }

    fn make(&mut self, plan: &Plan) -> Codec {
        match &plan.kind {
            plan::Kind::Bool => Codec::Bool,
            plan::Kind::Char => Codec::Char,
            plan::Kind::String => Codec::String,
            plan::Kind::Numbers(element) => number(&element.kind).map_or(Codec::Unsupported("list"), Codec::Numbers),
            plan::Kind::List(element) => Codec::List(self.codec(element)),
            plan::Kind::FixedLengthList(element, length) => {
                let list = number(&element.kind).map_or_else(|| Codec::List(self.codec(element)), Codec::Numbers);
                Codec::FixedLengthList(Arc::new(list), *length)
            }
            plan::Kind::Map(parts, _) => {
                let [key, value] = &**parts;
                Codec::Map(self.codec(&key.plan), self.codec(&value.plan))
            }
            plan::Kind::Record(fields) => {
                let field = |field: &plan::Field| Field {
                    name: Name::new(self.py, &field.name),
                    codec: self.codec(&field.plan),
                };
                Codec::Record(fields.iter().map(field).collect())
            }
            plan::Kind::Tuple(fields) => Codec::Tuple(fields.iter().map(|field| self.codec(&field.plan)).collect()),
            plan::Kind::Variant(cases) => Codec::Variant(self.names(cases), self.payloads(cases).into()),
            plan::Kind::Option(cases) => match self.payloads(cases).pop().flatten() {
                Some(value) => Codec::Option { nests: matches!(*value, Codec::Option { .. }), value },
                None => Codec::Unsupported("option"),
            },
            plan::Kind::Result(cases) => {
                let mut payloads = self.payloads(cases).into_iter();
                Codec::Result([payloads.next().flatten(), payloads.next().flatten()])
            }
            plan::Kind::Enum(cases) => Codec::Enum(self.names(cases)),
            plan::Kind::Flags(_, names) => Codec::Flags(Names::new(self.py, names.iter().map(|name| &**name))),
            plan::Kind::Own | plan::Kind::Borrow => {
                let (is_own, ty) = (matches!(plan.kind, plan::Kind::Own), (self.ty)(plan));
                let is_host = ty.as_ref().is_none_or(|ty| ty.is_host().unwrap_or_default());
                Codec::Resource { is_own, is_host, ty, owner: None }
            }
            plan::Kind::Stream(_) => Codec::Stream { is_future: false },
            plan::Kind::Future(_) => Codec::Stream { is_future: true },
            plan::Kind::Unsupported(what) => Codec::Unsupported(what),
            other => number(other).map_or(Codec::Unsupported("number"), Codec::Number),
        }
    }

    fn names(&self, cases: &plan::Cases) -> Names {
        Names::new(self.py, cases.cases.iter().map(|case| &*case.name))
    }

    fn payloads(&mut self, cases: &plan::Cases) -> Vec<Option<Arc<Codec>>> {
        cases.cases.iter().map(|case| case.payload.as_ref().map(|plan| self.codec(plan))).collect()
    }
}

pub(super) fn number(kind: &plan::Kind) -> Option<Number> {
    Some(match kind {
        plan::Kind::S8 => Number::S8,
        plan::Kind::U8 => Number::U8,
        plan::Kind::S16 => Number::S16,
        plan::Kind::U16 => Number::U16,
        plan::Kind::S32 => Number::S32,
        plan::Kind::U32 => Number::U32,
        plan::Kind::S64 => Number::S64,
        plan::Kind::U64 => Number::U64,
        plan::Kind::F32 => Number::F32,
        plan::Kind::F64 => Number::F64,
        _ => return None,
    })
}
