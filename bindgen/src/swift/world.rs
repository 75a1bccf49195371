//! The file of the world: its struct, what it imports as a protocol, and the functions of an instance.

use super::exports::{has_functions, is_written, owner_of};
use super::functions::{WAITS, isolation};
use super::layout::{Page, call, text};
use super::names::quiet;
use super::sheet::Sheet;
use crate::model::{FunctionKind, InterfaceId, Owner, Side};
use crate::naming::Spelled;

/// An interface with what the world calls it.
type Member = (InterfaceId, Spelled);

impl Sheet<'_> {
    /// Writes the world.
    pub(super) fn world(&mut self) {
        let (model, names) = (self.model, self.names);
        let (world, name) = (&model.world, &names.world.name);
        let sendable = self.std("Sendable");
        let hosts = self.hosts();
        let has_own = !world.imports.is_empty() || !super::exports::resources(model, &world.types).is_empty();
        let has_imports = !hosts.is_empty() || has_own;
        let plain = format!("The world `{}`.", world.path);
        let docs = world.docs.as_ref().map_or_else(|| plain.clone(), |docs| format!("{plain}\n\n{docs}"));
        let note = names.world.note.clone();
        self.note(note.as_deref());
        self.page.docs(&docs);
        self.page.line(&format!("public struct {name}: {sendable} {{"));
        self.inside(|sheet| {
            sheet.page.line("let functions: Functions");
            sheet.exports();
            sheet.makers(&hosts, has_imports, has_own);
            sheet.methods(&world.exports, |kind| kind == FunctionKind::Free);
            sheet.types(&world.types);
            sheet.host_resources(&world.types, &world.imports);
            if has_imports {
                sheet.host_of_world(&hosts);
            }
            for side in [Side::Import, Side::Export] {
                sheet.namespace(side);
            }
            sheet.functions();
        });
        self.page.line("}");
        self.codecs(&world.types);
        if has_own {
            self.page.gap();
            self.page.line(&format!("extension {name} {{"));
            self.inside(|sheet| sheet.definition("Host", &world.types, &world.imports));
            self.page.line("}");
        }
    }

    /// The interfaces that the host implements.
    fn hosts(&self) -> Vec<Member> {
        let is_host = |id: InterfaceId| {
            let interface = self.model.interface(id);
            interface.side == Side::Import && !interface.is_wasi() && has_functions(self.model, interface)
        };
        self.members(is_host)
    }

    fn members(&self, is: impl Fn(InterfaceId) -> bool) -> Vec<Member> {
        let all = (0..self.model.interfaces.len()).map(InterfaceId).filter(|id| is(*id));
        all.map(|id| (id, quiet(self.names.member(id)))).collect()
    }

    /// The interfaces that the component exports, as properties.
    fn exports(&mut self) {
        let is_export = |id: InterfaceId| {
            let interface = self.model.interface(id);
            interface.side == Side::Export && has_functions(self.model, interface)
        };
        for (id, member) in self.members(is_export) {
            let path = self.names.path(self.model, Owner::Interface(id));
            let docs = self.model.interface(id).documented();
            self.page.gap();
            self.note(member.note.as_deref());
            self.page.docs(docs.lines().next().unwrap_or_default());
            let line = format!("public var {}: {path} {{ {path}(functions: functions) }}", member.name);
            match line.chars().count() + 2 <= 100 {
                true => self.page.line(&line),
                false => self.page.block(&format!("public var {}: {path} {{", member.name), |page| {
                    page.line(&format!("{path}(functions: functions)"));
                }),
            }
        }
    }

    /// What makes the world of an instance, and an instance of a component.
    fn makers(&mut self, hosts: &[Member], has_imports: bool, has_own: bool) {
        let name = self.names.world.name.clone();
        let [store, instance, linker, component, failed] =
            ["Store", "Instance", "Linker", "Component", "WasmtimeError"].map(|name| self.package(name));
        self.page.gap();
        self.page.docs("Takes an instance of the component, whose types are checked.");
        self.page.docs("\n- Throws: `link` where the component is another one than these bindings were made of.");
        let items = vec![text(format!("_ store: {store}")), text(format!("_ instance: {instance}"))];
        self.page.expr("", &call("public init(", items), &format!(" throws({failed}) {{"));
        self.page.indented(|page| page.line("functions = try Functions(store, instance)"));
        self.page.line("}");
        self.page.gap();
        self.page.docs("Defines what the world imports in a linker.");
        let mut items = vec![text(format!("_ linker: {linker}"))];
        items.extend(has_imports.then(|| text("_ host: some Host")));
        let has_wasi = self.model.interfaces.iter().any(|interface| interface.is_wasi());
        let paths: Vec<_> = hosts
            .iter()
            .map(|(id, member)| {
                let interface = self.model.interface(*id);
                let place = self.names.path(self.model, Owner::Interface(*id));
                let items = vec![
                    text(format!("in: linker.instance(\"{}\")", interface.path)),
                    text(format!("host.{}", member.name)),
                ];
                call(format!("try {place}.define("), items)
            })
            .collect();
        let head = call("public static func define(", items);
        let is_empty = !has_wasi && !has_own && paths.is_empty();
        self.page.expr("", &head, &format!(" throws({failed}) {}", if is_empty { "{}" } else { "{" }));
        self.page.indented(|page| {
            if has_wasi {
                page.line("try linker.defineWasi()");
            }
            for path in &paths {
                page.expr("", path, "");
            }
            if has_own {
                page.line("try define(in: linker.root, host)");
            }
        });
        if !is_empty {
            self.page.line("}");
        }
        self.page.gap();
        self.page.docs("Makes an instance of the component in a store.");
        self.page.docs("\n- Throws: `link` where the component is another one than these bindings were made of, and");
        self.page.docs("whatever making an instance fails with.");
        let mut items = vec![text(format!("_ store: {store}")), text(format!("_ component: {component}"))];
        items.extend(has_imports.then(|| text("_ host: some Host")));
        let awaited = [items.clone(), vec![isolation()]].concat();
        let given = if has_imports { "linker, host" } else { "linker" };
        let making = |page: &mut Page, items, word: &str, throws: &str, tried: &str| {
            let after = format!(" {throws} -> {name} {{");
            page.expr("", &call(format!("public static func {word}("), items), &after);
            page.indented(|page| {
                page.line(&format!("let linker = try {linker}(component.engine)"));
                page.line("defer { linker.close() }");
                page.line(&format!("try define({given})"));
                page.line(&format!("return {tried} {name}(store, linker.{word}(store, component))"));
            });
            page.line("}");
        };
        making(&mut self.page, items, "instantiate", &format!("throws({failed})"), "try");
        if self.model.waits() {
            self.page.gap();
            self.page.docs(&format!("Makes an instance of the component in a store.{WAITS}"));
            self.page.docs("\n- Throws: As `instantiate`, and `CancellationError` where the task was cancelled.");
            making(&mut self.page, awaited, "instantiateAsync", "async throws", "try await");
        }
    }

    fn host_of_world(&mut self, hosts: &[Member]) {
        let (model, names) = (self.model, self.names);
        let sendable = self.std("Sendable");
        self.page.gap();
        self.page.docs(&format!("What the world `{}` imports, and the host implements.", model.world.path));
        self.page.line(&format!("public protocol Host: {sendable} {{"));
        self.inside(|sheet| {
            for (id, member) in hosts {
                let (path, name) = (names.path(model, Owner::Interface(*id)), names.interface(*id));
                sheet.page.gap();
                sheet.page.docs(&format!("Who implements the interface `{}`.", model.interface(*id).path));
                sheet.page.line(&format!("associatedtype {name}Host: {path}.Host"));
                sheet.note(member.note.as_deref());
                sheet.page.docs(&format!("The one that implements the interface `{}`.", model.interface(*id).path));
                sheet.page.line(&format!("var {}: {name}Host {{ get }}", member.name));
            }
            sheet.declared(&model.world.imports, |kind| !matches!(kind, FunctionKind::Method(_)));
        });
        self.page.line("}");
    }

    fn namespace(&mut self, side: Side) {
        let mut all = self.model.interfaces.iter();
        if !all.any(|interface| interface.side == side && is_written(self.model, interface)) {
            return;
        }
        let (name, what) = match side {
            Side::Import => ("Imports", "The interfaces that the world imports."),
            Side::Export => ("Exports", "The interfaces that the world exports."),
        };
        self.page.gap();
        self.page.docs(what);
        self.page.line(&format!("public enum {name} {{}}"));
    }

    /// The functions of an instance, each looked up and checked once.
    fn functions(&mut self) {
        let (model, names) = (self.model, self.names);
        let owners = (0..model.interfaces.len()).map(owner_of);
        let owners: Vec<_> = owners
            .filter(|owner| matches!(owner, Owner::Interface(id) if model.interface(*id).side == Side::Export))
            .chain([Owner::World])
            .collect();
        let [store, instance, failed, wit] =
            ["Store", "Instance", "WasmtimeError", "Wit"].map(|name| self.package(name));
        let sendable = self.std("Sendable");
        let mut binds = Vec::new();
        for owner in owners {
            let path = match owner {
                Owner::World => None,
                Owner::Interface(id) => Some(model.interface(id).path.clone()),
            };
            for (function, spelled) in
                model.functions(owner, Side::Export).iter().zip(names.functions(owner, Side::Export))
            {
                let of = path.iter().map(|path| text(format!("\"{path}\"")));
                let items = [text("store"), text("instance")].into_iter().chain(of).chain(self.signature(function));
                binds.push((spelled.field.clone(), call(format!("{wit}.Function("), items.collect())));
            }
        }
        self.page.gap();
        self.page.line("/// The functions of an instance, each looked up and checked once.");
        self.page.line(&format!("final class Functions: {sendable} {{"));
        self.page.indented(|page| {
            for (field, _) in &binds {
                page.line(&format!("let {field}: {wit}.Function"));
            }
            page.gap();
            let items = vec![text(format!("_ store: {store}")), text(format!("_ instance: {instance}"))];
            if binds.is_empty() {
                return page.expr("", &call("init(", items), &format!(" throws({failed}) {{}}"));
            }
            page.expr("", &call("init(", items), &format!(" throws({failed}) {{"));
            page.indented(|page| {
                for (field, bind) in &binds {
                    // A function may have the name of what it is bound with.
                    let hidden = ["store", "instance"].contains(&field.as_str());
                    page.expr(&format!("{}{field} = try ", if hidden { "self." } else { "" }), bind, "");
                }
            });
            page.line("}");
        });
        self.page.line("}");
    }
}
