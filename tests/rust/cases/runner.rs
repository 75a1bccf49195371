//! What runs the steps of the shared cases. Their README has the vocabulary.
#![allow(clippy::panic, clippy::expect_used, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod step;
mod world;

use std::path::{Path, PathBuf};

use serde_json::Value;
pub use world::World;

/// The steps of a case: those of each prelude that it names under `given`, one prelude after the other, then its own.
///
/// # Errors
/// A prelude that the file does not have, or steps that are no list.
pub fn steps(file: &Value, case: &Value) -> Result<Vec<Value>, String> {
    let list = |value: &Value| value.as_array().cloned().ok_or_else(|| format!("{value} is no list"));
    let named = |name: &Value| match name.as_str().and_then(|name| file["given"].get(name)) {
        Some(prelude) => list(prelude),
        None => Err(format!("there is no prelude {name}")),
    };
    let names = case.get("given").map_or(Ok(Vec::new()), list)?;
    let mut steps = names.iter().map(named).collect::<Result<Vec<_>, _>>()?.concat();
    steps.extend(list(&case["steps"])?);
    Ok(steps)
}

/// Where the real programs are, and what was compiled of them.
pub fn programs() -> PathBuf {
    std::env::var_os("TRIMARAN_PROGRAMS").map_or_else(|| folder("../target/programs"), PathBuf::from)
}

/// A folder of `tests`.
///
/// # Panics
/// Where this crate lies nowhere.
pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests").join(name)
}
