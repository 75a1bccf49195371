//! The model names the very surface that UniFFI's metadata of the built library name.

#![allow(clippy::expect_used, reason = "a test")]

use std::path::Path;

#[test]
fn the_model_names_the_surface() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let source = trimaran_generator::read(&root.join("core/src")).expect("the core's exports can be read");
    let committed = std::fs::read_to_string(root.join("tests/api.txt")).expect("tests/api.txt is there");
    let (expected, found): (Vec<_>, Vec<_>) = (committed.lines().collect(), source.model.lines());
    let missing: Vec<_> = expected.iter().filter(|line| !found.iter().any(|other| other == *line)).collect();
    let extra: Vec<_> = found.iter().filter(|line| !expected.contains(&line.as_str())).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "missing in the model: {missing:#?}\nonly in the model: {extra:#?}"
    );
}
