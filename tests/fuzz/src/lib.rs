//! Each entry that takes bytes, and the objects in any order. Whatever the bytes are, what comes out is a value or a typed error.
#![allow(clippy::panic, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test")]

mod api;
mod artifact;
mod cases;
mod chance;
mod guest;
mod module;
mod slots;
mod text;

pub use chance::Chance;

/// What is done with some bytes.
pub type Body = fn(&[u8]);

/// The entries, by the names of their targets and of the folders of their seeds.
pub const ALL: &[(&str, Body)] = &[
    ("module", module::run),
    ("text", text::run),
    ("artifact", artifact::run),
    ("slots", slots::run),
    ("cases", cases::run),
    ("api", api::run),
];

/// The body of an entry.
///
/// # Panics
/// Where there is no such entry.
pub fn body(name: &str) -> Body {
    ALL.iter().find(|(entry, _)| *entry == name).map(|(_, body)| *body).expect("an entry")
}
