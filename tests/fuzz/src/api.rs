//! Objects made, used, closed and dropped in any order.

use std::sync::{Arc, Mutex, OnceLock};

use trimaran::{
    Caller, Engine, Extern, Func, FuncType, Global, GlobalType, HostFunction, Instance, Limits, Linker, Memory,
    MemoryType, Module, Reference, Result, Store, Table, TableType, Val, ValType, View, WasmtimeError,
};

use crate::chance::Chance;
use crate::guest::{GUEST, config, engine};

/// Each turn takes some bytes and does what they say.
pub(crate) fn run(bytes: &[u8]) {
    static OTHER: OnceLock<Arc<Engine>> = OnceLock::new();
    let other = OTHER.get_or_init(|| Engine::new(config()).unwrap());
    let world = World { engines: vec![engine(), Arc::clone(other)], ..World::default() };
    let play = Play(Arc::new(Mutex::new((world, Chance::new(bytes)))));
    for _ in 0..120 {
        if play.chance(|chance| chance.is_over()) {
            break;
        }
        play.turn();
    }
    // The host functions hold the world, and the stores in it hold them.
    let world = std::mem::take(&mut play.0.lock().unwrap().0);
    world.stores.iter().for_each(|store| store.release().unwrap());
    drop(world);
}

/// Everything that was made so far. Host functions use it as well, at any depth.
#[derive(Default)]
struct World {
    engines: Vec<Arc<Engine>>,
    stores: Vec<Arc<Store>>,
    modules: Vec<Arc<Module>>,
    instances: Vec<Arc<Instance>>,
    linkers: Vec<Arc<Linker>>,
    externs: Vec<Extern>,
    references: Vec<Arc<Reference>>,
    views: Vec<View>,
}

#[derive(Clone)]
struct Play(Arc<Mutex<(World, Chance)>>);

/// What a guest calls: it plays on, unless it is too deep already.
impl HostFunction for Play {
    fn call(&self, caller: &Caller, arguments: Vec<Val>) -> Result<Vec<Val>> {
        let turns = self.chance(|chance| chance.below(4));
        for _ in 0..turns {
            self.turn();
        }
        match self.chance(|chance| chance.below(6)) {
            0 => Err(WasmtimeError::thrown(1)),
            1 => Ok(Vec::new()),
            2 => {
                if let Ok(item) = caller.export("memory") {
                    self.world(|world| world.externs.push(item));
                }
                Ok(arguments)
            }
            3 => caller.store().release().map(|()| arguments),
            _ => Ok(arguments),
        }
    }
}

impl Play {
    fn chance<R>(&self, work: impl FnOnce(&mut Chance) -> R) -> R {
        work(&mut self.0.lock().unwrap().1)
    }

    fn world<R>(&self, work: impl FnOnce(&mut World) -> R) -> R {
        work(&mut self.0.lock().unwrap().0)
    }

    fn any<T: Clone>(&self, list: impl Fn(&World) -> &Vec<T>) -> Option<T> {
        let mut both = self.0.lock().unwrap();
        let (world, chance) = &mut *both;
        chance.pick(list(world)).cloned()
    }

    /// One thing that can be done. Most of it fails for one reason or another.
    fn turn(&self) {
        _ = self.try_turn();
    }

    fn try_turn(&self) -> Option<()> {
        let number = self.chance(|chance| chance.word() as i64 % 100_000);
        match self.chance(|chance| chance.below(26)) {
            0 => {
                let engine = self.any(|world| &world.engines)?;
                let store = Store::new(&engine).ok()?;
                _ = store.set_fuel(2_000);
                self.world(|world| world.stores.push(store));
            }
            1 | 2 => {
                let engine = self.any(|world| &world.engines)?;
                let module = Module::new(&engine, GUEST.as_bytes()).ok()?;
                self.world(|world| world.modules.push(module));
            }
            3 => {
                let engine = self.any(|world| &world.engines)?;
                let linker = Linker::new(&engine).ok()?;
                _ = linker.define_func("env", "call", echo_type());
                self.world(|world| world.linkers.push(linker));
            }
            4 | 5 => {
                let (store, module) = (self.any(|world| &world.stores)?, self.any(|world| &world.modules)?);
                let imports = self.any(|world| &world.externs).into_iter().collect();
                let instance = Instance::new(&store, &module, imports).ok()?;
                self.world(|world| world.instances.push(instance));
            }
            6..=8 => {
                let (store, module) = (self.any(|world| &world.stores)?, self.any(|world| &world.modules)?);
                let linker = self.any(|world| &world.linkers)?;
                for host in linker.hosts(&store, Some(Arc::clone(&module))).ok()? {
                    linker.host(&store, host).ok()?.attach_values(&store, Arc::new(self.clone())).ok()?;
                }
                let instance = linker.instantiate(&store, &module).ok()?;
                self.world(|world| world.instances.push(instance));
            }
            9 | 10 => {
                let (store, instance) = (self.any(|world| &world.stores)?, self.any(|world| &world.instances)?);
                let exports = instance.exports(&store).ok()?;
                self.world(|world| world.externs.extend(exports.into_iter().map(|export| export.item)));
            }
            11..=14 => self.call(number)?,
            15 => {
                let store = self.any(|world| &world.stores)?;
                let func = Func::of_values(&store, &echo_type(), Arc::new(self.clone())).ok()?;
                self.world(|world| world.externs.push(Extern::OfFunc { func }));
            }
            16 => {
                let store = self.any(|world| &world.stores)?;
                let limits = Limits { min: number.unsigned_abs() % 3, max: Some(3) };
                let ty = MemoryType { limits, is_64: false, shared: false, page_size_log2: 16 };
                let memory = Memory::new(&store, ty).ok()?;
                self.world(|world| world.externs.push(Extern::OfMemory { memory }));
            }
            17 => {
                let store = self.any(|world| &world.stores)?;
                let ty = GlobalType { content: ValType::I64, mutable: true };
                let global = Global::new(&store, ty, Val::I64 { value: number }).ok()?;
                self.world(|world| world.externs.push(Extern::OfGlobal { global }));
            }
            18 => {
                let store = self.any(|world| &world.stores)?;
                let reference = Reference::of_host(&store, Arc::new(number)).ok()?;
                self.world(|world| world.references.push(reference));
            }
            19..=21 => self.touch(number)?,
            22 => self.any(|world| &world.stores)?.release().ok()?,
            23 => _ = self.any(|world| &world.modules)?.release(),
            24 => self.any(|world| &world.stores)?.gc().ok()?,
            _ => self.forget(),
        }
        Some(())
    }

    /// Calls something with something.
    fn call(&self, number: i64) -> Option<()> {
        let (store, item) = (self.any(|world| &world.stores)?, self.any(|world| &world.externs)?);
        let Extern::OfFunc { func } = item else { return None };
        let params = func.r#type(&store).ok()?.params;
        let arguments = params.iter().map(|ty| match ty {
            ValType::I32 => Val::I32 { value: (number % 40) as i32 },
            _ => Val::ExternRef { value: self.any(|world| &world.references) },
        });
        let results = func.call(&store, arguments.collect()).ok()?;
        for result in results {
            if let Val::ExternRef { value: Some(reference) } = result {
                self.world(|world| world.references.push(reference));
            }
        }
        Some(())
    }

    /// Reads, writes and grows something.
    fn touch(&self, number: i64) -> Option<()> {
        let (store, item) = (self.any(|world| &world.stores)?, self.any(|world| &world.externs)?);
        match item {
            Extern::OfMemory { memory } => {
                _ = memory.write(&store, &[1, 2, 3], number);
                _ = memory.read(&store, number, 16);
                _ = memory.grow(&store, number % 3);
                if let Ok(view) = memory.view(&store, 0, Some(8)) {
                    self.world(|world| world.views.push(view));
                }
            }
            Extern::OfGlobal { global } => {
                _ = global.set(&store, Val::I64 { value: number });
                _ = global.get(&store);
            }
            Extern::OfTable { table } => {
                _ = table.get(&store, number % 4);
                _ = table.grow(&store, number % 2, Val::Null);
                _ = table.set(&store, number % 4, Val::Null);
            }
            Extern::OfFunc { func } => {
                let ty = TableType {
                    element: trimaran::RefType { nullable: true, heap: trimaran::HeapType::Func },
                    limits: Limits { min: 1, max: Some(4) },
                    is_64: false,
                };
                let table = Table::new(&store, ty, Val::FuncRef { func: Some(func) }).ok()?;
                self.world(|world| world.externs.push(Extern::OfTable { table }));
            }
            _ => {}
        }
        Some(())
    }

    /// Lets go of something.
    fn forget(&self) {
        let mut both = self.0.lock().unwrap();
        let (world, chance) = &mut *both;
        let which = chance.below(7);
        let mut index = |length: usize| chance.below(length.max(1));
        let gone: Box<dyn std::any::Any> = match which {
            0 if world.stores.len() > 1 => Box::new(world.stores.swap_remove(index(world.stores.len()))),
            1 if !world.modules.is_empty() => Box::new(world.modules.swap_remove(index(world.modules.len()))),
            2 if !world.instances.is_empty() => Box::new(world.instances.swap_remove(index(world.instances.len()))),
            3 if !world.linkers.is_empty() => Box::new(world.linkers.swap_remove(index(world.linkers.len()))),
            4 if !world.externs.is_empty() => Box::new(world.externs.swap_remove(index(world.externs.len()))),
            5 if !world.references.is_empty() => Box::new(world.references.swap_remove(index(world.references.len()))),
            _ if !world.views.is_empty() => Box::new(world.views.swap_remove(index(world.views.len()))),
            _ => return,
        };
        // What goes may call back, or take the world along.
        drop(both);
        drop(gone);
    }
}

fn echo_type() -> FuncType {
    FuncType { params: vec![ValType::I32], results: vec![ValType::I32] }
}
