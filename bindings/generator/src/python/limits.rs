//! The classes of limits, in Python: whole, with documents and types, so that a limit is declared in the core alone.

use std::fmt::Write as _;

use super::words;
use crate::model::{Field, Model, Record, Type};
use crate::settings::{self, Untrusted, is_time};

const HEAD: &str = r#""""Limits: generated from the records of the core, by bindings/generator. Do not change it."""

# ruff: noqa
from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Self

from ._native import {functions}
from ._numeric_record import NumericRecord

if TYPE_CHECKING:
    from typing import TypedDict, Unpack
"#;

/// The text of `_limits.py`.
pub fn limits(model: &Model) -> String {
    let records = settings::limits(model);
    let mut functions: Vec<_> = records
        .iter()
        .filter_map(|record| Untrusted::of(model, record))
        .map(|untrusted| untrusted.function.named.name.as_str())
        .collect();
    functions.sort_unstable();
    let mut out = HEAD.replace("{functions}", &functions.join(", "));
    for record in &records {
        let name = &record.named.name;
        let _ = write!(
            out,
            "\n    class {name}Changes(TypedDict, total=False):\n        \"\"\"The fields of `{name}`, any of them.\"\"\"\n\n"
        );
        for field in &record.fields {
            let _ = writeln!(out, "        {}: {}", field.name, hint(field));
        }
    }
    for record in records {
        class(&mut out, model, record);
    }
    out
}

fn class(out: &mut String, model: &Model, record: &Record) {
    let name = &record.named.name;
    let _ = writeln!(out, "\n\nclass {name}(NumericRecord):");
    let mut lines = worded(model, &record.named.docs);
    lines.extend([String::new(), "Each number is 0 or more; `None` is what is not set.".to_owned()]);
    document(out, "    ", &lines);
    let slots: String = record.fields.iter().map(|field| format!("        \"{}\",\n", field.name)).collect();
    let _ = write!(out, "\n    __slots__ = (\n{slots}    )\n");
    set(out, record, "_narrow", is_narrow);
    set(out, record, "_switches", is_switch);
    set(out, record, "_times", is_time);
    for field in &record.fields {
        let _ = writeln!(out, "    {}: {}", field.name, hint(field));
        document(out, "    ", &of_field(model, field));
    }
    out.push_str("\n    def __init__(\n        self,\n        *,\n");
    for field in &record.fields {
        let default = if is_switch(field) { "False" } else { "None" };
        let _ = writeln!(out, "        {}: {} = {default},", field.name, hint(field));
    }
    out.push_str(
        "    ) -> None:
        \"\"\"One in which nothing is set but what is given.\"\"\"
        # A field may have the name of that function.
        self._take(builtins.locals())
",
    );
    untrusted(out, model, record);
    let _ = write!(
        out,
        "
    def replace(self, **changes: Unpack[{name}Changes]) -> Self:
        \"\"\"The same, except for `changes`. `copy.replace` does the same.

        Raises as the constructor does.
        \"\"\"
        return self._replaced(changes)

    __replace__ = replace
"
    );
}

/// The names of the fields of one kind, if there are any.
fn set(out: &mut String, record: &Record, name: &str, is_in: fn(&Field) -> bool) {
    let fields = record.fields.iter().filter(|field| is_in(field));
    let names: Vec<_> = fields.map(|field| format!("\"{}\"", field.name)).collect();
    if !names.is_empty() {
        let _ = writeln!(out, "    {name} = frozenset({{{}}})", names.join(", "));
    }
}

fn untrusted(out: &mut String, model: &Model, record: &Record) {
    let Some(found) = Untrusted::of(model, record) else { return };
    let name = &record.named.name;
    let _ = writeln!(out, "\n    @classmethod\n    def untrusted(cls, **changes: Unpack[{name}Changes]) -> Self:");
    let (mut lines, item) = match found.within {
        Some((owner, field)) => {
            (vec![format!("The `{}` of `{owner}.untrusted`.", field.name)], format!("[\"{}\"]", field.name))
        }
        None => (worded(model, &found.function.named.docs), String::new()),
    };
    lines.extend([String::new(), "What `changes` names is different.".to_owned()]);
    document(out, "        ", &lines);
    let _ = writeln!(out, "        return cls._from_raw({}(){item})._replaced(changes)", found.function.named.name);
}

/// The documentation of a field. A time is in seconds in Python.
fn of_field(model: &Model, field: &Field) -> Vec<String> {
    let lines = worded(model, &field.docs);
    if !is_time(field) {
        return lines;
    }
    lines.iter().map(|line| line.replace("in milliseconds", "in seconds, to the millisecond")).collect()
}

fn worded(model: &Model, lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| words::failing(model, line)).collect()
}

fn document(out: &mut String, indent: &str, lines: &[String]) {
    let text: Vec<_> = lines.iter().map(|line| line.trim_end()).collect();
    let end = if lines.len() > 1 { format!("\n{indent}") } else { String::new() };
    let text = text.join("\n").replace('\n', &format!("\n{indent}")).replace(&format!("\n{indent}\n"), "\n\n");
    let _ = writeln!(out, "{indent}\"\"\"{text}{end}\"\"\"");
}

fn hint(field: &Field) -> &'static str {
    match field {
        _ if is_switch(field) => "bool",
        _ if is_time(field) => "float | None",
        _ => "int | None",
    }
}

fn is_switch(field: &Field) -> bool {
    field.ty == Type::Bool
}

/// Whether the core has 32 bits for the number.
fn is_narrow(field: &Field) -> bool {
    field.ty == Type::Option(Box::new(Type::Int { signed: false, bits: 32 }))
}
