//! The types of an owner as classes: records, variants, enumerations, flags, other names, and the exceptions for errors.

use super::layout::{Expr, group, text};
use super::names::labels;
use super::sheet::{Place, Sheet, tuple};
use crate::model::{Case, Field, Label, Owner, Side, Type, TypeId, TypeKind};

impl Sheet<'_> {
    /// Writes the types. `resource` writes one that is a resource.
    pub(super) fn types(&mut self, types: &[TypeId], resource: impl Fn(&mut Self, TypeId)) {
        let model = self.model;
        for id in types {
            if let TypeKind::Use(other) = &model.ty(*id).kind {
                self.reexport(*id, *other);
            }
        }
        let is_resource = |id: &&TypeId| matches!(model.ty(**id).kind, TypeKind::Resource);
        // What is noted of data has the classes of the component's resources, and what is noted of the host's resources
        // has those of data.
        let is_first = matches!(self.owner, Owner::Interface(id) if model.interface(id).side == Side::Export);
        let mut resources = types.iter().filter(is_resource).copied().collect::<Vec<_>>();
        if is_first {
            resources.drain(..).for_each(|id| resource(self, id));
        }
        types.iter().for_each(|id| self.data(*id));
        resources.drain(..).for_each(|id| resource(self, id));
        for id in types {
            match &model.ty(*id).kind {
                TypeKind::Alias(ty) => self.alias(*id, ty),
                TypeKind::Use(other) if self.is_renamed(*id, *other) => self.alias(*id, &Type::Named(*other)),
                _ => continue,
            }
            if model.ty(*id).is_error {
                self.exception_class(*id);
            }
        }
    }

    fn data(&mut self, id: TypeId) {
        let def = self.model.ty(id);
        match &def.kind {
            TypeKind::Record(fields) => self.record(id, fields),
            TypeKind::Variant(cases) => self.variant(id, cases),
            TypeKind::Enum(labels) => self.labels(id, labels, "enum"),
            TypeKind::Flags(labels) => self.labels(id, labels, "flags"),
            TypeKind::Resource | TypeKind::Alias(_) | TypeKind::Use(_) => return,
        }
        if def.is_error {
            self.exception_class(id);
        }
    }

    /// Leaves room in front of a class, and says why it is called as it is.
    pub(super) fn begin(&mut self, note: Option<&str>) {
        self.page.gap(if self.is_stub { 1 } else { 2 });
        if let Some(note) = note {
            self.page.comment(note);
        }
    }

    /// The name of a type in its own file.
    pub(super) fn begin_type(&mut self, id: TypeId) -> String {
        let spelled = self.names.file(self.owner).types.get(&id).cloned();
        self.begin(spelled.as_ref().and_then(|it| it.note.as_deref()));
        spelled.map(|it| it.name).unwrap_or_default()
    }

    /// What documents a type.
    pub(super) fn type_docs(&self, id: TypeId, word: &str) -> String {
        let def = self.model.ty(id);
        def.docs.clone().unwrap_or_else(|| format!("The {word} `{}`.", def.name))
    }

    fn decorator(&mut self, name: &str, items: Vec<Expr>) {
        if !self.is_stub {
            let name = self.wit(name);
            self.page.expr("@", &group(format!("{name}("), items, ")"), "");
        }
    }

    fn record(&mut self, id: TypeId, fields: &[Field]) {
        let class = self.begin_type(id);
        let shapes: Vec<_> = fields
            .iter()
            .map(|field| {
                let shape = self.shape(&field.ty);
                tuple(vec![text(format!("\"{}\"", field.name)), shape])
            })
            .collect();
        self.decorator("record", shapes);
        let dataclass = self.import("dataclasses", "dataclass");
        self.page.line(&format!("@{dataclass}(slots=True)"));
        self.page.line(&format!("class {class}:"));
        let docs = self.type_docs(id, "record");
        let spelled = labels(fields.iter().map(|field| &*field.name), false);
        let lines: Vec<_> = fields
            .iter()
            .zip(spelled)
            .map(|(field, spelled)| (self.annotation(&field.ty, Place::Given), spelled, field.docs.clone()))
            .collect();
        self.page.indented(|page| {
            page.docs(&docs);
            page.gap(usize::from(!lines.is_empty()));
            for (annotation, spelled, docs) in &lines {
                if let Some(note) = &spelled.note {
                    page.comment(note);
                }
                page.expr(&format!("{}: ", spelled.name), annotation, "");
                if let Some(docs) = docs {
                    page.docs(docs);
                }
            }
        });
    }

    fn variant(&mut self, id: TypeId, cases: &[Case]) {
        let class = self.begin_type(id);
        if !self.is_stub {
            let name = self.wit("variant");
            self.page.line(&format!("@{name}"));
        }
        self.page.line(&format!("class {class}:"));
        let docs = self.type_docs(id, "variant");
        self.page.indented(|page| {
            page.docs(&docs);
            page.gap(1);
            page.line("__slots__ = ()");
        });
        for (place, case) in cases.iter().enumerate() {
            self.case(id, place, case, &class);
        }
    }

    fn case(&mut self, id: TypeId, place: usize, case: &Case, class: &str) {
        let Some(spelled) = self.names.file(self.owner).cases.get(&(id, place)).cloned() else { return };
        self.begin(spelled.note.as_deref());
        let shape = self.maybe(case.ty.as_ref());
        self.decorator("case", vec![text(format!("\"{}\"", case.name)), shape]);
        let dataclass = self.import("dataclasses", "dataclass");
        self.page.line(&format!("@{dataclass}(frozen=True, slots=True)"));
        self.page.line(&format!("class {}({class}):", spelled.name));
        let docs = case.docs.clone().unwrap_or_else(|| format!("The case `{}`.", case.name));
        let payload = case.ty.as_ref().map(|ty| self.annotation(ty, Place::Given));
        self.page.indented(|page| {
            page.docs(&docs);
            if let Some(payload) = &payload {
                page.gap(1);
                page.expr("value: ", payload, "");
            }
        });
    }

    fn labels(&mut self, id: TypeId, all: &[Label], word: &str) {
        let class = self.begin_type(id);
        let names = all.iter().map(|label| text(format!("\"{}\"", label.name))).collect();
        self.decorator(word, names);
        let base = if word == "enum" { "Enum" } else { "Flag" };
        let base = self.import("enum", base);
        self.page.line(&format!("class {class}({base}):"));
        let docs = self.type_docs(id, if word == "enum" { "enumeration" } else { "flags" });
        let spelled = labels(all.iter().map(|label| &*label.name), true);
        self.page.indented(|page| {
            page.docs(&docs);
            page.gap(usize::from(!all.is_empty()));
            for (place, (label, spelled)) in all.iter().zip(&spelled).enumerate() {
                if let Some(note) = &spelled.note {
                    page.comment(note);
                }
                let value = if word == "enum" { format!("\"{}\"", label.name) } else { (1_u64 << place).to_string() };
                page.line(&format!("{} = {value}", spelled.name));
                if let Some(docs) = &label.docs {
                    page.docs(docs);
                }
            }
        });
    }

    fn alias(&mut self, id: TypeId, ty: &Type) {
        let is_first = self.page.is_empty();
        let class = self.begin_type(id);
        if is_first && !self.is_stub {
            self.page.less();
        }
        let alias = self.import("typing", "TypeAlias");
        let annotation = self.annotation(ty, Place::Given);
        self.page.expr(&format!("{class}: {alias} = "), &annotation, "");
        if let Some(docs) = &self.model.ty(id).docs {
            self.page.docs(docs);
        }
    }

    fn exception_class(&mut self, id: TypeId) {
        let Some(spelled) = self.names.file(self.owner).exceptions.get(&id).cloned() else { return };
        let class = self.type_name(id);
        self.begin(spelled.note.as_deref());
        let base = self.of_package("ResultError");
        self.page.line(&format!("class {}({base}[{class}]):", spelled.name));
        self.page.indented(|page| {
            page.docs(&format!("A function failed with a `{class}`, which is its `value`."));
        });
    }
}
