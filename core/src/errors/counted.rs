//! Numbers of things in sentences.

/// A number and a noun: `1 byte`, `2 bytes`.
pub(crate) fn count(number: impl Into<u64>, thing: &str) -> String {
    match number.into() {
        1 => format!("1 {thing}"),
        number => format!("{number} {thing}s"),
    }
}
