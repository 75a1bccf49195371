//! The linker of components: items by name, and the components that are instantiated with them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::compile::closable::Closable;
use crate::compile::engine::{LinkerCache, check_same};
use crate::component::component::Component;
use crate::component::host::ComponentHostFunction;
use crate::component::instance::ComponentInstance;
use crate::component::instance_pre::ComponentInstancePre;
use crate::component::items::{Item, Items};
use crate::component::resource_type::ComponentResourceType;
use crate::component::{link, wasi};
use crate::stores::store::StoreData;
use crate::{Engine, Module, Result, Store, WasmtimeError};

/// Defines items by name, and instantiates components with the items that they import (`wasmtime::component::Linker`).
///
/// Items lie in instances: a path names the instance, from the outermost one, and an empty path is the linker itself. A linker belongs
/// to an engine. All that it defines works in every store of that. Any thread may use a linker.
#[derive(uniffi::Object)]
pub struct ComponentLinker {
    /// There until it is closed.
    engine: Closable<wasmtime::Engine>,
    state: Mutex<State>,
    /// What the engine's linkers share.
    with_wasi: LinkerCache,
    /// The engine itself, if it is a shared one.
    #[expect(dead_code, reason = "it is kept")]
    shared_engine: Option<Arc<Engine>>,
}

#[derive(Clone, Default)]
struct State {
    items: Arc<Items>,
    shadowing: bool,
}

#[uniffi::export]
impl ComponentLinker {
    /// Makes an empty linker.
    #[uniffi::constructor]
    pub fn new(engine: &Engine) -> Result<Arc<Self>> {
        let (raw, with_wasi) = (engine.get()?, engine.component_wasi()?);
        Ok(Arc::new(Self {
            engine: Closable::new("linker", raw),
            state: Mutex::default(),
            with_wasi,
            shared_engine: engine.shared_by(),
        }))
    }

    /// Whether a definition may replace an earlier one of the same name. At first it may not.
    #[cfg_attr(false, worded)]
    pub fn allow_shadowing(&self, allow: bool) -> Result<()> {
        self.open()?.shadowing = allow;
        Ok(())
    }

    /// Makes an instance without items, if there is none of that path. Fails with `Link` where something else has the name, and for
    /// one that no component can import.
    pub fn define_instance(&self, path: Vec<String>) -> Result<()> {
        self.change(|items, shadowing| items.define_instance(&path, shadowing))
    }

    /// Defines a module, which components instantiate themselves. Fails with `Link` where the name is taken and shadowing is not
    /// allowed, and with `WrongEngine`.
    pub fn define_module(&self, path: Vec<String>, name: &str, module: &Module) -> Result<()> {
        let module = module.get()?;
        check_same(&self.engine.get()?, module.engine(), "module")?;
        self.change(|items, shadowing| items.define(&path, name, Item::Module(module), shadowing))
    }

    /// Defines a type of resources of the host's. Fails with `Type` for one of a guest's, and with `Link` where the name is taken and
    /// shadowing is not allowed.
    #[cfg_attr(false, called(ty = "the type of the resource"))]
    pub fn define_resource(&self, path: Vec<String>, name: &str, ty: &ComponentResourceType) -> Result<()> {
        let Some(host) = ty.as_host() else {
            return Err(WasmtimeError::wrong_type("the type of the resource is a guest's: expected one of the host's"));
        };
        self.change(|items, shadowing| items.define(&path, name, Item::Resource(host.clone()), shadowing))
    }

    /// Defines WASI 0.2: the interfaces of the world `wasi:cli/imports`, and those of `wasi:http` for requests that go out, in the version
    /// 0.2.12, which serves every 0.2. Where the engine has `Config.wasm_component_model_async`, this defines WASI 0.3 as well, in the version
    /// 0.3.0, but for its HTTP. What a guest may do is up to `Store.set_wasi`, whichever version it uses. Of the network nothing is granted
    /// but HTTP requests of WASI 0.2, by `WasiConfig.http`. Fails with `Link` where a name is taken and shadowing is not allowed.
    pub fn define_wasi(&self) -> Result<()> {
        let engine = self.engine.get()?;
        self.change(|items, shadowing| wasi::names(&engine).try_for_each(|name| items.define_wasi(name, shadowing)))
    }

    /// Defines each function that `component` imports and that is not defined yet: as one that fails with `Link` when it is called. Types
    /// of resources that are not defined become new ones. Other imports stay undefined.
    pub fn define_unknown_imports_as_traps(&self, component: &Component) -> Result<()> {
        let component = self.component(component)?;
        let unknown = link::unknown(&component, &self.open()?.items.clone())?;
        self.change(|items, _| {
            for (mut path, is_resource) in unknown {
                let Some(name) = path.pop() else { continue };
                let ty = is_resource.then(ComponentResourceType::host).transpose()?;
                let item = match ty.as_ref().and_then(|ty| ty.as_host()) {
                    Some(host) => Item::Resource(host.clone()),
                    None => Item::Trap,
                };
                // Another thread may have defined it meanwhile.
                _ = items.define(&path, &name, item, false);
            }
            Ok(())
        })
    }

    /// Instantiates a component with the items that it imports.
    ///
    /// Fails with `Link` where imports are not defined or of another type, of which it names the first and says how many more there are;
    /// with `Limit` where the store has no room; and with `Trap` where a start function traps.
    #[cfg_attr(false, worded)]
    pub fn instantiate(&self, store: &Store, component: &Component) -> Result<Arc<ComponentInstance>> {
        self.for_store(store, component)?.instantiate(store)
    }

    /// Finds the imports of a component once, for many instances of it. Fails with `Link` as `instantiate` does.
    #[cfg_attr(false, worded)]
    pub fn instantiate_pre(&self, component: &Component) -> Result<Arc<ComponentInstancePre>> {
        let raw = self.component(component)?;
        // Whatever another thread defines meanwhile, this has the items of one moment.
        let items = Arc::clone(&self.open()?.items);
        let has_wasi = items.has_wasi();
        let base = self.base(has_wasi)?;
        let linked = link::link(base, &raw, &items)?;
        Ok(ComponentInstancePre::new(linked, component.engine()?, component.shared()))
    }

    /// Closes the linker. Its instances go on working. Closing twice does nothing.
    #[cfg_attr(false, worded)]
    pub fn release(&self) -> Result<()> {
        self.engine.close();
        let before = std::mem::take(&mut *self.lock());
        // To drop what the functions of the host are may run anything: the lock is free again.
        drop(before);
        Ok(())
    }
}

impl ComponentLinker {
    /// Defines a function of the host, which serves every store. Its type is the one by which a component imports it. It is dropped when the
    /// name is defined again, or the linker goes, and every `ComponentInstancePre` and instance that has it.
    ///
    /// Fails with `Link` where the name is taken and shadowing is not allowed.
    pub fn define_func(&self, path: Vec<String>, name: &str, function: Arc<dyn ComponentHostFunction>) -> Result<()> {
        self.change(|items, shadowing| items.define(&path, name, Item::Func(function), shadowing))
    }

    /// The component with the items that it imports.
    pub(super) fn for_store(&self, store: &Store, component: &Component) -> Result<Arc<ComponentInstancePre>> {
        check_same(&self.engine.get()?, store.engine(), "store")?;
        self.instantiate_pre(component)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is defined, unless the linker is closed.
    fn open(&self) -> Result<MutexGuard<'_, State>> {
        let state = self.lock();
        self.engine.get()?;
        Ok(state)
    }

    /// Changes the items, all that `work` does or nothing.
    fn change(&self, work: impl FnOnce(&mut Items, bool) -> Result<()>) -> Result<()> {
        let mut state = self.open()?;
        let mut changed = Items::clone(&state.items);
        work(&mut changed, state.shadowing)?;
        let before = std::mem::replace(&mut state.items, Arc::new(changed));
        drop(state);
        // To drop what a function of the host is may run anything: the lock is free again.
        drop(before);
        Ok(())
    }

    fn component(&self, component: &Component) -> Result<wasmtime::component::Component> {
        let component = component.get()?;
        check_same(&self.engine.get()?, component.engine(), "component")?;
        Ok(component)
    }

    /// Wasmtime's linker, with what WASI defines if that was asked for.
    fn base(&self, has_wasi: bool) -> Result<wasmtime::component::Linker<StoreData>> {
        match has_wasi {
            true => wasi::linker(&self.with_wasi, &self.engine.get()?),
            false => Ok(wasmtime::component::Linker::new(&self.engine.get()?)),
        }
    }
}
