//! The words that Swift keeps for itself, and what is written where WIT has one.

use crate::naming::Scope;

/// The words that need backticks, as declarations or in expressions.
const KEYWORDS: [&str; 64] = [
    "any",
    "as",
    "associatedtype",
    "async",
    "await",
    "borrowing",
    "break",
    "case",
    "catch",
    "class",
    "consume",
    "consuming",
    "continue",
    "copy",
    "default",
    "defer",
    "deinit",
    "discard",
    "do",
    "each",
    "else",
    "enum",
    "extension",
    "fallthrough",
    "false",
    "fileprivate",
    "for",
    "func",
    "guard",
    "if",
    "import",
    "in",
    "indirect",
    "inout",
    "internal",
    "is",
    "lazy",
    "let",
    "nil",
    "open",
    "operator",
    "package",
    "precedencegroup",
    "private",
    "protocol",
    "public",
    "repeat",
    "rethrows",
    "return",
    "sending",
    "some",
    "static",
    "struct",
    "subscript",
    "super",
    "switch",
    "then",
    "throw",
    "throws",
    "true",
    "try",
    "typealias",
    "unowned",
    "var",
];

/// More of these.
const MORE_KEYWORDS: [&str; 3] = ["weak", "where", "while"];

/// What no type can be called, since modules have these names, the language, or what the bindings are written with.
const TYPES: [&str; 12] = [
    "Actor",
    "Any",
    "AnyObject",
    "Protocol",
    "Self",
    "Swift",
    "Trimaran",
    "TrimaranComponent",
    "Type",
    "Wit",
    "Exports",
    "Imports",
];

/// What has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    World,
    Interface,
    Type,
    Function,
    Param,
    Field,
    Case,
    Flag,
}

/// The names of one place, without those that are kept for other use.
pub(super) fn scope(kind: Kind, more: &[&[&str]]) -> Scope {
    let own: &[&str] = match kind {
        Kind::World | Kind::Interface | Kind::Type => &TYPES,
        Kind::Function => &["init", "self"],
        Kind::Param => &["init", "self", "api", "isolation", "reader", "writer"],
        Kind::Field => &["init", "self", "hashValue"],
        // Where an optional of the type is expected, `.none` and `.some` are those of the optional.
        Kind::Case => &["init", "self", "allCases", "rawValue", "hashValue", "wit", "none", "some"],
        Kind::Flag => &["init", "self", "rawValue", "hashValue", "wit", "none", "some"],
    };
    let more = more.iter().flat_map(|words| words.iter().copied());
    let reserved = KEYWORDS.into_iter().chain(MORE_KEYWORDS).chain(own.iter().copied()).chain(more);
    Scope::new(reserved, escape(kind)).numbered(|name, number| format!("{}{number}", name.trim_matches('`')))
}

/// How a word is escaped that is kept for other use: a keyword by backticks, and all else by a word that says what it is.
fn escape(kind: Kind) -> fn(&str) -> String {
    match kind {
        Kind::World => |word| format!("{word}World"),
        Kind::Interface => |word| format!("{word}Interface"),
        Kind::Type => |word| format!("{word}Type"),
        Kind::Function => |word| escaped(word, "Function"),
        Kind::Param => |word| escaped(word, "Value"),
        Kind::Field => |word| escaped(word, "Field"),
        Kind::Case => |word| if word == "some" { "someCase".to_owned() } else { escaped(word, "Case") },
        Kind::Flag => |word| if word == "some" { "someFlag".to_owned() } else { escaped(word, "Flag") },
    }
}

fn escaped(word: &str, more: &str) -> String {
    if is_keyword(word) { format!("`{word}`") } else { format!("{word}{more}") }
}

fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word) || MORE_KEYWORDS.contains(&word)
}
