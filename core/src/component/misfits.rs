//! Imports that do not fit what a linker defines: what wasmtime found, in our words.

use wasmtime::component::types::{self, ComponentItem};

use crate::component::{table, wit, words};
use crate::errors::guest_text::{self, Name};
use crate::{Result, WasmtimeError};

/// How much is read of one of wasmtime's sentences, in bytes.
const SENTENCE: usize = 16 << 10;

/// Why a component is not linked; none where that is something else than an import.
pub(super) fn explain(
    error: &wasmtime::Error,
    engine: &wasmtime::Engine,
    component: &types::Component,
) -> Option<WasmtimeError> {
    let said = error.chain().filter_map(|part| guest_text::whole(SENTENCE, |text| write!(text, "{part}")));
    let said: Vec<String> = said.collect();
    let (first, rest) = said.split_first()?;
    // The names of the import, from the outermost instance on.
    let mut path = vec![quoted(first.strip_prefix("component imports ")?)?];
    path.extend(rest.iter().filter_map(|part| part.strip_prefix("instance export ").and_then(quoted)));
    let (last, cause) = (rest.last()?, cause(rest));
    let reason = cause.unwrap_or_else(|| match wanted(engine, component, &path) {
        Ok(Some(wanted)) if !is_missing(last) => {
            format!("what the linker defines is of another type than the component expects: {wanted}")
        }
        Ok(Some(wanted)) => format!("it is not defined in the linker: {wanted}"),
        _ => "what the linker defines does not fit it".to_owned(),
    });
    let (module, name) = match path.as_slice() {
        [only] => (String::new(), (*only).to_owned()),
        [outer, .., last] => ((*outer).to_owned(), (*last).to_owned()),
        [] => return None,
    };
    Some(WasmtimeError::Link { reason: format!("the import {}: {reason}", words::path(&path)), module, name })
}

/// What stands in the first backticks.
fn quoted(text: &str) -> Option<&str> {
    text.split('`').nth(1)
}

fn is_missing(said: &str) -> bool {
    said.ends_with(" implementation is missing") || said.ends_with(" found nothing")
}

/// What wasmtime has found in a module.
fn cause(said: &[String]) -> Option<String> {
    said.iter().find_map(|part| {
        let (word, rest) = part.strip_prefix("module ")?.split_once(' ')?;
        let (name, is_absent) = (quoted(rest)?, rest.ends_with(" not defined"));
        Some(match (word, is_absent) {
            ("export", true) => format!("the module that the linker defines has no export `{}`", Name(name)),
            ("export", false) => {
                format!("the export `{}` of the module that the linker defines is of another type", Name(name))
            }
            ("import", is_absent) => {
                let name = name
                    .split_once("::")
                    .map_or_else(|| words::path(&[name]), |(module, name)| words::path(&[module, name]));
                match is_absent {
                    true => format!(
                        "the module that the linker defines imports {name}, which the component does not give it"
                    ),
                    false => format!("the module that the linker defines imports {name} by another type"),
                }
            }
            _ => return None,
        })
    })
}

/// The type of the import that a path leads to, in WIT's notation.
fn wanted(engine: &wasmtime::Engine, component: &types::Component, path: &[&str]) -> Result<Option<String>> {
    let Some((first, rest)) = path.split_first() else { return Ok(None) };
    let mut found = component.imports(engine).find(|(name, _)| name == first).map(|(_, import)| import.ty);
    for name in rest {
        let Some(ComponentItem::ComponentInstance(instance)) = found else { return Ok(None) };
        found = instance.exports(engine).find(|(known, _)| known == name).map(|(_, export)| export.ty);
    }
    found.map(|item| table::of_import(engine, component, &item).map(|types| wit::text(&types))).transpose()
}
