//! What the built library offers, one sorted line an item: what the packages are compared with, and what a change of the
//! surface shows itself by.

use anyhow::Result;
use camino::Utf8Path;
use uniffi_bindgen::interface::{AsType, Callable, DefaultValue, Literal, Type};
use uniffi_bindgen::{BindgenLoader, BindgenPaths, ComponentInterface, GlobalConfig};

/// The lines for a library, such as `method Store.set_fuel(fuel: u64) throws WasmtimeError`.
pub fn lines(library: &Utf8Path) -> Result<Vec<String>> {
    let (config, _) = GlobalConfig::from_file("uniffi.toml".into())?;
    let loader = BindgenLoader::new(BindgenPaths::default(), config);
    let mut lines = Vec::new();
    for ci in loader.load_cis(loader.load_metadata(library)?)? {
        functions(&ci, &mut lines);
        objects(&ci, &mut lines);
        values(&ci, &mut lines);
    }
    lines.sort();
    Ok(lines)
}

fn functions(ci: &ComponentInterface, lines: &mut Vec<String>) {
    for function in ci.function_definitions() {
        lines.push(format!("function {}{}", function.name(), signature(function)));
    }
}

fn objects(ci: &ComponentInterface, lines: &mut Vec<String>) {
    for object in ci.object_definitions() {
        let name = object.name();
        let kind = if object.has_callback_interface() { "interface" } else { "class" };
        lines.push(format!("{kind} {name}"));
        for made in object.constructors() {
            lines.push(format!("constructor {name}.{}{}", made.name(), signature(made)));
        }
        for method in object.methods() {
            lines.push(format!("method {name}.{}{}", method.name(), signature(method)));
        }
    }
    for interface in ci.callback_interface_definitions() {
        let name = interface.name();
        lines.push(format!("interface {name}"));
        for method in interface.methods() {
            lines.push(format!("method {name}.{}{}", method.name(), signature(method)));
        }
    }
}

fn values(ci: &ComponentInterface, lines: &mut Vec<String>) {
    for record in ci.record_definitions() {
        let name = record.name();
        lines.push(format!("record {name}"));
        for field in record.fields() {
            let default = field.default_value().map(|value| initial(value, &of(field))).unwrap_or_default();
            lines.push(format!("field {name}.{}: {}{default}", field.name(), shown(&of(field))));
        }
        for method in record.methods() {
            lines.push(format!("method {name}.{}{}", method.name(), signature(method)));
        }
    }
    for choice in ci.enum_definitions() {
        let name = choice.name();
        let kind = if ci.is_name_used_as_error(name) { "error" } else { "enum" };
        lines.push(format!("{kind} {name}"));
        for variant in choice.variants() {
            let fields: Vec<String> =
                variant.fields().iter().map(|field| format!("{}: {}", field.name(), shown(&of(field)))).collect();
            let fields = if fields.is_empty() { String::new() } else { format!("({})", fields.join(", ")) };
            lines.push(format!("variant {name}.{}{fields}", variant.name()));
        }
        for method in choice.methods() {
            lines.push(format!("method {name}.{}{}", method.name(), signature(method)));
        }
    }
}

fn of(typed: &impl AsType) -> Type {
    typed.as_type()
}

fn signature(callable: &impl Callable) -> String {
    let parameters: Vec<String> = callable
        .arguments()
        .into_iter()
        .map(|argument| {
            let default = argument.default_value().map(|value| initial(value, &of(argument))).unwrap_or_default();
            format!("{}: {}{default}", argument.name(), shown(&of(argument)))
        })
        .collect();
    let result = callable.return_type().map(|result| format!(" -> {}", shown(result))).unwrap_or_default();
    let throws =
        callable.throws_type().and_then(Type::name).map(|error| format!(" throws {error}")).unwrap_or_default();
    format!("({}){result}{throws}", parameters.join(", "))
}

/// A type in Rust's words.
fn shown(ty: &Type) -> String {
    match ty {
        Type::UInt8 => "u8".into(),
        Type::Int8 => "i8".into(),
        Type::UInt16 => "u16".into(),
        Type::Int16 => "i16".into(),
        Type::UInt32 => "u32".into(),
        Type::Int32 => "i32".into(),
        Type::UInt64 => "u64".into(),
        Type::Int64 => "i64".into(),
        Type::Float32 => "f32".into(),
        Type::Float64 => "f64".into(),
        Type::Boolean => "bool".into(),
        Type::String => "String".into(),
        Type::Bytes => "Vec<u8>".into(),
        Type::Optional { inner_type } => format!("Option<{}>", shown(inner_type)),
        Type::Sequence { inner_type } => format!("Vec<{}>", shown(inner_type)),
        Type::Box { inner_type } => shown(inner_type),
        other => other.name().map_or_else(|| format!("{other:?}"), str::to_owned),
    }
}

fn initial(value: &DefaultValue, ty: &Type) -> String {
    let text = match (value, ty) {
        (DefaultValue::Default, Type::Optional { .. }) => "None".into(),
        (DefaultValue::Default, Type::Sequence { .. }) => "[]".into(),
        (DefaultValue::Default, _) => "default".into(),
        (DefaultValue::Literal(literal), _) => match literal {
            Literal::Boolean(value) => value.to_string(),
            Literal::String(value) => format!("{value:?}"),
            Literal::UInt(value, ..) => value.to_string(),
            Literal::Int(value, ..) => value.to_string(),
            Literal::Float(value, _) => value.clone(),
            Literal::Enum(variant, _) => variant.clone(),
            Literal::EmptySequence => "[]".into(),
            Literal::None => "None".into(),
            other => format!("{other:?}"),
        },
    };
    format!(" = {text}")
}
