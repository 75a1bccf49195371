//! Methods, constructors and functions: each reads its arguments, runs the core, and gives what that gave.

use std::fmt::Write as _;

use super::values::{give, take};
use super::{generated, words};
use crate::model::{Method, Model, Object, Pace, Param, Pass, Receiver, Type};

/// The methods of a class.
pub fn write(out: &mut String, model: &Model, object: &Object) {
    let name = &object.named.name;
    let _ = writeln!(out, "#[pymethods]\nimpl {name}Base {{");
    for made in generated(&object.constructors) {
        constructor(out, model, name, made);
    }
    for method in generated(&object.methods) {
        self::method(out, model, name, method);
    }
    out.push_str("}\n\n");
}

/// The functions of the module.
pub fn functions(out: &mut String, model: &Model) {
    for function in &model.functions {
        let name = &function.named.name;
        docs(out, model, &function.named.docs, "");
        // The core's own function has the plain name here.
        let _ = writeln!(out, "#[pyfunction(name = \"{name}\")]\nfn {name}_<'py>(\n    py: Python<'py>,");
        for param in &function.params {
            let _ = writeln!(out, "    {}: &Bound<'py, PyAny>,", param.name);
        }
        let _ = writeln!(out, ") -> PyResult<{}> {{", result(function));
        let given = arguments(out, "    ", function).join(", ");
        body(out, "    ", "", function, &format!("trimaran::{}({given})", function.rust_name));
    }
}

fn docs(out: &mut String, model: &Model, lines: &[String], indent: &str) {
    for line in words::docs(model, lines) {
        let _ = writeln!(out, "{}", format!("{indent}/// {line}").trim_end());
    }
}

/// What the function gives to PyO3.
fn result(method: &Method) -> &'static str {
    if method.result.is_some() { "Bound<'py, PyAny>" } else { "()" }
}

fn head(out: &mut String, method: &Method, name: &str, result: &str) {
    if method.params.iter().any(|param| param.default.is_some()) {
        let part = |form: fn(&Param, &str) -> String| {
            let parts = method.params.iter().map(|param| match &param.default {
                Some(value) => form(param, value),
                None => words::name(&param.name),
            });
            parts.collect::<Vec<_>>().join(", ")
        };
        let given = part(|param, _| format!("{} = Maybe::Absent", words::name(&param.name)));
        let shown = part(|param, value| format!("{}={value}", param.name));
        let _ = writeln!(out, "    #[pyo3(signature = ({given}), text_signature = \"($self, {shown})\")]");
    }
    let _ = writeln!(out, "    fn {name}<'py>(\n        slf: &Bound<'py, Self>,");
    for param in &method.params {
        let ty = if param.default.is_some() { "Maybe<'_, 'py>" } else { "&Bound<'py, PyAny>" };
        let _ = writeln!(out, "        {}: {ty},", words::name(&param.name));
    }
    let _ = writeln!(out, "    ) -> PyResult<{result}> {{");
}

/// Reads the parameters, and gives the arguments for the core.
fn arguments(out: &mut String, indent: &str, method: &Method) -> Vec<String> {
    let mut given = Vec::new();
    for param in &method.params {
        let name = &words::name(&param.name);
        if method.store().is_some_and(|store| store.name == *name) {
            let _ = writeln!(out, "{indent}let {name} = raw_store({name})?;");
            given.push(name.clone());
            continue;
        }
        let read = take(param, name, &words::param(param));
        let read = match &param.default {
            Some(value) => format!("match {name}.given() {{ Some({name}) => {read}, None => {value} }}"),
            None => read,
        };
        let _ = writeln!(out, "{indent}let {name} = {read};");
        given.push(match (&param.ty, param.pass) {
            (Type::Text | Type::Bytes | Type::Object(_), Pass::Reference) => format!("&{name}"),
            (Type::Text, Pass::Value) => format!("(&*{name}).into()"),
            (Type::Bytes, Pass::Value) => format!("{name}.to_vec()"),
            _ => name.clone(),
        });
    }
    given
}

/// Runs the work, with or without the GIL, and gives what it gave.
fn body(out: &mut String, indent: &str, class: &str, method: &Method, call: &str) {
    let call = if method.fails { call.to_owned() } else { format!("Ok({call})") };
    let done = run(out, indent, class, method, &call);
    let _ = match &method.result {
        None => writeln!(out, "{indent}{done}"),
        Some(ty) => writeln!(out, "{indent}let found = {done};\n{indent}{}", give(ty, "found?")),
    };
    let _ = writeln!(out, "{}}}\n", &indent[4..]);
}

/// The call, as long as it takes: a long one lets go of the GIL, a brief one keeps it where the store is free.
fn run(out: &mut String, indent: &str, class: &str, method: &Method, call: &str) -> String {
    if method.pace == Pace::Long {
        // A constructor without arguments is the closure itself.
        let closure = call.strip_suffix("()").filter(|path| !path.contains(['(', '.']));
        return format!("enter(py, {})", closure.map_or_else(|| format!("|| {call}"), str::to_owned));
    }
    let store = method.store().map(|store| store.name.as_str()).or((class == "Store").then_some("this"));
    let brief = |work: &str| match store {
        Some(store) => format!("quick(py, {store}, {work})"),
        None => format!("moment(py, {work})"),
    };
    let lengths = words::lengths(method);
    if lengths.is_empty() {
        return brief(&format!("|| {call}"));
    }
    let short = lengths.iter().map(|param| match &param.ty {
        Type::Option(_) => format!("{}.is_some_and(is_short)", param.name),
        Type::Bytes | Type::List(_) => format!("is_short({}.len() as i64)", param.name),
        _ => format!("is_short({})", param.name),
    });
    let short = short.collect::<Vec<_>>().join(" && ");
    let _ = writeln!(out, "{indent}let work = || {call};");
    format!("if {short} {{ {} }} else {{ enter(py, work) }}", brief("work"))
}

fn method(out: &mut String, model: &Model, class: &str, method: &Method) {
    docs(out, model, &method.named.docs, "    ");
    let name = words::method(class, method);
    head(out, method, if name == "type" { "r#type" } else { &name }, result(method));
    out.push_str("        let (py, this) = (slf.py(), this(slf)?);\n");
    let given = arguments(out, "        ", method).join(", ");
    let receiver = if method.receiver == Receiver::Shared { "Arc::clone(this)" } else { "this" };
    body(out, "        ", class, method, &format!("{receiver}.{}({given})", method.rust_name));
}

/// Fills an object that `__new__` made.
fn constructor(out: &mut String, model: &Model, class: &str, made: &Method) {
    docs(out, model, &made.named.docs, "    ");
    head(out, made, &constructor_name(made), "()");
    out.push_str("        let py = slf.py();\n        unopened(slf)?;\n");
    let given = arguments(out, "        ", made).join(", ");
    let call = format!("{class}::{}({given})", made.rust_name);
    let done = run(out, "        ", class, made, &if made.fails { call } else { format!("Ok({call})") });
    let _ = writeln!(out, "        let made = {done}?;\n        open(slf, made)\n    }}\n");
}

/// `_make`, or `_make_from_file` for one of several.
pub fn constructor_name(made: &Method) -> String {
    if made.named.name == "new" { "_make".to_owned() } else { format!("_make_{}", made.named.name) }
}
