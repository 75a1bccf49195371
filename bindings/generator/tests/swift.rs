//! What Swift calls, the header declares and Rust defines are the same functions.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::path::Path;

use trimaran_generator::{c, read, swift};

/// The names of C functions that stand before an opening parenthesis.
fn functions(text: &str) -> BTreeSet<String> {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    text.split('(')
        .filter_map(|before| before.rsplit(|letter| !is_name(letter)).next())
        .filter(|name| name.starts_with("trimaran_"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn what_swift_calls_is_declared_and_defined() {
    let source = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../core/src")).unwrap();
    let by_hand = BTreeSet::from(["trimaran_bytes_free".to_owned()]);
    let declared: BTreeSet<_> = functions(&c::header(&source.model)).difference(&by_hand).cloned().collect();
    assert_eq!(declared, functions(&c::rust(&source.model)));
    let structs = BTreeSet::from(["trimaran_bytes".to_owned(), "trimaran_item".to_owned()]);
    let files = swift::swift(&source.model);
    let called: BTreeSet<_> = files.iter().flat_map(|(_, text)| functions(text)).collect();
    assert_eq!(called.difference(&structs).cloned().collect::<BTreeSet<_>>(), declared);
}
