//! How a value crosses to C and by the JNI: the one place that decides it, for Rust's side, the header, and Swift's and Kotlin's
//! calls. What that is in the JNI, `jni/crossing.rs` says.

use crate::model::{Enum, Method, Model, Receiver, Type};
use crate::names::snake;

/// How a parameter or a result crosses.
#[derive(Debug, Clone, Copy)]
pub enum Crossing<'a> {
    /// A number or a bool, as it is.
    Number(&'a Type),
    /// A number or none: a bool, and then the number.
    OptionalNumber(&'a Type),
    /// A pointer to the object, of an `Arc`. A parameter is lent, a result is the caller's.
    Object(&'a str),
    /// The same, or null.
    OptionalObject(&'a str),
    /// UTF-8: an address and a length as a parameter, bytes that are the caller's as a result.
    Text,
    /// The same, or none. To C it goes in one piece.
    OptionalText(&'a Type),
    /// The same, of any bytes.
    Bytes,
    /// An enum of objects: the place of its variant and the object.
    Union(&'a Enum),
    /// The same, or the number 0.
    OptionalUnion(&'a Enum),
    /// Whatever else: in one piece, as UniFFI serialises it.
    Serialised(&'a Type),
}

impl<'a> Crossing<'a> {
    pub fn of(model: &'a Model, ty: &'a Type) -> Self {
        match ty {
            Type::Bool | Type::Int { .. } | Type::Float { .. } => Self::Number(ty),
            Type::Text => Self::Text,
            Type::Bytes => Self::Bytes,
            Type::Object(name) => Self::Object(name),
            Type::Enum(name) => union(model, name).map_or(Self::Serialised(ty), Self::Union),
            Type::Option(inner) => match Self::of(model, inner) {
                Self::Number(number) => Self::OptionalNumber(number),
                Self::Object(name) => Self::OptionalObject(name),
                Self::Union(choice) => Self::OptionalUnion(choice),
                Self::Text => Self::OptionalText(ty),
                _ => Self::Serialised(ty),
            },
            Type::Foreign(_) | Type::Record(_) | Type::List(_) => Self::Serialised(ty),
        }
    }
}

fn union<'a>(model: &'a Model, name: &str) -> Option<&'a Enum> {
    model.choice(name).filter(|choice| choice.union().is_some())
}

/// An operation of the core, under the name that it has in C.
#[derive(Debug, Clone, Copy)]
pub struct Operation<'a> {
    /// None for a function.
    pub class: Option<&'a str>,
    pub method: &'a Method,
}

impl Operation<'_> {
    /// Its name in C.
    pub fn symbol(&self) -> String {
        match self.class {
            Some(class) => format!("trimaran_{}_{}", snake(class), self.method.named.name),
            None => format!("trimaran_{}", self.method.named.name),
        }
    }

    /// Its name in the core, for people.
    pub fn title(&self) -> String {
        match self.class {
            Some(class) => format!("{class}.{}", self.method.named.name),
            None => self.method.named.name.clone(),
        }
    }

    pub fn has_receiver(&self) -> bool {
        self.method.receiver != Receiver::None
    }
}

/// All operations of objects, and all functions.
pub fn operations(model: &Model) -> Vec<Operation<'_>> {
    let of_objects = model.objects.iter().flat_map(|object| {
        let class = Some(object.named.name.as_str());
        object.constructors.iter().chain(&object.methods).map(move |method| Operation { class, method })
    });
    of_objects.chain(model.functions.iter().map(|method| Operation { class: None, method })).collect()
}

/// The records and enums that have a text of their own, by name.
pub fn texts(model: &Model) -> Vec<&str> {
    let records = model.records.iter().filter(|record| record.is_shown).map(|record| &record.named);
    let enums = model.enums.iter().filter(|choice| choice.is_error || choice.is_shown).map(|choice| &choice.named);
    records.chain(enums).map(|named| named.name.as_str()).collect()
}
