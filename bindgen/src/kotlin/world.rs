//! The file of the world: what it imports as an interface, and its class.

use super::exports::has_functions;
use super::functions::WAITS;
use super::layout::{call, text};
use super::sheet::{Item, Sheet};
use crate::model::{FunctionKind, InterfaceId, Owner, Side};
use crate::naming::Spelled;

impl Sheet<'_> {
    /// Writes the world.
    pub(super) fn world(&mut self) {
        let model = self.model;
        let world = &model.world;
        let hosts = self.hosts();
        let is_host = has_functions(&world.imports, &world.types, model);
        let imports = (is_host || !hosts.is_empty()).then(|| self.names.file(self.owner).imports.clone());
        if let Some(imports) = &imports {
            self.imports_interface(imports, &hosts);
        }
        self.world_class(imports.as_ref().map(|it| &*it.name), &hosts, is_host);
        if !world.exports.is_empty() {
            self.bound();
        }
        // A resource of the world's own is the host's.
        self.types(&world.types, |sheet, id| sheet.host_resource(&world.imports, id));
        if let Some(imports) = imports.filter(|_| is_host) {
            self.define(&world.imports, &world.types, &imports.name, "private");
        }
    }

    fn imports_interface(&mut self, imports: &Spelled, hosts: &[(InterfaceId, Spelled, String)]) {
        let model = self.model;
        let docs = format!("What the world `{}` imports, and the host implements.", model.world.path);
        self.document(&docs, &[imports.note.as_deref()]);
        self.page.line(&format!("public interface {} {{", imports.name));
        for (id, member, class) in hosts {
            let docs = model.interface(*id).described();
            self.property(&docs, member, class, "");
        }
        self.declarations(&model.world.imports, |kind| !matches!(kind, FunctionKind::Method(_)));
        self.page.line("}");
    }

    fn property(&mut self, docs: &str, member: &Spelled, class: &str, end: &str) {
        let docs = super::data::with_notes(docs, &[member.note.as_deref()]);
        self.page.indented(|page| {
            page.gap();
            page.docs(&docs);
            page.line(&format!("public val {}: {class}{end}", member.name));
        });
    }

    fn world_class(&mut self, imports: Option<&str>, hosts: &[(InterfaceId, Spelled, String)], is_host: bool) {
        let (model, file) = (self.model, self.names.file(self.owner));
        let world = &model.world;
        let class = file.class.clone();
        let plain = format!("The world `{}`.", world.path);
        let docs = world.docs.iter().fold(plain, |plain, docs| format!("{plain}\n\n{docs}"));
        self.document(&docs, &[class.note.as_deref()]);
        let (store, instance) = (self.of_package("Store"), self.of_package("Instance"));
        let bound = self.of_package("BoundInstance");
        self.page.line(&format!("public class {} private constructor(instance: {bound}) {{", class.name));
        let exports = self.exports();
        for (id, member, interface) in &exports {
            let docs = model.interface(*id).described();
            self.property(&docs, member, interface, &format!(" = {interface}(instance)"));
        }
        let functions = file.functions.clone();
        self.page.indented(|page| {
            if !world.exports.is_empty() {
                page.gap();
                page.line(&format!("private val functions: {functions} = {functions}(instance)"));
            }
            page.gap();
            page.line("init {");
            page.indented(|page| page.line("instance.home = this"));
            page.line("}");
            page.gap();
            page.docs("Takes an instance of the component, whose types are checked.");
            let params = [format!("store: {store}"), format!("instance: {instance}")];
            let this = call("this(", vec![text(format!("{bound}(store, instance)"))]);
            page.delegating("public constructor", &params, &this);
        });
        self.methods(&world.exports, |kind| kind == FunctionKind::Free);
        self.page.gap();
        self.inside(|sheet| {
            sheet.page.docs("How an instance is made.");
            sheet.page.line("public companion object {");
            sheet.companion(&class.name, imports, hosts, is_host);
            sheet.page.line("}");
        });
        self.page.line("}");
    }

    /// What defines the imports, and makes an instance.
    fn companion(
        &mut self,
        class: &str,
        imports: Option<&str>,
        hosts: &[(InterfaceId, Spelled, String)],
        is_host: bool,
    ) {
        let model = self.model;
        let (linker, store) = (self.of_package("Linker"), self.of_package("Store"));
        let component = self.of_package("Component");
        let mut body = Vec::new();
        if model.interfaces.iter().any(|interface| interface.is_wasi()) {
            body.push("linker.defineWasi()".to_owned());
        }
        for (id, member, _) in hosts {
            let define = self.item(Item::Define(Owner::Interface(*id)));
            body.push(format!("{define}(linker, imports.{})", member.name));
        }
        if is_host {
            body.push(format!("{}(linker, imports)", self.names.file(self.owner).define));
        }
        let given = imports.map(|imports| format!("imports: {imports}"));
        let (arguments, end) = match (imports, body.is_empty()) {
            (Some(_), _) => ("linker, imports", " {"),
            (None, false) => ("linker", " {"),
            (None, true) => ("linker", ": Unit = Unit"),
        };
        self.page.indented(|page| {
            page.docs("Defines what the world imports in a linker.");
            page.line("@JvmStatic");
            let mut params = vec![format!("linker: {linker}")];
            params.extend(given.clone());
            page.signature("public fun define", &params, "", end);
            if end == " {" {
                page.indented(|page| body.iter().for_each(|line| page.line(line)));
                page.line("}");
            }
            let mut params = vec![format!("store: {store}"), format!("component: {component}")];
            params.extend(given);
            let mut making = |docs: &str, head: &str, made: &str| {
                page.gap();
                page.docs(docs);
                if made == "instantiate" {
                    page.line("@JvmStatic");
                }
                page.signature(head, &params, &format!(": {class}"), " =");
                page.indented(|page| {
                    page.line(&format!("{linker}(component.engine).use {{ linker ->"));
                    page.indented(|page| {
                        page.line(&format!("define({arguments})"));
                        page.line(&format!("{class}(store, linker.{made}(store, component))"));
                    });
                    page.line("}");
                });
            };
            let docs = "Makes an instance of the component in a store.";
            making(docs, "public fun instantiate", "instantiate");
            if model.waits() {
                let docs = format!("{docs}{WAITS}");
                making(&docs, "public suspend fun instantiateSuspend", "instantiateSuspend");
            }
        });
    }

    /// The interfaces that the component exports, with what they are called.
    fn exports(&mut self) -> Vec<(InterfaceId, Spelled, String)> {
        let model = self.model;
        let mut all = Vec::new();
        for (place, interface) in model.interfaces.iter().enumerate() {
            if interface.side == Side::Export && has_functions(&interface.functions, &interface.types, model) {
                let id = InterfaceId(place);
                all.push((id, self.names.member(id), self.class_of(id)));
            }
        }
        all
    }
}
