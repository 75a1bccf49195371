//! One file that is being written: what stands in it, and what it imports.

use std::collections::{BTreeMap, BTreeSet};

use super::layout::Page;
use super::names::Names;
use crate::header::Header;
use crate::model::{InterfaceId, Model, Owner, Plain, Side, Type, TypeId, TypeKind};
use crate::naming::Scope;

/// What is imported of another file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Item {
    /// The class of a type.
    Type(TypeId),
    /// What reads and writes a type.
    Codec(TypeId),
    /// The exception for a type.
    Exception(TypeId),
    /// The class of an owner.
    Class(Owner),
    /// What defines the functions of an owner.
    Define(Owner),
    /// A tuple of so many items.
    Tuple(usize),
}

/// One file that is being written.
pub(super) struct Sheet<'a> {
    pub(super) model: &'a Model,
    pub(super) names: &'a Names,
    pub(super) owner: Owner,
    pub(super) page: Page,
    /// How many items the tuples have that no class of Kotlin's own stands for.
    pub(super) tuples: BTreeSet<usize>,
    /// The names that the class around hides: what has one of them is written with its package.
    pub(super) hidden: BTreeSet<String>,
    /// What is imported, and by which other name, if it has one here.
    imports: BTreeMap<String, Option<String>>,
    /// What items of other files are called here.
    others: BTreeMap<Item, String>,
    /// The names that are left for items of other files.
    left: Scope,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(model: &'a Model, names: &'a Names, owner: Owner) -> Self {
        Self {
            model,
            names,
            owner,
            page: Page::default(),
            tuples: BTreeSet::new(),
            hidden: BTreeSet::new(),
            imports: BTreeMap::new(),
            others: BTreeMap::new(),
            left: names.file(owner).left(),
        }
    }

    /// What is called so in Kotlin itself.
    pub(super) fn std(&self, name: &str) -> String {
        if self.hidden.contains(name) { format!("kotlin.{name}") } else { name.to_owned() }
    }

    fn list(&self, element: &str) -> String {
        let list = if self.hidden.contains("List") { "kotlin.collections.List" } else { "List" };
        format!("{list}<{element}>")
    }

    /// What the package has for programs, or for generated code.
    pub(super) fn of_package(&mut self, name: &str) -> String {
        let package = match name {
            "Store" => "dev.trimaran",
            "BoundFunction" | "BoundInstance" | "GeneratedBindings" | "HostInstance" | "ValueReader" | "ValueSlot"
            | "ValueWriter" | "WitType" | "flagsText" | "hashOf" | "isSame" | "textOf" => {
                "dev.trimaran.component.bindings"
            }
            _ => "dev.trimaran.component",
        };
        let path = format!("{package}.{name}");
        if self.hidden.contains(name) {
            return path;
        }
        self.imports.insert(path, None);
        name.to_owned()
    }

    /// What an item is called here.
    pub(super) fn item(&mut self, item: Item) -> String {
        let (owner, name) = self.home(item);
        let package = self.names.package(self.model, owner);
        let here = match self.others.get(&item) {
            Some(known) => known.clone(),
            None if owner == self.owner => name.clone(),
            None => {
                let here = self.claim(owner, &name);
                self.others.insert(item, here.clone());
                here
            }
        };
        if self.hidden.contains(&here) {
            return format!("{package}.{name}");
        }
        if owner != self.owner {
            let other = (here != name).then(|| here.clone());
            self.imports.insert(format!("{package}.{name}"), other);
        }
        here
    }

    /// Where an item is, and what it is called there.
    fn home(&self, item: Item) -> (Owner, String) {
        let of_type = |id: TypeId| (self.model.ty(id).owner, self.names.file(self.model.ty(id).owner));
        let spelled = |found: Option<&crate::naming::Spelled>| found.map(|it| it.name.clone()).unwrap_or_default();
        match item {
            Item::Type(id) => {
                let (owner, file) = of_type(id);
                (owner, spelled(file.types.get(&id)))
            }
            Item::Exception(id) => {
                let (owner, file) = of_type(id);
                (owner, spelled(file.exceptions.get(&id)))
            }
            Item::Codec(id) => {
                let (owner, file) = of_type(id);
                (owner, file.codecs.get(&id).cloned().unwrap_or_default())
            }
            Item::Class(owner) => (owner, self.names.file(owner).class.name.clone()),
            Item::Define(owner) => (owner, self.names.file(owner).define.clone()),
            Item::Tuple(count) => (Owner::World, format!("Tuple{count}")),
        }
    }

    /// A name here for an item of another file.
    fn claim(&mut self, owner: Owner, name: &str) -> String {
        let Owner::Interface(id) = owner else {
            return self.left.claim(&[name, &format!("World{name}")], &format!("`{name}`")).name;
        };
        let side = match self.model.interface(id).side {
            Side::Import => "imported",
            Side::Export => "exported",
        };
        let parts = [side, &self.names.last_of(id).name];
        let is_class = name.starts_with(|letter: char| letter.is_ascii_uppercase());
        let with = |parts: &[&str]| {
            let whole: String = parts.iter().map(|part| capitalized(part)).collect();
            if is_class { format!("{whole}{}", capitalized(name)) } else { format!("{name}Of{whole}") }
        };
        let spellings = [name.to_owned(), with(&parts[..1]), with(&parts)];
        let spellings: Vec<&str> = spellings.iter().map(String::as_str).collect();
        self.left.claim(&spellings, &format!("`{name}`")).name
    }

    /// How a type is written behind a colon.
    pub(super) fn ty(&mut self, ty: &Type) -> String {
        match ty {
            Type::Plain(Plain::Char) => self.of_package("CodePoint"),
            Type::Plain(plain) => self.std(plain_name(*plain)),
            Type::List(element) => match array(element) {
                Some((class, _)) => self.std(class),
                None => {
                    let element = self.ty(element);
                    self.list(&element)
                }
            },
            Type::Option(value) if self.model.is_option(value) => {
                let value = self.ty(value);
                format!("{}<{value}>?", self.of_package("Maybe"))
            }
            Type::Option(value) => format!("{}?", self.ty(value)),
            Type::Result(ok, error) => {
                let (ok, error) = (self.payload(ok.as_deref()), self.payload(error.as_deref()));
                format!("{}<{ok}, {error}>", self.of_package("Outcome"))
            }
            Type::Tuple(items) => {
                let items: Vec<_> = items.iter().map(|item| self.ty(item)).collect();
                match self.tuple(items.len()) {
                    class if items.is_empty() => class,
                    class => format!("{class}<{}>", items.join(", ")),
                }
            }
            Type::Named(id) | Type::Own(id) | Type::Borrow(id) => self.item(Item::Type(*id)),
        }
    }

    /// How the type of a payload is written, which may be none.
    pub(super) fn payload(&mut self, ty: Option<&Type>) -> String {
        match ty {
            Some(ty) => self.ty(ty),
            None => self.std("Unit"),
        }
    }

    /// The class of a tuple of so many items.
    pub(super) fn tuple(&mut self, count: usize) -> String {
        match count {
            0 => self.std("Unit"),
            2 => self.std("Pair"),
            3 => self.std("Triple"),
            _ => {
                self.tuples.insert(count);
                self.item(Item::Tuple(count))
            }
        }
    }

    /// The resource behind a handle, and the interface that the component exports, if it is one of that.
    pub(super) fn home_of(&self, id: TypeId) -> (TypeId, Option<InterfaceId>) {
        let resource = self.model.resource(id);
        let home = match self.model.ty(resource).owner {
            Owner::Interface(interface) if self.model.interface(interface).side == Side::Export => Some(interface),
            Owner::World | Owner::Interface(_) => None,
        };
        (resource, home)
    }

    /// Whether a type has an array in it whose contents are not compared where the array is: the parts of types that have a
    /// name are compared by their classes.
    pub(super) fn has_array(&self, ty: &Type) -> bool {
        match ty {
            Type::Plain(_) | Type::Own(_) | Type::Borrow(_) => false,
            Type::List(element) => array(element).is_some() || self.has_array(element),
            Type::Option(value) => self.has_array(value),
            Type::Result(ok, error) => [ok, error].into_iter().flatten().any(|ty| self.has_array(ty)),
            Type::Tuple(items) => items.iter().any(|item| self.has_array(item)),
            Type::Named(id) => match &self.model.ty(self.model.defined(*id)).kind {
                TypeKind::Alias(other) => self.has_array(other),
                _ => false,
            },
        }
    }

    /// The file as it is written: the header, its package, its imports, and what stands in it.
    pub(super) fn finish(mut self, header: &Header) -> String {
        let marker = self.of_package("GeneratedBindings");
        let mut text = header.lines("//");
        text.push_str(&format!("@file:OptIn({marker}::class)\n"));
        let is_long = self.page.has_long_line();
        let body = std::mem::take(&mut self.page).into_text();
        // An error of any type is compared with one of lists or tuples, whose parts cannot be asked for their types.
        let suppressed = [("UNCHECKED_CAST", body.contains("UNCHECKED")), ("ktlint:standard:max-line-length", is_long)];
        let suppressed: Vec<_> = suppressed.iter().filter(|it| it.1).map(|it| format!("\"{}\"", it.0)).collect();
        if !suppressed.is_empty() {
            text.push_str(&format!("@file:Suppress({})\n", suppressed.join(", ")));
        }
        text.push_str(&format!("\npackage {}\n\n", self.names.package(self.model, self.owner)));
        let (plain, renamed): (Vec<_>, Vec<_>) = self.imports.iter().partition(|(_, other)| other.is_none());
        for (path, _) in plain {
            text.push_str(&format!("import {path}\n"));
        }
        for (path, other) in renamed {
            text.push_str(&format!("import {path} as {}\n", other.as_deref().unwrap_or_default()));
        }
        text.push('\n');
        text.push_str(&body);
        text
    }
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
    first.to_uppercase() + rest
}

/// Kotlin's own class for a type without parts.
fn plain_name(plain: Plain) -> &'static str {
    match plain {
        Plain::Bool => "Boolean",
        Plain::S8 => "Byte",
        Plain::U8 => "UByte",
        Plain::S16 => "Short",
        Plain::U16 => "UShort",
        Plain::S32 => "Int",
        Plain::U32 => "UInt",
        Plain::S64 => "Long",
        Plain::U64 => "ULong",
        Plain::F32 => "Float",
        Plain::F64 => "Double",
        Plain::Char => "CodePoint",
        Plain::String => "String",
    }
}

/// The array for a list of such elements, and what reads and writes it.
pub(super) fn array(element: &Type) -> Option<(&'static str, &'static str)> {
    let Type::Plain(plain) = element else { return None };
    Some(match plain {
        Plain::S8 | Plain::U8 => ("ByteArray", "bytes"),
        Plain::S16 | Plain::U16 => ("ShortArray", "shorts"),
        Plain::S32 | Plain::U32 => ("IntArray", "ints"),
        Plain::S64 | Plain::U64 => ("LongArray", "longs"),
        Plain::F32 => ("FloatArray", "floats"),
        Plain::F64 => ("DoubleArray", "doubles"),
        Plain::Bool | Plain::Char | Plain::String => return None,
    })
}
