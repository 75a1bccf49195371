//! The file of an interface that a component exports: a class of functions, and a class for each resource.

use super::data::with_notes;
use super::functions::{WAITS, Written, declared, path_of};
use super::layout::{call, text};
use super::names::FunctionNames;
use super::sheet::{Item, Sheet};
use crate::model::{Function, FunctionKind, InterfaceId, Model, Owner, Side, TypeId, TypeKind};
use crate::naming::Spelled;

impl Sheet<'_> {
    /// Writes the interface.
    pub(super) fn exported(&mut self, id: InterfaceId) {
        let (model, owner) = (self.model, Owner::Interface(id));
        let interface = model.interface(id);
        if has_functions(&interface.functions, &interface.types, model) {
            let (class, instance) = (self.names.file(owner).class.clone(), self.of_package("BoundInstance"));
            let functions = self.names.file(owner).functions.clone();
            let docs = interface.documented();
            self.document(&docs, &[class.note.as_deref()]);
            self.page.line(&format!("public class {} internal constructor(instance: {instance}) {{", class.name));
            let path = path_of(model, owner);
            if !interface.functions.is_empty() {
                let at = call("instance.at(", vec![text(path)]);
                let made = call(format!("{functions}("), vec![at]);
                self.page.indented(|page| page.value(&format!("internal val functions: {functions}"), &made));
            }
            self.methods(&interface.functions, |kind| kind == FunctionKind::Free);
            self.end_block();
            if !interface.functions.is_empty() {
                self.bound();
            }
        }
        self.types(&interface.types, |sheet, id| sheet.resource(&interface.functions, id));
    }

    /// The methods of a class: the functions that belong to it.
    pub(super) fn methods(&mut self, functions: &[Function], belongs: impl Fn(FunctionKind) -> bool) {
        let names = self.names.functions(self.owner, Side::Export);
        let all = functions.iter().zip(names).filter(|(function, _)| belongs(function.kind));
        for (function, spelled) in all {
            self.inside(|sheet| {
                sheet.page.gap();
                match function.kind {
                    FunctionKind::Constructor(_) => sheet.constructor(function, spelled),
                    _ => sheet.method(function, &spelled.attribute, &spelled.member, false),
                }
            });
            if let Some(twin) = &spelled.twin
                && !matches!(function.kind, FunctionKind::Constructor(_))
            {
                self.inside(|sheet| {
                    sheet.page.gap();
                    sheet.method(function, &spelled.attribute, twin, true);
                });
            }
        }
    }

    /// What `work` writes stands further in.
    pub(super) fn inside(&mut self, work: impl FnOnce(&mut Self)) {
        self.page.deeper();
        work(self);
        self.page.shallower();
    }

    /// A function of the component, or its twin, which suspends.
    fn method(&mut self, function: &Function, attribute: &str, member: &Spelled, is_twin: bool) {
        let params = self.params(function);
        let given = self.given(function).cloned();
        let returns = format!(": {}", self.payload(given.as_ref()));
        let docs = self.function_docs(function, member, &params, if is_twin { WAITS } else { "" });
        let functions = match function.kind {
            FunctionKind::Free => "functions",
            _ => "api.functions",
        };
        let body = self.calling(function, &format!("{functions}.{attribute}"), &params, is_twin);
        self.page.docs(&docs);
        let declared = match function.kind {
            FunctionKind::Static(_) => self.with_api(&params),
            _ => declared(&params),
        };
        let word = if is_twin { "suspend fun" } else { "fun" };
        self.page.function(&format!("public {word} {}", member.name), &declared, &returns, &body);
    }

    /// The parameters, behind the interface that has the function.
    fn with_api(&self, params: &[Written]) -> Vec<String> {
        let api = format!("api: {}", self.names.file(self.owner).class.name);
        std::iter::once(api).chain(declared(params)).collect()
    }

    fn resource(&mut self, functions: &[Function], id: TypeId) {
        let class = self.begin_type(id, "resource");
        let (base, resource) = (self.of_package("GuestResource"), self.of_package("Resource"));
        let api = self.names.file(self.owner).class.name.clone();
        let needs_api = functions.iter().any(|function| function.kind == FunctionKind::Method(id));
        let keeps = if needs_api { "private val " } else { "" };
        let params = [format!("resource: {resource}"), format!("{keeps}api: {api}")];
        let base = format!("{base}(resource)");
        self.page.derived(&format!("public class {class} internal constructor"), &params, &base);
        let belongs = |kind: FunctionKind| kind.resource() == Some(id) && !matches!(kind, FunctionKind::Static(_));
        self.methods(functions, belongs);
        let is_static = |kind: FunctionKind| kind == FunctionKind::Static(id);
        let names = self.names.functions(self.owner, Side::Export);
        let mut makers = functions.iter().zip(names).filter(|(it, _)| it.kind == FunctionKind::Constructor(id));
        let maker = makers.find_map(|(function, spelled)| Some((function, spelled, spelled.twin.as_ref()?)));
        if maker.is_some() || functions.iter().any(|function| is_static(function.kind)) {
            self.page.gap();
            self.inside(|sheet| {
                sheet.page.docs("What belongs to no resource of its own.");
                sheet.page.line("public companion object {");
                if let Some((function, spelled, twin)) = maker {
                    sheet.inside(|sheet| sheet.constructor_twin(function, &spelled.attribute, twin, &class));
                }
                sheet.methods(functions, is_static);
                sheet.page.line("}");
            });
        }
        self.end_block();
    }

    /// Ends a class, whose braces go where there is nothing in them.
    pub(super) fn end_block(&mut self) {
        if !self.page.drop_empty_block() {
            self.page.line("}");
        }
    }

    fn constructor(&mut self, function: &Function, spelled: &FunctionNames) {
        let params = self.params(function);
        let docs = self.function_docs(function, &spelled.member, &params, "");
        let made = self.calling(function, &format!("api.functions.{}", spelled.attribute), &params, false);
        self.page.docs(&with_notes(&docs, &[]));
        let head = self.with_api(&params);
        let this = call("this(", vec![made, text("api")]);
        self.page.delegating("public constructor", &head, &this);
    }

    /// What makes a resource where its component may wait: no constructor suspends.
    fn constructor_twin(&mut self, function: &Function, attribute: &str, twin: &Spelled, class: &str) {
        let params = self.params(function);
        let docs = self.function_docs(function, twin, &params, WAITS);
        let made = self.calling(function, &format!("api.functions.{attribute}"), &params, true);
        self.page.docs(&docs);
        let body = call(format!("{class}("), vec![made, text("api")]);
        let head = format!("public suspend fun {}", twin.name);
        self.page.function(&head, &self.with_api(&params), &format!(": {class}"), &body);
    }

    /// The class of an interface, as this file calls it.
    pub(super) fn class_of(&mut self, id: InterfaceId) -> String {
        self.item(Item::Class(Owner::Interface(id)))
    }
}

/// Whether there is something to call, or to implement.
pub(super) fn has_functions(functions: &[Function], types: &[TypeId], model: &Model) -> bool {
    !functions.is_empty() || types.iter().any(|id| matches!(model.ty(*id).kind, TypeKind::Resource))
}
