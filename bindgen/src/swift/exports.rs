//! An interface that a component exports: a struct of functions, and a class for each resource.

use super::sheet::Sheet;
use crate::model::{Function, FunctionKind, Interface, InterfaceId, Model, Owner, Side, TypeId, TypeKind};
use crate::naming::Spelled;

impl Sheet<'_> {
    /// Writes the interface.
    pub(super) fn exported(&mut self, id: InterfaceId) {
        let (model, names) = (self.model, self.names);
        let interface = model.interface(id);
        let (name, functions) = (names.interface(id), format!("{}.Functions", names.world.name));
        let sendable = self.std("Sendable");
        self.page.line(&format!("extension {}.Exports {{", names.world.name));
        let is_used = has_functions(model, interface);
        let docs = interface.documented();
        let note = names.interface_note(id).map(str::to_owned);
        self.inside(|sheet| {
            sheet.note(note.as_deref());
            sheet.page.docs(&docs);
            let word = if is_used { "struct" } else { "enum" };
            let base = if is_used { format!(": {sendable}") } else { String::new() };
            if !is_used && interface.types.is_empty() {
                return sheet.page.line(&format!("public enum {name} {{}}"));
            }
            sheet.page.line(&format!("public {word} {name}{base} {{"));
            sheet.inside(|sheet| {
                if is_used {
                    sheet.page.line(&format!("let functions: {functions}"));
                }
                sheet.methods(&interface.functions, |kind| kind == FunctionKind::Free);
                sheet.types(&interface.types);
                for id in resources(model, &interface.types) {
                    sheet.resource(interface, id);
                }
            });
            sheet.page.line("}");
        });
        self.page.line("}");
        self.codecs(&interface.types);
    }

    /// What `work` writes stands further in.
    pub(super) fn inside(&mut self, work: impl FnOnce(&mut Self)) {
        self.page.deeper();
        work(self);
        self.page.shallower();
    }

    /// The functions of the component that belong to a struct.
    pub(super) fn methods(&mut self, functions: &[Function], belongs: impl Fn(FunctionKind) -> bool) {
        let names = self.names.functions(self.owner, Side::Export);
        for (function, spelled) in functions.iter().zip(names).filter(|(function, _)| belongs(function.kind)) {
            self.method(function, &spelled.field, &spelled.member, false);
            let Some(twin) = &spelled.twin else { continue };
            match function.kind {
                // An `init` that is async would hide the other one from code that is.
                FunctionKind::Constructor(id) => {
                    let maker = Function { kind: FunctionKind::Static(id), ..function.clone() };
                    self.method(&maker, &spelled.field, twin, true);
                }
                _ => self.method(function, &spelled.field, twin, true),
            }
        }
    }

    /// A function of the component, or its twin, which is async.
    fn method(&mut self, function: &Function, field: &str, member: &Spelled, is_twin: bool) {
        let is_static = matches!(function.kind, FunctionKind::Static(_));
        let first = matches!(function.kind, FunctionKind::Static(_) | FunctionKind::Constructor(_))
            .then(|| format!("_ api: {}", self.here()));
        let head = match function.kind {
            FunctionKind::Constructor(_) => "public init(".to_owned(),
            _ => format!("public {}func {}(", if is_static { "static " } else { "" }, member.name),
        };
        let note = super::names::quiet(member.clone()).note;
        let params = self.begin_function(function, Side::Export, &head, first, note.as_deref(), is_twin);
        self.inside(|sheet| {
            let functions = match function.kind {
                FunctionKind::Static(_) | FunctionKind::Constructor(_) => "api.functions",
                _ if params.iter().any(|param| param.name == "functions") => "self.functions",
                _ => "functions",
            };
            sheet.calling(function, functions, field, &params, is_twin);
            if matches!(function.kind, FunctionKind::Constructor(_)) {
                sheet.page.line("self.functions = api.functions");
            }
        });
        self.page.line("}");
    }

    fn resource(&mut self, interface: &Interface, id: TypeId) {
        self.begin(id, "resource");
        let (name, sendable) = (self.names.ty(id).name.clone(), self.std("Sendable"));
        let (resource, failed) = (self.package("Resource"), self.package("WasmtimeError"));
        let world = self.names.world.name.clone();
        self.page.line(&format!("public final class {name}: {sendable} {{"));
        self.inside(|sheet| {
            sheet.page.docs("The handle: whether it is owned, and whether it is there still.");
            sheet.page.line(&format!("public let handle: {resource}"));
            sheet.page.line(&format!("let functions: {world}.Functions"));
            sheet.page.gap();
            let wit = sheet.package("Wit");
            sheet.page.line(&format!("init(reading reader: inout {wit}.Reader) throws({failed}) {{"));
            sheet.page.indented(|page| {
                page.line("handle = try reader.resource()");
                page.line(&format!("functions = reader.context(as: {world}.Functions.self)"));
            });
            sheet.page.line("}");
            sheet.methods(&interface.functions, |kind| kind.resource() == Some(id));
            sheet.page.gap();
            sheet.page.docs("Drops the handle, which runs the destructor of the component if it is owned.");
            sheet.page.docs("Without it, that happens some time after the last reference is gone.");
            sheet.page.line(&format!("public func close() throws({failed}) {{ try handle.close() }}"));
        });
        self.page.line("}");
    }
}

/// The resources among some types.
pub(super) fn resources(model: &Model, types: &[TypeId]) -> Vec<TypeId> {
    types.iter().copied().filter(|id| matches!(model.ty(*id).kind, TypeKind::Resource)).collect()
}

/// Whether there is something to call.
pub(super) fn has_functions(model: &Model, interface: &Interface) -> bool {
    !interface.functions.is_empty() || !resources(model, &interface.types).is_empty()
}

/// Whether anything is written for an interface.
pub(super) fn is_written(model: &Model, interface: &Interface) -> bool {
    let has_host = !interface.is_wasi() && has_functions(model, interface);
    !interface.types.is_empty() || has_host || interface.side == Side::Export
}

/// Who has what.
pub(super) fn owner_of(place: usize) -> Owner {
    Owner::Interface(InterfaceId(place))
}
