//! An interface that a component imports: a protocol that the host implements, one for each resource, and how they are
//! defined in a linker.

use super::exports::{has_functions, resources};
use super::layout::{call, text};
use super::names::quiet;
use super::sheet::{Handle, Sheet};
use crate::model::{Function, FunctionKind, InterfaceId, Side, TypeId};

impl Sheet<'_> {
    /// Writes the interface.
    pub(super) fn imported(&mut self, id: InterfaceId) {
        let (model, names) = (self.model, self.names);
        let interface = model.interface(id);
        let note = names.interface_note(id).map(str::to_owned);
        let has_host = !interface.is_wasi() && has_functions(model, interface);
        let (docs, name, path) = (interface.documented(), names.interface(id), self.here());
        self.page.line(&format!("extension {}.Imports {{", names.world.name));
        self.inside(|sheet| {
            sheet.note(note.as_deref());
            sheet.page.docs(&docs);
            sheet.page.line(&format!("public enum {name} {{"));
            sheet.inside(|sheet| {
                if has_host {
                    let docs = format!("What the host implements of the interface `{}`.", interface.path);
                    sheet.host("Host", &docs, &interface.functions);
                }
                sheet.types(&interface.types);
                sheet.host_resources(&interface.types, &interface.functions);
            });
            sheet.page.line("}");
        });
        self.page.line("}");
        self.codecs(&interface.types);
        if has_host {
            self.page.gap();
            self.page.line(&format!("extension {path} {{"));
            self.inside(|sheet| sheet.definition("Host", &interface.types, &interface.functions));
            self.page.line("}");
        }
    }

    /// The protocols of resources that the host implements.
    pub(super) fn host_resources(&mut self, types: &[TypeId], functions: &[Function]) {
        for id in resources(self.model, types) {
            if self.handle(id) == Handle::Object {
                self.begin(id, "resource");
                let (name, object, sendable) =
                    (self.names.ty(id).name.clone(), self.std("AnyObject"), self.std("Sendable"));
                self.protocol(&format!("{name}: {object}, {sendable}"), functions, |kind| {
                    kind == FunctionKind::Method(id)
                });
            }
        }
    }

    fn host(&mut self, name: &str, docs: &str, functions: &[Function]) {
        self.page.gap();
        self.page.docs(docs);
        let sendable = self.std("Sendable");
        self.protocol(&format!("{name}: {sendable}"), functions, |kind| !matches!(kind, FunctionKind::Method(_)));
    }

    fn protocol(&mut self, head: &str, functions: &[Function], belongs: impl Fn(FunctionKind) -> bool) {
        if !functions.iter().any(|function| belongs(function.kind)) {
            return self.page.line(&format!("public protocol {head} {{}}"));
        }
        self.page.line(&format!("public protocol {head} {{"));
        self.inside(|sheet| sheet.declared(functions, belongs));
        self.page.line("}");
    }

    /// The functions of the host that belong to a protocol.
    pub(super) fn declared(&mut self, functions: &[Function], belongs: impl Fn(FunctionKind) -> bool) {
        let names = self.names.functions(self.owner, Side::Import);
        for (function, spelled) in functions.iter().zip(names).filter(|(function, _)| belongs(function.kind)) {
            let head = format!("func {}(", spelled.member.name);
            let note = quiet(spelled.member.clone()).note;
            self.begin_function(function, Side::Import, &head, None, note.as_deref(), false);
        }
    }

    /// The function that defines what the host implements in an instance of a linker.
    pub(super) fn definition(&mut self, protocol: &str, types: &[TypeId], functions: &[Function]) {
        let (place, failed) = (self.package("LinkerInstance"), self.package("WasmtimeError"));
        let head = "static func define(";
        let items = vec![text(format!("in place: {place}")), text(format!("_ host: some {protocol}"))];
        self.page.expr("", &call(head, items), &format!(" throws({failed}) {{"));
        let names = self.names.functions(self.owner, Side::Import);
        self.inside(|sheet| {
            for id in resources(sheet.model, types) {
                let (name, ty) = (&sheet.model.ty(id).name, sheet.package("ResourceType"));
                sheet.page.line(&format!("try place.defineResource(\"{name}\", {ty}())"));
            }
            for (function, spelled) in functions.iter().zip(names) {
                let (owner, skipped) = match function.kind {
                    FunctionKind::Method(id) => {
                        let name = sheet.type_name(id);
                        (format!("reader.object(as: (any {name}).self)"), "")
                    }
                    _ => ("host".to_owned(), ""),
                };
                let member = format!("{}{skipped}", spelled.member.name);
                let stmts = match function.waits {
                    false => sheet.serving(function, &owner, &member),
                    true => sheet.serving_async(function, &owner, &member),
                };
                let text_of = |name: &str| stmts_use(&stmts, name);
                let reader = if text_of("reader") { "reader" } else { "_" };
                let writer = if text_of("writer") { "writer" } else { "_" };
                let wit = sheet.package("Wit");
                let items = [vec![text("place")], sheet.signature(function)].concat();
                let takes = match function.waits {
                    false => format!("{reader}, {writer}"),
                    true => format!("({reader}) throws({failed})"),
                };
                let word = if function.waits { "defineAsync" } else { "define" };
                let head = call(format!("try {wit}.{word}("), items);
                sheet.page.expr("", &head, &format!(" {{ {takes} in"));
                sheet.page.indented(|page| page.stmts(&stmts));
                sheet.page.line("}");
            }
        });
        self.page.line("}");
    }
}

/// Whether statements have a name in them.
fn stmts_use(stmts: &[super::layout::Stmt], name: &str) -> bool {
    use super::layout::Stmt;
    stmts.iter().any(|stmt| match stmt {
        Stmt::Expr(expr) => has(&expr.flat(), name),
        Stmt::Line(line) => has(line, name),
        Stmt::Block { head, body } => has(head, name) || stmts_use(body, name),
        Stmt::Indented(body) => stmts_use(body, name),
    })
}

fn has(text: &str, name: &str) -> bool {
    text.contains(&format!("{name}.")) || text.contains(&format!("&{name}"))
}
