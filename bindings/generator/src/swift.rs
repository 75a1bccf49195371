//! Writes the Swift side: a struct for each object, whose methods call C, and the values with what reads and writes them.
//!
//! All of it lies in `enum Core`, and only the package's own modules see it. An object that a value
//! holds is one of the package's own class, which is made of a `Core` object and has it as `core`. What is public are the
//! calls of few numbers, which are written out for each count (`arity`), and the settings (`settings`).

mod arity;
mod calls;
mod settings;
mod types;
mod values;
mod walk;

use std::fmt::Write as _;

use crate::model::{Model, Object};
use crate::names::snake;
use calls::call;
pub use walk::walk;

const HEAD: &str = "// swift-format-ignore-file
// Generated from the exports of the core: see bindings/generator. Do not change it.

internal import CTrimaran

";

/// Each file by its name, and its text.
pub fn swift(model: &Model) -> Vec<(String, String)> {
    let mut files: Vec<_> = model
        .objects
        .iter()
        .map(|object| (format!("Core{}.swift", object.named.name), self::object(model, object)))
        .collect();
    files.push(("CoreValues.swift".to_owned(), values::values(model)));
    files.push(("CoreFunctions.swift".to_owned(), functions(model)));
    files.push(("Settings.swift".to_owned(), settings::settings(model)));
    files.push(("Arities.swift".to_owned(), arity::arities()));
    files
}

fn object(model: &Model, object: &Object) -> String {
    let mut out = HEAD.to_owned();
    let (name, snake) = (&object.named.name, snake(&object.named.name));
    out.push_str("extension Core {\n");
    docs(&mut out, "  ", &object.named.docs);
    _ = write!(
        out,
        "  package struct {name}: ~Copyable, @unchecked Sendable {{
    /// One hold on the object of the core.
    package let pointer: OpaquePointer

    /// Takes over a hold.
    @inline(__always)
    package init(_ pointer: OpaquePointer) {{ self.pointer = pointer }}

    deinit {{ trimaran_{snake}_free(pointer) }}

    /// One more hold, which its receiver releases.
    package borrowing func kept() -> OpaquePointer {{
      trimaran_{snake}_keep(pointer)
      return pointer
    }}
"
    );
    for method in object.constructors.iter().chain(&object.methods) {
        call(&mut out, model, Some(name), method);
    }
    out.push_str("  }\n}\n");
    out
}

fn functions(model: &Model) -> String {
    let mut out = HEAD.to_owned();
    out.push_str("extension Core {");
    for function in &model.functions {
        call(&mut out, model, None, function);
    }
    out.push_str("}\n");
    out
}

/// Writes documents as comments.
fn docs(out: &mut String, indent: &str, lines: &[String]) {
    for line in lines {
        _ = writeln!(out, "{}", format!("{indent}/// {line}").trim_end());
    }
}
