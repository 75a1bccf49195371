//! What is carried through wasmtime: our own errors, from where they arise to the outer call.

use crate::{Interruption, WasmtimeError};

/// Carries an error of ours through wasmtime, from a host function to the outer call.
#[derive(Debug)]
pub(crate) struct HostError(pub(crate) WasmtimeError);

impl std::fmt::Display for HostError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::error::Error for HostError {}

/// Carries the cause through wasmtime, from the check to the outer call.
#[derive(Debug)]
pub(crate) struct Interrupted(pub(crate) Interruption);

impl std::fmt::Display for Interrupted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0.reason())
    }
}

impl std::error::Error for Interrupted {}
