//! Reads what the core exports, and writes what carries it to Python, Kotlin and Swift.
//!
//! `#[uniffi::export]` in the core is the only place where an operation is declared. `read` makes a [`model::Model`] of all
//! exports; each language has a writer that turns the model into text.

#![allow(missing_docs, reason = "a tool of this repository")]

pub mod c;
mod crossing;
mod expand;
pub mod jni;
pub mod json;
pub mod kotlin;
mod lines;
pub mod model;
pub mod names;
pub mod python;
pub mod reach;
mod read;
mod settings;
pub mod swift;

pub use read::{Error, Source, read};
