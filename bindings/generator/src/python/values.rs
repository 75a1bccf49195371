//! Values across. What Python has itself crosses as that. A record is the tuple of its fields, or, where each field may be
//! left out, a dictionary of those that are set; an enum is its name, or a tuple of its name and its fields; an enum of
//! objects is the object. The package turns those into its own classes where it has one (`_shapes`).

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::model::{Enum, Field, Model, Param, Record, Type};
use crate::names::{screaming, snake};
use crate::python::words;

/// Readers and writers of all records and enums, and of the error.
pub fn write(out: &mut String, model: &Model) {
    let needed = Needed::of(model);
    for record in &model.records {
        if needed.given.contains(&record.named.name) {
            give_record(out, record);
        }
        if needed.taken.contains(&record.named.name) {
            take_record(out, record);
        }
    }
    for choice in model.enums.iter().filter(|choice| !choice.is_error) {
        if needed.given.contains(&choice.named.name) {
            give_enum(out, choice);
        }
        if needed.taken.contains(&choice.named.name) {
            take_enum(out, choice);
        }
    }
    if let Some(error) = model.error() {
        error_fields(out, error);
        make_error(out, error);
    }
    shown(out, model);
}

/// The records and enums that are given to Python, and those that are taken from it.
#[derive(Default)]
struct Needed {
    given: BTreeSet<String>,
    taken: BTreeSet<String>,
}

impl Needed {
    fn of(model: &Model) -> Self {
        let mut needed = Self::default();
        let of_objects = model.objects.iter().flat_map(|object| object.constructors.iter().chain(&object.methods));
        for method in of_objects.chain(&model.functions) {
            method.params.iter().for_each(|param| reach(model, &param.ty, &mut needed.taken));
            method.result.iter().for_each(|ty| reach(model, ty, &mut needed.given));
        }
        // An error is given, and asked for by its fields.
        let fields = model.error().into_iter().flat_map(|error| &error.variants).flat_map(|variant| &variant.fields);
        for field in fields {
            reach(model, &field.ty, &mut needed.given);
            reach(model, &field.ty, &mut needed.taken);
        }
        let shown =
            model.records.iter().filter(|record| record.is_shown).map(|record| Type::Record(record.named.name.clone()));
        shown.for_each(|ty| reach(model, &ty, &mut needed.taken));
        needed
    }
}

fn reach(model: &Model, ty: &Type, found: &mut BTreeSet<String>) {
    match ty {
        Type::Option(inner) | Type::List(inner) => reach(model, inner, found),
        Type::Record(name) | Type::Enum(name) if found.insert(name.clone()) => {
            let record = model.record(name).into_iter().flat_map(|record| &record.fields);
            let choice = model.choice(name).into_iter().flat_map(|choice| &choice.variants);
            let fields = record.chain(choice.flat_map(|variant| &variant.fields));
            fields.for_each(|field| reach(model, &field.ty, found));
        }
        _ => {}
    }
}

/// What Python has of a value of the core, as a `PyResult`.
pub fn give(ty: &Type, value: &str) -> String {
    match ty {
        Type::Bool => format!("bool_of(py, {value})"),
        Type::Float { bits: 32 } => format!("float_of(py, {value})"),
        Type::Int { .. } | Type::Float { .. } => format!("plain(py, {value})"),
        Type::Text => format!("text_of(py, {value})"),
        Type::Bytes => format!("bytes_of(py, &{value})"),
        Type::Object(_) => format!("give_object(py, {value})"),
        Type::Record(name) | Type::Enum(name) => format!("give_{}(py, {value})", snake(name)),
        // The core gives none back.
        Type::Foreign(_) => format!("foreign(py, {value})"),
        Type::Option(inner) => format!("option_of(py, {value}, |it| {})", give(inner, "it")),
        Type::List(inner) => format!("list_of(py, {value}, |it| {})", give(inner, "it")),
    }
}

/// What the core has of an argument. Text and bytes stay Python's own, and are lent.
pub fn take(param: &Param, value: &str, what: &str) -> String {
    let quoted = format!("format_args!(\"{what}\")");
    match &param.ty {
        Type::Int { bits: 64, .. } if !words::is_value(param) => {
            format!("{}::count({value}, {quoted})?", param.ty.rust())
        }
        Type::Option(inner) if matches!(**inner, Type::Int { bits: 64, .. }) => {
            format!("option({value}, |it| {}::count(it, {quoted}))?", inner.rust())
        }
        Type::Text => format!("take_text({value}, {quoted})?"),
        Type::Bytes => format!("take_bytes({value}, {quoted})?"),
        Type::List(inner) => {
            let item = words::item(&param.name);
            let one = owned(inner, "it", &format!("format_args!(\"{item} {{place}}\")"));
            format!("take_list({value}, |it, place| {one})?")
        }
        other => format!("{}?", owned(other, value, &quoted)),
    }
}

/// The same, as a `Result` with the core's own type.
fn owned(ty: &Type, value: &str, what: &str) -> String {
    match ty {
        Type::Bool => format!("take_bool({value}, {what})"),
        Type::Int { .. } | Type::Float { .. } => format!("{}::take({value}, {what})", ty.rust()),
        Type::Text => format!("take_text({value}, {what}).map(|it| (&*it).into())"),
        Type::Bytes => format!("take_bytes({value}, {what}).map(|it| it.to_vec())"),
        Type::Object(name) => format!("take_object::<{name}Base>({value}, {what}).map(Arc::clone)"),
        Type::Record(name) | Type::Enum(name) | Type::Foreign(name) => format!("take_{}({value}, {what})", snake(name)),
        Type::Option(inner) => format!("option({value}, |it| {})", owned(inner, "it", what)),
        Type::List(inner) => format!("take_list({value}, |it, _| {})", owned(inner, "it", what)),
    }
}

fn is_dictionary(record: &Record) -> bool {
    record.fields.iter().all(|field| field.default.is_some())
}

fn give_record(out: &mut String, record: &Record) {
    let name = &record.named.name;
    let _ =
        writeln!(out, "fn give_{}<'py>(py: Python<'py>, value: {name}) -> PyResult<Bound<'py, PyAny>> {{", snake(name));
    let value = |field: &Field| give(&field.ty, &format!("value.{}", field.name)) + "?";
    if is_dictionary(record) {
        out.push_str("    let fields = PyDict::new(py);\n");
        for field in &record.fields {
            let _ = writeln!(out, "    fields.set_item(intern!(py, \"{}\"), {})?;", field.name, value(field));
        }
    } else {
        let items: Vec<_> = record.fields.iter().map(value).collect();
        let _ = writeln!(out, "    let fields = PyTuple::new(py, [{}])?;", items.join(", "));
    }
    let _ = writeln!(out, "    {}.give(fields.into_any())\n}}\n", shape(name));
}

fn take_record(out: &mut String, record: &Record) {
    let name = &record.named.name;
    let _ =
        writeln!(out, "fn take_{}(value: &Bound<'_, PyAny>, what: Arguments<'_>) -> PyResult<{name}> {{", snake(name));
    let _ = writeln!(out, "    let value = {}.take(value, what)?;", shape(name));
    let what = |field: &Field| format!("format_args!(\"`{}`\")", field.name);
    if is_dictionary(record) {
        let _ = writeln!(out, "    let fields = value.cast::<PyDict>()?;");
        let _ = writeln!(
            out,
            "    if fields.is_empty() {{\n        return Ok({name}::default());\n    }}\n    Ok({name} {{"
        );
        for field in &record.fields {
            let read = owned(&field.ty, "it", &what(field));
            let _ =
                writeln!(out, "        {0}: field(fields, intern!(value.py(), \"{0}\"), |it| {read})?,", field.name);
        }
    } else {
        let _ = writeln!(out, "    let fields = value.cast::<PyTuple>()?;\n    Ok({name} {{");
        for (index, field) in record.fields.iter().enumerate() {
            let read = owned(&field.ty, &format!("&fields.get_item({index})?"), &what(field));
            let _ = writeln!(out, "        {}: {read}?,", field.name);
        }
    }
    out.push_str("    })\n}\n\n");
}

/// The package's own words for a record or an enum.
fn shape(name: &str) -> String {
    format!("shape!(\"{name}\")")
}

/// A pattern that binds all fields of a variant.
fn pattern(fields: &[Field]) -> String {
    let names: Vec<_> = fields.iter().map(|field| field.name.as_str()).collect();
    if names.is_empty() { String::new() } else { format!(" {{ {} }}", names.join(", ")) }
}

fn give_enum(out: &mut String, choice: &Enum) {
    let name = &choice.named.name;
    let _ = writeln!(
        out,
        "{}fn give_{}<'py>(py: Python<'py>, value: {name}) -> PyResult<Bound<'py, PyAny>> {{",
        if choice.union().is_some() || choice.named.name == "Val" { "pub(super) " } else { "" },
        snake(name)
    );
    let (is_union, is_plain) = (choice.union().is_some(), choice.is_plain());
    let _ = writeln!(out, "    {}match value {{", if is_union { "" } else { "let value = " });
    for variant in &choice.variants {
        let items = variant.fields.iter().map(|field| give(&field.ty, &field.name) + "?");
        let made = if let (true, Some(field)) = (is_union, variant.fields.first()) {
            give(&field.ty, &field.name)
        } else if is_plain {
            format!("intern!(py, \"{}\").clone().into_any()", screaming(&variant.name))
        } else {
            let label = format!("intern!(py, \"{}\").clone().into_any()", screaming(&variant.name));
            let all: Vec<_> = std::iter::once(label).chain(items).collect();
            format!("PyTuple::new(py, [{}])?.into_any()", all.join(", "))
        };
        let _ = writeln!(out, "        {name}::{}{} => {made},", variant.name, pattern(&variant.fields));
    }
    let _ = match is_union {
        true => writeln!(out, "    }}\n}}\n"),
        false => writeln!(out, "    }};\n    {}.give(value)\n}}\n", shape(name)),
    };
}

fn take_enum(out: &mut String, choice: &Enum) {
    let name = &choice.named.name;
    let _ = writeln!(
        out,
        "{}fn take_{}(value: &Bound<'_, PyAny>, what: Arguments<'_>) -> PyResult<{name}> {{",
        if choice.union().is_some() { "pub(super) " } else { "" },
        snake(name)
    );
    if let Some(union) = choice.union() {
        let mut classes: Vec<_> = union.iter().map(|(_, _, class)| *class).collect();
        for (variant, field, class) in &union {
            let _ = writeln!(
                out,
                "    if let Ok(found) = value.cast::<{class}Base>() {{\n        return Ok({name}::{} {{ {}: Arc::clone(this(found)?) }});\n    }}",
                variant.name, field.name
            );
        }
        let last = classes.pop().unwrap_or_default();
        let _ = writeln!(out, "    Err(wrong(value, what, \"a {} or {last}\"))\n}}\n", classes.join(", "));
        return;
    }
    let _ = writeln!(out, "    let value = {}.take(value, what)?;", shape(name));
    if choice.is_plain() {
        let _ = writeln!(out, "    Ok(match value.cast::<PyString>()?.to_str()? {{");
    } else {
        let _ = writeln!(out, "    let fields = value.cast::<PyTuple>()?;");
        let _ = writeln!(out, "    Ok(match fields.get_item(0)?.cast::<PyString>()?.to_str()? {{");
    }
    for variant in &choice.variants {
        let field = |(place, field): (usize, &Field)| {
            let what = format!("format_args!(\"`{}`\")", field.name);
            format!("{}: {}?", field.name, owned(&field.ty, &format!("&fields.get_item({})?", place + 1), &what))
        };
        let fields: Vec<_> = variant.fields.iter().enumerate().map(field).collect();
        let made = if fields.is_empty() { String::new() } else { format!(" {{ {} }}", fields.join(", ")) };
        let label = screaming(&variant.name);
        let _ = writeln!(out, "        \"{label}\" => {name}::{}{made},", variant.name);
    }
    let _ = writeln!(out, "        _ => return Err(unknown(value.py(), \"{name}\")),\n    }})\n}}\n");
}

/// The name of an error's variant, and its fields by name.
fn error_fields(out: &mut String, error: &Enum) {
    let name = &error.named.name;
    let _ = writeln!(
        out,
        "pub(super) fn error_fields<'py>(py: Python<'py>, error: {name}) -> PyResult<(&'static str, Bound<'py, PyDict>)> {{\n    let fields = PyDict::new(py);\n    let variant = match error {{"
    );
    for variant in &error.variants {
        let _ = writeln!(out, "        {name}::{}{} => {{", variant.name, pattern(&variant.fields));
        for field in &variant.fields {
            let value = give(&field.ty, &field.name);
            let _ = writeln!(out, "            fields.set_item(intern!(py, \"{}\"), {value}?)?;", field.name);
        }
        let _ = writeln!(out, "            \"{}\"\n        }}", variant.name);
    }
    out.push_str("    };\n    Ok((variant, fields))\n}\n\n");
}

/// An error of that name with those fields.
fn make_error(out: &mut String, error: &Enum) {
    let name = &error.named.name;
    let _ = writeln!(
        out,
        "pub(super) fn make_error(variant: &Bound<'_, PyString>, fields: &Bound<'_, PyDict>) -> PyResult<{name}> {{\n    let py = variant.py();\n    Ok(match variant.to_str()? {{"
    );
    for variant in &error.variants {
        let field = |field: &Field| {
            let read = owned(&field.ty, "it", &format!("format_args!(\"`{}`\")", field.name));
            format!("{0}: needed(fields, intern!(py, \"{0}\"), |it| {read})?", field.name)
        };
        let fields: Vec<_> = variant.fields.iter().map(field).collect();
        let made = if fields.is_empty() { String::new() } else { format!(" {{ {} }}", fields.join(", ")) };
        let _ = writeln!(out, "        \"{0}\" => {name}::{0}{made},", variant.name);
    }
    let _ = writeln!(out, "        _ => return Err(unknown(py, \"{name}\")),\n    }})\n}}\n");
}

/// The texts for people of what has one.
fn shown(out: &mut String, model: &Model) {
    out.push_str(
        "/// The words of the core for a value of that kind.
#[pyfunction]
pub(crate) fn shown(kind: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    let what = format_args!(\"the value\");
    Ok(match kind {\n",
    );
    let records = model.records.iter().filter(|record| record.is_shown).map(|record| &record.named.name);
    let enums = model.enums.iter().filter(|choice| choice.is_shown).map(|choice| &choice.named.name);
    for name in records.chain(enums) {
        let _ = writeln!(out, "        \"{name}\" => take_{}(value, what)?.to_string(),", snake(name));
    }
    out.push_str("        _ => return Err(unknown(value.py(), kind)),\n    })\n}\n\n");
}
