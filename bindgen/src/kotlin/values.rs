//! What reads and writes values, and what says their types.

use super::layout::{Code, call, lambda, text};
use super::sheet::{Item, Sheet, array};
use crate::model::{Plain, Type, TypeId, TypeKind};

impl Sheet<'_> {
    /// What stands behind another name.
    fn alias(&self, id: TypeId) -> Option<Type> {
        match &self.model.ty(self.model.defined(id)).kind {
            TypeKind::Alias(other) => Some(other.clone()),
            _ => None,
        }
    }

    fn codec(&mut self, id: TypeId) -> String {
        self.item(Item::Codec(self.model.defined(id)))
    }

    /// The statements that write a value, which may be asked for more than once. `depth` lambdas are around.
    pub(super) fn write(&mut self, ty: &Type, value: &str, depth: usize) -> Vec<Code> {
        let item = if depth == 0 { "item".to_owned() } else { format!("item{}", depth + 1) };
        match ty {
            Type::Plain(plain) => vec![text(format!("writer.{}({value})", plain.name()))],
            Type::List(element) => match array(element) {
                Some((_, words)) => vec![text(format!("writer.{words}({value})"))],
                None => {
                    let body = self.write(element, &item, depth + 1);
                    vec![lambda(format!("writer.list({value}) {{ {item} ->"), body)]
                }
            },
            Type::Option(some) => {
                let inner = if self.model.is_option(some) { format!("{item}.value") } else { item.clone() };
                let body = self.write(some, &inner, depth + 1);
                vec![lambda(format!("writer.option({value}) {{ {item} ->"), body)]
            }
            Type::Result(ok, error) => {
                let mut items = vec![text(value)];
                for part in [ok, error] {
                    let body = part.as_deref().map(|ty| self.write(ty, &item, depth + 1)).unwrap_or_default();
                    items.push(lambda(format!("{{ {item} ->"), body));
                }
                vec![call("writer.outcome(", items)]
            }
            Type::Tuple(items) => {
                let parts = (0..items.len()).map(|place| format!("{value}.{}", tuple_field(items.len(), place)));
                items.iter().zip(parts).flat_map(|(item, part)| self.write(item, &part, depth)).collect()
            }
            Type::Named(id) => match self.alias(*id) {
                Some(other) => self.write(&other, value, depth),
                None => vec![text(format!("{}.write(writer, {value})", self.codec(*id)))],
            },
            Type::Own(id) | Type::Borrow(id) => {
                let word = if matches!(ty, Type::Own(_)) { "own" } else { "borrow" };
                let whose = if self.home_of(*id).1.is_some() { "" } else { "Host" };
                vec![text(format!("writer.{word}{whose}({value})"))]
            }
        }
    }

    /// The expression that reads a value.
    pub(super) fn read(&mut self, ty: &Type) -> Code {
        match ty {
            Type::Plain(plain) => text(format!("reader.{}()", plain.name())),
            Type::List(element) => match array(element) {
                Some((_, words)) => text(format!("reader.{words}()")),
                None => lambda("reader.list {", vec![self.read(element)]),
            },
            Type::Option(some) => {
                let value = self.read(some);
                let nests = self.model.is_option(some);
                let value = if nests { call(format!("{}(", self.of_package("Maybe")), vec![value]) } else { value };
                lambda("reader.option {", vec![value])
            }
            Type::Result(ok, error) => {
                let part = |sheet: &mut Self, ty: Option<&Type>| {
                    lambda("{", ty.map(|ty| sheet.read(ty)).into_iter().collect::<Vec<_>>())
                };
                let (ok, error) = (part(self, ok.as_deref()), part(self, error.as_deref()));
                call("reader.outcome(", vec![ok, error])
            }
            Type::Tuple(items) if items.is_empty() => text(self.std("Unit")),
            Type::Tuple(items) => {
                let class = self.tuple(items.len());
                call(format!("{class}("), items.iter().map(|item| self.read(item)).collect())
            }
            Type::Named(id) => match self.alias(*id) {
                Some(other) => self.read(&other),
                None => text(format!("{}.read(reader)", self.codec(*id))),
            },
            Type::Own(id) | Type::Borrow(id) => {
                let class = self.item(Item::Type(*id));
                let (resource, home) = self.home_of(*id);
                let Some(home) = home else { return text(format!("reader.host() as {class}")) };
                let class = self.item(Item::Type(resource));
                let world = self.item(Item::Class(crate::model::Owner::World));
                let api = format!("(reader.home as {world}).{}", self.names.member(home).name);
                call(format!("{class}("), vec![text("reader.resource()"), text(api)])
            }
        }
    }

    /// The expression for what a type was generated from.
    pub(super) fn wit(&mut self, ty: &Type) -> Code {
        if let Type::Named(id) = ty {
            return match self.alias(*id) {
                Some(other) => self.wit(&other),
                None => text(format!("{}.type", self.codec(*id))),
            };
        }
        let wit = self.of_package("WitType");
        match ty {
            Type::Plain(plain) => text(format!("{wit}.{}", constant(*plain))),
            Type::List(element) => call(format!("{wit}.list("), vec![self.wit(element)]),
            Type::Option(value) => call(format!("{wit}.option("), vec![self.wit(value)]),
            Type::Result(ok, error) => {
                let parts = vec![self.maybe(ok.as_deref()), self.maybe(error.as_deref())];
                call(format!("{wit}.result("), parts)
            }
            Type::Tuple(items) => {
                let items = items.iter().map(|item| self.wit(item)).collect();
                call(format!("{wit}.tuple("), items)
            }
            Type::Named(_) | Type::Own(_) => text(format!("{wit}.OWN")),
            Type::Borrow(_) => text(format!("{wit}.BORROW")),
        }
    }

    /// The same for a payload, which may be none.
    pub(super) fn maybe(&mut self, ty: Option<&Type>) -> Code {
        ty.map_or_else(|| text("null"), |ty| self.wit(ty))
    }
}

/// `"name" to type`
pub(super) fn named(name: &str, ty: Code) -> Code {
    ty.behind(&format!("\"{name}\" to "))
}

/// What an item of a tuple of so many is called.
pub(super) fn tuple_field(count: usize, place: usize) -> String {
    match ((2..=3).contains(&count), place) {
        (true, 0) => "first".to_owned(),
        (true, 1) => "second".to_owned(),
        (true, _) => "third".to_owned(),
        (false, place) => format!("item{}", place + 1),
    }
}

fn constant(plain: Plain) -> String {
    plain.name().to_uppercase()
}
