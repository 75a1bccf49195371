//! Records and enums, their readers and their writers.

use std::fmt::Write as _;

use super::{docs, head, name, word};
use crate::model::{Enum, Field, Foreign, Model, Named, Receiver, Record, Type};
use crate::names::{camel, snake};
use crate::reach::Reach;

pub fn file(model: &Model) -> Result<String, String> {
    let mut out = head(&["Reader", "Writer"]);
    let reach = Reach::of(model);
    for foreign in &model.foreign {
        interface(&mut out, foreign);
    }
    for value in &model.records {
        record(&mut out, value);
    }
    for choice in &model.enums {
        if choice.is_plain() {
            plain(&mut out, choice, "internal");
        } else {
            sealed(&mut out, choice);
        }
        union(&mut out, choice);
    }
    for value in &model.records {
        if reach.given.contains(&value.named.name) {
            read_record(&mut out, value)?;
        }
        if reach.taken.contains(&value.named.name) {
            write_record(&mut out, value);
        }
    }
    for choice in &model.enums {
        if reach.given.contains(&choice.named.name) {
            read_enum(&mut out, choice)?;
        }
        if reach.taken.contains(&choice.named.name) {
            write_enum(&mut out, choice);
        }
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    Ok(out)
}

fn interface(out: &mut String, foreign: &Foreign) {
    docs(out, "", &foreign.named.docs);
    let _ = writeln!(
        out,
        "internal interface {} {{\n    /** A handle of it, which is the core's from then on. */\n    fun lower(): Long\n}}\n",
        foreign.named.name
    );
}

fn record(out: &mut String, value: &Record) {
    docs(out, "", &value.named.docs);
    let _ = writeln!(out, "internal data class {}(", value.named.name);
    for field in &value.fields {
        docs(out, "    ", &field.docs);
        let default = field.default.as_ref().map(|text| format!(" = {}", default(text, &field.ty))).unwrap_or_default();
        let _ = writeln!(out, "    var {}: {}{default},", word(&field.name), name(&field.ty));
    }
    out.push(')');
    if value.named.is_shown {
        out.push_str(" {\n");
        show(out, &value.named);
        out.push('}');
    }
    out.push_str("\n\n");
}

/// A default of Rust's, in Kotlin.
fn default(text: &str, ty: &Type) -> String {
    match (text, ty) {
        ("" | "None", Type::Option(_)) => "null".into(),
        ("" | "[]", Type::List(_)) => "emptyList()".into(),
        ("", Type::Bool) => "false".into(),
        ("", Type::Int { signed: true, .. }) => "0".into(),
        ("", Type::Int { .. }) => "0u".into(),
        (number, Type::Int { signed: false, .. }) => format!("{number}u"),
        (other, _) => other.to_owned(),
    }
}

fn show(out: &mut String, named: &Named) {
    let native = camel(&format!("{}_show", snake(&named.name)));
    let _ = writeln!(
        out,
        "    final override fun toString(): String = String(Native.{native}(Writer.bytes {{ write(this@{}) }}), Charsets.UTF_8)",
        named.name
    );
}

/// An enum of words alone, which is `public` or `internal`.
pub fn plain(out: &mut String, choice: &Enum, visibility: &str) {
    docs(out, "", &choice.named.docs);
    let _ = writeln!(out, "{visibility} enum class {} {{", choice.named.name);
    for variant in &choice.variants {
        docs(out, "    ", &variant.docs);
        let _ = writeln!(out, "    {},", snake(&variant.name).to_uppercase());
    }
    out.push_str("}\n\n");
}

fn sealed(out: &mut String, choice: &Enum) {
    let class = &choice.named.name;
    docs(out, "", &choice.named.docs);
    let _ = writeln!(out, "internal sealed class {class} {{");
    for method in &choice.methods {
        if method.receiver == Receiver::None || !method.params.is_empty() || method.result != Some(Type::Text) {
            continue;
        }
        docs(out, "    ", &method.named.docs);
        let native = camel(&format!("{}_{}", snake(class), method.named.name));
        let _ = writeln!(
            out,
            "    fun {}(): String = String(Native.{native}(Writer.bytes {{ write(this@{class}) }}), Charsets.UTF_8)\n",
            word(&method.named.name)
        );
    }
    if choice.named.is_shown {
        show(out, &choice.named);
        out.push('\n');
    }
    for (index, variant) in choice.variants.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        docs(out, "    ", &variant.docs);
        if variant.fields.is_empty() {
            let _ = writeln!(out, "    object {} : {class}()", variant.name);
            continue;
        }
        let fields: Vec<_> =
            variant.fields.iter().map(|field| format!("val {}: {}", word(&field.name), name(&field.ty))).collect();
        let _ = write!(out, "    class {}({}) : {class}()", variant.name, fields.join(", "));
        out.push('\n');
    }
    out.push_str("}\n\n");
}

/// The two ways of an enum of objects, whose handles have the place of the variant in the low bits.
fn union(out: &mut String, choice: &Enum) {
    let Some(objects) = choice.union() else { return };
    let (class, way) = (&choice.named.name, camel(&snake(&choice.named.name)));
    let _ = writeln!(
        out,
        "internal fun {way}Given(tagged: Long): {class} {{\n    val handle = tagged and 7L.inv()\n    return when ((tagged and 7L).toInt()) {{"
    );
    for (place, (variant, _, object)) in objects.iter().enumerate() {
        let pattern = if place + 1 == objects.len() { "else".to_owned() } else { place.to_string() };
        let _ = writeln!(out, "        {pattern} -> {class}.{}({object}(handle))", variant.name);
    }
    let _ = writeln!(out, "    }}\n}}\n\ninternal fun {way}Taken(value: {class}): Long =\n    when (value) {{");
    for (place, (variant, field, _)) in objects.iter().enumerate() {
        let _ = writeln!(out, "        is {class}.{} -> value.{}.handle or {place}L", variant.name, word(&field.name));
    }
    out.push_str("    }\n\n");
}

fn read_record(out: &mut String, value: &Record) -> Result<(), String> {
    let fields = arguments(&value.named, &value.fields)?;
    let class = &value.named.name;
    let _ = writeln!(out, "internal fun Reader.read{class}(): {class} =\n    {class}({fields})\n");
    Ok(())
}

fn arguments(owner: &Named, fields: &[Field]) -> Result<String, String> {
    if let Some(field) = fields.iter().find(|field| matches!(field.ty, Type::Foreign(_))) {
        let place = &owner.place;
        return Err(format!(
            "{}:{}: {}: {}: Kotlin cannot be given an object of the language's own",
            place.file, place.line, owner.name, field.name
        ));
    }
    Ok(fields.iter().map(|field| read(&field.ty)).collect::<Vec<_>>().join(", "))
}

fn write_record(out: &mut String, value: &Record) {
    let _ = writeln!(out, "internal fun Writer.write(value: {}) {{", value.named.name);
    for field in &value.fields {
        let _ = writeln!(out, "    {}", write(&field.ty, &format!("value.{}", word(&field.name))));
    }
    out.push_str("}\n\n");
}

fn read_enum(out: &mut String, choice: &Enum) -> Result<(), String> {
    let class = &choice.named.name;
    if choice.is_plain() {
        let _ = writeln!(
            out,
            "private val all{class} = {class}.values()\n\ninternal fun Reader.read{class}(): {class} =\n    all{class}[readInt() - 1]\n"
        );
        return Ok(());
    }
    let _ = writeln!(out, "internal fun Reader.read{class}(): {class} =\n    when (val place = readInt()) {{");
    for (index, variant) in choice.variants.iter().enumerate() {
        let made = format!("{class}.{}", variant.name);
        let fields = arguments(&choice.named, &variant.fields)?;
        let made = if variant.fields.is_empty() { made } else { format!("{made}({fields})") };
        let _ = writeln!(out, "        {} -> {made}", index + 1);
    }
    let _ = writeln!(out, "        else -> error(\"{class} has no variant $place\")\n    }}\n");
    Ok(())
}

fn write_enum(out: &mut String, choice: &Enum) {
    let class = &choice.named.name;
    if choice.is_plain() {
        let _ = writeln!(out, "internal fun Writer.write(value: {class}) {{\n    write(value.ordinal + 1)\n}}\n");
        return;
    }
    let _ = writeln!(out, "internal fun Writer.write(value: {class}) {{\n    when (value) {{");
    for (index, variant) in choice.variants.iter().enumerate() {
        if variant.fields.is_empty() {
            let _ = writeln!(out, "        {class}.{} -> write({})", variant.name, index + 1);
            continue;
        }
        let _ = writeln!(out, "        is {class}.{} -> {{\n            write({})", variant.name, index + 1);
        for field in &variant.fields {
            let _ = writeln!(out, "            {}", write(&field.ty, &format!("value.{}", word(&field.name))));
        }
        out.push_str("        }\n");
    }
    out.push_str("    }\n}\n\n");
}

/// Reads one, inside of a `Reader`.
pub fn read(ty: &Type) -> String {
    match ty {
        Type::Option(inner) => format!("readOption {{ {} }}", read(inner)),
        Type::List(inner) => format!("readList {{ {} }}", read(inner)),
        Type::Object(class) => format!("{class}(readLong())"),
        other => format!("read{}()", name(other)),
    }
}

/// Writes one, inside of a `Writer`. Of an object, a handle of its own.
pub fn write(ty: &Type, value: &str) -> String {
    match ty {
        Type::Option(inner) => format!("writeOption({value}) {{ {} }}", write(inner, "it")),
        Type::List(inner) => format!("writeList({value}) {{ {} }}", write(inner, "it")),
        Type::Object(class) => {
            format!("write({value}.clone(Native::{}))", camel(&format!("{}_clone", snake(class))))
        }
        Type::Foreign(_) => format!("write({value}.lower())"),
        _ => format!("write({value})"),
    }
}
