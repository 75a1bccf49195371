//! The file of an interface that a component imports: an interface, which the host implements, and one for each resource.

use super::exports::has_functions;
use super::functions::{declared, path_of};
use super::layout::{Code, call, text};
use super::names::FunctionNames;
use super::sheet::{Item, Sheet};
use crate::model::{Function, FunctionKind, InterfaceId, Owner, Side, Type, TypeId, TypeKind};

impl Sheet<'_> {
    /// Writes the interface.
    pub(super) fn imported(&mut self, id: InterfaceId) {
        let (model, owner) = (self.model, Owner::Interface(id));
        let interface = model.interface(id);
        let is_host = !interface.is_wasi() && has_functions(&interface.functions, &interface.types, model);
        if is_host {
            let class = self.names.file(owner).class.clone();
            let docs = interface.documented();
            self.document(&docs, &[class.note.as_deref()]);
            self.page.line(&format!("public interface {} {{", class.name));
            self.declarations(&interface.functions, |kind| !matches!(kind, FunctionKind::Method(_)));
            self.end_block();
        }
        self.types(&interface.types, |sheet, id| sheet.host_resource(&interface.functions, id));
        if is_host {
            self.define(&interface.functions, &interface.types, &self.names.file(owner).class.name.clone(), "internal");
        }
    }

    pub(super) fn host_resource(&mut self, functions: &[Function], id: TypeId) {
        let class = self.begin_type(id, "resource");
        if self.is_wasi(self.owner) {
            let resource = self.of_package("Resource");
            return self.page.line(&format!("public typealias {class} = {resource}"));
        }
        self.page.line(&format!("public interface {class} {{"));
        self.declarations(functions, |kind| kind == FunctionKind::Method(id));
        self.end_block();
    }

    /// What the host implements.
    pub(super) fn declarations(&mut self, functions: &[Function], belongs: impl Fn(FunctionKind) -> bool) {
        let names = self.names.functions(self.owner, Side::Import);
        let all = functions.iter().zip(names).filter(|(function, _)| belongs(function.kind));
        for (function, spelled) in all {
            self.inside(|sheet| {
                sheet.page.gap();
                sheet.declaration(function, spelled);
            });
        }
    }

    fn declaration(&mut self, function: &Function, spelled: &FunctionNames) {
        let params = self.params(function);
        let returns = match self.result(function) {
            Some(ty) => format!(": {}", self.ty(&ty)),
            None => String::new(),
        };
        let docs = self.function_docs(function, &spelled.member, &params, "");
        self.page.docs(&docs);
        let word = if function.waits { "suspend fun" } else { "fun" };
        self.page.signature(&format!("public {word} {}", spelled.member.name), &declared(&params), &returns, "");
    }

    /// What the host returns.
    fn result(&self, function: &Function) -> Option<Type> {
        match function.kind {
            FunctionKind::Constructor(id) if function.outcome(self.model).is_none() => Some(Type::Own(id)),
            _ => self.given(function).cloned(),
        }
    }

    /// What defines the functions of the owner in a linker.
    pub(super) fn define(&mut self, functions: &[Function], types: &[TypeId], class: &str, visibility: &str) {
        let name = self.names.file(self.owner).define.clone();
        let (linker, instance) = (self.of_package("Linker"), self.of_package("HostInstance"));
        let path = path_of(self.model, self.owner);
        let mut body = vec![text(format!("val instance = {instance}(linker, {path})"))];
        for id in types.iter().filter(|id| matches!(self.model.ty(**id).kind, TypeKind::Resource)) {
            body.push(text(format!("instance.resource(\"{}\")", self.model.ty(*id).name)));
        }
        let names = self.names.functions(self.owner, Side::Import);
        let mut all = Vec::new();
        for (function, spelled) in functions.iter().zip(names) {
            let signature = call(format!("instance.{}(", definer(function)), self.signature(function));
            all.push((signature, self.answer(function, &spelled.member.name)));
        }
        self.page.gap();
        let params = [format!("linker: {linker}"), format!("host: {class}")];
        self.page.signature(&format!("{visibility} fun {name}"), &params, "", " {");
        self.page.indented(|page| {
            body.iter().for_each(|code| page.code("", code, ""));
            for (signature, (params, body)) in &all {
                page.code("", signature, &format!(" {{ {params} ->"));
                page.indented(|page| body.iter().for_each(|code| page.statement(code)));
                page.line("}");
            }
        });
        self.page.line("}");
    }

    /// The names of the parameters, and the statements that call the host.
    fn answer(&mut self, function: &Function, member: &str) -> (String, Vec<Code>) {
        let mut arguments = Vec::new();
        for param in &function.params {
            arguments.push(self.read(&param.ty));
        }
        let object = match function.kind {
            FunctionKind::Method(id) => format!("(reader.host() as {})", self.item(Item::Type(id))),
            _ => "host".to_owned(),
        };
        let called = call(format!("{object}.{member}("), arguments);
        let reads = !function.params.is_empty() || matches!(function.kind, FunctionKind::Method(_));
        let result = self.result(function);
        let write = result.as_ref().map(|ty| self.write(ty, "result", 0)).unwrap_or_default();
        let Some(failure) = self.failure(function) else {
            let mut body = vec![if write.is_empty() { called } else { called.behind("val result = ") }];
            let writer = if write.is_empty() { "_" } else { "writer" };
            body.extend(write);
            return (format!("{}, {writer}", if reads { "reader" } else { "_" }), body);
        };
        let mut caught = Vec::new();
        match &failure.ty {
            None => caught.push(text("if (error.value != null) throw error")),
            // The error counts, and not the class of the exception: one of the package's own has it as well.
            Some(ty) => {
                let (class, plain) = (self.ty(ty), self.unparameterized(ty));
                caught.push(text("val value = error.value"));
                caught.push(text(format!("if (value !is {plain}) throw error")));
                caught.push(text("writer.tag(1)"));
                match class == plain {
                    true => caught.extend(self.write(ty, "value", 0)),
                    false => {
                        // `UNCHECKED` has the file say so.
                        caught.push(text(format!("val typed = value as {class} // UNCHECKED")));
                        caught.extend(self.write(ty, "typed", 0));
                    }
                }
            }
        }
        if failure.ty.is_none() {
            caught.push(text("writer.tag(1)"));
        }
        caught.push(text(format!("return@{}", definer(function))));
        let lead = if write.is_empty() { "" } else { "val result =" };
        let error = self.of_package("ResultException");
        let tried = Code::Try { lead: lead.to_owned(), body: Box::new(called), error, caught };
        let mut body = vec![tried, text("writer.tag(0)")];
        body.extend(write);
        (format!("{}, writer", if reads { "reader" } else { "_" }), body)
    }

    /// A type whose parts cannot be asked for: `List<*>`. Where a name stands for one, it is that which the name stands for.
    fn unparameterized(&mut self, ty: &Type) -> String {
        let meant = self.meant(ty);
        if matches!(meant, Type::List(_) | Type::Tuple(_) | Type::Option(_) | Type::Result(..)) && meant != *ty {
            let class = self.unparameterized(&meant);
            if class.contains('<') {
                return class;
            }
        }
        let whole = self.ty(ty);
        let Some((class, rest)) = whole.split_once('<') else { return whole };
        let mut depth = 0_usize;
        let mut count = 1_usize;
        for letter in rest.chars() {
            match letter {
                '<' => depth += 1,
                '>' if depth == 0 => break,
                '>' => depth -= 1,
                ',' if depth == 0 => count += 1,
                _ => {}
            }
        }
        let end = if whole.ends_with('?') { "?" } else { "" };
        format!("{class}<{}>{end}", vec!["*"; count].join(", "))
    }

    /// What a name stands for in the end.
    fn meant(&self, ty: &Type) -> Type {
        let Type::Named(id) = ty else { return ty.clone() };
        match &self.model.ty(self.model.defined(*id)).kind {
            TypeKind::Alias(other) => self.meant(other),
            _ => ty.clone(),
        }
    }

    /// The interfaces that the host implements, with what they are called.
    pub(super) fn hosts(&mut self) -> Vec<(InterfaceId, crate::naming::Spelled, String)> {
        let model = self.model;
        let mut all = Vec::new();
        for (place, interface) in model.interfaces.iter().enumerate() {
            let is_host = interface.side == Side::Import && !interface.is_wasi();
            if is_host && has_functions(&interface.functions, &interface.types, model) {
                let id = InterfaceId(place);
                all.push((id, self.names.member(id), self.class_of(id)));
            }
        }
        all
    }
}

/// What defines a function of the host.
fn definer(function: &Function) -> &'static str {
    if function.waits { "suspending" } else { "func" }
}
