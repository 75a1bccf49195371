//! What a case expects of an error.

use serde_json::{Value, json};
use trimaran::WasmtimeError;

use crate::step::Problem;

/// The same, with names as Rust spells them: as in the cases, where they stand in braces.
fn unmarked(expected: &Value) -> Value {
    match expected {
        Value::String(text) => {
            let name = |part: &str| part.contains('_') && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            let mut plain = String::new();
            let mut rest = text.as_str();
            while let Some((before, (inside, after))) =
                rest.split_once('{').and_then(|(before, after)| Some((before, after.split_once('}')?)))
            {
                let (open, close) = if name(inside) { ("", "") } else { ("{", "}") };
                plain.extend([before, open, inside, close]);
                rest = after;
            }
            (plain + rest).into()
        }
        Value::Array(all) => all.iter().map(unmarked).collect(),
        Value::Object(all) => all.iter().map(|(name, value)| (name.clone(), unmarked(value))).collect(),
        other => other.clone(),
    }
}

/// Compares an error with what a case expects of it.
pub(super) fn check_error(found: &WasmtimeError, expected: &Value) -> Result<(), Problem> {
    let found = fields(found);
    let wrong = |name: &str| Err(format!("its error is {found}: `{name}` differs"));
    let expected = unmarked(expected);
    for (name, value) in expected.as_object().ok_or("`error` is no object")? {
        let agrees = match name.as_str() {
            "contains" => {
                let text = found["text"].as_str().unwrap_or_default();
                let parts = value.as_array().ok_or("`contains` is no list")?;
                parts.iter().all(|part| part.as_str().is_some_and(|part| text.contains(part)))
            }
            name => found.get(name) == Some(value),
        };
        if !agrees {
            return wrong(name);
        }
    }
    if expected.get("variant").is_some() { Ok(()) } else { Err("`error` has no `variant`".to_owned()) }
}

/// The name of an error's variant. What the host threw comes out as the very same object in the languages.
pub(super) fn variant(error: &WasmtimeError) -> String {
    if matches!(error, WasmtimeError::Host { thrown: Some(_), .. }) {
        return "Thrown".to_owned();
    }
    let debug = format!("{error:?}");
    debug.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

/// The variant, the sentence and the fields of an error.
fn fields(error: &WasmtimeError) -> Value {
    let mut all = json!({"variant": variant(error), "text": error.text()});
    let more = match error {
        WasmtimeError::Syntax { line, column, .. } => json!({"line": line, "column": column}),
        WasmtimeError::Link { module, name, .. } => json!({"module": module, "name": name}),
        WasmtimeError::Trap { code, interruption, .. } => {
            let cause = interruption.map(|cause| format!("{cause:?}"));
            json!({"code": code.map(|code| format!("{code:?}")), "interruption": cause})
        }
        WasmtimeError::Exit { status } => json!({"status": status}),
        WasmtimeError::Bounds { offset, length, size } => json!({"offset": offset, "length": length, "size": size}),
        WasmtimeError::Encoding { offset, .. } => json!({"offset": offset}),
        WasmtimeError::NotFound { name, .. } => json!({"name": name}),
        _ => json!({}),
    };
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}
