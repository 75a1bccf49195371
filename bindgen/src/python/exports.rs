//! The file of an interface that a component exports: a class of functions, and a class for each resource.

use super::functions::WAITS;
use super::imports::has_protocol;
use super::layout::{group, text};
use super::sheet::Sheet;
use crate::model::{Function, FunctionKind, Interface, InterfaceId, Owner, Side, TypeId};
use crate::naming::Spelled;

impl Sheet<'_> {
    /// Writes the interface.
    pub(super) fn exported(&mut self, id: InterfaceId) {
        let (model, names) = (self.model, self.names);
        let (interface, owner) = (model.interface(id), Owner::Interface(id));
        self.types(&interface.types, |sheet, id| sheet.resource(interface, id));
        if !has_protocol(&interface.functions, &interface.types, model) {
            return;
        }
        if !self.is_stub {
            self.bound(Side::Export);
        }
        let file = names.file(owner);
        self.begin(file.note.as_deref());
        self.page.line(&format!("class {}:", file.class));
        let docs = interface.documented();
        let bound = self.wit("Bound");
        let is_stub = self.is_stub;
        let attached = self.attached(&file.class, &interface.functions);
        self.page.indented(|page| {
            page.docs(&docs);
            page.gap(1);
            page.line(&format!("def __init__(self, bound: {bound}) -> None:{}", if is_stub { " ..." } else { "" }));
            if !is_stub {
                page.indented(|page| {
                    page.line("self._functions = _Functions(bound)");
                    attached.iter().for_each(|call| page.expr("", call, ""));
                });
            }
        });
        self.methods(&interface.functions, false, |kind| kind == FunctionKind::Free);
    }

    /// The methods of a class: the functions that belong to it. In a stub they stand together, behind a gap if there is to
    /// be one.
    pub(super) fn methods(&mut self, functions: &[Function], has_gap: bool, belongs: impl Fn(FunctionKind) -> bool) {
        let names = self.names.functions(self.owner, Side::Export);
        let all = functions.iter().zip(names).filter(|(function, _)| belongs(function.kind));
        for (place, (function, spelled)) in all.enumerate() {
            self.page.gap(usize::from(!self.is_stub || place == 0 && has_gap));
            self.inside(|sheet| match function.kind {
                FunctionKind::Constructor(_) => sheet.constructor(function, &spelled.attribute),
                _ => sheet.method(function, &spelled.attribute, &spelled.member, false),
            });
            let Some(twin) = &spelled.twin else { continue };
            self.page.gap(usize::from(!self.is_stub));
            self.inside(|sheet| match function.kind {
                FunctionKind::Constructor(_) => sheet.constructor_twin(function, &spelled.attribute, twin),
                _ => sheet.method(function, &spelled.attribute, twin, true),
            });
        }
    }

    /// What `work` writes stands further in.
    pub(super) fn inside(&mut self, work: impl FnOnce(&mut Self)) {
        self.page.deeper();
        work(self);
        self.page.shallower();
    }

    fn resource(&mut self, interface: &Interface, id: TypeId) {
        let class = self.begin_type(id);
        let base = self.of_package("Resource");
        self.page.line(&format!("class {class}({base}):"));
        let docs = self.type_docs(id, "resource");
        let is_stub = self.is_stub;
        self.page.indented(|page| {
            page.docs(&docs);
            if !is_stub {
                page.gap(1);
                page.line("__slots__ = (\"_functions\",)");
                page.line("_functions: _Functions");
            }
        });
        self.methods(&interface.functions, true, |kind| kind.resource() == Some(id));
    }

    fn constructor(&mut self, function: &Function, attribute: &str) {
        let params = self.params(function, Side::Export);
        let docs = self.function_docs(function);
        let api = format!("api: {}", self.names.file(self.owner).class);
        let end = if self.is_stub && docs.is_none() { " ..." } else { "" };
        self.def("def __init__", &["self", &api, "/"], &params, &text("None"), end);
        let functions = self.functions_of_api();
        let adopt = if self.is_stub { String::new() } else { self.wit("adopt") };
        let given = params.iter().map(|param| text(param.name.name.clone())).collect();
        let is_stub = self.is_stub;
        self.page.indented(|page| {
            if let Some(docs) = docs {
                page.docs(&docs);
            }
            if !is_stub {
                if let Some(functions) = functions {
                    page.line(&functions);
                }
                let made = group(format!("functions.{attribute}("), given, ")");
                page.expr("", &group(format!("{adopt}("), vec![text("self"), text("functions"), made], ")"), "");
            }
        });
    }

    /// What makes a resource where its component may wait: no call of a class can be awaited.
    fn constructor_twin(&mut self, function: &Function, attribute: &str, twin: &Spelled) {
        let params = self.params(function, Side::Export);
        let docs = self.function_docs(function).unwrap_or_else(|| "Makes one.".to_owned());
        let api = format!("api: {}", self.names.file(self.owner).class);
        twin.note.iter().for_each(|note| self.page.comment(note));
        self.page.line("@classmethod");
        let this = self.import("typing", "Self");
        let head = format!("async def {}", twin.name);
        self.def(&head, &["cls", &api, "/"], &params, &text(this), "");
        let functions = self.functions_of_api();
        let create = if self.is_stub { String::new() } else { self.wit("create_async") };
        let given = ["cls", "functions", &format!("functions.{attribute}")].map(text);
        let given = given.into_iter().chain(params.iter().map(|param| text(param.name.name.clone()))).collect();
        self.page.indented(|page| {
            page.docs(&format!("{docs}\n\n{WAITS}"));
            if let Some(functions) = functions {
                page.line(&functions);
                page.expr("return await ", &group(format!("{create}("), given, ")"), "");
            }
        });
    }
}
