//! Instances of components.

use std::sync::Arc;

use wasmtime::StoreContextMut;
use wasmtime::component::ComponentExportIndex;
use wasmtime::component::types::{self, ComponentItem};

use crate::component::abi::call::Ready;
use crate::component::func::ComponentFunc;
use crate::component::link::Linked;
use crate::component::resource_type::ComponentResourceType;
use crate::component::words;
use crate::errors::chain::chain;
use crate::errors::guest_text::{self, Name};
use crate::stores::components::InstanceState;
use crate::stores::host_objects::HostResource;
use crate::stores::store::{StoreData, StoreId, of_store};
use crate::{Engine, Module, Result, Store, WasmtimeError};

/// An instance of a component (`wasmtime::component::Instance`). It belongs to one store.
///
/// What it exports has a path: the names of the instances in each other, and the item's own name.
#[derive(uniffi::Object)]
pub struct ComponentInstance {
    owner: StoreId,
    inner: wasmtime::component::Instance,
    state: Arc<InstanceState>,
    hosts: Arc<[HostResource]>,
    engine: Arc<Engine>,
    /// How large the shared memories of its modules may grow, in bytes; 0 where they have none.
    shared: u64,
}

of_store!(ComponentInstance);

#[uniffi::export]
impl ComponentInstance {
    /// The function of that path. Fails with `NotFound`, which names what there is, and with `Type` for something else.
    #[cfg_attr(false, worded)]
    pub fn func(&self, store: &Store, path: Vec<String>) -> Result<Arc<ComponentFunc>> {
        self.check(store)?;
        store.enter(|mut context| {
            let (item, index) = self.find(&mut context, &path)?;
            let ComponentItem::ComponentFunc(ty) = &item else { return Err(other_kind(&path, &item, "a function")) };
            let names = ty.params().map(|(name, _)| name.to_owned()).collect();
            let found = self.inner.get_func(&mut context, index);
            let func = found.ok_or_else(|| other_kind(&path, &item, "a function"))?;
            let ready =
                Ready::new(&mut context, func).map_err(|error| WasmtimeError::Unexpected { reason: chain(&error) })?;
            Ok(ComponentFunc::new(store, ready, path, names, (&self.state, &self.hosts)))
        })
    }

    /// The module of that path. Fails as `func` does.
    #[cfg_attr(false, worded)]
    pub fn module(&self, store: &Store, path: Vec<String>) -> Result<Arc<Module>> {
        self.check(store)?;
        let module = store.enter(|mut context| {
            let (item, index) = self.find(&mut context, &path)?;
            let module = self.inner.get_module(&mut context, index);
            module.ok_or_else(|| other_kind(&path, &item, "a module"))
        })?;
        Ok(Module::of_component(&self.engine, module, self.shared))
    }

    /// The type of the resource of that path. Fails as `func` does.
    #[cfg_attr(false, worded)]
    pub fn resource(&self, store: &Store, path: Vec<String>) -> Result<Arc<ComponentResourceType>> {
        self.check(store)?;
        store.enter(|mut context| match self.find(&mut context, &path)?.0 {
            ComponentItem::Resource(ty) => Ok(ComponentResourceType::from_wasmtime(ty, &self.hosts)),
            item => Err(other_kind(&path, &item, "a resource")),
        })
    }
}

impl ComponentInstance {
    /// Fails with `WrongStore` unless it is an instance of this store, and with `Closed` after that was closed.
    pub fn check(&self, store: &Store) -> Result<()> {
        store.check_owner(self.owner, "instance")
    }

    pub(super) fn new(
        store: &Store,
        inner: wasmtime::component::Instance,
        state: Arc<InstanceState>,
        linked: &Linked,
        engine: &Arc<Engine>,
        shared: u64,
    ) -> Arc<Self> {
        let (hosts, engine) = (Arc::clone(&linked.hosts), Arc::clone(engine));
        Arc::new(Self { owner: store.id(), inner, state, hosts, engine, shared })
    }

    /// What a path leads to.
    fn find(
        &self,
        context: &mut StoreContextMut<'_, StoreData>,
        path: &[String],
    ) -> Result<(ComponentItem, ComponentExportIndex)> {
        let Some((name, outer)) = path.split_last() else {
            return Err(WasmtimeError::wrong_type("a path without a name: expected the name of an export"));
        };
        let mut outer_type = None;
        let mut instance = None;
        for (index, name) in outer.iter().enumerate() {
            let shown = path.get(..=index).unwrap_or_default();
            let found = self.inner.get_export(&mut *context, instance.as_ref(), name);
            let (item, next) = found.ok_or_else(|| self.not_found(context, outer_type.as_ref(), shown))?;
            let ComponentItem::ComponentInstance(ty) = item else {
                return Err(other_kind(shown, &item, "an instance"));
            };
            (outer_type, instance) = (Some(ty), Some(next));
        }
        let found = self.inner.get_export(&mut *context, instance.as_ref(), name);
        found.ok_or_else(|| self.not_found(context, outer_type.as_ref(), path))
    }

    /// `NotFound`, with a few of the names that there are.
    #[cold]
    fn not_found(
        &self,
        context: &mut StoreContextMut<'_, StoreData>,
        instance: Option<&types::ComponentInstance>,
        path: &[String],
    ) -> WasmtimeError {
        let component = self.inner.instance_pre(&*context).component().clone();
        let (engine, ty) = (component.engine(), component.component_type());
        let names: Vec<String> = match instance {
            None => ty.exports(engine).map(|(name, _)| name.to_owned()).collect(),
            Some(instance) => instance.exports(engine).map(|(name, _)| name.to_owned()).collect(),
        };
        let there = match names.len() {
            0 => "nothing".to_owned(),
            _ => guest_text::list(EXPORTS, names, |name| format!("`{}`", Name(&name))),
        };
        let (name, outer) = path.split_last().map_or(("", path), |(name, outer)| (name.as_str(), outer));
        let whose = match outer {
            [] => "the instance".to_owned(),
            outer => words::path(outer),
        };
        WasmtimeError::NotFound {
            name: name.to_owned(),
            reason: format!("there is no export {}: {whose} exports {there}", words::path(path)),
        }
    }
}

/// How many exports a sentence lists.
const EXPORTS: usize = 8;

#[cold]
fn other_kind(path: &[String], item: &ComponentItem, expected: &str) -> WasmtimeError {
    let found = words::kind(item);
    WasmtimeError::wrong_type(format!("the export {} is {found}: expected {expected}", words::path(path)))
}
