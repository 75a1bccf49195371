//! The words that names in Kotlin keep clear of, and how one that is such a word is spelled.

use crate::naming::{Scope, Spelled, camel, upper};

/// The words that the language keeps for itself everywhere.
const KEYWORDS: [&str; 28] = [
    "as",
    "break",
    "class",
    "continue",
    "do",
    "else",
    "false",
    "for",
    "fun",
    "if",
    "in",
    "interface",
    "is",
    "null",
    "object",
    "package",
    "return",
    "super",
    "this",
    "throw",
    "true",
    "try",
    "typealias",
    "typeof",
    "val",
    "var",
    "when",
    "while",
];

/// What the files use of the language and of the package: a type of such a name would hide it.
const IN_FILES: [&str; 57] = [
    "Any",
    "AutoCloseable",
    "Boolean",
    "BoundFunction",
    "BoundInstance",
    "Byte",
    "ByteArray",
    "CodePoint",
    "Component",
    "Double",
    "DoubleArray",
    "Float",
    "FloatArray",
    "GeneratedBindings",
    "GuestResource",
    "HostCode",
    "HostInstance",
    "Instance",
    "Int",
    "IntArray",
    "JvmInline",
    "JvmStatic",
    "Linker",
    "List",
    "Long",
    "LongArray",
    "Maybe",
    "Nothing",
    "OptIn",
    "Outcome",
    "Pair",
    "Resource",
    "ResultException",
    "Short",
    "ShortArray",
    "Store",
    "String",
    "Suppress",
    "Throwable",
    "Triple",
    "UByte",
    "UInt",
    "ULong",
    "UShort",
    "Unit",
    "ValueReader",
    "ValueSlot",
    "ValueWriter",
    "WitType",
    "contentOf",
    "hashOf",
    "isSame",
    "flagsText",
    "textOf",
    "Companion",
    "Tuples",
    "Array",
];

/// What every object has.
const IN_OBJECTS: [&str; 9] =
    ["clone", "equals", "finalize", "getClass", "hashCode", "notify", "notifyAll", "toString", "wait"];

/// What a resource of a component has.
pub(super) const IN_RESOURCES: [&str; 3] = ["close", "isAlive", "resource"];

/// What the class of a world has.
pub(super) const IN_WORLDS: [&str; 4] = ["define", "functions", "instantiate", "instantiateSuspend"];

/// What the bodies of functions are written with.
const IN_FUNCTIONS: [&str; 13] = [
    "api",
    "functions",
    "reader",
    "writer",
    "item",
    "item2",
    "item3",
    "item4",
    "item5",
    "item6",
    "item7",
    "item8",
    "item9",
];

/// Whether Kotlin, Java and ktlint take a text as the name of a package.
pub(super) fn is_package(name: &str) -> bool {
    let is_part = |part: &str| {
        let mut letters = part.chars();
        letters.next().is_some_and(|letter| letter.is_ascii_lowercase() || letter == '_')
            && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
            && !KEYWORDS.contains(&part)
    };
    name.split('.').all(is_part)
}

fn quoted(word: &str) -> String {
    format!("`{word}`")
}

/// A word of the language in backticks, and any other with what it is behind it.
pub(super) fn or_else(word: &str, end: &str) -> String {
    if KEYWORDS.contains(&word) { quoted(word) } else { format!("{word}{end}") }
}

pub(super) fn numbered(name: &str, number: usize) -> String {
    format!("{name}{number}")
}

pub(super) fn scope(more: &[&[&'static str]], escape: fn(&str) -> String) -> Scope {
    let more = more.iter().flat_map(|words| words.iter().copied());
    Scope::new(KEYWORDS.into_iter().chain(more), escape).numbered(numbered)
}

/// The parameters of a function.
pub(super) fn params() -> Scope {
    scope(&[&IN_FUNCTIONS], |word| or_else(word, "Value"))
}

/// The members of a class.
pub(super) fn members(more: &[&'static str]) -> Scope {
    scope(&[&IN_OBJECTS, more], |word| or_else(word, "Function"))
}

pub(super) fn types() -> Scope {
    scope(&[&IN_FILES], |word| or_else(word, "Type"))
}

/// The names of the fields of a record.
pub(super) fn fields<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Spelled> {
    let mut scope = scope(&[], quoted);
    names.map(|name| scope.claim(&[&camel(name)], &format!("`{name}`"))).collect()
}

/// The names of the members of an enumeration or of flags, and of the value that has none of those.
pub(super) fn labels<'a>(names: impl Iterator<Item = &'a str>) -> (Vec<Spelled>, Spelled) {
    let mut scope = scope(&[], quoted);
    let all = names.map(|name| scope.claim(&[&upper(name)], &format!("`{name}`"))).collect();
    (all, scope.claim(&["NONE", "EMPTY"], "no flag"))
}
