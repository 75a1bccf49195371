//! The public classes of limits: data classes, with the core's documents.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{PUBLIC_HEAD, name, word};
use crate::model::{Field, Model, Record, Type};
use crate::names::camel;
use crate::settings::{self, Untrusted, is_time, worded};

/// The file with all of them.
pub fn file(model: &Model) -> String {
    let records = settings::limits(model);
    let functions: BTreeSet<_> = records
        .iter()
        .filter_map(|record| Untrusted::of(model, record))
        .map(|untrusted| camel(&untrusted.function.named.name))
        .collect();
    let mut out = PUBLIC_HEAD.to_owned();
    for function in functions {
        let _ = writeln!(out, "import dev.trimaran.internal.ffi.{function}");
    }
    out.push_str("import java.io.Serializable\nimport java.time.Duration\n");
    for record in records {
        class(&mut out, model, record);
        if record.named.name == "StoreLimits" {
            one_by_one(&mut out, record);
        }
    }
    out
}

/// A base of `Store`, which sets limits by their names: what is a function of a class needs no import.
fn one_by_one(out: &mut String, record: &Record) {
    let default = |field: &Field| if field.ty == Type::Bool { "false" } else { "null" };
    let param = |field: &Field| format!("        {}: {} = {},\n", word(&field.name), property(field), default(field));
    let names: Vec<_> = record.fields.iter().map(|field| word(&field.name)).collect();
    let _ = write!(
        out,
        "
/** Sets the limits of a store one by one: a base of [Store]. */
public abstract class StoreLimiting internal constructor() {{
    /** Limits what guests may use from now on: see [Store]. */
    public abstract fun setLimits(limits: StoreLimits)

    /**
     * Limits what the store may have from now on, as in `store.setLimits(memorySize = 1 shl 20)`. This replaces all
     * earlier limits: one that you do not name is no limit. To change one of several limits, copy the value that has
     * them: `store.setLimits(StoreLimits.untrusted().copy(memories = 1))`.
     */
    @JvmSynthetic
    public fun setLimits(
{}    ): Unit = setLimits(StoreLimits({}))
}}
",
        record.fields.iter().map(param).collect::<String>(),
        names.join(", "),
    );
}

fn class(out: &mut String, model: &Model, record: &Record) {
    let name = &record.named.name;
    out.push_str("\n/**\n");
    comment(out, " * ", &words(model, record, &record.named.docs));
    out.push_str(" *\n * What is not set is null. Each number is 0 or more; one below 0 fails with `Range`.\n *\n");
    for field in &record.fields {
        let mut lines = documents(model, record, field);
        if let Some(first) = lines.first_mut() {
            first.insert_str(0, &format!("@property {} ", word(&field.name)));
        }
        comment(out, " * ", &lines);
    }
    let _ = writeln!(out, " */\npublic data class {name} @JvmOverloads constructor(");
    // What a configuration holds is changed in it.
    let is_held = model.records.iter().any(|other| holds(model, other, name));
    for field in &record.fields {
        let (kind, ty) = (if is_held { "var" } else { "val" }, property(field));
        let default = if field.ty == Type::Bool { "false" } else { "null" };
        let _ = writeln!(out, "    public {kind} {}: {ty} = {default},", word(&field.name));
    }
    out.push_str(") : Serializable {\n");
    if is_held {
        setters(out, record);
    } else {
        builder(out, record);
    }
    companion(out, model, record, !is_held);
    out.push_str("}\n");
}

/// What Java sets numbers by: it makes a `long` of an `int`, and no `Long`.
pub fn setters(out: &mut String, record: &Record) {
    for field in record.fields.iter().filter(|field| property(field) == "Long?") {
        let (name, method) = (word(&field.name), camel(&format!("set_{}", field.name)));
        let _ = write!(
            out,
            "    /** Sets [{name}], from Java. */\n    public fun {method}({name}: Long) {{\n        this.{name} = {name}\n    }}\n\n"
        );
    }
}

/// What Java makes one by that cannot be changed.
fn builder(out: &mut String, record: &Record) {
    let name = &record.named.name;
    let _ = write!(
        out,
        "    /**
     * Makes limits in Java, where no parameter has a name: `{name}.builder()`, a method for each limit, and `build()`.
     * Each of the methods gives another builder.
     */
    public class Builder internal constructor(private val limits: {name}) {{
        /** The limits. */
        public fun build(): {name} = limits

        /** The limits. */
        override fun toString(): String = \"$limits\"
"
    );
    for field in &record.fields {
        let (field_name, ty) = (word(&field.name), property(field));
        let ty = ty.trim_end_matches('?');
        let _ = write!(
            out,
            "
        /** Sets [{name}.{field_name}]. */
        public fun {field_name}(value: {ty}): Builder = Builder(limits.copy({field_name} = value))
"
        );
    }
    out.push_str(
        "    }

    /** A builder that begins with these limits. */
    public fun toBuilder(): Builder = Builder(this)

",
    );
}

fn companion(out: &mut String, model: &Model, record: &Record, has_builder: bool) {
    const SERIAL: &str = "        private const val serialVersionUID = 1L\n";
    let Some(found) = Untrusted::of(model, record) else {
        let _ = write!(out, "    private companion object {{\n{SERIAL}    }}\n");
        return;
    };
    let name = &record.named.name;
    let core = format!("core {{ {}() }}", camel(&found.function.named.name));
    let (lines, given) = match found.within {
        Some((owner, field)) => (
            vec![format!("The [{owner}.{}] of [{owner}.untrusted].", word(&field.name))],
            format!("{core}.{}?.toPublic() ?: {name}()", word(&field.name)),
        ),
        None => (found.function.named.docs.clone(), format!("{core}.toPublic()")),
    };
    let _ = write!(out, "    /** Other ways to limits. */\n    public companion object {{\n{SERIAL}\n");
    if has_builder {
        let _ = write!(
            out,
            "        /** A builder that begins without a limit. */\n        @JvmStatic\n        public fun builder(): Builder = Builder({name}())\n\n"
        );
    }
    out.push_str("        /**\n");
    comment(out, "         * ", &lines);
    let _ = write!(
        out,
        "         *\n         * A copy is the same but for what it names: `{name}.untrusted().copy(…)`.\n         */
        @JvmStatic
        public fun untrusted(): {name} = {given}
    }}
"
    );
}

fn comment(out: &mut String, indent: &str, lines: &[String]) {
    for line in lines {
        let _ = writeln!(out, "{}", format!("{indent}{line}").trim_end());
    }
}

/// The documentation of a field, in Kotlin's words.
pub fn documents(model: &Model, record: &Record, field: &Field) -> Vec<String> {
    let mut lines = words(model, record, &field.docs);
    if is_time(field) {
        lines.iter_mut().for_each(|line| *line = line.replace("in milliseconds", "in whole milliseconds"));
    }
    for (_, text) in field.also.iter().filter(|(language, _)| language == "kotlin") {
        lines.extend([String::new(), text.clone()]);
    }
    lines
}

/// A documentation of the core's, in Kotlin's words.
pub fn words(model: &Model, record: &Record, lines: &[String]) -> Vec<String> {
    worded(lines, |code| link(model, record, code))
}

/// A link, for a name of the core's that is public here: of a field, an object or a method of one.
fn link(model: &Model, record: &Record, code: &str) -> Option<String> {
    if let Some(field) = record.fields.iter().find(|field| field.name == code) {
        return Some(format!("[{}]", word(&field.name)));
    }
    if model.object(code).is_some() {
        return Some(format!("[{code}]"));
    }
    let (class, name) = code.split_once('.')?;
    let method = model.object(class)?.methods.iter().find(|method| method.named.name == name)?;
    Some(format!("[{class}.{}]", camel(&method.named.name)))
}

/// Whether a record has one of that name, or an enum of which a variant has one.
fn holds(model: &Model, record: &Record, name: &str) -> bool {
    let is_one = |ty: &Type| matches!(ty, Type::Record(found) if found == name);
    record.fields.iter().any(|field| {
        let Type::Option(inner) = &field.ty else { return false };
        let choice = match &**inner {
            Type::Enum(choice) => model.choice(choice),
            _ => None,
        };
        let mut fields = choice.into_iter().flat_map(|choice| &choice.variants).flat_map(|variant| &variant.fields);
        is_one(inner) || fields.any(|field| is_one(&field.ty))
    })
}

/// The type of a property: numbers have a sign.
pub fn property(field: &Field) -> String {
    match &field.ty {
        _ if is_time(field) => "Duration?".to_owned(),
        ty => name(ty).replace("ULong", "Long").replace("UInt", "Int"),
    }
}
