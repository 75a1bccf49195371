//! A call of each operation for Swift's tests, which cannot call by name: the arguments come from a `Given`, which the tests
//! have by hand. A type that it does not know does not compile.

use std::fmt::Write as _;

use super::types::{case, field};
use crate::crossing::{Operation, operations};
use crate::model::{Model, Type};
use crate::names::camel;
use crate::names::snake;

/// The file with all of them.
pub fn walk(model: &Model) -> String {
    let mut out = String::from(
        "// swift-format-ignore-file
// Generated from the exports of the core: see bindings/generator. Do not change it.

@testable import Trimaran

extension Walk {
  static let operations: [Walk] = [
",
    );
    for operation in operations(model) {
        let _ = writeln!(
            out,
            "    Walk(\"{}\", isMethod: {}, count: {}) {{ given in {}{}{} }},",
            operation.title(),
            operation.has_receiver(),
            operation.method.params.len(),
            // The result is of no interest.
            if operation.method.result.is_some() || is_made(&operation) { "_ = " } else { "" },
            if operation.method.fails { "try " } else { "" },
            call(&operation),
        );
    }
    out.push_str("  ]\n}\n");
    out
}

fn is_made(operation: &Operation<'_>) -> bool {
    operation.class.is_some() && !operation.has_receiver()
}

fn call(operation: &Operation<'_>) -> String {
    let params = operation.method.params.iter().enumerate().map(|(place, param)| {
        let value = match &param.ty {
            Type::Object(class) => object(class, &place.to_string()),
            other => value(other, place, &param.name),
        };
        format!("{}: {value}", camel(&param.name))
    });
    let params = params.collect::<Vec<_>>().join(", ");
    let name = &operation.method.named.name;
    match operation.class {
        Some(class) if operation.has_receiver() => {
            format!("{}.{}({params})", object(class, "Given.receiver"), case(&field(name)))
        }
        Some(class) if name == "new" => format!("Core.{class}({params})"),
        Some(class) => format!("Core.{class}.{}({params})", field(name)),
        None => format!("Core.{}({params})", field(name)),
    }
}

fn object(class: &str, place: &str) -> String {
    format!("given.{}({place}).core", case(&camel(&snake(class))))
}

fn value(ty: &Type, place: usize, name: &str) -> String {
    match ty {
        Type::Bool => format!("given.bool({place})"),
        Type::Int { .. } => format!("given.int({place}, \"{name}\")"),
        Type::Float { .. } => format!("given.float({place})"),
        Type::Text => format!("given.text({place})"),
        Type::Bytes => format!("given.bytes({place})"),
        Type::Object(_) | Type::Foreign(_) | Type::Record(_) | Type::Enum(_) => format!("given.value({place})"),
        Type::Option(inner) => format!("given.option({place}) {{ {} }}", value(inner, place, name)),
        Type::List(inner) => format!("given.list({place}) {{ {} }}", value(inner, place, name)),
    }
}
