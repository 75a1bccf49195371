//! The public types of settings: structs with the core's documents.

use std::fmt::Write as _;

use super::types::{case, field, public_field, public_list, public_value};
use super::{HEAD, docs};
use crate::model::{Field, Model, Record, Type};
use crate::names::camel;
use crate::settings::{is_time, limits, worded};

/// The records that are no limits. Each begins as one in which nothing is set.
const PLAIN: [&str; 3] = ["Config", "PoolingConfig", "WasiConfig"];

/// The file with all of them.
pub fn settings(model: &Model) -> String {
    let mut out = HEAD.replace("internal import CTrimaran\n\n", "");
    let plain = model.records.iter().filter(|record| PLAIN.contains(&record.named.name.as_str()));
    plain.for_each(|record| structure(&mut out, model, record));
    let others = limits(model).into_iter().filter(|record| !PLAIN.contains(&record.named.name.as_str()));
    for record in others {
        structure(&mut out, model, record);
        // What is optional Swift decodes by itself.
        if record.fields.iter().any(|one| one.ty == Type::Bool) {
            decoding(&mut out, record);
        }
        if record.named.name == "StoreLimits" {
            set(&mut out, model, record);
        }
    }
    out
}

/// What is on or off comes last.
fn ordered(record: &Record) -> Vec<&Field> {
    let (switches, others): (Vec<_>, Vec<_>) = record.fields.iter().partition(|one| one.ty == Type::Bool);
    if PLAIN.contains(&record.named.name.as_str()) {
        return record.fields.iter().collect();
    }
    others.into_iter().chain(switches).collect()
}

fn structure(out: &mut String, model: &Model, record: &Record) {
    let name = &record.named.name;
    docs(out, "", &words(model, record, &record.named.docs));
    let is_plain = PLAIN.contains(&name.as_str());
    // What is granted may be a closure.
    let kinds = if name == "WasiConfig" { "Sendable" } else { "Sendable, Hashable, Codable" };
    _ = writeln!(out, "public struct {name}: {kinds} {{");
    for one in ordered(record) {
        docs(out, "  ", &of_field(model, record, one));
        let default = if is_plain { initial(one) } else { String::new() };
        _ = writeln!(out, "  public var {}: {}{default}", public_field(&one.name), public_value(one));
    }
    if is_plain {
        out.push_str("\n  /// One in which nothing is set.\n  public init() {}\n}\n\n");
        return;
    }
    out.push_str("\n  /// One in which nothing is set but what is given.\n  public init(\n");
    out.push_str(&params(record));
    out.push_str("  ) {\n");
    for one in ordered(record) {
        let name = public_field(&one.name);
        _ = writeln!(out, "    self.{name} = {name}");
    }
    out.push_str("  }\n}\n\n");
}

/// The default of what is not optional.
fn initial(one: &Field) -> String {
    match &one.ty {
        Type::Bool => " = false".to_owned(),
        ty if public_list(ty).is_some() => " = [:]".to_owned(),
        Type::List(_) => " = []".to_owned(),
        _ => String::new(),
    }
}

fn params(record: &Record) -> String {
    let param = |one: &Field| {
        let default = if one.ty == Type::Bool { "false" } else { "nil" };
        format!("    {}: {} = {default}", public_field(&one.name), public_value(one))
    };
    ordered(record).into_iter().map(param).collect::<Vec<_>>().join(",\n") + "\n"
}

/// What a decoder lacks is not set.
fn decoding(out: &mut String, record: &Record) {
    let name = &record.named.name;
    _ = write!(
        out,
        "extension {name} {{
  /// What is not there is not set.
  public init(from decoder: any Decoder) throws {{
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init()
"
    );
    for one in ordered(record) {
        let (name, ty) = (public_field(&one.name), public_value(one));
        let default = if one.ty == Type::Bool { " ?? false" } else { "" };
        _ = writeln!(
            out,
            "    {name} = try values.decodeIfPresent({}.self, forKey: .{name}){default}",
            ty.trim_end_matches('?')
        );
    }
    out.push_str("  }\n}\n\n");
}

/// The call that sets the limits of a store one by one.
fn set(out: &mut String, model: &Model, record: &Record) {
    out.push_str(
        "extension Store {
  /// Limits what guests may have from now on, in the place of all earlier limits: what is not named has none. What guests
  /// have already they keep.
  ///
  /// ```swift
  /// try store.setLimits(memorySize: 16 << 20, instances: 4)
  /// ```
  ///
  /// - Parameters:
",
    );
    for one in ordered(record) {
        let lines = of_field(model, record, one).join(" ");
        _ = writeln!(out, "  ///   - {}: {lines}", public_field(&one.name));
    }
    let given = |one: &Field| format!("{0}: {0}", public_field(&one.name));
    _ = write!(
        out,
        "  public func setLimits(\n{}  ) throws(WasmtimeError) {{\n    try setLimits(StoreLimits({}))\n  }}\n}}\n\n",
        params(record),
        ordered(record).into_iter().map(given).collect::<Vec<_>>().join(", "),
    );
}

fn of_field(model: &Model, record: &Record, one: &Field) -> Vec<String> {
    let mut lines = words(model, record, &one.docs);
    if is_time(one) {
        lines.iter_mut().for_each(|line| *line = line.replace("in milliseconds", "to the millisecond, 0 or more"));
    }
    for (_, text) in one.also.iter().filter(|(language, _)| language == "swift") {
        lines.extend([String::new(), text.clone()]);
    }
    lines
}

fn words(model: &Model, record: &Record, lines: &[String]) -> Vec<String> {
    worded(lines, |code| word(model, record, code))
}

/// A name of the core's, in Swift's words: links to what is public here, and cases of errors.
fn word(model: &Model, record: &Record, code: &str) -> Option<String> {
    if record.fields.iter().any(|one| one.name == code) {
        return Some(format!("``{}``", public_field(code)));
    }
    if model.error()?.variants.iter().any(|variant| variant.name == code) {
        return Some(format!("`{}`", case(code)));
    }
    if model.object(code).is_some() || model.record(code).is_some() {
        return Some(format!("``{code}``"));
    }
    let (class, name) = code.split_once('.')?;
    let method = model.object(class)?.methods.iter().find(|method| method.named.name == name)?;
    Some(if method.params.is_empty() {
        format!("``{class}/{}()``", camel(name))
    } else {
        format!("`{class}.{}`", field(name))
    })
}
