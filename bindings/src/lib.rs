//! The one native library behind the Python, Kotlin and Swift packages: the surface that UniFFI carries out
//! of the core and, with the feature `python`, the extension module that Python loads it by.

trimaran::uniffi_reexport_scaffolding!();

mod adapters;
mod build;
#[cfg(feature = "python")]
mod python;
