//! The types of an owner: records, variants, enumerations, flags, and other names.

use super::layout::{Expr, Stmt, call, joined, literal, text};
use super::names::labels;
use super::sheet::{Handle, Sheet};
use super::words::Kind;
use crate::model::{Case, Field, Label, Type, TypeId, TypeKind};

impl Sheet<'_> {
    /// Declares the types that are data, and other names.
    pub(super) fn types(&mut self, types: &[TypeId]) {
        let model = self.model;
        for id in types {
            match &model.ty(*id).kind {
                TypeKind::Record(fields) => self.record(*id, fields),
                TypeKind::Variant(cases) => self.variant(*id, cases),
                TypeKind::Enum(labels) => self.enumeration(*id, labels),
                TypeKind::Flags(labels) => self.flags(*id, labels),
                TypeKind::Alias(ty) => self.alias(*id, ty),
                TypeKind::Use(other) => self.reuse(*id, *other),
                TypeKind::Resource if self.handle(*id) == Handle::Plain => {
                    self.begin(*id, "resource");
                    let line = format!("public typealias {} = {}", self.names.ty(*id).name, self.package("Resource"));
                    self.page.line(&line);
                }
                TypeKind::Resource => {}
            }
        }
    }

    /// Writes how values of the types cross, outside of all other declarations.
    pub(super) fn codecs(&mut self, types: &[TypeId]) {
        self.is_outside = true;
        for id in types {
            let (shape, read, write) = match &self.model.ty(*id).kind {
                TypeKind::Record(fields) => self.record_codec(fields),
                TypeKind::Variant(cases) => self.variant_codec(cases),
                TypeKind::Enum(labels) => self.enum_codec(labels),
                TypeKind::Flags(labels) => self.flags_codec(labels),
                _ => continue,
            };
            let throws = match self.model.ty(*id).kind {
                TypeKind::Record(_) | TypeKind::Variant(_) => format!(" throws({})", self.package("WasmtimeError")),
                _ => String::new(),
            };
            let (name, wit) = (self.full_name(*id), self.package("Wit"));
            self.page.gap();
            self.page.block(&format!("extension {name} {{"), |page| {
                page.expr(&format!("static let wit: {wit}.Shape = "), &shape, "");
                page.gap();
                page.block(&format!("init(reading reader: inout {wit}.Reader){throws} {{"), |page| page.stmts(&read));
                page.gap();
                page.block(&format!("func write(into writer: inout {wit}.Writer) {{"), |page| page.stmts(&write));
            });
        }
        self.is_outside = false;
    }

    /// The documents of a type, and why it is called as it is.
    pub(super) fn begin(&mut self, id: TypeId, word: &str) {
        let def = self.model.ty(id);
        let docs = def.docs.clone().unwrap_or_else(|| format!("The {word} `{}`.", def.name));
        let note = self.names.ty(id).note.clone();
        self.page.gap();
        self.note(note.as_deref());
        self.page.docs(&docs);
    }

    /// What a type conforms to.
    fn bases(&self, id: TypeId, first: &[&str]) -> String {
        let mut bases: Vec<_> = first.iter().map(|base| self.std(base)).collect();
        bases.push(self.std("Sendable"));
        if self.is_hashable(&Type::Named(id)) {
            bases.push(self.std("Hashable"));
        }
        if self.errors.contains(&id) {
            bases.push(self.std("Error"));
        }
        bases.join(", ")
    }

    fn record(&mut self, id: TypeId, fields: &[Field]) {
        self.begin(id, "record");
        let head = format!("public struct {}: {} {{", self.names.ty(id).name, self.bases(id, &[]));
        let spelled = labels(Kind::Field, fields.iter().map(|field| &*field.name));
        let parts: Vec<_> =
            fields.iter().zip(&spelled).map(|(field, it)| (field, it, self.ty_expr(&field.ty))).collect();
        self.page.block(&head, |page| {
            for (field, spelled, ty) in &parts {
                spelled.note.iter().for_each(|note| page.comment(note));
                page.docs(&field.docs.clone().unwrap_or_else(|| format!("The field `{}`.", field.name)));
                page.expr(&format!("public var {}: ", spelled.name), ty, "");
            }
            page.gap();
            page.docs("Makes one of its fields.");
            let params =
                parts.iter().map(|(_, spelled, ty)| joined(format!("{}: ", spelled.name), ty.clone())).collect();
            page.expr("public ", &call("init(", params), " {");
            page.indented(|page| {
                for (_, spelled, _) in &parts {
                    page.line(&format!("self.{0} = {0}", spelled.name));
                }
            });
            page.line("}");
        });
    }

    fn record_codec(&self, fields: &[Field]) -> (Expr, Vec<Stmt>, Vec<Stmt>) {
        let shapes = self.shapes(fields.iter().map(|field| (&*field.name, Some(&field.ty))));
        let spelled = labels(Kind::Field, fields.iter().map(|field| &*field.name));
        let (mut read, mut write) = (Vec::new(), Vec::new());
        for (field, spelled) in fields.iter().zip(&spelled) {
            read.push(Stmt::Expr(joined(format!("{} = ", spelled.name), self.read(&field.ty, "reader").tried())));
            // A field may have the name of what is written to.
            let name = if spelled.name == "writer" { "self.writer" } else { &spelled.name };
            write.extend(self.write(&field.ty, "writer", name));
        }
        for stmt in &mut read {
            if let Stmt::Expr(Expr::Joined(parts)) = stmt
                && let Some(Expr::Text(target)) = parts.first_mut()
                && target == "reader = "
            {
                *target = "self.reader = ".to_owned();
            }
        }
        (Expr::Joined(vec![text(".record("), shapes, text(")")]), read, write)
    }

    fn variant(&mut self, id: TypeId, cases: &[Case]) {
        self.begin(id, "variant");
        let head = format!("public enum {}: {} {{", self.names.ty(id).name, self.bases(id, &[]));
        let spelled = labels(Kind::Case, cases.iter().map(|case| &*case.name));
        let payloads: Vec<_> = cases.iter().map(|case| case.ty.as_ref().map(|ty| self.ty_expr(ty))).collect();
        self.page.block(&head, |page| {
            for ((case, spelled), payload) in cases.iter().zip(&spelled).zip(&payloads) {
                spelled.note.iter().for_each(|note| page.comment(note));
                page.docs(&case.docs.clone().unwrap_or_else(|| format!("The case `{}`.", case.name)));
                match payload {
                    Some(ty) => page.expr(&format!("case {}(", spelled.name), ty, ")"),
                    None => page.line(&format!("case {}", spelled.name)),
                }
            }
        });
    }

    fn variant_codec(&self, cases: &[Case]) -> (Expr, Vec<Stmt>, Vec<Stmt>) {
        let shapes = self.shapes(cases.iter().map(|case| (&*case.name, case.ty.as_ref())));
        let spelled = labels(Kind::Case, cases.iter().map(|case| &*case.name));
        let mut read = vec![Stmt::Line("switch reader.index() {".to_owned())];
        let mut write = vec![Stmt::Line("switch self {".to_owned())];
        for (place, (case, spelled)) in cases.iter().zip(&spelled).enumerate() {
            read.push(Stmt::Line(format!("case {place}:")));
            let target = format!("self = .{}", spelled.name);
            let made = case.ty.as_ref().map(|ty| self.read(ty, "reader"));
            let made = match made {
                None => text(target),
                Some(made) => {
                    let tried = if made.throws { "try " } else { "" };
                    call(format!("self = {tried}.{}(", spelled.name), vec![made.expr])
                }
            };
            read.push(Stmt::Indented(vec![Stmt::Expr(made)]));
            let payload = case.ty.as_ref().map(|ty| self.write(ty, "writer", "value")).unwrap_or_default();
            let bound = if payload.is_empty() { "" } else { "(let value)" };
            write.push(Stmt::Line(format!("case .{}{bound}:", spelled.name)));
            let index = Stmt::Expr(text(format!("writer.index({place})")));
            write.push(Stmt::Indented([vec![index], payload].concat()));
        }
        no_case(&mut read, &self.package("Wit"));
        write.push(Stmt::Line("}".to_owned()));
        (Expr::Joined(vec![text(".variant("), shapes, text(")")]), read, write)
    }

    fn enumeration(&mut self, id: TypeId, all: &[Label]) {
        self.begin(id, "enumeration");
        let bases = self.bases(id, &["String", "CaseIterable"]);
        let head = format!("public enum {}: {bases} {{", self.names.ty(id).name);
        let spelled = labels(Kind::Case, all.iter().map(|label| &*label.name));
        self.page.block(&head, |page| {
            for (label, spelled) in all.iter().zip(&spelled) {
                spelled.note.iter().for_each(|note| page.comment(note));
                page.docs(&label.docs.clone().unwrap_or_else(|| format!("The case `{}`.", label.name)));
                let is_same = spelled.name.trim_matches('`') == label.name;
                let value = if is_same { String::new() } else { format!(" = \"{}\"", label.name) };
                page.line(&format!("case {}{value}", spelled.name));
            }
        });
    }

    fn enum_codec(&self, all: &[Label]) -> (Expr, Vec<Stmt>, Vec<Stmt>) {
        let spelled = labels(Kind::Case, all.iter().map(|label| &*label.name));
        let mut read = vec![Stmt::Line("switch reader.index() {".to_owned())];
        let mut write = vec![Stmt::Line("switch self {".to_owned())];
        for (place, spelled) in spelled.iter().enumerate() {
            read.push(Stmt::Line(format!("case {place}: self = .{}", spelled.name)));
            write.push(Stmt::Line(format!("case .{}: writer.index({place})", spelled.name)));
        }
        no_case(&mut read, &self.package("Wit"));
        write.push(Stmt::Line("}".to_owned()));
        (names_of(".enum(", all), read, write)
    }

    fn flags(&mut self, id: TypeId, all: &[Label]) {
        self.begin(id, "flags");
        let name = self.names.ty(id).name.clone();
        let (bases, number) = (self.bases(id, &["OptionSet"]), self.std("UInt32"));
        let spelled = labels(Kind::Flag, all.iter().map(|label| &*label.name));
        self.page.block(&format!("public struct {name}: {bases} {{"), |page| {
            page.docs("The bits, of which the first flag is the lowest one.");
            page.line(&format!("public let rawValue: {number}"));
            page.gap();
            page.docs("Makes flags of their bits.");
            page.line(&format!("public init(rawValue: {number}) {{ self.rawValue = rawValue }}"));
            page.gap();
            for (place, (label, spelled)) in all.iter().zip(&spelled).enumerate() {
                if spelled.name.len() > name.len() && spelled.name.ends_with(&name) {
                    page.line("// swift-format-ignore: DontRepeatTypeInStaticProperties");
                }
                spelled.note.iter().for_each(|note| page.comment(note));
                page.docs(&label.docs.clone().unwrap_or_else(|| format!("The flag `{}`.", label.name)));
                page.line(&format!("public static let {} = {name}(rawValue: 1 << {place})", spelled.name));
            }
        });
    }

    fn flags_codec(&self, all: &[Label]) -> (Expr, Vec<Stmt>, Vec<Stmt>) {
        let line = |line: String| vec![Stmt::Expr(text(line))];
        let write = line(format!("writer.flags(rawValue, of: {})", all.len()));
        (names_of(".flags(", all), line("self.init(rawValue: reader.flags())".to_owned()), write)
    }

    fn alias(&mut self, id: TypeId, ty: &Type) {
        self.begin(id, "type");
        let ty = match ty {
            // A protocol has another name without `any`.
            Type::Own(id) | Type::Borrow(id) => text(self.type_name(*id)),
            ty => self.ty_expr(ty),
        };
        let lead = format!("public typealias {} = ", self.names.ty(id).name);
        self.page.expr(&lead, &ty, "");
    }

    fn reuse(&mut self, id: TypeId, other: TypeId) {
        self.begin(id, "type");
        let line = format!("public typealias {} = {}", self.names.ty(id).name, self.type_name(other));
        self.page.line(&line);
    }
}

fn names_of(open: &str, all: &[Label]) -> Expr {
    let names = all.iter().map(|label| text(format!("\"{}\"", label.name))).collect();
    Expr::Joined(vec![text(open), literal(names), text(")")])
}

/// The end of a `switch` over the number of a case. The compiler (6.0) does not take a use of the reader there.
fn no_case(read: &mut Vec<Stmt>, wit: &str) {
    read.push(Stmt::Line(format!("default: {wit}.noCase()")));
    read.push(Stmt::Line("}".to_owned()));
}
