//! The settings of the engine that a file of components needs: in its own words, as wasmtime's tests have them, or by the command line.

use anyhow::{Result, bail};
use serde_json::{Map, Value};

/// The settings about components that a file can switch on, and what a step calls them.
const KNOWN: &[(&str, &str)] = &[
    ("component_model_async", "wasm_component_model_async"),
    ("component_model_async_builtins", "wasm_component_model_more_async_builtins"),
    ("component_model_more_async_builtins", "wasm_component_model_more_async_builtins"),
    ("component_model_async_stackful", "wasm_component_model_async_stackful"),
    ("component_model_threading", "wasm_component_model_threading"),
    ("component_model_map", "wasm_component_model_map"),
    ("component_model_fixed_length_lists", "wasm_component_model_fixed_length_lists"),
];

/// What a comment that says so begins with.
const MARK: &str = ";;!";

/// The settings of these names, and those of the comments that a file begins with: `;;! component_model_async = true`. Those of modules are not
/// asked for: the runners' engine has them.
pub(crate) fn of(names: &[String], contents: &str) -> Result<Map<String, Value>> {
    let mut found = Map::new();
    for name in names {
        set(&mut found, name, true)?;
    }
    let comments = contents.lines().map(str::trim).take_while(|line| line.is_empty() || line.starts_with(";;"));
    for line in comments.filter_map(|line| line.strip_prefix(MARK)) {
        let Some((name, value)) = line.split_once('=') else { continue };
        let (name, value) = (name.trim(), value.trim());
        if name.starts_with("component_model") {
            match value {
                "true" | "false" => set(&mut found, name, value == "true")?,
                _ => bail!("`{name}` is `{value}`: expected `true` or `false`"),
            }
        }
    }
    Ok(found)
}

fn set(found: &mut Map<String, Value>, name: &str, value: bool) -> Result<()> {
    let Some((_, setting)) = KNOWN.iter().find(|(known, _)| *known == name) else {
        let known: Vec<_> = KNOWN.iter().map(|(known, _)| *known).collect();
        bail!("there is no setting `{name}`: expected one of {}", known.join(", "));
    };
    found.insert((*setting).to_owned(), Value::Bool(value));
    Ok(())
}
