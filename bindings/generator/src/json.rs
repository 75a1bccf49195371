//! The model as JSON, for tests that walk all of it: `trimaran-generator model`.
//!
//! Names are identifiers of Rust, which JSON has as they are.

use std::fmt::Write as _;

use crate::model::{Field, Method, Model, Receiver, Type};
use crate::python;

/// The text of the file: `objects`, `functions`, `records` and `enums`, each operation in a line.
pub fn json(model: &Model) -> String {
    let mut operations = Vec::new();
    for object in &model.objects {
        let class = Some(object.named.name.as_str());
        operations.extend(object.constructors.iter().chain(&object.methods).map(|made| operation(class, made)));
    }
    operations.extend(model.functions.iter().map(|function| operation(None, function)));
    let records = model.records.iter().map(|record| entry(&record.named.name, &fields(&record.fields)));
    let enums = model.enums.iter().map(|choice| {
        let variants = choice.variants.iter().map(|variant| entry(&variant.name, &fields(&variant.fields)));
        entry(&choice.named.name, &braces(variants))
    });
    let mut out = String::from("{\n");
    let _ = writeln!(out, "\"operations\": [\n{}\n],", operations.join(",\n"));
    let _ = writeln!(out, "\"records\": {{\n{}\n}},", records.collect::<Vec<_>>().join(",\n"));
    let _ = writeln!(out, "\"enums\": {{\n{}\n}}", enums.collect::<Vec<_>>().join(",\n"));
    out.push_str("}\n");
    out
}

/// An operation: its class (null for a function), its name, its parameters, what it gives, and where Python has it.
fn operation(class: Option<&str>, method: &Method) -> String {
    let name = &method.named.name;
    let is_constructor = class.is_some() && method.receiver == Receiver::None;
    let params = method.params.iter().map(|param| {
        let is_optional = param.default.is_some();
        braces([
            entry("name", &quoted(&param.name)),
            entry("type", &ty(&param.ty)),
            entry("default", &is_optional.to_string()),
        ])
    });
    let python = python::name_of(class, method).map_or("null".to_owned(), |name| quoted(&name));
    braces([
        entry("class", &class.map_or("null".to_owned(), quoted)),
        entry("name", &quoted(name)),
        entry("constructor", &is_constructor.to_string()),
        entry("params", &brackets(params)),
        entry("result", &method.result.as_ref().map_or("null".to_owned(), ty)),
        entry("fails", &method.fails.to_string()),
        entry("python", &python),
    ])
}

fn fields(fields: &[Field]) -> String {
    braces(fields.iter().map(|field| entry(&field.name, &ty(&field.ty))))
}

/// A type: its kind, and what it is of.
fn ty(ty: &Type) -> String {
    let kind = |kind: &str| entry("kind", &quoted(kind));
    let named = |name: &str, of: &str| braces([kind(name), entry("name", &quoted(of))]);
    let of = |name: &str, inner: &Type| braces([kind(name), entry("of", &self::ty(inner))]);
    match ty {
        Type::Bool => braces([kind("bool")]),
        Type::Int { signed, bits } => {
            braces([kind("int"), entry("signed", &signed.to_string()), entry("bits", &bits.to_string())])
        }
        Type::Float { bits } => braces([kind("float"), entry("bits", &bits.to_string())]),
        Type::Text => braces([kind("text")]),
        Type::Bytes => braces([kind("bytes")]),
        Type::Object(name) => named("object", name),
        Type::Foreign(name) => named("foreign", name),
        Type::Record(name) => named("record", name),
        Type::Enum(name) => named("enum", name),
        Type::Option(inner) => of("option", inner),
        Type::List(inner) => of("list", inner),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

fn entry(name: &str, value: &str) -> String {
    format!("\"{name}\": {value}")
}

fn braces(entries: impl IntoIterator<Item = String>) -> String {
    format!("{{{}}}", entries.into_iter().collect::<Vec<_>>().join(", "))
}

fn brackets(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(", "))
}
