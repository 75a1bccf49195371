//! What runs the steps of the shared cases. Their README has the vocabulary.
#![allow(clippy::panic, clippy::expect_used, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod step;
mod world;

use std::path::{Path, PathBuf};

pub use world::World;

/// A folder of `tests`.
///
/// # Panics
/// Where this crate lies nowhere.
pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests").join(name)
}
