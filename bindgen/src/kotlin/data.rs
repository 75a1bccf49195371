//! The types of an owner as classes: records, variants, enumerations, flags, other names, and the exceptions for errors.

use super::layout::{Code, call, lambda, text};
use super::sheet::{Item, Sheet};
use super::values::named;
use super::words::{fields, labels};
use crate::model::{Case, Field, Label, Owner, Type, TypeId, TypeKind};
use crate::naming::Spelled;

/// How many parameters a constructor of the JVM may have, with what a data class adds. A number of 64 bits counts as two.
pub(super) const MOST_FIELDS: usize = 240;

impl Sheet<'_> {
    /// Writes the types. `resource` writes one that is a resource.
    pub(super) fn types(&mut self, types: &[TypeId], resource: impl Fn(&mut Self, TypeId)) {
        for id in types {
            let model = self.model;
            match &model.ty(*id).kind {
                TypeKind::Record(all) => self.record(*id, all),
                TypeKind::Variant(cases) => self.variant(*id, cases),
                TypeKind::Enum(labels) => self.enumeration(*id, labels),
                TypeKind::Flags(labels) => self.flags(*id, labels),
                TypeKind::Resource => resource(self, *id),
                TypeKind::Alias(ty) => self.alias_of(*id, ty),
                TypeKind::Use(other) => self.alias_of(*id, &Type::Named(*other)),
            }
            if model.ty(*id).is_error {
                self.exception(*id);
            }
        }
    }

    /// Documents what follows, and says why it is called as it is.
    pub(super) fn document(&mut self, docs: &str, notes: &[Option<&str>]) {
        self.page.gap();
        self.page.docs(&with_notes(docs, notes));
    }

    /// Documents a type, and gives the name of its class.
    pub(super) fn begin_type(&mut self, id: TypeId, word: &str) -> String {
        let def = self.model.ty(id);
        let spelled = self.names.file(self.owner).types.get(&id).cloned().unwrap_or_default();
        let docs = def.docs.clone().unwrap_or_else(|| format!("The {word} `{}`.", def.name));
        self.document(&docs, &[spelled.note.as_deref()]);
        spelled.name
    }

    fn codec_name(&self, id: TypeId) -> String {
        self.names.file(self.owner).codecs.get(&id).cloned().unwrap_or_default()
    }

    /// What reads and writes a type: the body writes `value`, and the expression reads one.
    fn codec_of(&mut self, id: TypeId, class: &str, wit: Code, write: Vec<Code>, read: &Code) {
        let (codec, reader, writer) =
            (self.codec_name(id), self.of_package("ValueReader"), self.of_package("ValueWriter"));
        let wit_type = self.of_package("WitType");
        let is_used = !write.is_empty();
        self.page.gap();
        self.page.line(&format!("internal object {codec} {{"));
        self.page.indented(|page| {
            page.value(&format!("val type: {wit_type}"), &wit);
            page.gap();
            let params = [format!("writer: {writer}"), format!("value: {class}")];
            if is_used {
                page.signature("fun write", &params, "", " {");
                page.indented(|page| write.iter().for_each(|code| page.code("", code, "")));
                page.line("}");
            } else {
                page.signature("fun write", &params, "", ": Unit = Unit");
            }
            page.gap();
            page.function("fun read", &[format!("reader: {reader}")], &format!(": {class}"), read);
        });
        self.page.line("}");
    }

    fn record(&mut self, id: TypeId, all: &[Field]) {
        let class = self.begin_type(id, "record");
        let spelled = fields(all.iter().map(|field| &*field.name));
        let types: Vec<_> = all.iter().map(|field| self.ty(&field.ty)).collect();
        if all.is_empty() {
            self.page.line(&format!("public data object {class}"));
        } else {
            self.page.line(&format!("public data class {class}("));
            self.page.indented(|page| {
                for ((field, name), ty) in all.iter().zip(&spelled).zip(&types) {
                    let docs = field.docs.clone().unwrap_or_else(|| format!("The field `{}`.", field.name));
                    page.docs(&with_notes(&docs, &[name.note.as_deref()]));
                    page.line(&format!("public val {}: {ty},", name.name));
                }
            });
            let has_arrays: Vec<_> = all.iter().map(|field| self.has_array(&field.ty)).collect();
            self.end_class(")", &class, &spelled, &has_arrays);
        }
        let wit = all.iter().map(|field| named(&field.name, self.wit(&field.ty))).collect();
        let wit = call(format!("{}.record(", self.of_package("WitType")), wit);
        let mut write = Vec::new();
        let mut read = Vec::new();
        for (field, name) in all.iter().zip(&spelled) {
            write.extend(self.write(&field.ty, &format!("value.{}", name.name), 0));
            read.push(self.read(&field.ty));
        }
        let read = if all.is_empty() { text(class.clone()) } else { call(format!("{class}("), read) };
        self.codec_of(id, &class, wit, write, &read);
    }

    /// Ends the head of a data class, and has it compare the contents of arrays, which Kotlin does not.
    pub(super) fn end_class(&mut self, head: &str, class: &str, fields: &[Spelled], has_arrays: &[bool]) {
        if !has_arrays.contains(&true) {
            return self.page.line(head);
        }
        let (any, boolean, int) = (self.std("Any"), self.std("Boolean"), self.std("Int"));
        let (same, hash) = (self.of_package("isSame"), self.of_package("hashOf"));
        let (string, shown) = (self.std("String"), self.of_package("textOf"));
        let plain = class.split('<').next().unwrap_or(class).trim_matches('`');
        let parts = fields.iter().map(|field| text(format!("\"{}\" to {}", field.name.trim_matches('`'), field.name)));
        let parts = std::iter::once(text(format!("\"{plain}\""))).chain(parts).collect();
        let shown = call(format!("{shown}("), parts);
        self.page.line(&format!("{head} {{"));
        self.page.indented(|page| {
            page.docs("Whether both have the same contents.");
            page.line(&format!("override fun equals(other: {any}?): {boolean} ="));
            page.indented(|page| {
                page.line(&format!("other is {class} &&"));
                page.indented(|page| {
                    for (place, (field, has_array)) in fields.iter().zip(has_arrays).enumerate() {
                        let name = &field.name;
                        let end = if place + 1 < fields.len() { " &&" } else { "" };
                        match has_array {
                            true => page.line(&format!("{same}({name}, other.{name}){end}")),
                            false => page.line(&format!("{name} == other.{name}{end}")),
                        }
                    }
                });
            });
            page.gap();
            page.docs("Agrees with [equals].");
            let names = fields.iter().map(|field| text(field.name.clone())).collect();
            page.function("override fun hashCode", &[], &format!(": {int}"), &call(format!("{hash}("), names));
            page.gap();
            page.docs("The class and the contents.");
            page.function("override fun toString", &[], &format!(": {string}"), &shown);
        });
        self.page.line("}");
    }

    fn variant(&mut self, id: TypeId, cases: &[Case]) {
        let class = self.begin_type(id, "variant");
        let spelled = self.case_names(id, cases);
        self.page.line(&format!("public sealed interface {class} {{"));
        // In there, the cases hide what else has their names.
        self.hidden = spelled.iter().map(|it| it.name.clone()).collect();
        self.inside(|sheet| {
            for (case, name) in cases.iter().zip(&spelled) {
                sheet.case(case, name, &class);
            }
        });
        self.hidden.clear();
        self.page.line("}");

        let mut wit = Vec::new();
        let (mut write, mut read) = (Vec::new(), Vec::new());
        for (place, (case, name)) in cases.iter().zip(&spelled).enumerate() {
            wit.push(named(&case.name, self.maybe(case.ty.as_ref())));
            let case_class = format!("{class}.{}", name.name);
            let mut body = vec![text(format!("writer.tag({place})"))];
            body.extend(case.ty.as_ref().map(|ty| self.write(ty, "value.value", 0)).unwrap_or_default());
            write.push(match &*body {
                [only] => only.clone().behind(&format!("is {case_class} -> ")),
                _ => lambda(format!("is {case_class} -> {{"), body),
            });
            let made = case.ty.as_ref().map(|ty| self.read(ty));
            let made = made.map_or_else(|| text(&*case_class), |value| call(format!("{case_class}("), vec![value]));
            read.push(made.behind(&format!("{place} -> ")));
        }
        read.push(text("else -> reader.noCase()"));
        let wit = call(format!("{}.variant(", self.of_package("WitType")), wit);
        let write = vec![lambda("when (value) {", write)];
        self.codec_of(id, &class, wit, write, &lambda("when (reader.tag()) {", read));
    }

    fn case_names(&self, id: TypeId, cases: &[Case]) -> Vec<Spelled> {
        let file = self.names.file(self.owner);
        (0..cases.len()).map(|place| file.cases.get(&(id, place)).cloned().unwrap_or_default()).collect()
    }

    fn case(&mut self, case: &Case, spelled: &Spelled, variant: &str) {
        let docs = case.docs.clone().unwrap_or_else(|| format!("The case `{}`.", case.name));
        self.document(&docs, &[spelled.note.as_deref()]);
        let class = &spelled.name;
        let Some(ty) = &case.ty else {
            return self.page.line(&format!("public data object {class} : {variant}"));
        };
        let payload = self.ty(ty);
        self.page.line(&format!("public data class {class}("));
        self.page.indented(|page| {
            page.docs("What it carries.");
            page.line(&format!("public val value: {payload},"));
        });
        let value = [Spelled { name: "value".to_owned(), note: None }];
        let has_array = self.has_array(ty);
        self.end_class(&format!(") : {variant}"), class, &value, &[has_array]);
    }

    fn enumeration(&mut self, id: TypeId, all: &[Label]) {
        let class = self.begin_type(id, "enumeration");
        let (spelled, _) = labels(all.iter().map(|label| &*label.name));
        self.page.line(&format!("public enum class {class} {{"));
        self.page.indented(|page| {
            for (label, name) in all.iter().zip(&spelled) {
                page.gap();
                page.docs(&with_notes(&label_docs(label, "case"), &[name.note.as_deref()]));
                page.line(&format!("{},", name.name));
            }
        });
        self.page.line("}");
        let names = all.iter().map(|label| text(format!("\"{}\"", label.name))).collect();
        let wit = call(format!("{}.enumeration(", self.of_package("WitType")), names);
        let write = vec![text("writer.tag(value.ordinal)")];
        self.codec_of(id, &class, wit, write, &text(format!("{class}.entries[reader.tag()]")));
    }

    fn flags(&mut self, id: TypeId, all: &[Label]) {
        let class = self.begin_type(id, "flags");
        let (spelled, none) = labels(all.iter().map(|label| &*label.name));
        let names: Vec<_> = all.iter().map(|label| text(format!("\"{}\"", label.name))).collect();
        let shown = [vec![text("bits")], names.clone()].concat();
        let shown = call(format!("{}(", self.of_package("flagsText")), shown);
        let (boolean, string) = (self.std("Boolean"), self.std("String"));
        self.page.line("@JvmInline");
        self.page.line(&format!("public value class {class} internal constructor(internal val bits: Int) {{"));
        self.page.indented(|page| {
            let other = [format!("other: {class}")];
            page.docs("The flags of both.");
            let whole = text(format!("{class}(bits or other.bits)"));
            page.function("public operator fun plus", &other, &format!(": {class}"), &whole);
            page.gap();
            page.docs("These flags without those of [other].");
            let less = text(format!("{class}(bits and other.bits.inv())"));
            page.function("public operator fun minus", &other, &format!(": {class}"), &less);
            page.gap();
            page.docs("Whether all of [other] are among them.");
            let within = text("bits and other.bits == other.bits");
            page.function("public operator fun contains", &other, &format!(": {boolean}"), &within);
            page.gap();
            page.docs("Their names.");
            page.function("override fun toString", &[], &format!(": {string}"), &shown);
            page.gap();
            page.docs("The flags, each on its own.");
            page.line("public companion object {");
            page.indented(|page| {
                page.docs(&with_notes("No flag.", &[none.note.as_deref()]));
                page.line(&format!("public val {}: {class} = {class}(0)", none.name));
                for (place, (label, name)) in all.iter().zip(&spelled).enumerate() {
                    page.gap();
                    page.docs(&with_notes(&label_docs(label, "flag"), &[name.note.as_deref()]));
                    page.line(&format!("public val {}: {class} = {class}(1 shl {place})", name.name));
                }
            });
            page.line("}");
        });
        self.page.line("}");
        let wit = call(format!("{}.flags(", self.of_package("WitType")), names);
        let write = vec![text("writer.tag(value.bits)")];
        self.codec_of(id, &class, wit, write, &text(format!("{class}(reader.tag())")));
    }

    fn alias_of(&mut self, id: TypeId, ty: &Type) {
        let class = self.begin_type(id, "type");
        // The class itself is meant, wherever it is, if the name is the same.
        let ty = match ty {
            Type::Named(other) if self.model.ty(*other).owner != self.owner => self.item(Item::Type(*other)),
            ty => self.ty(ty),
        };
        self.page.line(&format!("public typealias {class} = {ty}"));
    }

    fn exception(&mut self, id: TypeId) {
        let Some(spelled) = self.names.file(self.owner).exceptions.get(&id).cloned() else { return };
        let class = self.item(Item::Type(id));
        let base = self.of_package("ResultException");
        self.document(&format!("A function failed with this `{class}`."), &[spelled.note.as_deref()]);
        self.page.line(&format!("public class {}(", spelled.name));
        self.page.indented(|page| {
            page.docs("What it failed with.");
            page.line(&format!("override val value: {class},"));
        });
        self.page.line(&format!(") : {base}(value)"));
    }

    /// Whether a name stands for a resource of WASI's, which the package defines.
    pub(super) fn is_wasi(&self, owner: Owner) -> bool {
        matches!(owner, Owner::Interface(id) if self.model.interface(id).is_wasi())
    }
}

fn label_docs(label: &Label, word: &str) -> String {
    label.docs.clone().unwrap_or_else(|| format!("The {word} `{}`.", label.name))
}

/// A document, and behind it why names are as they are. A word of the language in backticks needs no reason.
pub(super) fn with_notes(docs: &str, notes: &[Option<&str>]) -> String {
    let notes = notes.iter().flatten().copied().filter(|note| !note.contains("``"));
    let parts: Vec<_> = std::iter::once(docs).chain(notes).collect();
    parts.join("\n\n")
}
