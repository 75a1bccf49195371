//! Types in Swift, and the expressions that read and write them.

use crate::model::{Field, Type, Variant};
use crate::names::camel;
use crate::settings::is_time;

/// The records and enums whose type is the package's public one, by the same name. Its words are its own: see `public_field`,
/// `public_case` and `is_unlabelled`. A field that is a `u32` in the core is an `Int` there.
const PUBLIC: &[&str] = &[
    // Errors and outcomes.
    "WasmtimeError",
    "TrapCode",
    "Interruption",
    "Frame",
    "FrameSymbol",
    "WaitOutcome",
    // Types and what has them.
    "ValType",
    "RefType",
    "HeapType",
    "Limits",
    "MemoryType",
    "TableType",
    "GlobalType",
    "FuncType",
    "TagType",
    "ExternType",
    "ImportType",
    "ExportType",
    "Extern",
    "NamedExtern",
    // Settings.
    "Config",
    "ModuleLimits",
    "PoolingConfig",
    "StoreLimits",
    "WasiConfig",
    "WasiHttp",
    "WasiInput",
    "WasiOutput",
    "FixedClock",
    "Preopen",
    "MemoryPreopen",
];

/// A list that has a public type of its own, which writes itself: of what, and the type.
const LISTS: &[(&str, &str)] = &[("EnvVar", "WasiConfig.Environment")];

/// Those whose public type lies within `Config`: the names alone are other libraries' as well.
const OF_CONFIG: &[&str] =
    &["Strategy", "OptLevel", "ProfilingStrategy", "Collector", "Cache", "CraneliftFlag", "Allocation"];

pub fn is_public(name: &str) -> bool {
    PUBLIC.contains(&name) || OF_CONFIG.contains(&name)
}

/// What a field of a public type is called: `ty` is `type`, `func` is `function`, and abbreviations are written as such.
pub fn public_field(name: &str) -> String {
    match name {
        "ty" => return "type".to_owned(),
        // A frame's, which asks the module where it does not know them.
        "symbols" => return "known".to_owned(),
        "func" => return "function".to_owned(),
        _ => {}
    }
    let mut parts = name.split('_').map(|part| match part {
        "simd" | "gc" | "cow" => part.to_uppercase(),
        "nan" => "NaN".to_owned(),
        other => other.to_owned(),
    });
    let first = parts.next().unwrap_or_default();
    let first = if first == "macos" { "macOS".to_owned() } else { first.to_lowercase() };
    field(&parts.fold(first, |made, part| format!("{made}_{part}")))
}

/// What a case of a public type is called: `OfFunc` is `function`, and one of an object that the core calls is `callback`.
pub fn public_case(variant: &Variant) -> String {
    if matches!(variant.fields.as_slice(), [Field { ty: Type::Foreign(_), .. }]) {
        return "callback".to_owned();
    }
    match variant.name.strip_prefix("Of") {
        Some("Func") => "function".to_owned(),
        Some(other) => case(other),
        None => case(&variant.name),
    }
}

/// The public type of a list, where that has one of its own.
pub fn public_list(ty: &Type) -> Option<&'static str> {
    let Type::List(inner) = ty else { return None };
    let Type::Record(name) = &**inner else { return None };
    LISTS.iter().find(|(of, _)| of == name).map(|(_, list)| *list)
}

/// The type of a field that the generator writes of a public type.
pub fn public_value(one: &Field) -> String {
    match public_list(&one.ty) {
        Some(list) => list.to_owned(),
        None if is_time(one) => "Duration?".to_owned(),
        None => value(&one.ty).replace("Trimaran.", ""),
    }
}

/// Whether the payload of a public case stands without its name: a type, an object, or what is called as the case is.
pub fn is_unlabelled(ty: &Type, name: &str, variant: &str) -> bool {
    name == "ty" || name.eq_ignore_ascii_case(variant) || matches!(ty, Type::Object(_))
}

/// A number's type.
pub fn number(ty: &Type) -> String {
    match ty {
        Type::Bool => "Bool".to_owned(),
        Type::Int { signed, bits } => format!("{}Int{bits}", if *signed { "" } else { "U" }),
        Type::Float { bits: 32 } => "Float".to_owned(),
        _ => "Double".to_owned(),
    }
}

/// The type of a value.
pub fn value(ty: &Type) -> String {
    match ty {
        Type::Bool | Type::Int { .. } | Type::Float { .. } => number(ty),
        Type::Text => "String".to_owned(),
        Type::Bytes => "[UInt8]".to_owned(),
        Type::Object(name) => format!("Trimaran.{name}"),
        Type::Foreign(name) => format!("Core.{name}"),
        Type::Record(name) | Type::Enum(name) => named(name),
        Type::Option(inner) => format!("{}?", value(inner)),
        Type::List(inner) => format!("[{}]", value(inner)),
    }
}

/// The type of a record or an enum.
pub fn named(name: &str) -> String {
    match name {
        _ if OF_CONFIG.contains(&name) => format!("Trimaran.Config.{name}"),
        _ if is_public(name) => format!("Trimaran.{name}"),
        _ => format!("Core.{name}"),
    }
}

/// Reads a value from `reader`.
pub fn reading(ty: &Type, reader: &str) -> String {
    match ty {
        Type::Bool => format!("{reader}.bool()"),
        Type::Int { .. } => format!("{reader}.number({}.self)", number(ty)),
        Type::Float { bits: 32 } => format!("Float(bitPattern: {reader}.number(UInt32.self))"),
        Type::Float { .. } => format!("Double(bitPattern: {reader}.number(UInt64.self))"),
        Type::Text => format!("{reader}.text()"),
        Type::Bytes => format!("{reader}.bytes()"),
        Type::Object(name) => format!("Trimaran.{name}(Core.{name}({reader}.pointer()))"),
        Type::Foreign(name) => format!("Core.{name}(reading: &{reader})"),
        Type::Record(name) | Type::Enum(name) => format!("{}(reading: &{reader})", named(name)),
        Type::Option(inner) => format!("{reader}.optional {{ {} }}", reading(inner, "$0")),
        Type::List(inner) => format!("{reader}.list {{ {} }}", reading(inner, "$0")),
    }
}

/// Writes a value to `writer`.
pub fn writing(ty: &Type, value: &str, writer: &str) -> String {
    match ty {
        Type::Bool => format!("{writer}.bool({value})"),
        Type::Int { .. } => format!("{writer}.number({value})"),
        Type::Float { .. } => format!("{writer}.number({value}.bitPattern)"),
        Type::Text => format!("{writer}.text({value})"),
        Type::Bytes => format!("{writer}.bytes({value})"),
        Type::Object(_) => format!("{writer}.pointer({value}.core.kept())"),
        Type::Foreign(_) | Type::Record(_) | Type::Enum(_) => format!("{value}.write(to: &{writer})"),
        Type::Option(inner) => format!("{writer}.optional({value}) {{ {} }}", writing(inner, "$1", "$0")),
        Type::List(inner) => format!("{writer}.list({value}) {{ {} }}", writing(inner, "$1", "$0")),
    }
}

/// A name of the core's as Swift writes those of cases: `OfFunc` is `ofFunc`.
pub fn case(name: &str) -> String {
    let mut letters = name.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_lowercase).collect();
    word(&format!("{first}{}", letters.as_str()))
}

/// A name of the core's as Swift writes those of parameters and fields.
pub fn field(name: &str) -> String {
    word(&camel(name))
}

/// A name, so that it is none of the language's own.
fn word(name: &str) -> String {
    const OWN: [&str; 10] =
        ["enum", "extension", "extern", "func", "import", "in", "init", "none", "struct", "default"];
    const FREE: [&str; 2] = ["extern", "none"];
    if OWN.contains(&name) && !FREE.contains(&name) { format!("`{name}`") } else { name.to_owned() }
}
