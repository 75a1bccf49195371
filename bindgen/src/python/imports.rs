//! The file of an interface that a component imports: a protocol, which the host implements, and one for each resource.

use super::layout::{group, subscript, text};
use super::sheet::Sheet;
use crate::model::{Function, FunctionKind, InterfaceId, Owner, Side, TypeId, TypeKind};
use crate::naming::Spelled;

impl Sheet<'_> {
    /// Writes the interface.
    pub(super) fn imported(&mut self, id: InterfaceId) {
        let (model, names) = (self.model, self.names);
        let (interface, owner) = (model.interface(id), Owner::Interface(id));
        self.types(&interface.types, |sheet, id| sheet.host_resource(&interface.functions, id));
        if !has_protocol(&interface.functions, &interface.types, model) {
            return;
        }
        let file = names.file(owner);
        self.begin(file.note.as_deref());
        let protocol = self.import("typing", "Protocol");
        self.page.line(&format!("class {}({protocol}):", file.class));
        let docs = interface.documented();
        self.page.indented(|page| page.docs(&docs));
        let of_interface = |kind| !matches!(kind, FunctionKind::Method(_));
        self.declared(&interface.functions, true, of_interface);
    }

    pub(super) fn host_resource(&mut self, functions: &[Function], id: TypeId) {
        let class = self.begin_type(id);
        let protocol = self.import("typing", "Protocol");
        if !self.is_stub {
            let resource = self.wit("resource");
            self.page.line(&format!("@{resource}(\"{}\")", self.model.ty(id).name));
        }
        self.page.line(&format!("class {class}({protocol}):"));
        let docs = self.type_docs(id, "resource");
        self.page.indented(|page| page.docs(&docs));
        self.declared(functions, true, |kind| kind == FunctionKind::Method(id));
    }

    /// The functions that belong to a protocol. In a stub they stand together, behind a gap if there is to be one.
    pub(super) fn declared(&mut self, functions: &[Function], has_gap: bool, belongs: impl Fn(FunctionKind) -> bool) {
        let names = self.names.functions(self.owner, Side::Import);
        let all = functions.iter().zip(names).filter(|(function, _)| belongs(function.kind));
        for (place, (function, spelled)) in all.enumerate() {
            self.page.gap(usize::from(!self.is_stub || place == 0 && has_gap));
            self.inside(|sheet| sheet.declaration(function, &spelled.member));
        }
    }

    fn declaration(&mut self, function: &Function, member: &Spelled) {
        let params = self.params(function, Side::Import);
        let returns = match function.kind {
            FunctionKind::Constructor(id) if function.outcome(self.model).is_none() => text(self.type_name(id)),
            _ => self.returns(function, Side::Import),
        };
        let returns = match function.waits {
            true => subscript(&self.wit("MaybeAwaitable"), vec![returns]),
            false => returns,
        };
        if let Some(note) = &member.note {
            self.page.comment(note);
        }
        if !self.is_stub {
            let (name, mut signature) = (self.wit("imported"), self.signature(function));
            // Any object may have a method: which one it is, is known when it is called.
            if function.waits && matches!(function.kind, FunctionKind::Method(_)) {
                signature.push(text("waits=True"));
            }
            self.page.expr("@", &group(format!("{name}("), signature, ")"), "");
        }
        let docs = self.function_docs(function);
        self.def(
            &format!("def {}", member.name),
            &["self"],
            &params,
            &returns,
            if docs.is_none() { " ..." } else { "" },
        );
        let needs_body = !self.is_stub && returns.flat() != "None";
        if let Some(docs) = docs {
            self.page.indented(|page| {
                page.docs(&docs);
                if needs_body {
                    page.line("...");
                }
            });
        }
    }
}

/// Whether the host implements something for an interface.
pub(super) fn has_protocol(functions: &[Function], types: &[TypeId], model: &crate::model::Model) -> bool {
    !functions.is_empty() || types.iter().any(|id| matches!(model.ty(*id).kind, TypeKind::Resource))
}
