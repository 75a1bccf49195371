//! How a value crosses the JNI, and what it is called on either side.

use crate::model::{Enum, Model, Type};

/// How a value crosses.
#[derive(Debug, Clone, Copy)]
pub enum Crossing<'a> {
    Bool,
    /// An integer of so many bits. The JVM's have a sign: the bits are the same.
    Int {
        bits: u8,
        signed: bool,
    },
    Float {
        bits: u8,
    },
    /// A number that may be missing: a flag and the number on the way in, room for the number and a flag on the way out.
    Number(&'a Type),
    /// A string on the way in. Its bytes on the way out: the JVM makes a string of those faster than native code does.
    Text,
    OptionalText,
    Bytes,
    /// The pointer of an `Arc`: lent on the way in, the package's own on the way out.
    Object(&'a str),
    /// The same, or 0.
    OptionalObject(&'a str),
    /// One of several objects: its pointer, and in the low bits, which are free, the place of the variant.
    Union(&'a Enum),
    /// The same, or 0.
    OptionalUnion(&'a Enum),
    /// Everything else: the bytes that UniFFI makes of it.
    Serialised(&'a Type),
}

impl<'a> Crossing<'a> {
    pub fn of(model: &'a Model, ty: &'a Type) -> Self {
        let union = |name: &str| model.choice(name).filter(|choice| choice.union().is_some());
        match ty {
            Type::Bool => Self::Bool,
            Type::Int { signed, bits } => Self::Int { bits: *bits, signed: *signed },
            Type::Float { bits } => Self::Float { bits: *bits },
            Type::Text => Self::Text,
            Type::Bytes => Self::Bytes,
            Type::Object(name) => Self::Object(name),
            Type::Enum(name) => union(name).map_or(Self::Serialised(ty), Self::Union),
            Type::Option(inner) => match &**inner {
                Type::Bool | Type::Int { .. } | Type::Float { .. } => Self::Number(inner),
                Type::Text => Self::OptionalText,
                Type::Object(name) => Self::OptionalObject(name),
                Type::Enum(name) => union(name).map_or(Self::Serialised(ty), Self::OptionalUnion),
                _ => Self::Serialised(ty),
            },
            Type::Record(_) | Type::Foreign(_) | Type::List(_) => Self::Serialised(ty),
        }
    }

    /// What it is on the way in.
    pub fn taken(self) -> Kind {
        match self {
            Self::Bool => Kind { rust: "jboolean", letter: "Z", kotlin: "Boolean" },
            Self::Int { bits: 8, .. } => Kind { rust: "jbyte", letter: "B", kotlin: "Byte" },
            Self::Int { bits: 16, .. } => Kind { rust: "jshort", letter: "S", kotlin: "Short" },
            Self::Int { bits: 32, .. } => Kind { rust: "jint", letter: "I", kotlin: "Int" },
            Self::Float { bits: 32 } => Kind { rust: "jfloat", letter: "F", kotlin: "Float" },
            Self::Float { .. } => Kind { rust: "jdouble", letter: "D", kotlin: "Double" },
            Self::Number(inner) => match inner {
                Type::Int { signed, bits } => Self::Int { bits: *bits, signed: *signed }.taken(),
                Type::Float { bits } => Self::Float { bits: *bits }.taken(),
                _ => Self::Bool.taken(),
            },
            Self::Text => Kind { rust: "jstring", letter: "Ljava/lang/String;", kotlin: "String" },
            Self::OptionalText => Kind { rust: "jstring", letter: "Ljava/lang/String;", kotlin: "String?" },
            Self::Bytes | Self::Serialised(_) => Kind { rust: "jbyteArray", letter: "[B", kotlin: "ByteArray" },
            _ => Kind { rust: "jlong", letter: "J", kotlin: "Long" },
        }
    }

    /// What it is on the way out.
    pub fn given(self) -> Kind {
        match self {
            Self::Text => Self::Bytes.taken(),
            Self::OptionalText => Kind { kotlin: "ByteArray?", ..Self::Bytes.taken() },
            Self::Number(_) => Self::Bool.taken(),
            other => other.taken(),
        }
    }

    /// What a failed function returns: the JVM ignores it.
    pub fn nothing(self) -> &'static str {
        match self.given().rust {
            "jboolean" => "false",
            "jbyteArray" => "null_mut()",
            "jfloat" | "jdouble" => "0.0",
            _ => "0",
        }
    }
}

/// A type of the JNI.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    pub rust: &'static str,
    /// As signatures of methods have it.
    pub letter: &'static str,
    pub kotlin: &'static str,
}
