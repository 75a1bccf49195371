//! Settings: what turns the package's public classes into the records that cross, and the other way round. A setting that comes is
//! named by its property alone.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::word;
use crate::model::{Field, Model, Record, Type};
use crate::settings::is_time;

/// The records that have a public class of the same name, with a property for each field by its name. A number is a `Long` or an
/// `Int` there, and milliseconds are a `Duration`.
const SETTINGS: [&str; 4] = ["Config", "ModuleLimits", "PoolingConfig", "StoreLimits"];

/// The file, which belongs to the public package.
pub fn file(model: &Model) -> String {
    let records: Vec<_> =
        model.records.iter().filter(|record| SETTINGS.contains(&record.named.name.as_str())).collect();
    let types = records.iter().flat_map(|record| &record.fields).filter_map(|field| match inner(&field.ty) {
        Type::Enum(name) if model.choice(name).is_some_and(|choice| choice.is_plain()) => Some(name.as_str()),
        _ => None,
    });
    let words: BTreeSet<_> = types.collect();
    let mut out = String::from(
        "// Generated from the exports of the core, by bindings/generator: do not change it.\n\n@file:JvmSynthetic\n@file:Suppress(\"warnings\")\n\npackage dev.trimaran\n\nimport java.time.Duration\n",
    );
    for class in records.iter().map(|record| record.named.name.as_str()).chain(words.iter().copied()) {
        let _ = writeln!(out, "import dev.trimaran.internal.ffi.{class} as Raw{class}");
    }
    for record in records {
        write(&mut out, record);
    }
    for class in words {
        let _ = write!(
            out,
            "\ninternal fun {class}.toRaw(): Raw{class} = Raw{class}.valueOf(name)\n\ninternal fun Raw{class}.toPublic(): {class} = {class}.valueOf(name)\n"
        );
    }
    out
}

fn write(out: &mut String, record: &Record) {
    let class = &record.named.name;
    let list = |form: &dyn Fn(&Field) -> String| {
        record.fields.iter().map(|field| format!("        {},\n", form(field))).collect::<String>()
    };
    let given = list(&|field| format!("{} = {}", word(&field.name), taken(field)));
    let _ = write!(
        out,
        "\n/** Fails with `Range` for a number below 0. */\ninternal fun {class}.toRaw(): Raw{class} =\n    Raw{class}(\n{given}    )\n"
    );
    let _ = write!(out, "\ninternal fun Raw{class}.toPublic(): {class}");
    if class == "Config" {
        // It has no constructor with all of them.
        let sets = list(&|field| format!("it.{} = {}", word(&field.name), found(field))).replace(",\n", "\n");
        let _ = write!(out, " =\n    Config().also {{\n{sets}    }}\n");
        let named = list(&|field| {
            let (property, is_list) = (word(&field.name), matches!(field.ty, Type::List(_)));
            format!("\"{property}\" to {property}{}", if is_list { ".ifEmpty { null }" } else { "" })
        });
        let _ = write!(
            out,
            "\n/** All settings, by the names of their properties. */\ninternal fun Config.settings(): Map<String, Any?> =\n    linkedMapOf(\n{named}    )\n"
        );
    } else {
        let made = list(&|field| format!("{} = {}", word(&field.name), found(field)));
        let _ = write!(out, " =\n    {class}(\n{made}    )\n");
    }
}

fn inner(ty: &Type) -> &Type {
    match ty {
        Type::Option(inner) | Type::List(inner) => self::inner(inner),
        other => other,
    }
}

/// What crosses of a property.
fn taken(field: &Field) -> String {
    let property = word(&field.name);
    match &field.ty {
        Type::Option(inner) => match &**inner {
            Type::Int { .. } if is_time(field) => format!("size({property}?.milliseconds(), \"{}\")", field.name),
            Type::Int { bits: 64, .. } => format!("size({property}, \"{}\")", field.name),
            Type::Int { .. } => format!("count({property}, \"{}\")", field.name),
            Type::Record(_) | Type::Enum(_) => format!("{property}?.toRaw()"),
            _ => property,
        },
        Type::List(_) => format!("{property}.map {{ it.toRaw() }}"),
        _ => property,
    }
}

/// The property of what has crossed.
fn found(field: &Field) -> String {
    let raw = word(&field.name);
    match &field.ty {
        Type::Option(inner) => match &**inner {
            Type::Int { .. } if is_time(field) => format!("{raw}?.let {{ Duration.ofMillis(it.toSize()) }}"),
            Type::Int { bits: 64, .. } => format!("{raw}?.toSize()"),
            Type::Int { .. } => format!("{raw}?.toInt()"),
            Type::Record(_) | Type::Enum(_) => format!("{raw}?.toPublic()"),
            _ => raw,
        },
        Type::List(_) => format!("{raw}.map {{ it.toPublic() }}"),
        _ => raw,
    }
}
