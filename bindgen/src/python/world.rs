//! The file of the world: what it imports as a protocol, and its class.

use super::functions::WAITS;
use super::imports::has_protocol;
use super::layout::{Expr, group, text};
use super::sheet::Sheet;
use crate::model::{FunctionKind, InterfaceId, Side, TypeId, TypeKind};

impl Sheet<'_> {
    /// Writes the world. `is_loaded` where the component is known already.
    pub(super) fn world(&mut self, is_loaded: bool) {
        let model = self.model;
        let world = &model.world;
        // A resource of the world's own is the host's.
        self.types(&world.types, |sheet, id| sheet.host_resource(&world.imports, id));
        let hosts = self.hosts();
        let is_host = has_protocol(&world.imports, &world.types, model);
        let has_imports = !hosts.is_empty() || is_host;
        let own = self.own_resources(&world.types);
        let imports = self.names.file(self.owner).imports.clone().map(|it| it.name).unwrap_or_default();
        if has_imports {
            self.imports_protocol(&imports, &hosts);
        }
        if !world.exports.is_empty() && !self.is_stub {
            self.bound(Side::Export);
        }
        let exports = self.exports();
        let file = self.names.file(self.owner);
        self.begin(file.note.as_deref());
        self.page.line(&format!("class {}:", file.class));
        let plain = format!("The world `{}`.", world.path);
        let docs = world.docs.as_ref().map_or_else(|| plain.clone(), |docs| format!("{plain}\n\n{docs}"));
        let (wit, bind) = if self.is_stub { Default::default() } else { (self.wit("define"), self.wit("bind")) };
        for name in ["Instance", "Store", "Linker"] {
            self.of_package(name);
        }
        if !is_loaded {
            self.of_package("Component");
        }
        let this = self.import("typing", "Self");
        let (is_stub, waits) = (self.is_stub, model.waits());
        let wasi = model.interfaces.iter().any(|interface| interface.is_wasi());
        let of_world = !world.exports.is_empty();
        let attached = self.attached(&file.class, &world.exports);
        let mut page = std::mem::take(&mut self.page);
        page.indented(|page| {
            page.docs(&docs);
            page.gap(1);
            if is_stub {
                for (member, class, docs) in &exports {
                    member.note.iter().for_each(|note| page.comment(note));
                    page.line(&format!("{}: {class}", member.name));
                    page.docs(docs);
                }
                page.gap(usize::from(!exports.is_empty()));
            }
            page.line("def __init__(self, store: Store, instance: Instance) -> None:");
            page.indented(|page| {
                page.docs("Takes an instance of the component, whose types are checked.");
                if is_stub {
                    return;
                }
                if exports.is_empty() && !of_world {
                    return page.line(&format!("{bind}(store, instance)"));
                }
                page.line(&format!("bound = {bind}(store, instance)"));
                for (member, class, docs) in &exports {
                    member.note.iter().for_each(|note| page.comment(note));
                    page.line(&format!("self.{} = {class}(bound)", member.name));
                    page.docs(docs);
                }
                if of_world {
                    page.line("self._functions = _Functions(bound)");
                    attached.iter().for_each(|call| page.expr("", call, ""));
                }
            });
            page.gap(usize::from(!is_stub));
            page.line("@staticmethod");
            let mut items = vec![text("linker: Linker")];
            if has_imports {
                items.push(text(format!("imports: {imports}")));
            }
            page.expr("", &group("def define(", items, ")"), " -> None:");
            page.indented(|page| {
                page.docs("Defines what the world imports in a linker.");
                if is_stub {
                    return;
                }
                if wasi {
                    page.line("linker.define_wasi()");
                }
                for (id, member, class) in &hosts {
                    let path = &model.interface(*id).path;
                    let mut items = vec![text("linker"), text(format!("\"{path}\"")), text(class.clone())];
                    items.push(text(format!("imports.{}", member.name)));
                    items.extend(self.own_resources(&model.interface(*id).types));
                    page.expr("", &group(format!("{wit}("), items, ")"), "");
                }
                if is_host {
                    let items = vec![text("linker"), text("None"), text(imports.clone()), text("imports")];
                    let items = [items, own].concat();
                    page.expr("", &group(format!("{wit}("), items, ")"), "");
                }
            });
            page.gap(usize::from(!is_stub));
            page.line("@classmethod");
            let mut items = vec![text("cls"), text("store: Store")];
            if !is_loaded {
                items.push(text("component: Component"));
            }
            if has_imports {
                items.push(text(format!("imports: {imports}")));
            }
            let awaited = items.clone();
            page.expr("", &group("def instantiate(", items, ")"), &format!(" -> {this}:"));
            let given = if has_imports { "linker, imports" } else { "linker" };
            let component = if is_loaded { "_component(store.engine)" } else { "component" };
            page.indented(|page| {
                page.docs("Makes an instance of the component in a store.");
                if is_stub {
                    return;
                }
                page.line("with Linker(store.engine) as linker:");
                page.indented(|page| {
                    page.line(&format!("cls.define({given})"));
                    page.line(&format!("return cls(store, linker.instantiate(store, {component}))"));
                });
            });
            if !waits {
                return;
            }
            page.gap(usize::from(!is_stub));
            page.line("@classmethod");
            page.expr("", &group("async def instantiate_async(", awaited, ")"), &format!(" -> {this}:"));
            page.indented(|page| {
                page.docs(&format!("Makes an instance of the component in a store.\n\n{WAITS}"));
                if is_stub {
                    return;
                }
                page.line("with Linker(store.engine) as linker:");
                page.indented(|page| {
                    page.line(&format!("cls.define({given})"));
                    page.line(&format!("instance = await linker.instantiate_async(store, {component})"));
                    page.line("return cls(store, instance)");
                });
            });
        });
        self.page = page;
        self.methods(&world.exports, false, |kind| kind == FunctionKind::Free);
    }

    /// The interfaces that the host implements, with what they are called.
    fn hosts(&mut self) -> Vec<(InterfaceId, crate::naming::Spelled, String)> {
        let model = self.model;
        let mut all = Vec::new();
        for (place, interface) in model.interfaces.iter().enumerate() {
            let is_host = interface.side == Side::Import && !interface.is_wasi();
            if is_host && has_protocol(&interface.functions, &interface.types, model) {
                let id = InterfaceId(place);
                all.push((id, self.names.member(id), self.class_of(id)));
            }
        }
        all
    }

    /// The interfaces that the component exports, with what they are called and what documents them.
    fn exports(&mut self) -> Vec<(crate::naming::Spelled, String, String)> {
        let model = self.model;
        let mut all = Vec::new();
        for (place, interface) in model.interfaces.iter().enumerate() {
            if interface.side == Side::Export && has_protocol(&interface.functions, &interface.types, model) {
                let id = InterfaceId(place);
                all.push((self.names.member(id), self.class_of(id), interface.documented()));
            }
        }
        all
    }

    /// The classes of the resources among some types.
    pub(super) fn own_resources(&mut self, types: &[TypeId]) -> Vec<Expr> {
        let model = self.model;
        let own = types.iter().filter(|id| matches!(model.ty(**id).kind, TypeKind::Resource));
        own.map(|id| text(self.type_name(*id))).collect()
    }

    fn imports_protocol(&mut self, class: &str, hosts: &[(InterfaceId, crate::naming::Spelled, String)]) {
        let model = self.model;
        self.begin(None);
        let protocol = self.import("typing", "Protocol");
        self.page.line(&format!("class {class}({protocol}):"));
        let docs = format!("What the world `{}` imports, and the host implements.", model.world.path);
        let is_stub = self.is_stub;
        self.page.indented(|page| {
            page.docs(&docs);
            for (place, (_, member, class)) in hosts.iter().enumerate() {
                page.gap(usize::from(!is_stub || place == 0));
                member.note.iter().for_each(|note| page.comment(note));
                page.line("@property");
                page.line(&format!("def {}(self) -> {class}: ...", member.name));
            }
        });
        self.declared(&model.world.imports, hosts.is_empty(), |kind| !matches!(kind, FunctionKind::Method(_)));
    }
}
