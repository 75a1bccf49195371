//! The bindings of a component as texts: for who makes classes of them without a file.

use trimaran_bindgen::header::Header;
use trimaran_bindgen::{python, source};

use camino::Utf8Path;

use crate::compile::beginnings::Sort;
use crate::compile::{file, wat};
use crate::errors::guest_text::Lines;
use crate::{Result, WasmtimeError};

/// The bytes of a file with a component in the binary or the text format, as `Component::from_file` reads it. Nothing is compiled.
pub fn component_file(path: &Utf8Path) -> Result<Vec<u8>> {
    file::read(path, |head| wat::size(head, Sort::Component)).map_err(|error| error.in_file(path))
}

/// The files of a Python package for a component in the binary or the text format, each as its path and its text, in the
/// order in which they import each other. `name` is that of the component's world, and `path` that of its file, if it has one.
///
/// Fails with `Unsupported` where the component has types that no bindings can be made for, and as `Component::new` does for
/// what is no component.
pub fn python_bindings(wasm: &[u8], name: &str, path: Option<&Utf8Path>) -> Result<Vec<(String, String)>> {
    let made = bindings(wasm, name);
    made.map_err(|error| if let Some(path) = path { error.in_file(path) } else { error })
}

fn bindings(wasm: &[u8], name: &str) -> Result<Vec<(String, String)>> {
    let binary = wat::to_binary(wasm, Sort::Component)?;
    let mut model = source::binary(&binary, name, None).map_err(|problem| {
        let reason = Lines(&problem).to_string();
        match problem {
            trimaran_bindgen::Problem::Unsupported { .. } | trimaran_bindgen::Problem::TypeBeside { .. } => {
                WasmtimeError::Unsupported { reason }
            }
            _ => WasmtimeError::Compile { reason },
        }
    })?;
    model.wait_as_loaded();
    let header = Header { version: crate::version(), source: format!("the component {name}"), command: None };
    let files = python::files(&model, &header, python::Options { stubs: false, loaded: true });
    Ok(files.into_iter().map(|file| (file.path, file.text)).collect())
}
