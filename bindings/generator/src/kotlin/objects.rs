//! A class for each object, and the functions that belong to none.

use std::fmt::Write as _;

use super::{docs, head, is_lent, lift, lower, name, number, word};
use crate::crossing::Crossing;
use crate::jni::Operation;
use crate::model::{Method, Model, Object};
use crate::names::snake;

pub fn file(model: &Model, object: &Object) -> String {
    let mut out = head(&["NativeObject", "Reader", "Writer", "lent"]);
    let class = &object.named.name;
    docs(&mut out, "", &object.named.docs);
    let _ = writeln!(out, "internal class {class}(handle: Long) : NativeObject(handle, Native.{}) {{", kind(class));
    let (first, others): (Vec<_>, Vec<_>) = object.constructors.iter().partition(|made| made.named.name == "new");
    for made in first {
        docs(&mut out, "    ", &made.named.docs);
        let call = call(model, &operation(object, made), "");
        let _ = writeln!(out, "    constructor({}) :\n        this({call})\n", params(made).join(", "));
    }
    for method in &object.methods {
        if !method.is_by_hand("kotlin") {
            function(&mut out, "    ", model, &operation(object, method), "handle");
        }
    }
    if !others.is_empty() {
        out.push_str("    companion object {\n");
        for made in others {
            function(&mut out, "        ", model, &operation(object, made), "");
        }
        tidy(&mut out);
        out.push_str("    }\n");
    }
    tidy(&mut out);
    out.push_str("}\n");
    out
}

/// Without an empty line at the end.
fn tidy(out: &mut String) {
    while out.ends_with("\n\n") {
        out.pop();
    }
}

/// How the class is called where its handles are freed.
pub fn kind(class: &str) -> String {
    snake(class).to_uppercase()
}

fn operation<'a>(object: &'a Object, method: &'a Method) -> Operation<'a> {
    Operation { owner: Some(&object.named), is_of_enum: false, method }
}

pub fn functions(model: &Model) -> String {
    let mut out = head(&["Reader", "Writer", "lent"]);
    for method in &model.functions {
        let made = Operation { owner: None, is_of_enum: false, method };
        function(&mut out, "", model, &made, "");
    }
    tidy(&mut out);
    out
}

fn params(method: &Method) -> Vec<String> {
    method.params.iter().map(|param| format!("{}: {}", word(&param.name), name(&param.ty))).collect()
}

fn function(out: &mut String, indent: &str, model: &Model, made: &Operation<'_>, this: &str) {
    let method = made.method;
    docs(out, indent, &method.named.docs);
    let visibility = if made.owner.is_none() { "internal " } else { "" };
    let head = format!("{visibility}fun {}({})", word(&method.named.name), params(method).join(", "));
    let Some(result) = &method.result else {
        let _ = writeln!(out, "{indent}{head}: Unit =\n{indent}    {}\n", call(model, made, this));
        return;
    };
    let crossing = Crossing::of(model, result);
    let ty = name(result);
    if let Crossing::OptionalNumber(inner) = crossing {
        let _ = writeln!(
            out,
            "{indent}{head}: {ty} {{\n{indent}    val buffer = LongArray(1)\n{indent}    val isThere = {}\n{indent}    return if (isThere) {} else null\n{indent}}}\n",
            call(model, made, this),
            number(inner, "buffer")
        );
        return;
    }
    let found = lift(crossing, &call(model, made, this));
    let _ = writeln!(out, "{indent}{head}: {ty} =\n{indent}    {found}\n");
}

/// The call of `Native`, during which its arguments live. `this` is how the function gets the object that it is called on.
fn call(model: &Model, made: &Operation<'_>, this: &str) -> String {
    let (mut given, mut kept) = (Vec::new(), Vec::new());
    if !this.is_empty() {
        given.push(this.to_owned());
        kept.push("this".to_owned());
    }
    for param in &made.method.params {
        let crossing = Crossing::of(model, &param.ty);
        let name = word(&param.name);
        given.push(lower(crossing, &name));
        if is_lent(crossing) {
            kept.push(name);
        }
    }
    if let Some(Crossing::OptionalNumber(_)) = made.method.result.as_ref().map(|ty| Crossing::of(model, ty)) {
        given.push("buffer".to_owned());
    }
    let call = format!("Native.{}({})", made.native_name(), given.join(", "));
    if kept.is_empty() { call } else { format!("lent({}) {{ {call} }}", kept.join(", ")) }
}
