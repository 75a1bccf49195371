//! What nobody would write: objects made, used, closed and dropped in any order, and bytes that were tampered with. Whatever
//! comes out is a value or a typed error.
//!
//! The seeds are fixed, so that a failure happens again. `TRIMARAN_FUZZ_SECONDS` goes on with others for that long.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use trimaran::{
    Caller, Config, Engine, Extern, Func, FuncType, Global, GlobalType, HostFunction, Instance, Limits, Linker, Memory,
    MemoryType, Module, Reference, Result, Store, StoreLimits, Table, TableType, Val, ValType, View, WasmtimeError,
};

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        if all.is_empty() { None } else { all.get(self.below(all.len())) }
    }
}

/// Runs `work` with so many seeds, and with more where time is given for that.
fn seeds(count: u64, work: impl Fn(u64)) {
    (0..count).for_each(&work);
    let seconds = std::env::var("TRIMARAN_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let end = Instant::now() + Duration::from_secs(seconds.unwrap_or(0));
    let first = std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_secs()) << 20;
    for seed in (first..).take_while(|_| Instant::now() < end) {
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(seed)));
        assert!(done.is_ok(), "the seed is {seed}");
    }
}

const GUEST: &str = r#"(module
    (import "env" "call" (func $call (param i32) (result i32)))
    (memory (export "memory") 1 4)
    (table (export "table") 2 8 funcref)
    (global (export "global") (mut i64) (i64.const 5))
    (elem (i32.const 0) $run)
    (func $run (export "run") (param i32) (result i32) (call $call (local.get 0)))
    (func (export "trap") unreachable)
    (func (export "echo") (param externref) (result externref) (local.get 0))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "deep") (param i32) (result i32)
        (if (result i32) (local.get 0)
            (then (call_indirect (param i32) (result i32) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))
            (else (i32.load (i32.const 0))))))"#;

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
        let number = self.chance(|chance| chance.next() as i64 % 100_000);
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

fn engines() -> Vec<Arc<Engine>> {
    let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
    let config = Config { target, consume_fuel: Some(true), ..Config::default() };
    vec![Engine::new(config.clone()).unwrap(), Engine::new(config).unwrap()]
}

#[test]
fn objects_in_any_order() {
    let engines = engines();
    seeds(400, |seed| {
        let world = World { engines: engines.clone(), ..World::default() };
        let play = Play(Arc::new(Mutex::new((world, Chance(seed)))));
        for _ in 0..120 {
            play.turn();
        }
        // The host functions hold the world, and the stores in it hold them.
        let world = std::mem::take(&mut play.0.lock().unwrap().0);
        world.stores.iter().for_each(|store| store.release().unwrap());
        drop(world);
    });
}

/// Changes some bytes, cuts, or doubles a part.
fn tampered(bytes: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    match chance.below(5) {
        0 => bytes.truncate(chance.below(bytes.len() + 1)),
        1 => {
            let at = chance.below(bytes.len());
            let part = bytes[at..(at + 20).min(bytes.len())].to_vec();
            bytes.splice(at..at, part);
        }
        _ => {
            for _ in 0..=chance.below(4) {
                let at = chance.below(bytes.len());
                bytes[at] = chance.next() as u8;
            }
        }
    }
    bytes
}

#[test]
fn modules_that_were_tampered_with() {
    let engine = Arc::clone(&engines()[0]);
    let binary = trimaran::wat2wasm(GUEST.as_bytes()).unwrap();
    seeds(2_000, |seed| {
        let mut chance = Chance(seed);
        let bytes = tampered(if seed % 2 == 0 { &binary } else { GUEST.as_bytes() }, &mut chance);
        let Ok(module) = Module::new(&engine, &bytes) else { return };
        let store = Store::new(&engine).unwrap();
        store.set_fuel(1_000).unwrap();
        store.set_limits(StoreLimits { memory_size: Some(1 << 20), ..StoreLimits::default() }).unwrap();
        let linker = Linker::new(&engine).unwrap();
        _ = linker.define_unknown_imports_as_default_values(&store, &module);
        let Ok(instance) = linker.instantiate(&store, &module) else { return };
        for export in instance.exports(&store).unwrap() {
            if let Extern::OfFunc { func } = export.item {
                _ = func.call(&store, vec![Val::I32 { value: 3 }]);
            }
        }
    });
}

#[test]
fn artifacts_that_were_tampered_with() {
    let engine = Arc::clone(&engines()[0]);
    let module = Module::new(&engine, GUEST.as_bytes()).unwrap();
    let (artifact, packed) = (module.serialize().unwrap(), module.pack().unwrap());
    seeds(5_000, |seed| {
        let mut chance = Chance(seed);
        let (bytes, changed) = (tampered(&artifact, &mut chance), tampered(&packed, &mut chance));
        let found = Module::deserialize(&engine, &bytes);
        assert!(bytes == artifact || matches!(found, Err(WasmtimeError::Artifact { .. })));
        let found = Module::unpack(&changed);
        assert!(changed == packed || matches!(found, Err(WasmtimeError::Artifact { .. })));
    });
}
