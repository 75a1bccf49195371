//! The bindings of a component as texts: for who makes classes of them without a file.

use trimaran_bindgen::header::Header;
use trimaran_bindgen::{python, source};

use crate::compile::wat;
use crate::errors::guest_text::Lines;
use crate::{Result, WasmtimeError};

/// The files of a Python package for a component in the binary or the text format, each as its path and its text, in the
/// order in which they import each other. `name` is that of the component's world.
///
/// Fails with `Unsupported` where the component has types that no bindings can be made for, and as `Component::new` does for
/// what is no component.
pub fn python_bindings(wasm: &[u8], name: &str) -> Result<Vec<(String, String)>> {
    let binary = wat::to_binary(wasm)?;
    let model = source::binary(&binary, name, None).map_err(|problem| {
        let reason = Lines(&problem).to_string();
        match problem {
            trimaran_bindgen::Problem::Unsupported { .. } | trimaran_bindgen::Problem::TypeBeside { .. } => {
                WasmtimeError::Unsupported { reason }
            }
            _ => WasmtimeError::Compile { reason },
        }
    })?;
    let header = Header { version: crate::version(), source: format!("the component {name}"), command: None };
    let files = python::files(&model, &header, python::Options { stubs: false, loaded: true });
    Ok(files.into_iter().map(|file| (file.path, file.text)).collect())
}
