//! The linker: items by name, and the modules that are instantiated with them.
//!
//! A thread that waits for a store holds no linker's lock: it locks the items only once it is inside.

use std::sync::{Arc, Mutex};

use trimaran_gate::Token;
use wasmtime::AsContextMut;

use crate::compile::closable::Closable;
use crate::compile::engine::{LinkerCache, check_same};
use crate::errors::chain::chain;
use crate::host::definition::{HostBody, HostDefinition, UnboundHostFunc};
use crate::linking::definitions::Definition;
use crate::linking::instance::all;
use crate::linking::instantiation::{Instantiation, Source};
use crate::linking::items::{Items, explain, explain_missing, refused};
use crate::process::fork::{self, Held, Locked};
use crate::runs::run::Run;
use crate::snapshots::copies;
use crate::stores::store::StoreData;
use crate::{Engine, Extern, Func, FuncType, Instance, InstancePre, Module, Result, Store, WasmtimeError};

/// Defines items by name, and instantiates modules with the items that they import (`wasmtime::Linker`).
///
/// A linker belongs to an engine. An item of a store works only in that store; host functions and WASI work in every store.
/// Any thread may use a linker.
#[derive(uniffi::Object)]
pub struct Linker {
    /// There until it is closed.
    engine: Closable<wasmtime::Engine>,
    items: Mutex<Items>,
    /// What the engine's linkers share.
    with_wasi: LinkerCache,
    /// The engine itself, if it is a shared one.
    #[expect(dead_code, reason = "it is kept")]
    shared_engine: Option<Arc<Engine>>,
}

#[uniffi::export]
impl Linker {
    /// Makes an empty linker.
    #[uniffi::constructor]
    pub fn new(engine: &Engine) -> Result<Arc<Self>> {
        let (shared_engine, with_wasi) = (engine.shared_by(), engine.with_wasi()?);
        let engine = engine.get()?;
        let items = Mutex::new(Items::new(&engine));
        Ok(Arc::new(Self { engine: Closable::new("linker", engine), items, with_wasi, shared_engine }))
    }

    /// Whether a definition may replace an earlier one of the same name. At first it may not.
    #[cfg_attr(false, worded)]
    pub fn allow_shadowing(&self, allow: bool) -> Result<()> {
        self.open()?.allow_shadowing(allow);
        Ok(())
    }

    /// Defines an item of a store.
    ///
    /// Fails with `Link` if the name is taken and shadowing is not allowed, and with `WrongStore` or `WrongEngine` for an
    /// item of another store or engine.
    #[cfg_attr(false, called(module = "the module's name"))]
    pub fn define(&self, store: &Store, module: &str, name: &str, item: Extern) -> Result<()> {
        self.check_store(store)?;
        let item = item.to_wasmtime(store)?;
        let replaced = store.enter(|context| self.open()?.insert(&context, store, module, name, item))?;
        // Neither the store nor the linker is held any more.
        drop(replaced);
        Ok(())
    }

    /// Defines a host function that every store of the engine can use. A package gives it its body with it. Without one, each
    /// store gets a callback by the number that this returns, before a module is linked there.
    ///
    /// Fails with `Link` where the name is taken and shadowing is not allowed.
    #[cfg_attr(false, worded)]
    #[cfg_attr(false, by_hand(python, kotlin))]
    pub fn define_func(&self, module: &str, name: &str, ty: FuncType) -> Result<u64> {
        self.define_host(module, name, ty, None)
    }

    /// Defines all exports of an instance, as items of the module `name`. Fails as `define` does.
    pub fn define_instance(&self, store: &Store, name: &str, instance: &Instance) -> Result<()> {
        self.check_store(store)?;
        let instance = instance.get(store)?;
        let before = store.enter(|mut context| {
            let exports = all(instance, &mut context).into_vec();
            self.change(|items| {
                exports
                    .into_iter()
                    .try_for_each(|(item, export)| items.insert(&context, store, name, &item, export).map(drop))
            })
        })?;
        drop(before);
        Ok(())
    }

    /// Defines all exports of a module, as items of the module `name`, with the instances that they need.
    ///
    /// A WASI command, which exports `_start`, gets a new instance for every call of a function of it. Any other module
    /// gets one instance now; the linker calls its `_initialize`, if it has one. Its imports have to be defined before.
    /// Fails as `define` and `instantiate` do.
    #[cfg_attr(false, worded)]
    pub fn define_module(&self, store: &Store, name: &str, module: &Module) -> Result<()> {
        self.check_store(store)?;
        let raw = self.module(module)?;
        let exports = |name: &str| raw.get_export(name).is_some();
        match (exports("_start"), exports("_initialize")) {
            (true, false) => self.define_command(store, name, &raw, module.shared()),
            (true, true) => Err(WasmtimeError::Link {
                reason: "the module exports `_start` and `_initialize`: expected a command or a reactor, and not both"
                    .to_owned(),
                module: name.to_owned(),
                name: String::new(),
            }),
            (false, _) => {
                // Before a guest runs for nothing.
                self.check_free(name, copies::exports(&raw).map(|export| export.name()))?;
                let instance = self.instantiate(store, module)?;
                if exports("_initialize") {
                    let Extern::OfFunc { func } = instance.export(store, "_initialize")? else {
                        return Err(WasmtimeError::wrong_type("`_initialize` is no function: expected (func)"));
                    };
                    func.call(store, Vec::new())?;
                }
                self.define_instance(store, name, &instance)
            }
        }
    }

    /// Defines WASI preview 1, `wasi_snapshot_preview1`, and preview 0, `wasi_unstable`, which older compilers wrote. What a
    /// guest may do is up to `Store.set_wasi`.
    pub fn define_wasi(&self) -> Result<()> {
        self.change(|items| {
            let shadowing = items.definitions.shadowing;
            if !items.definitions.is_empty() {
                return items.define_wasi(shadowing);
            }
            *items = Items::with_wasi_alone(&self.with_wasi, items)?;
            items.allow_shadowing(shadowing);
            Ok(())
        })
        .map(drop)
    }

    /// Defines each function that `module` imports and that is not defined yet: as one that fails with `Link` when it is
    /// called. Other imports stay undefined.
    pub fn define_unknown_imports_as_traps(&self, module: &Module) -> Result<()> {
        let module = self.module(module)?;
        self.change(|items| {
            let unknown = items.definitions.unknown(&module, |ty| ty.func().is_some());
            Arc::make_mut(&mut items.linker).define_unknown_imports_as_traps(&module).map_err(refused)?;
            unknown
                .into_iter()
                .try_for_each(|(module, name)| items.definitions.add(&module, &name, Definition::default()).map(drop))
        })
        .map(drop)
    }

    /// Defines each import of `module` that is not defined yet: functions that give zeros and nulls, memories and tables
    /// of their smallest size, globals with zero or null.
    ///
    /// Fails with `Link` for an import of a type that has no such value; then nothing is defined.
    pub fn define_unknown_imports_as_default_values(&self, store: &Store, module: &Module) -> Result<()> {
        self.check_store(store)?;
        let module = self.module(module)?;
        let before = store.enter(|mut context| {
            self.change(|items| {
                let unknown = items.definitions.unknown(&module, |_| true);
                let linker = Arc::make_mut(&mut items.linker);
                linker.define_unknown_imports_as_default_values(&mut context, &module).map_err(refused)?;
                for (module, name) in unknown {
                    let item = items.linker.get(&mut context, &module, &name).map_err(refused)?;
                    items.definitions.add(&module, &name, Definition::of_store(store, &item))?;
                }
                Ok(())
            })
        })?;
        drop(before);
        Ok(())
    }

    /// The item that is defined under these names. Fails with `NotFound`, and with `WrongStore` for an item of another
    /// store.
    #[cfg_attr(false, worded)]
    #[cfg_attr(false, called(module = "the module's name"))]
    pub fn get(&self, store: &Store, module: &str, name: &str) -> Result<Extern> {
        self.check_store(store)?;
        store.check_open()?;
        let (linker, hosts) = self.bound(store, |items| {
            items.definitions.find(store, module, name)?;
            Ok((Arc::clone(&items.linker), items.definitions.hosts_of(module, name)))
        })?;
        store.enter(|mut context| {
            HostDefinition::check_callbacks(&hosts, context.data())?;
            let found = linker.get(&mut context, module, name).map_err(refused)?;
            Ok(Extern::from_wasmtime(store, found))
        })
    }

    /// The default function of a module: the one under the empty name, or `_start`; for a module that has neither, a
    /// function that does nothing.
    ///
    /// Fails with `NotFound` if that module has no definition.
    #[cfg_attr(false, worded)]
    #[cfg_attr(false, called(module = "the name"))]
    pub fn get_default(&self, store: &Store, module: &str) -> Result<Arc<Func>> {
        self.check_store(store)?;
        store.check_open()?;
        let (linker, hosts) = self.bound(store, |items| {
            let name = items.definitions.check_default(store, module)?;
            Ok((Arc::clone(&items.linker), items.definitions.hosts_of(module, name)))
        })?;
        store.enter(|mut context| {
            HostDefinition::check_callbacks(&hosts, context.data())?;
            let found = linker.get_default(&mut context, module);
            Ok(Func::new(store, found.map_err(|error| WasmtimeError::wrong_type(chain(&error)))?))
        })
    }

    /// Instantiates a module with the items that it imports, and runs its start function.
    ///
    /// Fails with `Link` where imports are not defined or of another type, of which it names the first and says how many more
    /// there are, and as making an `Instance` does.
    #[cfg_attr(false, worded)]
    pub fn instantiate(&self, store: &Store, module: &Module) -> Result<Arc<Instance>> {
        self.linked(store, module)?.run(store, Instance::from_wasmtime)
    }

    /// Finds the imports of a module once, for many instances of it.
    ///
    /// Fails with `Link` where imports are not defined or of another type, of which it names the first and says how many more
    /// there are.
    #[cfg_attr(false, worded)]
    pub fn instantiate_pre(&self, module: &Module) -> Result<Arc<InstancePre>> {
        let (module, own) = (self.module(module)?, module.shared());
        let items = self.open()?;
        let checked = items.definitions.check_imports(&module, None);
        let (owners, hosts) = (items.definitions.owners(&module), items.definitions.hosts(Some(&module)));
        let shared = items.definitions.shared(&module).max(own);
        // What belongs to a store cannot be looked at in another one.
        let can_see =
            |import: &wasmtime::ImportType<'_>| !items.definitions.belongs_to_a_store(import.module(), import.name());
        if let Err(missing) = checked {
            let mut blank = StoreData::scratch(&self.engine.get()?)?;
            return Err(explain_missing(missing, &items.linker, &mut blank.as_context_mut(), &module, can_see));
        }
        let inner = match items.linker.instantiate_pre(&module) {
            Ok(inner) => inner,
            Err(error) => {
                let mut blank = StoreData::scratch(&self.engine.get()?)?;
                return Err(explain(error, &items.linker, &mut blank.as_context_mut(), &module, can_see));
            }
        };
        Ok(InstancePre::new(inner, shared, owners, hosts, items.resting(&module)))
    }

    /// Closes the linker. Its instances go on working. Closing twice does nothing.
    #[cfg_attr(false, worded)]
    pub fn release(&self) -> Result<()> {
        if let Ok(engine) = self.engine.get() {
            // First, so that a thread that finds no items finds the linker closed.
            self.engine.close();
            let _gone = std::mem::replace(&mut *self.lock(), Items::new(&engine));
        }
        Ok(())
    }
}

impl Linker {
    /// As `define_func`, with what the function does. That is dropped when the name is defined again, or the linker goes, and
    /// every `InstancePre` that has it.
    pub fn define_func_with(&self, module: &str, name: &str, ty: FuncType, body: Box<dyn HostBody>) -> Result<()> {
        self.define_host(module, name, ty, Some(body)).map(drop)
    }

    /// As `define_func_with`, of an async host function: a guest that calls it waits for its answer, where it was started as a
    /// `Run`, and fails with `Suspend` otherwise.
    pub fn define_async_func_with(
        &self,
        module: &str,
        name: &str,
        ty: FuncType,
        body: Box<dyn HostBody>,
    ) -> Result<()> {
        // Wasmtime locks what it knows of types.
        let held = fork::hold();
        let host = HostDefinition::new(&self.engine.get()?, (module, name), ty, Some(body))?.with_waiting();
        self.define_made(held, module, name, host).map(drop)
    }

    /// The same as `instantiate`, as a run: its start function may wait for async host functions. `of` is the async host call of
    /// the same store that it comes from, if any.
    pub fn start(&self, store: &Arc<Store>, module: &Module, of: Option<Token>) -> Result<Run<Arc<Instance>>> {
        self.linked(store, module)?.start(store, of, Instance::from_wasmtime)
    }

    /// The module with the items that it imports, whose host functions have their callbacks in the store.
    fn linked(&self, store: &Store, module: &Module) -> Result<Instantiation> {
        self.check_store(store)?;
        let (original, own) = (module.original()?, module.shared());
        let module = self.module(module)?;
        // Whatever another thread defines meanwhile, this has the items of one moment.
        let (found, hosts) = self.bound(store, |items| {
            if let Err(missing) = items.definitions.check_imports(&module, Some(store)) {
                // To explain it enters the store: not while the items are locked.
                return Ok((Err((missing, items.clone())), Vec::new()));
            }
            let shared = items.definitions.shared(&module).max(own);
            let found = (Arc::clone(&items.linker), items.resting(&module), shared);
            Ok((Ok(found), items.definitions.hosts(Some(&module))))
        })?;
        let (linker, resting, shared) = match found {
            Ok(found) => found,
            Err((missing, items)) => return Err(items.explain_missing(missing, store, &module)),
        };
        HostDefinition::prepare(&hosts, store)?;
        Ok(Instantiation { source: Source::Linked { module, linker, hosts, resting }, shared, original })
    }

    /// The numbers of host functions that `module` imports and that have no callback in the store yet; without a module, of
    /// all host functions of the linker.
    pub fn hosts(&self, store: &Store, module: Option<Arc<Module>>) -> Result<Vec<u64>> {
        self.check_store(store)?;
        let module = module.as_deref().map(Module::get).transpose()?;
        let hosts = self.open()?.definitions.hosts(module.as_ref());
        Ok(store.unbound_host_funcs(&hosts)?.iter().map(UnboundHostFunc::number).collect())
    }

    /// The host function of that number in a store, to which `Func::attach` binds a callback. Fails with `NotFound`.
    pub fn host(&self, store: &Store, number: u64) -> Result<Arc<Func>> {
        self.check_store(store)?;
        let host = self.open()?.definitions.host(number)?;
        host.in_store(store)
    }

    fn define_host(&self, module: &str, name: &str, ty: FuncType, body: Option<Box<dyn HostBody>>) -> Result<u64> {
        // Wasmtime locks what it knows of types.
        let held = fork::hold();
        let host = HostDefinition::new(&self.engine.get()?, (module, name), ty, body)?;
        self.define_made(held, module, name, host)
    }

    /// No fork happens from before the function's type was made.
    fn define_made(&self, held: Held, module: &str, name: &str, host: HostDefinition) -> Result<u64> {
        let host = Arc::new(host);
        let mut items = self.open()?;
        items.definitions.check(module, name)?;
        let linker = Arc::make_mut(&mut items.linker);
        let defined = if host.waits() {
            linker.func_new_async(module, name, host.ty().clone(), host.run_waiting())
        } else {
            // SAFETY: `run` reads and writes the slots by `host.ty()`, which is the type of the function.
            unsafe { linker.func_new_unchecked(module, name, host.ty().clone(), host.run()) }
        };
        defined.map_err(refused)?;
        let replaced = items.definitions.add(module, name, Definition::of_host(&host))?;
        drop(items);
        drop(held);
        drop(replaced);
        Ok(host.number())
    }

    fn lock(&self) -> Locked<'_, Items> {
        fork::lock(&self.items)
    }

    /// The items, unless the linker is closed.
    fn open(&self) -> Result<Locked<'_, Items>> {
        let items = self.lock();
        self.engine.get()?;
        Ok(items)
    }

    /// What `find` finds among the items of a moment, with its host functions, each of which has its callback in the store then,
    /// unless it has no body. Where another thread replaces one meanwhile, this begins again: nothing has run.
    fn bound<R>(
        &self,
        store: &Store,
        find: impl Fn(&Items) -> Result<(R, Vec<Arc<HostDefinition>>)>,
    ) -> Result<(R, Vec<Arc<HostDefinition>>)> {
        let mut replaced = None;
        loop {
            let (found, hosts) = find(&*self.open()?)?;
            match store.bind_callbacks(&hosts)? {
                None => return Ok((found, hosts)),
                Some(number) if replaced == Some(number) => return Err(HostDefinition::lost(number)),
                lost => replaced = lost,
            }
        }
    }

    fn check_store(&self, store: &Store) -> Result<()> {
        check_same(&self.engine.get()?, store.engine(), "store")
    }

    fn module(&self, module: &Module) -> Result<wasmtime::Module> {
        let module = module.get()?;
        check_same(&self.engine.get()?, module.engine(), "module")?;
        Ok(module)
    }

    fn check_free<'a>(&self, module: &str, names: impl Iterator<Item = &'a str>) -> Result<()> {
        let items = self.open()?;
        names.into_iter().try_for_each(|name| items.definitions.check(module, name))
    }

    /// Changes the items, all that `work` does or nothing. Returns those of before: to drop the last hold on one may run
    /// anything, so that the caller does it when it has left the store.
    fn change(&self, work: impl FnOnce(&mut Items) -> Result<()>) -> Result<Items> {
        let mut items = self.open()?;
        let mut changed = items.clone();
        work(&mut changed)?;
        Ok(std::mem::replace(&mut *items, changed))
    }

    /// A module with a new instance for every call. None is made now, so that no guest runs while the items are held.
    /// Its own shared memories may grow to `own` bytes.
    fn define_command(&self, store: &Store, name: &str, module: &wasmtime::Module, own: u64) -> Result<()> {
        let mut is_settled = false;
        while !is_settled {
            let ((), hosts) = self.bound(store, |items| Ok(((), items.definitions.hosts(Some(module)))))?;
            HostDefinition::prepare(&hosts, store)?;
            let before = store.enter(|mut context| {
                self.change(|items| {
                    // Another thread may have defined one of them since.
                    let needed = items.definitions.hosts(Some(module));
                    is_settled = needed.iter().all(|host| host.is_settled(context.data()));
                    if is_settled { items.define_command(&mut context, store, name, module, own) } else { Ok(()) }
                })
            })?;
            drop(before);
        }
        Ok(())
    }
}
