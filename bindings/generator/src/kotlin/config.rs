//! The public class of an engine's settings, and the words that settings have: with the core's documents.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::limits::{documents, property, setters};
use super::values::plain;
use super::{PUBLIC_HEAD, docs, name, word};
use crate::model::{Enum, Field, Model, Record, Type, Variant};
use crate::settings::{Untrusted, limits};

/// The file with all of them, where the core has settings, and a function that gives them for untrusted guests.
pub fn file(model: &Model) -> Option<String> {
    let record = model.record("Config")?;
    let found = Untrusted::of(model, record)?;
    let untrusted = super::camel(&found.function.named.name);
    let mut out = PUBLIC_HEAD.to_owned();
    let _ = writeln!(
        out,
        "import dev.trimaran.internal.ffi.{untrusted}\nimport java.io.Serializable\nimport java.util.function.Consumer\n"
    );
    for choice in words(model, record) {
        plain(&mut out, choice, "public");
    }
    let mut said = super::limits::words(model, record, &record.named.docs);
    said.extend(SAID.lines().map(str::to_owned));
    docs(&mut out, "", &said);
    out.push_str("public class Config : Serializable {\n");
    for field in &record.fields {
        docs(&mut out, "    ", &documents(model, record, field));
        let default = if matches!(field.ty, Type::List(_)) { "emptyList()" } else { "null" };
        let _ = writeln!(out, "    public var {}: {} = {default}\n", word(&field.name), property(field));
    }
    record.fields.iter().for_each(|field| block(&mut out, model, field));
    setters(&mut out, record);
    let mut said = super::limits::words(model, record, &found.function.named.docs);
    said.extend(
        ["", "You may change what it gives: `Config.untrusted().apply { … }` keeps all other settings."]
            .map(str::to_owned),
    );
    out.push_str(VALUE);
    docs(&mut out, "        ", &said);
    let _ = write!(
        out,
        "        @JvmStatic
        public fun untrusted(): Config = core {{ {untrusted}() }}.toPublic()
    }}
}}
"
    );
    Some(out)
}

/// What stands behind the core's words for the class.
const SAID: &str = "
What is not set is null. Each number is 0 or more; an engine that is made with one below 0 fails with `Range`.

```kotlin
val engine = Engine { wasmThreads = true }
```";

/// What makes it a value.
const VALUE: &str = "    /** Whether every setting is the same. */
    override fun equals(other: Any?): Boolean = other is Config && settings() == other.settings()

    /** Agrees with [equals]. */
    override fun hashCode(): Int = settings().hashCode()

    /** The settings that are not null, by name. */
    override fun toString(): String =
        settings().filterValues { it != null }.entries.joinToString(prefix = \"Config(\", postfix = \")\")

    /** Other ways to a configuration. */
    public companion object {
        private const val serialVersionUID = 1L

";

/// The enums that are a setting's words.
fn words<'a>(model: &'a Model, record: &Record) -> Vec<&'a Enum> {
    let names: BTreeSet<_> = record.fields.iter().map(|field| name(&field.ty)).collect();
    let is_one = |choice: &&Enum| choice.is_plain() && names.contains(&format!("{}?", choice.named.name));
    model.enums.iter().filter(is_one).collect()
}

/// What changes limits that a setting has, or that a variant of it has, in a block of their own.
fn block(out: &mut String, model: &Model, field: &Field) {
    let Type::Option(inner) = &field.ty else { return };
    let all = limits(model);
    let limits = |ty: &Type| all.iter().find(|record| *ty == Type::Record(record.named.name.clone())).copied();
    let setting = word(&field.name);
    if let Some(record) = limits(inner) {
        let body = format!("{setting} = ({setting}?.copy() ?: {}()).apply(configure)", record.named.name);
        return configure(out, &setting, record, &format!("Changes [{setting}]"), &body);
    }
    let Type::Enum(choice) = &**inner else { return };
    let variants = model.choice(choice).map_or(&[][..], |choice| &choice.variants);
    for Variant { name, fields, .. } in variants {
        let [held] = fields.as_slice() else { continue };
        let (Some(record), part) = (limits(&held.ty), word(&held.name)) else { continue };
        let body = format!(
            "// A copy: other configurations may have the same object.
        val present = ({setting} as? {choice}.{name})?.{part}?.copy()
        {setting} = {choice}.{name}((present ?: {}()).apply(configure))",
            record.named.name
        );
        configure(out, &part, record, &format!("Sets [{setting}] to [{choice}.{name}]"), &body);
    }
}

fn configure(out: &mut String, name: &str, record: &Record, does: &str, body: &str) {
    let class = &record.named.name;
    let (example, setter) = record
        .fields
        .first()
        .map_or_else(Default::default, |field| (word(&field.name), super::camel(&format!("set_{}", field.name))));
    let _ = write!(
        out,
        "    /**
     * {does}, as in `Engine {{ {name} {{ {example} = 10 }} }}`. Where it is that already, this changes what
     * [configure] sets, and leaves the rest as it is.
     */
    @JvmSynthetic
    public fun {name}(configure: {class}.() -> Unit) {{
        {body}
    }}

    /** The same, from Java: `config.{name}(it -> it.{setter}(10))`. */
    public fun {name}(configure: Consumer<{class}>): Unit = {name} {{ configure.accept(this) }}

"
    );
}
