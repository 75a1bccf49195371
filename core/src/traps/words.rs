//! Our words for what wasmtime says of a guest, where it has no type for that: a guest that breaks the rules of the component
//! model.

use crate::errors::spelling::Spelled;

/// What wasmtime's words begin with, and ours. `{}` stands for the number behind the beginning.
const WORDS: &[(&str, &str)] = &[
    ("unknown handle index ", "the guest used the handle {}, which it does not have"),
    ("handle index ", "the guest used the handle {} for a resource of another type than it is of"),
    ("index is not a resource", "the guest used a handle for a resource that is none"),
    ("cannot remove owned resource while borrowed", "the guest dropped a resource, or gave it away, while it was lent"),
    ("cannot lift own resource from a borrow", "the guest gave away a resource that is only lent to it"),
    (
        "borrow handles still remain at the end of the call",
        "the guest kept a resource that was lent to it: it has to drop it before it returns",
    ),
    ("cannot lend resource: too many active lends", "the guest lent a resource too often at once"),
    ("cannot lend resource: store handle limit", "the guests of the store have as many handles as there may be"),
    ("cannot allocate another handle", "the guests of the store have as many handles as there may be"),
    ("resource not present", "the guest used a resource of WASI that it does not have"),
    ("resource is of another type", "the guest used a resource of WASI that is of another type"),
    ("resource has children", "the guest dropped a resource of WASI that others belong to"),
    ("resource table has no free keys", "the guest has as many resources of WASI as there may be"),
    ("realloc return: result not aligned", "the guest's `realloc` gave an address that is not aligned"),
    ("realloc return: beyond end of memory", "the guest's `realloc` gave an address outside of its memory"),
    ("return pointer not aligned", "the guest gave an address that is not aligned"),
    ("pointer not aligned", "the guest gave an address that is not aligned"),
    ("string pointer not aligned", "the guest gave a string whose address is not aligned"),
    ("list pointer is not aligned", "the guest gave a list whose address is not aligned"),
    ("pointer out of bounds", "the guest gave an address outside of its memory"),
    ("string pointer/length out of bounds", "the guest gave a string that is not in its memory"),
    ("list pointer/length out of bounds", "the guest gave a list that is not in its memory"),
    ("byte length", "the guest gave a string that is longer than there can be"),
    ("string length of ", "a string of {} bytes is longer than a guest can have"),
    ("invalid utf-8", "the guest gave a string that is not UTF-8"),
    ("invalid utf8", "the guest gave a string that is not UTF-8"),
    ("incomplete utf-8", "the guest gave a string that is not UTF-8"),
    ("invalid utf-16", "the guest gave a string that is not UTF-16"),
    ("invalid utf16", "the guest gave a string that is not UTF-16"),
    ("unpaired surrogate", "the guest gave a string that is not UTF-16"),
    ("converted integer out of range for `char`", "the guest gave a number for a char that is no Unicode scalar value"),
    ("unexpected discriminant: ", "the guest gave {} for the number of a case, which there is not"),
    ("invalid option discriminant", "the guest gave a case of an option that there is not"),
    ("invalid expected discriminant", "the guest gave a case of a result that there is not"),
];

/// What wasmtime says when a guest has passed more bytes to the host than it may: it counts them in a fuel of its own.
const TRANSFER: &str = "fuel allocated for hostcalls";

/// Our words for those of wasmtime's; none for others.
pub(crate) fn ours(words: &str) -> Option<String> {
    if words.contains(TRANSFER) {
        let setting = Spelled("max_transfer");
        return Some(format!("the guest gave the host more in one call than it may: the setting is {setting} of WASI"));
    }
    if words.starts_with("index ") && words.ends_with(" resource") {
        return Some("the guest used a handle for a resource that is none".to_owned());
    }
    let (begin, ours) = WORDS.iter().find(|(begin, _)| words.starts_with(begin))?;
    let rest = words.get(begin.len()..).unwrap_or_default();
    let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    Some(ours.replace("{}", rest.get(..digits).unwrap_or_default()))
}
