//! One file that is being written, and how types are written in it.

use std::collections::BTreeSet;

use super::layout::{Expr, Page, call, text};
use super::names::Names;
use crate::model::{Model, Owner, Plain, Side, Type, TypeId, TypeKind};

/// What the objects of a resource are in Swift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handle {
    /// Those of a class, for a resource of the component's.
    Class,
    /// Those of a protocol, which the host implements.
    Object,
    /// Handles of the package's own, for a resource of WASI.
    Plain,
}

/// What stands for the error of a result, which is an `Error` in Swift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure<'a> {
    /// The type itself.
    Own(&'a Type),
    /// A `ResultError` around a value, or around nothing.
    Wrapped(Option<&'a Type>),
}

/// One file that is being written.
pub(super) struct Sheet<'a> {
    pub(super) model: &'a Model,
    pub(super) names: &'a Names,
    pub(super) owner: Owner,
    /// The types that are the error of a result somewhere.
    pub(super) errors: &'a BTreeSet<TypeId>,
    pub(super) page: Page,
    /// Whether what is written lies outside of the owner's own types, where they need their full names.
    pub(super) is_outside: bool,
}

impl<'a> Sheet<'a> {
    pub(super) fn std(&self, name: &str) -> String {
        self.names.std(name)
    }

    pub(super) fn package(&self, name: &str) -> String {
        self.names.package(name)
    }

    /// Where the types of this file are.
    pub(super) fn here(&self) -> String {
        self.names.path(self.model, self.owner)
    }

    /// What a type is called here.
    pub(super) fn type_name(&self, id: TypeId) -> String {
        let (owner, name) = (self.model.ty(id).owner, &self.names.ty(id).name);
        if owner == self.owner && owner != Owner::World && !self.is_outside {
            return name.clone();
        }
        format!("{}.{name}", self.names.path(self.model, owner))
    }

    /// What a type is called anywhere.
    pub(super) fn full_name(&self, id: TypeId) -> String {
        format!("{}.{}", self.names.path(self.model, self.model.ty(id).owner), self.names.ty(id).name)
    }

    /// What the objects of a resource are.
    pub(super) fn handle(&self, id: TypeId) -> Handle {
        match self.model.ty(self.model.resource(id)).owner {
            Owner::World => Handle::Object,
            Owner::Interface(id) => match self.model.interface(id) {
                interface if interface.side == Side::Export => Handle::Class,
                interface if interface.is_wasi() => Handle::Plain,
                _ => Handle::Object,
            },
        }
    }

    /// How a type is written.
    pub(super) fn ty(&self, ty: &Type) -> String {
        match ty {
            Type::Plain(plain) => self.std(plain_name(*plain)),
            Type::List(element) => format!("[{}]", self.ty(element)),
            Type::Option(value) => match self.ty(value) {
                value if value.starts_with("any ") => format!("({value})?"),
                value => format!("{value}?"),
            },
            Type::Result(ok, error) => {
                let ok = ok.as_deref().map_or_else(|| self.std("Void"), |ok| self.ty(ok));
                format!("{}<{ok}, {}>", self.std("Result"), self.failure(error.as_deref()))
            }
            Type::Tuple(items) => match &**items {
                [] => self.std("Void"),
                // A tuple of one is what is in it.
                [only] => self.ty(only),
                items => format!("({})", items.iter().map(|item| self.ty(item)).collect::<Vec<_>>().join(", ")),
            },
            Type::Named(id) => self.type_name(*id),
            Type::Own(id) | Type::Borrow(id) => match self.handle(*id) {
                Handle::Object => format!("any {}", self.type_name(*id)),
                Handle::Class | Handle::Plain => self.type_name(*id),
            },
        }
    }

    /// The same, where a tuple may be broken.
    pub(super) fn ty_expr(&self, ty: &Type) -> Expr {
        match ty {
            Type::Tuple(items) if items.len() > 1 => call("(", items.iter().map(|item| self.ty_expr(item)).collect()),
            Type::List(element) => Expr::Joined(vec![text("["), self.ty_expr(element), text("]")]),
            ty => text(self.ty(ty)),
        }
    }

    /// What stands for the error of a result.
    pub(super) fn error<'t>(&self, error: Option<&'t Type>) -> Failure<'t> {
        match error {
            Some(ty @ Type::Named(_)) if is_data(self.model, ty) => Failure::Own(ty),
            other => Failure::Wrapped(other),
        }
    }

    /// How the error of a result is written.
    pub(super) fn failure(&self, error: Option<&Type>) -> String {
        match self.error(error) {
            Failure::Own(ty) => self.ty(ty),
            Failure::Wrapped(ty) => {
                let value = ty.map_or_else(|| self.std("Void"), |ty| self.ty(ty));
                format!("{}<{value}>", self.package("ResultError"))
            }
        }
    }

    /// Whether values of a type can be compared and hashed.
    pub(super) fn is_hashable(&self, ty: &Type) -> bool {
        let all = |ty: Option<&Type>| ty.is_none_or(|ty| self.is_hashable(ty));
        match ty {
            Type::Plain(_) => true,
            Type::List(value) | Type::Option(value) => self.is_hashable(value),
            // Neither `Void` nor a tuple is `Hashable`.
            Type::Result(ok, error) => {
                let error = error.as_deref();
                ok.is_some() && all(ok.as_deref()) && error.is_some() && all(error)
            }
            Type::Tuple(items) => matches!(&**items, [only] if self.is_hashable(only)),
            Type::Named(id) => match &self.model.ty(self.model.defined(*id)).kind {
                TypeKind::Record(fields) => fields.iter().all(|field| self.is_hashable(&field.ty)),
                TypeKind::Variant(cases) => cases.iter().all(|case| all(case.ty.as_ref())),
                TypeKind::Alias(other) => self.is_hashable(other),
                _ => true,
            },
            Type::Own(_) | Type::Borrow(_) => false,
        }
    }

    /// Says why the next declaration is called as it is.
    pub(super) fn note(&mut self, note: Option<&str>) {
        if let Some(note) = note {
            self.page.comment(note);
        }
    }
}

/// The types that are the error of a result somewhere, and no other one's.
pub(super) fn errors(model: &Model) -> BTreeSet<TypeId> {
    let mut found = BTreeSet::new();
    let interfaces = model.interfaces.iter().flat_map(|interface| &interface.functions);
    for function in interfaces.chain(&model.world.imports).chain(&model.world.exports) {
        function.params.iter().for_each(|param| find(model, &param.ty, &mut found));
        function.result.iter().for_each(|ty| find(model, ty, &mut found));
    }
    for def in &model.types {
        match &def.kind {
            TypeKind::Record(fields) => fields.iter().for_each(|field| find(model, &field.ty, &mut found)),
            TypeKind::Variant(cases) => {
                cases.iter().filter_map(|case| case.ty.as_ref()).for_each(|ty| find(model, ty, &mut found));
            }
            TypeKind::Alias(ty) => find(model, ty, &mut found),
            _ => {}
        }
    }
    found
}

fn find(model: &Model, ty: &Type, found: &mut BTreeSet<TypeId>) {
    match ty {
        Type::List(value) | Type::Option(value) => find(model, value, found),
        Type::Result(ok, error) => {
            if let Some(error) = error.as_deref().filter(|error| is_data(model, error))
                && let Type::Named(id) = model.resolved(error)
            {
                found.insert(model.defined(*id));
            }
            [ok, error].into_iter().flatten().for_each(|ty| find(model, ty, found));
        }
        Type::Tuple(items) => items.iter().for_each(|item| find(model, item, found)),
        Type::Plain(_) | Type::Named(_) | Type::Own(_) | Type::Borrow(_) => {}
    }
}

/// Whether a type is a record, a variant, an enumeration or flags.
pub(super) fn is_data(model: &Model, ty: &Type) -> bool {
    matches!(model.resolved(ty), Type::Named(id) if !matches!(model.ty(model.defined(*id)).kind, TypeKind::Resource))
}

fn plain_name(plain: Plain) -> &'static str {
    match plain {
        Plain::Bool => "Bool",
        Plain::S8 => "Int8",
        Plain::U8 => "UInt8",
        Plain::S16 => "Int16",
        Plain::U16 => "UInt16",
        Plain::S32 => "Int32",
        Plain::U32 => "UInt32",
        Plain::S64 => "Int64",
        Plain::U64 => "UInt64",
        Plain::F32 => "Float",
        Plain::F64 => "Double",
        Plain::Char => "Unicode.Scalar",
        Plain::String => "String",
    }
}
