//! Records and enums: their types, and what reads and writes them as UniFFI serialises them.

use std::fmt::Write as _;

use super::types::{
    case, field, is_public, is_unlabelled, named, public_case, public_field, public_list, reading, value, writing,
};
use super::{HEAD, docs};
use crate::crossing::texts;
use crate::model::{Enum, Field, Model, Record, Type, Variant};
use crate::names::{camel, snake};
use crate::reach::Reach;
use crate::settings::is_time;

pub fn values(model: &Model) -> String {
    let mut out = HEAD.to_owned();
    let reach = Reach::of(model);
    for record in &model.records {
        if !is_public(&record.named.name) {
            structure(&mut out, record);
        }
        record_crossing(&mut out, record, reach.given.contains(&record.named.name));
    }
    for choice in &model.enums {
        if !is_public(&choice.named.name) {
            enumeration(&mut out, choice);
        }
        enum_crossing(&mut out, choice, reach.given.contains(&choice.named.name));
        if choice.union().is_some() {
            item(&mut out, choice);
        }
    }
    for name in texts(model) {
        text(&mut out, name);
    }
    out
}

fn structure(out: &mut String, record: &Record) {
    out.push_str("extension Core {\n");
    docs(out, "  ", &record.named.docs);
    _ = writeln!(out, "  package struct {}: Sendable {{", record.named.name);
    for one in &record.fields {
        docs(out, "    ", &one.docs);
        _ = writeln!(out, "    package var {}: {}", field(&one.name), value(&one.ty));
    }
    out.push_str("  }\n}\n\n");
}

fn enumeration(out: &mut String, choice: &Enum) {
    out.push_str("extension Core {\n");
    docs(out, "  ", &choice.named.docs);
    _ = writeln!(out, "  package enum {}: Sendable {{", choice.named.name);
    for variant in &choice.variants {
        docs(out, "    ", &variant.docs);
        let fields: Vec<_> =
            variant.fields.iter().map(|one| format!("{}: {}", camel(&one.name), value(&one.ty))).collect();
        let fields = if fields.is_empty() { String::new() } else { format!("({})", fields.join(", ")) };
        _ = writeln!(out, "    case {}{fields}", case(&variant.name));
    }
    out.push_str("  }\n}\n\n");
}

/// Reads a field, of a public type or of `Core`.
fn reading_field(one: &Field, public: bool) -> String {
    match reading(&one.ty, "reader") {
        read if public && one.ty == U32 => format!("Int({read})"),
        read if public && is_place(one) => format!("{read}.map(Int.init)"),
        read if public && is_time(one) => format!("{read}.map {{ .milliseconds($0) }}"),
        read => read,
    }
}

fn writing_field(one: &Field, value: &str, public: bool) -> String {
    if public && one.ty == U32 {
        format!("writer.number(UInt32(clamping: {value}))")
    } else if public && is_place(one) {
        writing(&one.ty, &format!("{value}.map(UInt32.init(clamping:))"), "writer")
    } else if public && is_time(one) {
        writing(&one.ty, &format!("{value}.map(milliseconds)"), "writer")
    } else if public && public_list(&one.ty).is_some() {
        format!("{value}.write(to: &writer)")
    } else if let (true, Type::Foreign(name)) = (public, &one.ty) {
        format!("Core.{name}(body: {value}).write(to: &writer)")
    } else {
        writing(&one.ty, value, "writer")
    }
}

/// Whether it is a line or a column of a file, if that is known: an `Int` in a public type.
fn is_place(one: &Field) -> bool {
    matches!(one.name.as_str(), "line" | "column") && matches!(&one.ty, Type::Option(inner) if **inner == U32)
}

const U32: Type = Type::Int { signed: false, bits: 32 };

/// The name of a field, in its type.
fn field_name(one: &Field, public: bool) -> String {
    if public { public_field(&one.name) } else { field(&one.name) }
}

/// The name of a case, in its type.
fn case_name(variant: &Variant, public: bool) -> String {
    if public { public_case(variant) } else { case(&variant.name) }
}

fn record_crossing(out: &mut String, record: &Record, is_given: bool) {
    let public = is_public(&record.named.name);
    _ = writeln!(out, "extension {} {{", named(&record.named.name));
    if is_given {
        out.push_str("  init(reading reader: inout Reader) {\n");
        for one in &record.fields {
            _ = writeln!(out, "    self.{} = {}", field_name(one, public), reading_field(one, public));
        }
        out.push_str("  }\n\n");
    }
    out.push_str("  func write(to writer: inout Writer) {\n");
    for one in &record.fields {
        _ = writeln!(out, "    {}", writing_field(one, &field_name(one, public), public));
    }
    out.push_str("  }\n}\n\n");
}

fn enum_crossing(out: &mut String, choice: &Enum, is_given: bool) {
    let public = is_public(&choice.named.name);
    _ = writeln!(out, "extension {} {{", named(&choice.named.name));
    if is_given {
        read_enum(out, choice, public);
    }
    out.push_str("  func write(to writer: inout Writer) {\n    switch self {\n");
    for (number, variant) in (1..).zip(&choice.variants) {
        write_variant(out, choice, number, variant, public);
    }
    if choice.is_error {
        // What a host function threw is no variant of the core's.
        out.push_str("    case .thrown(let error): WasmtimeError.words(of: error).write(to: &writer)\n");
    }
    out.push_str("    }\n  }\n}\n\n");
}

fn read_enum(out: &mut String, choice: &Enum, public: bool) {
    out.push_str("  init(reading reader: inout Reader) {\n    switch reader.number(Int32.self) {\n");
    for (number, variant) in (1..).zip(&choice.variants) {
        let payload = |one: &Field| {
            let read = reading_field(one, public);
            let is_bare = public && is_unlabelled(&one.ty, &one.name, &variant.name);
            if is_bare { read } else { format!("{}: {read}", camel(&one.name)) }
        };
        let fields: Vec<_> = variant.fields.iter().map(payload).collect();
        let fields = if fields.is_empty() { String::new() } else { format!("({})", fields.join(", ")) };
        _ = writeln!(out, "    case {number}: self = .{}{fields}", case_name(variant, public));
    }
    _ = writeln!(out, "    case let other: unknown(\"{}\", other)\n    }}\n  }}\n", choice.named.name);
}

/// Writes the case of a variant. The number under which an error was kept stays with the core.
fn write_variant(out: &mut String, choice: &Enum, number: i32, variant: &Variant, public: bool) {
    let is_thrown = |one: &Field| choice.is_error && one.name == "thrown";
    let names: Vec<_> =
        variant.fields.iter().filter(|one| !is_thrown(one)).map(|one| format!("let {}", field(&one.name))).collect();
    let names = if names.is_empty() { String::new() } else { format!("({})", names.join(", ")) };
    _ = writeln!(out, "    case .{}{names}:\n      writer.number(Int32({number}))", case_name(variant, public));
    for one in &variant.fields {
        if is_thrown(one) {
            out.push_str("      writer.bool(false)\n");
        } else {
            _ = writeln!(out, "      {}", writing_field(one, &field(&one.name), public));
        }
    }
}

/// An enum of objects as C has it: an item is lent, one that comes out is ours.
fn item(out: &mut String, choice: &Enum) {
    let objects = choice.union().unwrap_or_default();
    let public = is_public(&choice.named.name);
    _ = writeln!(
        out,
        "extension {} {{\n  init(_ item: trimaran_item) {{\n    let pointer = made(OpaquePointer(item.object))\n    switch item.variant {{",
        named(&choice.named.name)
    );
    for (number, (variant, one, class)) in (1..).zip(&objects) {
        _ = writeln!(
            out,
            "    case {number}: self = .{}({}Trimaran.{class}(Core.{class}(pointer)))",
            case_name(variant, public),
            if public { String::new() } else { format!("{}: ", camel(&one.name)) }
        );
    }
    _ = writeln!(
        out,
        "    case let other: unknown(\"{}\", other)\n    }}\n  }}\n\n  var item: trimaran_item {{\n    switch self {{",
        choice.named.name
    );
    for (number, (variant, ..)) in (1..).zip(&objects) {
        _ = writeln!(
            out,
            "    case .{}(let object): trimaran_item(variant: {number}, object: UnsafeRawPointer(object.core.pointer))",
            case_name(variant, public)
        );
    }
    out.push_str("    }\n  }\n\n  /// The numbers of the variants, as an item has them.\n  enum Variant {\n");
    for (number, (variant, ..)) in (1..).zip(&objects) {
        _ = writeln!(out, "    static let {}: Int32 = {number}", case_name(variant, public));
    }
    out.push_str("  }\n}\n\n");
}

fn text(out: &mut String, name: &str) {
    _ = write!(
        out,
        "extension {}: CustomStringConvertible {{
  /// The text for people, which the core writes: a type as in the text format, or a sentence.
  {}var description: String {{
    let value = Writer.bytes {{ write(to: &$0) }}
    var result = trimaran_bytes()
    var error = trimaran_bytes()
    let status = trimaran_{}_text(value, value.count, &result, &error)
    if status != 0 {{ failed(error) }}
    return try! result.text()
  }}
}}

",
        named(name),
        if is_public(name) { "public " } else { "" },
        snake(name)
    );
}
