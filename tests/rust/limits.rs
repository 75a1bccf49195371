//! What a close gives back, and what a machine with little room has to say.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::sync::{Arc, Mutex};

use trimaran::{
    Config, Engine, Extern, Instance, Limits, Memory, MemoryType, Module, ModuleLimits, Store, TrapCode, WasmtimeError,
};

const PAGE: i64 = 65_536;

fn pages(min: u64) -> MemoryType {
    MemoryType { limits: Limits { min, max: None }, is_64: false, shared: false, page_size_log2: 16 }
}

fn engine(config: Config) -> Arc<Engine> {
    let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
    Engine::new(Config { target, ..config }).unwrap()
}

/// Tests that measure this process, or fill it, take turns.
static ALONE: Mutex<()> = Mutex::new(());

/// The bytes of this process that are in memory.
fn resident() -> i64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    status.split_whitespace().nth(1).unwrap().parse::<i64>().unwrap() * 4096
}

#[test]
fn after_close_the_memory_is_back() {
    let _alone = ALONE.lock();
    let engine = engine(Config::default());
    let store = Store::new(&engine).unwrap();
    let memory = Memory::new(&store, pages(1024)).unwrap();
    let before = resident();
    memory.fill(&store, 1, 0, 1024 * PAGE).unwrap();
    let full = resident();
    assert!(full - before > 1000 * PAGE, "{before} {full}");
    // The memory object is still held, as a garbage-collected language may hold it for long.
    store.release().unwrap();
    let after = resident();
    assert!(full - after > 1000 * PAGE, "{full} {after}");
    assert_eq!(memory.size(&store), Err(WasmtimeError::Closed { what: "store".to_owned() }));
}

#[test]
fn two_hundred_memories_without_reserved_space() {
    let _alone = ALONE.lock();
    let nothing = Some(0);
    let engine = engine(Config {
        memory_reservation: nothing,
        memory_guard_size: nothing,
        memory_reservation_for_growth: nothing,
        ..Config::default()
    });
    let store = Store::new(&engine).unwrap();
    let memories: Vec<_> = (0..200).map(|_| Memory::new(&store, pages(1)).unwrap()).collect();
    for memory in &memories {
        memory.store_u8(&store, PAGE - 1, 7).unwrap();
        assert_eq!(memory.grow(&store, 1), Ok(1));
        assert_eq!(memory.load_u8(&store, PAGE - 1), Ok(7));
    }
}

/// A guest that calls itself for ever, in a call and in its start function.
const ENDLESS: &[u8] = br#"(module (func $f (export "f") (call $f)))"#;
const ENDLESS_START: &[u8] = br#"(module (func $f (call $f)) (start $f))"#;

#[test]
fn a_guest_that_recurses_for_ever_is_a_trap_on_the_smallest_stack() {
    let _alone = ALONE.lock();
    let (engine, large) =
        (engine(Config::default()), engine(Config { max_wasm_stack: Some(8 << 20), ..Config::default() }));
    for stack in [128 << 10, 256 << 10, 512 << 10, 1 << 20, 8 << 20] {
        for engine in [&engine, &large] {
            let engine = Arc::clone(engine);
            let run = move || {
                let store = Store::new(&engine).unwrap();
                let start = Module::new(&engine, ENDLESS_START).unwrap();
                let Err(WasmtimeError::Trap { code, .. }) = Instance::new(&store, &start, Vec::new()) else {
                    panic!("expected a trap")
                };
                assert_eq!(code, Some(TrapCode::StackOverflow));
                let module = Module::new(&engine, ENDLESS).unwrap();
                let instance = Instance::new(&store, &module, Vec::new()).unwrap();
                let Extern::OfFunc { func } = instance.export(&store, "f").unwrap() else { panic!("a function") };
                for _ in 0..3 {
                    let Err(error) = func.call(&store, Vec::new()) else { panic!("expected a trap") };
                    let WasmtimeError::Trap { code, frames, .. } = &error else { panic!("expected a trap: {error}") };
                    assert_eq!(*code, Some(TrapCode::StackOverflow));
                    // The name is its own, and not C++ for `float`.
                    assert_eq!(frames.first().and_then(|frame| frame.func_name.as_deref()), Some("f"));
                    assert!(matches!(func.call_slots(&store, &mut []), Err(WasmtimeError::Trap { .. })));
                }
            };
            std::thread::Builder::new().stack_size(stack).spawn(run).unwrap().join().unwrap();
        }
    }
}

#[test]
fn copies_that_are_too_large_are_refused() {
    let _alone = ALONE.lock();
    let store = Store::new(&engine(Config::default())).unwrap();
    // Nothing is touched: four gigabytes of it are an address range, no more.
    let memory = Memory::new(&store, pages(65_536)).unwrap();
    let all = 65_536 * PAGE;
    assert!(matches!(memory.read(&store, 0, all), Err(WasmtimeError::Limit { .. })));
    assert!(matches!(memory.read_string(&store, 0, all), Err(WasmtimeError::Limit { .. })));
    assert!(matches!(memory.hexdump(&store, 0, 1 << 30, 16), Err(WasmtimeError::Limit { .. })));
    assert_eq!(memory.find(&store, b"", all - 1, None), Ok(Some(all - 1)));
}

#[test]
fn a_stack_that_no_machine_has_is_refused() {
    let config = Config { max_wasm_stack: Some(u64::MAX), ..Config::default() };
    assert!(matches!(Engine::new(config).err(), Some(WasmtimeError::Config { .. })));
}

#[test]
fn a_dropped_store_needs_no_close() {
    let _alone = ALONE.lock();
    let engine = engine(Config::default());
    for _ in 0..2_000 {
        let store = Store::new(&engine).unwrap();
        Memory::new(&store, pages(1)).unwrap();
    }
}

#[test]
fn nobody_waits_for_a_module_that_takes_too_long_and_they_do_not_pile_up() {
    let _alone = ALONE.lock();
    let limited = |compile_time| {
        let module_limits = Some(ModuleLimits { compile_time: Some(compile_time), ..ModuleLimits::default() });
        engine(Config { module_limits, ..Config::default() })
    };
    let (hasty, patient) = (limited(1), limited(60_000));
    let long = format!("(module {})", "(func (result i32) (i32.const 1))".repeat(4000));
    let reason = |engine: &Engine, text: &str| match Module::new(engine, text.as_bytes()) {
        Ok(_) => None,
        Err(WasmtimeError::Limit { reason }) => Some(reason),
        Err(other) => panic!("{other}"),
    };
    for _ in 0..4 {
        assert_eq!(
            reason(&hasty, &long).as_deref(),
            Some("the module takes longer to compile than 1 ms, which is the engine's limit")
        );
    }
    assert!(reason(&hasty, &long).is_some_and(|reason| reason.contains("still being compiled")));
    assert!(Module::new(&engine(Config::default()), b"(module)").is_ok(), "who has no limit waits for nobody");
    // Each of them ends some time.
    while reason(&patient, "(module)").is_some() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}
