//! What is wrong with a value that a language gives a component, in the same words everywhere.

use crate::component::types::ComponentTypeKind as Kind;
use crate::errors::guest_text::{self, Name};
use crate::{ComponentTypeKind, Result, WasmtimeError};

/// What is wrong with a value for a component.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum ComponentMistake {
    /// It is of another kind.
    Kind {
        /// The kind of its place.
        expected: ComponentTypeKind,
        /// What it is, with an article: `an int`.
        found: String,
    },
    /// It is a number or a character that its type does not have.
    Range {
        /// The kind of its place.
        expected: ComponentTypeKind,
        /// The number.
        found: String,
    },
    /// A field of a record is missing.
    MissingField {
        /// Its name.
        name: String,
    },
    /// A record has a field twice, as by two spellings of its name.
    RepeatedField {
        /// Its name.
        name: String,
    },
    /// A record has a field that its type does not have.
    UnknownField {
        /// Its name.
        name: String,
        /// The fields that there are.
        known: Vec<String>,
    },
    /// There is no case, or no flag, of that name.
    UnknownCase {
        /// Its name.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A case has no payload, and should have one, or the reverse.
    Payload {
        /// The case.
        name: String,
        /// Whether it should have one.
        is_expected: bool,
    },
    /// There are too many values, or too few.
    Count {
        /// What is counted: `arguments`, `items`, `elements`.
        what: String,
        /// How many there should be.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// A list or a string has more than 2^31 - 1 elements or bytes.
    Length {
        /// How many it has.
        found: u64,
    },
    /// Its type is one whose values cannot be passed yet.
    Unsupported {
        /// The type.
        name: String,
    },
}

/// Fails for a value that does not fit. `path` leads to the value: `argument 1`, `result`, `field "name"`, `element 3`, `key 0`, `value 0`, `item 0`, `case "name"`,
/// `some`, `ok`, `error`, each part in its words.
///
/// Fails with `Range` for a number, and for a length; with `Unsupported`; and with `Type` for all else.
#[uniffi::export]
pub fn refuse_component_value(path: Vec<String>, mistake: ComponentMistake) -> Result<()> {
    Err(error(&path, mistake))
}

/// How many names a sentence lists.
const NAMES: usize = 16;

/// The error for a value that does not fit.
#[cold]
pub fn error(path: &[String], mistake: ComponentMistake) -> WasmtimeError {
    let list = |names: Vec<String>| match names.is_empty() {
        true => "none".to_owned(),
        false => guest_text::list(NAMES, names, |name| format!("`{}`", Name(&name))),
    };
    let at = |words: String| match path.is_empty() {
        true => words,
        false => format!("{}: {words}", path.join(": ")),
    };
    let wrong = |words: String| WasmtimeError::wrong_type(at(words));
    match mistake {
        ComponentMistake::Kind { expected, found } => {
            wrong(format!("expected {}, found {found}", with_article(expected)))
        }
        ComponentMistake::Range { expected, found } => {
            let mark = if expected == Kind::Char { "`" } else { "" };
            WasmtimeError::range(at(format!("{mark}{}{mark} does not fit {}", Name(&found), range(expected))))
        }
        ComponentMistake::MissingField { name } => wrong(format!("the field `{}` is missing", Name(&name))),
        ComponentMistake::RepeatedField { name } => wrong(format!("the field `{}` is given twice", Name(&name))),
        ComponentMistake::UnknownField { name, known } => {
            wrong(format!("there is no field `{}`: the fields are {}", Name(&name), list(known)))
        }
        ComponentMistake::UnknownCase { name, known } => {
            wrong(format!("there is no `{}`: expected one of {}", Name(&name), list(known)))
        }
        ComponentMistake::Payload { name, is_expected: true } => {
            wrong(format!("the case `{}` has a payload, and none is given", Name(&name)))
        }
        ComponentMistake::Payload { name, is_expected: false } => {
            wrong(format!("the case `{}` has no payload, and one is given", Name(&name)))
        }
        ComponentMistake::Count { what, expected, found } => {
            let what = if expected == 1 { what.strip_suffix('s').unwrap_or(&what) } else { &what };
            wrong(format!("expected {expected} {what}, found {found}"))
        }
        ComponentMistake::Length { found } => {
            WasmtimeError::range(at(format!("a length of {found} is too great: expected 2147483647 at most")))
        }
        ComponentMistake::Unsupported { name } => {
            WasmtimeError::Unsupported { reason: at(format!("values of the type `{name}` cannot be passed yet")) }
        }
    }
}

fn with_article(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "a bool",
        Kind::S8 => "an s8",
        Kind::U8 => "a u8",
        Kind::S16 => "an s16",
        Kind::U16 => "a u16",
        Kind::S32 => "an s32",
        Kind::U32 => "a u32",
        Kind::S64 => "an s64",
        Kind::U64 => "a u64",
        Kind::F32 => "an f32",
        Kind::F64 => "an f64",
        Kind::Char => "a char",
        Kind::String => "a string",
        Kind::List | Kind::FixedLengthList => "a list",
        Kind::Map => "a map",
        Kind::Record => "a record",
        Kind::Tuple => "a tuple",
        Kind::Variant => "a variant",
        Kind::Enum => "an enum",
        Kind::Option => "an option",
        Kind::Result => "a result",
        Kind::Flags => "flags",
        Kind::Own | Kind::Borrow => "a resource",
        Kind::Stream => "a stream",
        Kind::Future => "a future",
        Kind::Unsupported | Kind::Func | Kind::Instance | Kind::Component | Kind::Module | Kind::Resource => {
            "another value"
        }
    }
}

fn range(kind: Kind) -> String {
    let numbers: (i128, i128) = match kind {
        Kind::S8 => (i8::MIN.into(), i8::MAX.into()),
        Kind::U8 => (0, u8::MAX.into()),
        Kind::S16 => (i16::MIN.into(), i16::MAX.into()),
        Kind::U16 => (0, u16::MAX.into()),
        Kind::S32 => (i32::MIN.into(), i32::MAX.into()),
        Kind::U32 => (0, u32::MAX.into()),
        Kind::S64 => (i64::MIN.into(), i64::MAX.into()),
        Kind::U64 => (0, u64::MAX.into()),
        Kind::Char => return "a char: expected one Unicode scalar value".to_owned(),
        Kind::F32 => return "an f32: it holds integers up to 2^24 exactly, and rounds floats".to_owned(),
        Kind::F64 => return "an f64: it holds integers up to 2^53 exactly".to_owned(),
        other => return with_article(other).to_owned(),
    };
    format!("{}: expected {} to {}", with_article(kind), numbers.0, numbers.1)
}
