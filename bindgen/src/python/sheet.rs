//! One file that is being written: what stands in it, and what it imports.

use std::collections::{BTreeMap, BTreeSet};

use super::layout::{Expr, Page, group, subscript, text};
use super::names::Names;
use crate::header::Header;
use crate::model::{Interface, InterfaceId, Model, Owner, Plain, Side, Type, TypeId, TypeKind};
use crate::naming::Scope;

/// Where a type stands: a sequence is taken, and a list is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A component gets the value from Python.
    Taken,
    /// Python gets it, or it is part of a value.
    Given,
}

/// One file that is being written.
pub(super) struct Sheet<'a> {
    pub(super) model: &'a Model,
    pub(super) names: &'a Names,
    pub(super) owner: Owner,
    pub(super) page: Page,
    /// Whether it is a stub, which says what there is and does nothing.
    pub(super) is_stub: bool,
    /// What is imported of each module, as it is written there.
    imports: BTreeMap<(u8, String), BTreeSet<String>>,
    /// What types of other files are called here.
    others: BTreeMap<(TypeId, bool), String>,
    /// The names that are left for types of other files.
    left: Option<Scope>,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(model: &'a Model, names: &'a Names, owner: Owner, is_stub: bool) -> Self {
        let (page, imports, others) = (Page::default(), BTreeMap::new(), BTreeMap::new());
        Self { model, names, owner, page, is_stub, imports, others, left: None }
    }

    /// Imports a name of a module, and gives it.
    pub(super) fn import(&mut self, module: &str, name: &str) -> String {
        // As ruff has them: the standard library, others, and this package.
        let rank = match module {
            "__future__" => 0,
            _ if module.starts_with('.') => 3,
            _ if module.starts_with("trimaran") => 2,
            _ => 1,
        };
        self.imports.entry((rank, module.to_owned())).or_default().insert(name.to_owned());
        name.to_owned()
    }

    /// What is imported of the package's.
    pub(super) fn of_package(&mut self, name: &str) -> String {
        match name {
            "Store" => self.import("trimaran", name),
            _ => self.import("trimaran.component", name),
        }
    }

    pub(super) fn wit(&mut self, name: &str) -> String {
        self.import("trimaran.component", "wit");
        format!("wit.{name}")
    }

    /// The file of an interface, as this one imports it.
    pub(super) fn module_of(&self, id: InterfaceId) -> String {
        let interface = self.model.interface(id);
        let folder = folder(interface);
        let module = self.names.module(id);
        match self.owner {
            Owner::World => format!(".{folder}.{module}"),
            Owner::Interface(own) if self.model.interface(own).side == interface.side => format!(".{module}"),
            Owner::Interface(_) => format!("..{folder}.{module}"),
        }
    }

    /// What the class of a type is called here.
    pub(super) fn type_name(&mut self, id: TypeId) -> String {
        self.name_of(id, false)
    }

    /// What the exception for a type is called here.
    pub(super) fn exception(&mut self, id: TypeId) -> String {
        self.name_of(self.model.defined(id), true)
    }

    fn name_of(&mut self, id: TypeId, is_exception: bool) -> String {
        let (model, names) = (self.model, self.names);
        let owner = model.ty(id).owner;
        let file = names.file(owner);
        let spelled = if is_exception { file.exceptions.get(&id) } else { file.types.get(&id) };
        let name = spelled.map(|it| it.name.clone()).unwrap_or_default();
        let Owner::Interface(interface) = owner else { return name };
        if owner == self.owner {
            return name;
        }
        if let Some(known) = self.others.get(&(id, is_exception)) {
            return known.clone();
        }
        let here = self.claim_class(interface, &name);
        let module = self.module_of(interface);
        self.import(&module, &if here == name { name } else { format!("{name} as {here}") });
        self.others.insert((id, is_exception), here.clone());
        here
    }

    /// A class of another interface, as it is called here.
    pub(super) fn class_of(&mut self, id: InterfaceId) -> String {
        let name = self.names.file(Owner::Interface(id)).class.clone();
        let here = self.claim_class(id, &name);
        let module = self.module_of(id);
        self.import(&module, &if here == name { name } else { format!("{name} as {here}") });
        here
    }

    /// Whether a type of another file has another name in this one.
    pub(super) fn is_renamed(&self, id: TypeId, other: TypeId) -> bool {
        let of = |id: TypeId| {
            let file = self.names.file(self.model.ty(id).owner);
            file.types.get(&id).map(|it| it.name.as_str())
        };
        of(id) != of(other)
    }

    /// Makes a type of another file one of this one, if it has the same name here.
    pub(super) fn reexport(&mut self, id: TypeId, other: TypeId) {
        let Owner::Interface(interface) = self.model.ty(other).owner else { return };
        if self.is_renamed(id, other) {
            return;
        }
        let here = self.type_name(id);
        let module = self.module_of(interface);
        self.import(&module, &format!("{here} as {here}"));
        self.others.insert((other, false), here);
    }

    /// A name for a class of another file.
    fn claim_class(&mut self, interface: InterfaceId, name: &str) -> String {
        let file = self.names.file(self.owner);
        let side = match self.model.interface(interface).side {
            Side::Import => "Imported",
            Side::Export => "Exported",
        };
        let module = crate::naming::pascal(self.names.module(interface));
        let spellings = [name, &format!("{side}{name}"), &format!("{side}{module}{name}")];
        self.left.get_or_insert_with(|| file.left()).claim(&spellings, &format!("`{name}`")).name
    }

    /// How a type is written behind a colon.
    pub(super) fn annotation(&mut self, ty: &Type, place: Place) -> Expr {
        match ty {
            Type::Plain(plain) => text(match plain {
                Plain::Bool => "bool",
                Plain::F32 | Plain::F64 => "float",
                Plain::Char | Plain::String => "str",
                _ => "int",
            }),
            Type::List(element) if **element == Type::Plain(Plain::U8) => match place {
                Place::Taken => text(self.buffer()),
                Place::Given => text("bytes"),
            },
            Type::List(element) => {
                let is_number = matches!(**element, Type::Plain(plain) if plain.is_number());
                let element = self.annotation(element, place);
                match place {
                    Place::Taken => {
                        let sequence = self.import("collections.abc", "Sequence");
                        let sequence = subscript(&sequence, vec![element]);
                        if !is_number {
                            return sequence;
                        }
                        let buffer = self.buffer();
                        Expr::Joined(vec![sequence, text(" | "), text(buffer)])
                    }
                    Place::Given => subscript("list", vec![element]),
                }
            }
            Type::Option(value) => {
                let nests = self.model.is_option(value);
                let value = self.annotation(value, place);
                let value = if nests { subscript(&self.of_package("Some"), vec![value]) } else { value };
                Expr::Joined(vec![value, text(" | None")])
            }
            Type::Result(ok, error) => {
                let (ok, error) = (self.payload(ok.as_deref(), place), self.payload(error.as_deref(), place));
                let (first, second) = (self.of_package("Ok"), self.of_package("Err"));
                Expr::Joined(vec![subscript(&first, vec![ok]), text(" | "), subscript(&second, vec![error])])
            }
            Type::Tuple(items) if items.is_empty() => text("tuple[()]"),
            Type::Tuple(items) => {
                let items = items.iter().map(|item| self.annotation(item, place)).collect();
                subscript("tuple", items)
            }
            Type::Named(id) | Type::Own(id) | Type::Borrow(id) => text(self.type_name(*id)),
        }
    }

    /// What has the buffer protocol.
    fn buffer(&mut self) -> String {
        self.wit("BytesLike")
    }

    /// How the type of a payload is written, which may be none.
    pub(super) fn payload(&mut self, ty: Option<&Type>, place: Place) -> Expr {
        ty.map_or_else(|| text("None"), |ty| self.annotation(ty, place))
    }

    /// What the extension module is told about a type: its parts, and the classes of those that have a name.
    pub(super) fn shape(&mut self, ty: &Type) -> Expr {
        match ty {
            Type::Plain(plain) => text(format!("\"{}\"", plain.name())),
            Type::List(element) => tuple(vec![text("\"list\""), self.shape(element)]),
            Type::Option(value) => tuple(vec![text("\"option\""), self.shape(value)]),
            Type::Result(ok, error) => {
                let parts = vec![text("\"result\""), self.maybe(ok.as_deref()), self.maybe(error.as_deref())];
                tuple(parts)
            }
            Type::Tuple(items) => {
                let items = items.iter().map(|item| self.shape(item)).collect::<Vec<_>>();
                tuple([vec![text("\"tuple\"")], items].concat())
            }
            // What has another name for a type has no class of its own.
            Type::Named(id) => match &self.model.ty(self.model.defined(*id)).kind {
                TypeKind::Alias(other) => {
                    let other = other.clone();
                    self.shape(&other)
                }
                _ => text(self.type_name(*id)),
            },
            Type::Own(id) => self.handle("own", *id),
            Type::Borrow(id) => self.handle("borrow", *id),
        }
    }

    fn handle(&mut self, word: &str, id: TypeId) -> Expr {
        let resource = self.model.resource(id);
        let class = match self.model.ty(resource).owner {
            Owner::Interface(interface) if self.model.interface(interface).side == Side::Export => {
                self.type_name(resource)
            }
            Owner::World | Owner::Interface(_) => "None".to_owned(),
        };
        tuple(vec![text(format!("\"{word}\"")), text(class)])
    }

    /// The shape of a payload, which may be none.
    pub(super) fn maybe(&mut self, ty: Option<&Type>) -> Expr {
        ty.map_or_else(|| text("None"), |ty| self.shape(ty))
    }

    /// The file as it is written: the header, what it says about itself, its imports, and what stands in it.
    pub(super) fn finish(self, header: &Header, notes: &[String], docs: &str) -> String {
        let mut page = Page::default();
        for line in header.lines("#").lines() {
            page.line(line);
        }
        page.gap(1);
        notes.iter().for_each(|note| page.comment(note));
        page.docs(docs);
        page.gap(1);
        page.line("from __future__ import annotations");
        let mut rank = 0;
        for ((next, module), names) in &self.imports {
            if *next != rank {
                page.gap(1);
                rank = *next;
            }
            let (plain, renamed): (Vec<&String>, Vec<&String>) = names.iter().partition(|name| !name.contains(' '));
            let mut lines: Vec<Vec<&String>> = renamed.into_iter().map(|name| vec![name]).collect();
            lines.extend((!plain.is_empty()).then_some(plain));
            for names in &mut lines {
                names.sort_by_key(|name| order(name));
            }
            lines.sort_by_key(|names| names.first().map(|name| order(name)));
            for names in lines {
                let names: Vec<_> = names.into_iter().map(|name| text(name.clone())).collect();
                let flat = names.iter().map(Expr::flat).collect::<Vec<_>>().join(", ");
                let line = format!("from {module} import {flat}");
                match line.len() <= 88 {
                    true => page.line(&line),
                    false => page.expr(&format!("from {module} import "), &group("(", names, ")"), ""),
                }
            }
        }
        let mut text = page.into_text();
        if !self.page.is_empty() {
            text.push_str(&self.page.into_text());
        }
        text
    }
}

/// As ruff sorts the names of an import: constants, classes, and what is neither.
fn order(name: &str) -> (u8, String) {
    let is_upper = |letter: char| letter.is_ascii_uppercase();
    let bare = name.split(' ').next().unwrap_or(name);
    let rank = match bare.len() > 1 && bare.chars().all(|letter| !letter.is_ascii_lowercase()) {
        true => 0,
        false if bare.starts_with(is_upper) => 1,
        false => 2,
    };
    // A number in a name counts as a number.
    let mut key = String::new();
    let mut digits = String::new();
    for letter in name.chars() {
        if letter.is_ascii_digit() {
            digits.push(letter);
            continue;
        }
        key.push_str(&padded(&digits));
        digits.clear();
        key.push(letter);
    }
    key.push_str(&padded(&digits));
    (rank, key)
}

fn padded(digits: &str) -> String {
    if digits.is_empty() { String::new() } else { format!("{digits:0>20}") }
}

/// `(parts)`
pub(super) fn tuple(items: Vec<Expr>) -> Expr {
    if let [only] = &*items {
        return Expr::Joined(vec![text("("), only.clone(), text(",)")]);
    }
    group("(", items, ")")
}

/// The folder of an interface's file.
pub(super) fn folder(interface: &Interface) -> &'static str {
    match interface.side {
        Side::Import => "imports",
        Side::Export => "exports",
    }
}
