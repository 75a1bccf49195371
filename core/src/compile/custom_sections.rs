//! The custom sections of a module: bytes that tools leave there, and that running it does not need.

use wasmparser::{Parser, Payload};

use crate::compile::beginnings::Sort;
use crate::compile::wat;
use crate::process::heap::try_with_capacity;
use crate::{Result, WasmtimeError};

/// The contents of each custom section of that name, in the order of the module, which may be in the binary or the text
/// format. It is neither validated nor compiled.
///
/// Fails with `Compile` where it is no module or is truncated, and with `Syntax` where text has a mistake. The same as
/// `WebAssembly.Module.customSections` of the WebAssembly JavaScript interface.
#[uniffi::export]
#[cfg_attr(false, called(bytes = "the module"))]
pub fn custom_sections(bytes: &[u8], name: &str) -> Result<Vec<Vec<u8>>> {
    let binary = wat::to_binary(bytes, Sort::Module)?;
    let mut contents = Vec::new();
    for payload in Parser::new(0).parse_all(&binary) {
        let payload = payload.map_err(|error| WasmtimeError::Compile { reason: error.to_string() })?;
        if let Payload::CustomSection(section) = payload
            && section.name() == name
        {
            let mut content = try_with_capacity(section.data().len())?;
            content.extend_from_slice(section.data());
            contents.push(content);
        }
    }
    Ok(contents)
}
