//! What a value is in the JNI. Integers of the JVM have a sign: the bits are the same. A number that may be missing is a flag and the
//! number on the way in, and on the way out a buffer for the number and a flag. A text is a string on the way in and its bytes on the way
//! out, of which the JVM makes a string faster than native code does. Of an enum of objects, the place of the variant is in the low
//! bits of the pointer, which are free.

use crate::crossing::Crossing;
use crate::model::Type;

impl Crossing<'_> {
    /// What it is on the way in.
    pub fn taken(self) -> Kind {
        match self {
            Self::Number(ty) | Self::OptionalNumber(ty) => number(ty),
            Self::Text => Kind { rust: "jstring", letter: "Ljava/lang/String;", kotlin: "String" },
            Self::OptionalText(_) => Kind { rust: "jstring", letter: "Ljava/lang/String;", kotlin: "String?" },
            Self::Bytes | Self::Serialised(_) => Kind { rust: "jbyteArray", letter: "[B", kotlin: "ByteArray" },
            _ => Kind { rust: "jlong", letter: "J", kotlin: "Long" },
        }
    }

    /// What it is on the way out.
    pub fn given(self) -> Kind {
        match self {
            Self::Text => Self::Bytes.taken(),
            Self::OptionalText(_) => Kind { kotlin: "ByteArray?", ..Self::Bytes.taken() },
            Self::OptionalNumber(_) => number(&Type::Bool),
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

fn number(ty: &Type) -> Kind {
    match ty {
        Type::Int { bits: 8, .. } => Kind { rust: "jbyte", letter: "B", kotlin: "Byte" },
        Type::Int { bits: 16, .. } => Kind { rust: "jshort", letter: "S", kotlin: "Short" },
        Type::Int { bits: 32, .. } => Kind { rust: "jint", letter: "I", kotlin: "Int" },
        Type::Int { .. } => Kind { rust: "jlong", letter: "J", kotlin: "Long" },
        Type::Float { bits: 32 } => Kind { rust: "jfloat", letter: "F", kotlin: "Float" },
        Type::Float { .. } => Kind { rust: "jdouble", letter: "D", kotlin: "Double" },
        _ => Kind { rust: "jboolean", letter: "Z", kotlin: "Boolean" },
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
