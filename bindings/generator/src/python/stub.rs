//! The stub of the extension module. What is written by hand has a stub of its own, `_by_hand.pyi`.

use std::fmt::Write as _;

use super::methods::constructor_name;
use super::{generated, words};
use crate::model::{Method, Model, Param, Type};
use crate::names::snake;

const HEAD: &str = r#""""The extension module: generated from the exports of the core, beside what is written by hand."""

# ruff: noqa
from collections.abc import Iterable
from typing import Any

from . import _by_hand
from ._by_hand import *
from ._ffi import BytesLike
from .externs import Extern
from .store import Storelike
from .types import FuncType, GlobalType, MemoryType, RefType, TableType, TagType
"#;

/// The public classes of `trimaran.types` that are records of the core.
const TYPES: [&str; 6] = ["FuncType", "GlobalType", "MemoryType", "RefType", "TableType", "TagType"];

/// The text of `_native.pyi`. `by_hand` is that of `_by_hand.pyi`, which has a class for each that has methods there.
pub fn stub(model: &Model, by_hand: &str) -> String {
    let body = body(model, by_hand);
    let mut out = HEAD.to_owned();
    for object in &model.objects {
        let name = &object.named.name;
        if names_type(&body, name) {
            let _ = match words::of_component(name) {
                Some(public) if public != name => {
                    writeln!(out, "from .{} import {public} as {name}", words::module(name))
                }
                _ => writeln!(out, "from .{} import {name}", words::module(name)),
            };
        }
    }
    out + &body
}

/// Whether the stub names a class as a type: behind a colon, an arrow or a bracket.
fn names_type(body: &str, name: &str) -> bool {
    let is_end = |rest: &str| !rest.starts_with(|letter: char| letter.is_alphanumeric());
    [": ", "-> ", "["].iter().any(|before| body.split(&format!("{before}{name}")).skip(1).any(is_end))
}

fn body(model: &Model, by_hand: &str) -> String {
    let mut out = String::new();
    for object in &model.objects {
        let name = &object.named.name;
        let has_bodies = by_hand.contains(&format!("\nclass {name}Bodies:"));
        let base = if has_bodies { format!("(_by_hand.{name}Bodies)") } else { String::new() };
        let _ = writeln!(out, "\nclass {name}Base{base}:");
        if generated(&object.constructors).chain(generated(&object.methods)).next().is_none() {
            out.push_str("    pass\n");
        }
        for made in generated(&object.constructors) {
            let params = params(model, name, made);
            let _ = writeln!(out, "    def {}(self{params}) -> None: ...", constructor_name(made));
        }
        for method in generated(&object.methods) {
            let result = method.result.as_ref().map_or("None".to_owned(), |ty| hint(model, ty, false));
            let (visible, params) = (words::method(name, method), params(model, name, method));
            let _ = writeln!(out, "    def {visible}(self{params}) -> {result}:");
            docs(&mut out, model, method, "        ");
        }
    }
    for function in &model.functions {
        let result = function.result.as_ref().map_or("None".to_owned(), |ty| hint(model, ty, false));
        let params = params(model, "", function);
        let params = params.trim_start_matches(", ");
        let _ = writeln!(out, "\ndef {}({params}) -> {result}:", snake(&function.named.name));
        docs(&mut out, model, function, "    ");
    }
    out
}

fn docs(out: &mut String, model: &Model, method: &Method, indent: &str) {
    let text = words::docs(model, &method.named.docs);
    let joined = text.iter().map(|line| line.trim_end()).collect::<Vec<_>>();
    let _ = match joined.as_slice() {
        [only] => writeln!(out, "{indent}\"\"\"{only}\"\"\""),
        lines => {
            let text = lines.join(&format!("\n{indent}"));
            writeln!(out, "{indent}\"\"\"{text}\n{indent}\"\"\"")
        }
    };
}

fn params(model: &Model, class: &str, method: &Method) -> String {
    let one = |param: &Param| {
        let is_store = method.store().is_some_and(|store| store.name == param.name) && !class.is_empty();
        let ty = if is_store { "Storelike".to_owned() } else { hint(model, &param.ty, true) };
        let default = param.default.as_ref().map(|value| format!(" = {value}")).unwrap_or_default();
        format!(", {}: {ty}{default}", words::name(&param.name))
    };
    method.params.iter().map(one).collect()
}

fn hint(model: &Model, ty: &Type, is_given: bool) -> String {
    match ty {
        Type::Bool => "bool".into(),
        Type::Int { .. } => "int".into(),
        Type::Float { .. } => "float".into(),
        Type::Text => "str".into(),
        Type::Bytes => if is_given { "BytesLike" } else { "bytes" }.into(),
        Type::Object(name) => name.clone(),
        Type::Record(name) if TYPES.contains(&name.as_str()) => name.clone(),
        Type::Enum(name) if model.choice(name).is_some_and(|choice| choice.union().is_some()) => name.clone(),
        Type::Record(_) | Type::Enum(_) | Type::Foreign(_) => "Any".into(),
        Type::Option(inner) => format!("{} | None", hint(model, inner, is_given)),
        Type::List(inner) => {
            format!("{}[{}]", if is_given { "Iterable" } else { "list" }, hint(model, inner, is_given))
        }
    }
}
