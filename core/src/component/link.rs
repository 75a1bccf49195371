//! Makes wasmtime's linker for a component, out of what ours defines: how many slots a function of the host has is known only from
//! the component that imports it.

use std::future::ready;
use std::sync::Arc;

use wasmtime::component::types::{self, ComponentFunc, ComponentItem};
use wasmtime::component::{Component, LinkerInstance, ResourceType};
use wasmtime::{AsContextMut, StoreContextMut};

use crate::component::abi::plan::{Made, Row};
use crate::component::abi::{call, host, plain};
use crate::component::host::{HostFuncType, drop_owned, run, run_plain};
use crate::component::items::{Item, Items};
use crate::component::table::{MOST, RESOURCES};
use crate::component::waiting::AsyncFunction;
use crate::component::{misfits, table, wasi, wit, words};
use crate::errors::guest_text;
use crate::linking::items::refused;
use crate::process::in_task::InTask;
use crate::stores::host_objects::HostResource;
use crate::stores::store::StoreData;
use crate::traps::carried::HostError;
use crate::{Result, WasmtimeError};

/// How many imports a sentence lists.
const IMPORTS: usize = 32;

/// What a component is linked with.
pub(super) struct Linked {
    pub(super) pre: wasmtime::component::InstancePre<StoreData>,
    /// The host's types of resources.
    pub(super) hosts: Arc<[HostResource]>,
    /// Whether one of the functions is async, in the host or by its type.
    pub(super) waits: bool,
}

impl Linked {
    /// Where the component's machine code is.
    pub(super) fn code(&self) -> usize {
        self.pre.component().image_range().start.addr()
    }
}

/// Links a component with what is defined; `base` has WASI, or nothing.
///
/// Fails with `Link` where an import is not defined or of another type. It names the first, and says how many more there are.
pub(super) fn link(
    base: wasmtime::component::Linker<StoreData>,
    component: &Component,
    items: &Items,
) -> Result<Linked> {
    let mut linker = base;
    linker.allow_shadowing(true);
    let ty = component.component_type();
    let engine = component.engine().clone();
    let hosts: Arc<[HostResource]> = items.resources().into();
    let mut work = Work {
        engine: &engine,
        component: &ty,
        hosts,
        made: Made::default(),
        missing: Vec::new(),
        more: 0,
        left: MOST,
        seen: Seen::default(),
        waits: false,
    };
    for (name, import) in ty.imports(&engine) {
        work.item(&mut linker.root(), items.find(name), &[name], &import.ty)?;
    }
    work.check(items.has_wasi())?;
    let (hosts, waits) = (work.hosts, work.waits);
    let pre = linker.instantiate_pre(component);
    let pre = pre.map_err(|error| misfits::explain(&error, &engine, &ty).unwrap_or_else(|| refused(error)))?;
    Ok(Linked { pre, hosts, waits })
}

/// The paths of the functions and of the resources that a component imports and that are not defined.
pub(super) fn unknown(component: &Component, items: &Items) -> Result<Vec<(Vec<String>, bool)>> {
    let ty = component.component_type();
    let engine = component.engine();
    let mut found = Unknown { engine, paths: Vec::new(), left: MOST, seen: Seen::default() };
    for (name, import) in ty.imports(engine) {
        found.item(items.find(name).map(|(_, item)| item), &mut vec![name.to_owned()], &import.ty)?;
    }
    Ok(found.paths)
}

struct Work<'a> {
    engine: &'a wasmtime::Engine,
    component: &'a types::Component,
    hosts: Arc<[HostResource]>,
    made: Made,
    /// What is not defined, in words: its names, and its type.
    missing: Vec<(String, String, String)>,
    /// How many more are not defined.
    more: usize,
    left: usize,
    seen: Seen,
    waits: bool,
}

/// The resources that a component has imported already.
#[derive(Default)]
struct Seen(Vec<ResourceType>);

impl Seen {
    fn has(&self, ty: ResourceType) -> bool {
        self.0.contains(&ty)
    }

    /// Notes one more, and tells whether it is new.
    fn note(&mut self, ty: ResourceType) -> Result<bool> {
        let is_new = !self.has(ty);
        if is_new {
            if self.0.len() == RESOURCES {
                return Err(too_many());
            }
            self.0.push(ty);
        }
        Ok(is_new)
    }

    fn note_all(&mut self, instance: &types::ComponentInstance, engine: &wasmtime::Engine) -> Result<()> {
        for (_, export) in instance.exports(engine) {
            if let ComponentItem::Resource(ty) = export.ty {
                self.note(ty)?;
            }
        }
        Ok(())
    }
}

impl Work<'_> {
    fn item(
        &mut self,
        to: &mut LinkerInstance<'_, StoreData>,
        found: Option<(&str, &Item)>,
        path: &[&str],
        wanted: &ComponentItem,
    ) -> Result<()> {
        self.left = self.left.checked_sub(1).ok_or_else(too_many)?;
        let name = path.last().copied().unwrap_or_default();
        match (wanted, found) {
            (ComponentItem::ComponentFunc(ty), Some((_, Item::Func(function)))) => {
                let names = words::path(path);
                let host_type = HostFuncType::new(names.clone(), ty, self.rows(ty)?);
                function.bind(&host_type)?;
                self.waits |= ty.async_();
                if function.as_async().is_some() {
                    self.waits = true;
                    let (function, hosts) = (Arc::clone(function), Arc::clone(&self.hosts));
                    let function = AsyncFunction { function, ty: Arc::new(host_type), hosts };
                    let defined = if ty.async_() {
                        host::define_concurrent(to, name, &names, ty, move |tasks, given| {
                            Box::pin(function.clone().run_in_task(tasks, given))
                        })
                    } else {
                        host::define_async(to, name, &names, ty, move |context, given| {
                            Box::pin(function.clone().run(context, given))
                        })
                    };
                    return defined.map_err(refused);
                }
                if ty.async_() {
                    let (function, hosts) = (Arc::clone(function), Arc::clone(&self.hosts));
                    return host::define_concurrent(to, name, &names, ty, move |tasks, given| {
                        let done = tasks.with(|mut access| {
                            let context = access.as_context_mut();
                            let _in_task = InTask::begin();
                            run(&function, &host_type, &hosts, context, given)
                        });
                        Box::pin(ready(done))
                    })
                    .map_err(refused);
                }
                let plain = if host_type.is_plain() { Arc::clone(function).plain() } else { None };
                if let Some(function) = plain {
                    let body = move |context: StoreContextMut<'_, StoreData>, arguments: &[u64]| {
                        run_plain(function.as_ref(), &host_type, context, arguments)
                    };
                    return plain::define(to, name, &names, ty, body).map_err(refused);
                }
                let (function, hosts) = (Arc::clone(function), Arc::clone(&self.hosts));
                let body = move |context: StoreContextMut<'_, StoreData>, given| {
                    run(&function, &host_type, &hosts, context, given)
                };
                host::define(to, name, &names, ty, body).map_err(refused)
            }
            (ComponentItem::ComponentFunc(ty), Some((_, Item::Trap))) => {
                let names = words::path(path);
                let shown = names.clone();
                let fail = move || Err(HostError(called(&shown)).into());
                if ty.async_() {
                    self.waits = true;
                    let failing = host::define_concurrent(to, name, &names, ty, move |_, _| Box::pin(ready(fail())));
                    return failing.map_err(refused);
                }
                host::define(to, name, &names, ty, move |_: StoreContextMut<'_, StoreData>, _| fail()).map_err(refused)
            }
            (ComponentItem::ComponentInstance(ty), Some((known, Item::Instance(items)))) => {
                if items.is_just_wasi() {
                    // Wasmtime checks what WASI has.
                    return self.seen.note_all(ty, self.engine);
                }
                // Items that replace some of WASI's join the others, under their name.
                let name = if items.is_of_wasi { known } else { name };
                let mut inner = to.instance(name).map_err(refused)?;
                for (name, export) in ty.exports(self.engine) {
                    let found = items.find(name);
                    if found.is_some() || !items.is_of_wasi {
                        self.item(&mut inner, found, &[path, &[name]].concat(), &export.ty)?;
                    } else if let ComponentItem::Resource(ty) = export.ty {
                        self.seen.note(ty)?;
                    }
                }
                Ok(())
            }
            (ComponentItem::ComponentInstance(ty), None) => {
                let all = ty.exports(self.engine);
                // One that has nothing but types needs no definition.
                all.into_iter()
                    .try_for_each(|(name, export)| self.item(&mut *to, None, &[path, &[name]].concat(), &export.ty))
            }
            (ComponentItem::Module(_), Some((_, Item::Module(module)))) => to.module(name, module).map_err(refused),
            // The same as one that was imported before, under another name.
            (ComponentItem::Resource(ty), None) if self.seen.has(*ty) => Ok(()),
            (ComponentItem::Resource(ty), Some((_, Item::Resource(host)))) => {
                self.seen.note(*ty)?;
                to.resource(name, ResourceType::host_dynamic(host.number), drop_owned).map_err(refused)
            }
            (ComponentItem::Type(_), _) => Ok(()),
            (_, None) => self.miss(path, wanted),
            (_, Some((_, found))) => Err(mismatch(path, wanted, found)),
        }
    }

    fn rows(&mut self, ty: &ComponentFunc) -> Result<[Row; 2]> {
        call::rows(ty, self.component, &mut self.made)
            .map_err(|error| WasmtimeError::Unexpected { reason: error.to_string() })
    }

    fn miss(&mut self, path: &[&str], wanted: &ComponentItem) -> Result<()> {
        if self.missing.len() == IMPORTS {
            self.more += 1;
            return Ok(());
        }
        let ty = wit::text(&table::of_import(self.engine, self.component, wanted)?);
        let (module, name) = match path {
            [only] => (String::new(), (*only).to_owned()),
            [first, .., last] => ((*first).to_owned(), (*last).to_owned()),
            [] => Default::default(),
        };
        self.missing.push((module, name, format!("{}: {ty}", words::path(path))));
        Ok(())
    }

    /// Fails with `Link` where something is missing.
    fn check(&mut self, has_wasi: bool) -> Result<()> {
        let Some((module, name, _)) = self.missing.first().cloned() else { return Ok(()) };
        let count = self.missing.len() + self.more;
        let many = if count == 1 { "1 import is".to_owned() } else { format!("{count} imports are") };
        let mut list = guest_text::list(IMPORTS, &self.missing, |(_, _, words)| words.clone());
        if self.more > 0 {
            list = format!("{list}, and {} more", self.more);
        }
        let names = self.missing.iter().flat_map(|(module, name, _)| [module.as_str(), name.as_str()]);
        let hint = wasi::hint(self.engine, has_wasi, names);
        Err(WasmtimeError::Link { reason: format!("{many} not defined in the linker: {list}{hint}"), module, name })
    }
}

struct Unknown<'a> {
    engine: &'a wasmtime::Engine,
    paths: Vec<(Vec<String>, bool)>,
    left: usize,
    seen: Seen,
}

impl Unknown<'_> {
    fn item(&mut self, found: Option<&Item>, path: &mut Vec<String>, wanted: &ComponentItem) -> Result<()> {
        self.left = self.left.checked_sub(1).ok_or_else(too_many)?;
        match (wanted, found) {
            (ComponentItem::ComponentFunc(_), None) => self.paths.push((path.clone(), false)),
            (ComponentItem::Resource(ty), found) => {
                let is_new = self.seen.note(*ty)?;
                if is_new && found.is_none() {
                    self.paths.push((path.clone(), true));
                }
            }
            (ComponentItem::ComponentInstance(ty), found) => {
                let items = match found {
                    Some(Item::Instance(items)) => Arc::clone(items),
                    _ => Arc::default(),
                };
                for (name, export) in ty.exports(self.engine) {
                    if items.is_of_wasi && items.find(name).is_none() {
                        if let ComponentItem::Resource(ty) = export.ty {
                            self.seen.note(ty)?;
                        }
                        continue;
                    }
                    path.push(name.to_owned());
                    self.item(items.find(name).map(|(_, item)| item), path, &export.ty)?;
                    path.pop();
                }
            }
            _ => {}
        }
        Ok(())
    }
}

#[cold]
fn other(reason: String) -> WasmtimeError {
    WasmtimeError::Link { reason, module: String::new(), name: String::new() }
}

#[cold]
fn called(names: &str) -> WasmtimeError {
    other(format!("the guest called {names}, which is not defined in the linker"))
}

#[cold]
fn mismatch(path: &[&str], wanted: &ComponentItem, found: &Item) -> WasmtimeError {
    let beside = if matches!(wanted, ComponentItem::Component(_)) { ", which a linker cannot define" } else { "" };
    let (wanted, found) = (words::kind(wanted), found.word());
    other(format!("the import {} is {wanted}{beside}, and the linker defines {found}", words::path(path)))
}

#[cold]
fn too_many() -> WasmtimeError {
    WasmtimeError::limit(
        "the component's imports, written out, are far larger than the component: that is too many to link them",
    )
}
