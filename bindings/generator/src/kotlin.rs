//! Writes the Kotlin half of the JNI: the package `dev.trimaran.internal.ffi`, all of it internal. `Native.kt` declares the
//! functions that Rust gives the class `Native`; the other files have a class for each object, record and enum, and call
//! those. `Conversions.kt` belongs to the public package: it turns its settings into what crosses. What is public itself lies
//! in a folder of its own: the classes of settings and limits, and what is written out for each count of parameters.
//!
//! What is written stands on a few classes by hand in `dev.trimaran.internal`: `NativeObject`, `Reader` and `Writer`.

mod arity;
mod config;
mod limits;
mod native;
mod objects;
mod settings;
mod suspending;
mod values;

use std::fmt::Write as _;

use crate::crossing::Crossing;
use crate::model::{Model, Type};
use crate::names::{camel, snake};

/// Where the package lies in a folder of sources.
pub const PLACE: &str = "dev/trimaran/internal/ffi";

/// Where what is public lies in it.
pub const PUBLIC: &str = "dev/trimaran";

/// The public files, by their names.
pub fn public(model: &Model) -> Vec<(String, String)> {
    let config = config::file(model).map(|text| ("Config.kt".to_owned(), text));
    let others = [
        ("Limits.kt".to_owned(), limits::file(model)),
        ("Arities.kt".to_owned(), arity::file()),
        ("Suspending.kt".to_owned(), suspending::file()),
    ];
    config.into_iter().chain(others).collect()
}

/// The files of the package, by their names. They fit the library of that build.
pub fn files(model: &Model, build: &str) -> Result<Vec<(String, String)>, String> {
    let mut files = vec![("Native.kt".to_owned(), native::file(model))];
    files.push((
        "Build.kt".to_owned(),
        format!("{}/** The build of the library. */\ninternal const val BUILD: String = \"{build}\"\n", head(&[])),
    ));
    files.push(("Values.kt".to_owned(), values::file(model)?));
    files.push(("Conversions.kt".to_owned(), settings::file(model)));
    files.push(("Functions.kt".to_owned(), objects::functions(model)));
    for object in &model.objects {
        files.push((format!("{}.kt", object.named.name), objects::file(model, object)));
    }
    Ok(files)
}

/// How each public file begins.
const PUBLIC_HEAD: &str = "// Generated from the exports of the core, by bindings/generator: do not change it.

@file:Suppress(\"warnings\")

package dev.trimaran

";

/// How each other file begins.
fn head(imports: &[&str]) -> String {
    let mut out = PUBLIC_HEAD.replace("dev.trimaran", "dev.trimaran.internal.ffi");
    for import in imports {
        let _ = writeln!(out, "import dev.trimaran.internal.{import}");
    }
    if !imports.is_empty() {
        out.push('\n');
    }
    out
}

/// Kotlin's type of a value.
fn name(ty: &Type) -> String {
    match ty {
        Type::Bool => "Boolean".into(),
        Type::Int { signed, bits } => {
            let width = match bits {
                8 => "Byte",
                16 => "Short",
                32 => "Int",
                _ => "Long",
            };
            format!("{}{width}", if *signed { "" } else { "U" })
        }
        Type::Float { bits: 32 } => "Float".into(),
        Type::Float { .. } => "Double".into(),
        Type::Text => "String".into(),
        Type::Bytes => "ByteArray".into(),
        Type::Object(name) | Type::Foreign(name) | Type::Record(name) | Type::Enum(name) => name.clone(),
        Type::Option(inner) => format!("{}?", name(inner)),
        Type::List(inner) => format!("List<{}>", name(inner)),
    }
}

/// A name of a parameter, a field or a function.
fn word(name: &str) -> String {
    const KEYWORDS: [&str; 10] = ["as", "class", "fun", "in", "interface", "is", "object", "package", "val", "when"];
    let name = camel(name);
    if KEYWORDS.contains(&name.as_str()) { format!("`{name}`") } else { name }
}

/// A comment for what is declared next.
fn docs(out: &mut String, indent: &str, lines: &[String]) {
    let clean: Vec<_> = lines.iter().map(|line| line.replace("*/", "*&#47;").replace("/*", "&#47;*")).collect();
    match clean.as_slice() {
        [] => {}
        [line] => {
            let _ = writeln!(out, "{indent}/** {line} */");
        }
        lines => {
            let _ = writeln!(out, "{indent}/**");
            for line in lines {
                let _ = writeln!(out, "{}", format!("{indent} * {line}").trim_end());
            }
            let _ = writeln!(out, "{indent} */");
        }
    }
}

/// How a value is passed to a function of `Native`.
fn lower(crossing: Crossing<'_>, name: &str) -> String {
    match crossing {
        Crossing::Number(Type::Int { bits, signed: false }) => format!("{name}.{}", to_signed(*bits)),
        Crossing::OptionalNumber(inner) => {
            let (zero, cast) = match inner {
                Type::Bool => ("false", String::new()),
                Type::Float { bits: 32 } => ("0f", String::new()),
                Type::Float { .. } => ("0.0", String::new()),
                Type::Int { signed: false, bits } => ("0u", format!(".{}", to_signed(*bits))),
                _ => ("0", String::new()),
            };
            format!("{name} != null, ({name} ?: {zero}){cast}")
        }
        Crossing::Object(_) => format!("{name}.handle"),
        Crossing::OptionalObject(_) => format!("{name}?.handle ?: 0"),
        Crossing::Union(choice) => format!("{}Taken({name})", camel(&snake(&choice.named.name))),
        Crossing::OptionalUnion(choice) => {
            format!("{name}?.let(::{}Taken) ?: 0", camel(&snake(&choice.named.name)))
        }
        Crossing::Serialised(ty) => format!("Writer.bytes {{ {} }}", values::write(ty, name)),
        _ => name.to_owned(),
    }
}

fn to_signed(bits: u8) -> &'static str {
    match bits {
        8 => "toByte()",
        16 => "toShort()",
        32 => "toInt()",
        _ => "toLong()",
    }
}

/// The objects that have to live until a call is over: the names of the arguments that are or hold one.
fn is_lent(crossing: Crossing<'_>) -> bool {
    matches!(
        crossing,
        Crossing::Object(_) | Crossing::OptionalObject(_) | Crossing::Union(_) | Crossing::OptionalUnion(_)
    )
}

/// What a call of `Native` gives, as the package has it.
fn lift(crossing: Crossing<'_>, call: &str) -> String {
    match crossing {
        Crossing::Number(Type::Int { bits, signed: false }) => {
            let cast = match bits {
                8 => "toUByte()",
                16 => "toUShort()",
                32 => "toUInt()",
                _ => "toULong()",
            };
            format!("{call}.{cast}")
        }
        Crossing::Text => format!("String({call}, Charsets.UTF_8)"),
        Crossing::OptionalText(_) => format!("{call}?.let {{ String(it, Charsets.UTF_8) }}"),
        Crossing::Object(class) => format!("{class}({call})"),
        Crossing::OptionalObject(class) => format!("{call}.let {{ if (it == 0L) null else {class}(it) }}"),
        Crossing::Union(choice) => format!("{}Given({call})", camel(&snake(&choice.named.name))),
        Crossing::OptionalUnion(choice) => {
            let name = camel(&snake(&choice.named.name));
            format!("{call}.let {{ if (it == 0L) null else {name}Given(it) }}")
        }
        Crossing::Serialised(ty) => format!("Reader({call}).run {{ {} }}", values::read(ty)),
        _ => call.to_owned(),
    }
}

/// The number in the buffer that a call has filled.
fn number(ty: &Type, buffer: &str) -> String {
    match ty {
        Type::Bool => format!("{buffer}[0] != 0L"),
        Type::Float { bits: 32 } => format!("Double.fromBits({buffer}[0]).toFloat()"),
        Type::Float { .. } => format!("Double.fromBits({buffer}[0])"),
        Type::Int { signed: true, bits: 64 } => format!("{buffer}[0]"),
        other => format!("{buffer}[0].to{}()", name(other)),
    }
}
