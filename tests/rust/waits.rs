//! Guests that wait: for another thread, for a time, for input that never comes.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test")]

#[path = "waits/sleeps.rs"]
mod sleeps;

use std::sync::Arc;
use std::time::{Duration, Instant};

use trimaran::{
    Config, Engine, Extern, Func, Instance, Limits, MemoryType, Module, Result, SharedMemory, Store, TrapCode, Val,
    WasmtimeError,
};

/// Far longer than a guest may take to stop, and far shorter than it would wait.
const LONG: Duration = Duration::from_secs(5);

const WAITS: &str = r#"(module
    (type $unused (func (param f32)))
    (import "host" "memory" (memory 1 1 shared))
    (import "host" "f" (func $f))
    (func $first (export "first") (result i32) (i32.const 7))
    (func $wait32 (export "wait32") (param i32 i32 i64) (result i32)
        (memory.atomic.wait32 (local.get 0) (local.get 1) (local.get 2)))
    (func (export "wait64") (param i32 i64 i64) (result i32)
        (memory.atomic.wait64 (local.get 0) (local.get 1) (local.get 2)))
    (func (export "offset") (param i32 i32 i64) (result i32)
        (memory.atomic.wait32 offset=64 (local.get 0) (local.get 1) (local.get 2)))
    (func (export "last") (result i32) (call $first))
    (start $f))"#;

struct Shared {
    store: Arc<Store>,
    instance: Arc<Instance>,
    memory: Arc<SharedMemory>,
}

fn is_interpreter() -> bool {
    std::env::var("TRIMARAN_TEST_TARGET").is_ok_and(|target| target.starts_with("pulley"))
}

fn engine(interruption: bool) -> Arc<Engine> {
    let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
    let wasm_threads = target.is_none().then_some(true);
    Engine::new(Config { target, wasm_threads, epoch_interruption: Some(interruption), ..Config::default() }).unwrap()
}

fn shared(interruption: bool) -> Shared {
    let engine = engine(interruption);
    let limits = Limits { min: 1, max: Some(1) };
    let ty = MemoryType { limits, shared: true, is_64: false, page_size_log2: 16 };
    let memory = SharedMemory::new(&engine, ty).unwrap();
    let store = Store::new(&engine).unwrap();
    let module = Module::new(&engine, WAITS.as_bytes()).unwrap();
    let start =
        Func::of_values(&store, &trimaran::FuncType { params: Vec::new(), results: Vec::new() }, Arc::new(Nothing));
    let imports =
        vec![Extern::OfMemory { memory: memory.as_memory(&store).unwrap() }, Extern::OfFunc { func: start.unwrap() }];
    let instance = Instance::new(&store, &module, imports).unwrap();
    Shared { store, instance, memory }
}

struct Nothing;

impl trimaran::HostFunction for Nothing {
    fn call(&self, _caller: &trimaran::Caller, _arguments: Vec<Val>) -> Result<Vec<Val>> {
        Ok(Vec::new())
    }
}

impl Shared {
    fn call(&self, name: &str, arguments: Vec<Val>) -> Result<Vec<i64>> {
        call(&self.store, &self.instance, name, arguments)
    }

    fn wait32(&self, address: i32, expected: i32, timeout: i64) -> Result<Vec<i64>> {
        self.call("wait32", vec![int(address), int(expected), Val::I64 { value: timeout }])
    }
}

fn int(value: i32) -> Val {
    Val::I32 { value }
}

/// Calls a function, and gives its integers.
fn call(store: &Store, instance: &Instance, name: &str, arguments: Vec<Val>) -> Result<Vec<i64>> {
    let Extern::OfFunc { func } = instance.export(store, name)? else { panic!("no function") };
    let integer = |value: &Val| match value {
        Val::I32 { value } => i64::from(*value),
        Val::I64 { value } => *value,
        _ => panic!("no integer"),
    };
    Ok(func.call(store, arguments)?.iter().map(integer).collect())
}

fn is_interrupt<T>(result: Result<T>) -> bool {
    matches!(result, Err(WasmtimeError::Trap { code: Some(TrapCode::Interrupt), .. }))
}

#[test]
fn a_wait_without_end_is_interrupted() {
    if is_interpreter() {
        return;
    }
    let guest = shared(true);
    guest.store.set_timeout(Some(30)).unwrap();
    let forever = || Val::I64 { value: -1 };
    for (name, expected) in [("wait32", int(0)), ("wait64", Val::I64 { value: 0 }), ("offset", int(0))] {
        let start = Instant::now();
        assert!(is_interrupt(guest.call(name, vec![int(8), expected, forever()])), "{name}");
        assert!(start.elapsed() < LONG, "{name}");
    }
    guest.store.set_timeout(None).unwrap();
    let handle = guest.store.interrupt_handle().unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| guest.wait32(8, 0, -1));
        while !waiting.is_finished() {
            handle.interrupt().unwrap();
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(is_interrupt(waiting.join().unwrap()));
    });
    assert_eq!(guest.call("last", Vec::new()), Ok(vec![7]), "every index is what it was");
}

#[test]
fn a_wait_in_slices_gives_what_a_wait_gives() {
    if is_interpreter() {
        return;
    }
    for interruption in [false, true] {
        let guest = shared(interruption);
        assert_eq!(guest.wait32(0, 1, -1), Ok(vec![1]), "another value is there");
        for milliseconds in [0, 1, 19, 20, 21, 45] {
            let start = Instant::now();
            assert_eq!(guest.wait32(0, 0, milliseconds * 1_000_000), Ok(vec![2]), "{milliseconds} ms pass");
            assert!(start.elapsed() >= Duration::from_millis(milliseconds as u64));
        }
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| guest.wait32(4, 0, -1));
            // Past several slices.
            std::thread::sleep(Duration::from_millis(70));
            assert!(!waiting.is_finished());
            while guest.memory.notify(4, 1).unwrap() == 0 && !waiting.is_finished() {}
            assert_eq!(waiting.join().unwrap(), Ok(vec![0]), "it is woken");
            let waiting = scope.spawn(|| guest.wait32(4, 0, -1));
            std::thread::sleep(Duration::from_millis(30));
            guest.memory.write(&[1], 4).unwrap();
            while guest.memory.notify(4, 1).unwrap() == 0 && !waiting.is_finished() {}
            assert_eq!(waiting.join().unwrap(), Ok(vec![0]), "it is woken, whether it looked away or not");
        });
        for (name, expected) in [("wait32", int(0)), ("wait64", Val::I64 { value: 0 })] {
            let unaligned = guest.call(name, vec![int(2), expected, Val::I64 { value: 0 }]);
            let code = Some(TrapCode::HeapMisaligned);
            assert!(matches!(unaligned, Err(WasmtimeError::Trap { code: found, .. }) if found == code));
        }
    }
}

#[test]
fn what_is_wrong_with_a_module_that_waits_is_said_of_that_module() {
    let text = r#"(module (memory 1 1 shared)
        (func (result i32) (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 0)))
        (func (result i32) (i64.const 1)))"#;
    let sentence = |interruption| match Module::new(&engine(interruption), text.as_bytes()) {
        Err(WasmtimeError::Compile { reason }) => reason,
        other => panic!("{:?}", other.err()),
    };
    assert_eq!(sentence(true), sentence(false));
}

/// A module that waits and cannot be rewritten is refused: compiled as it is, its guests could not be stopped.
#[test]
fn a_module_without_room_for_what_ends_its_waits_is_refused() {
    if is_interpreter() {
        return;
    }
    // As many types as a module may have, `(func)` and at the end `(func (result i32))`.
    let count = [0xC0, 0x84, 0x3D];
    let mut types = count.to_vec();
    types.extend([0x60, 0, 0].repeat(999_999));
    types.extend([0x60, 0, 1, 0x7F]);
    let leb = |value: usize| [0, 7, 14, 21].map(|at| (value >> at) as u8 & 0x7F | if at < 21 { 0x80 } else { 0 });
    let mut module = b"\0asm\x01\0\0\0\x01".to_vec();
    module.extend(leb(types.len()));
    module.extend(types);
    // One function of the last type, a shared memory of a page, and a body that waits.
    module.extend([3, 4, 1, 0xBF, 0x84, 0x3D]);
    module.extend([5, 4, 1, 3, 1, 1]);
    module.extend([10, 14, 1, 12, 0, 0x41, 0, 0x41, 0, 0x42, 0x7F, 0xFE, 0x01, 2, 0, 0x0B]);
    let engine = engine(true);
    trimaran::validate(&engine, &module).unwrap();
    let Err(WasmtimeError::Limit { reason }) = Module::new(&engine, &module) else { panic!("no limit") };
    assert!(reason.starts_with("the module waits for other threads, and there is no room in it"), "{reason}");
    // What is no module is told of itself.
    *module.last_mut().unwrap() = 0;
    assert!(matches!(Module::new(&engine, &module), Err(WasmtimeError::Compile { .. })));
}

#[test]
fn what_ends_waits_counts_as_functions() {
    if is_interpreter() {
        return;
    }
    let with = |functions| {
        let module_limits = Some(trimaran::ModuleLimits { functions: Some(functions), ..Default::default() });
        let (wasm_threads, epoch_interruption) = (Some(true), Some(true));
        Engine::new(Config { wasm_threads, epoch_interruption, module_limits, ..Config::default() }).unwrap()
    };
    // Five of its own, and three ways to wait.
    assert!(Module::new(&with(8), WAITS.as_bytes()).is_ok());
    let Err(WasmtimeError::Limit { reason }) = Module::new(&with(7), WAITS.as_bytes()) else { panic!("no limit") };
    assert_eq!(reason, "the module has 8 functions, with one for each way in which it waits: the engine's limit is 7");
}

/// Waits, traps, and waits in a way whose memory is behind a long offset; the custom section stands between.
const TRAPS: &str = r#"(module
    (import "host" "f" (func $f))
    (memory 1 1 shared)
    (@custom "notes" (before code) "some words")
    (func $middle (param i32) (call $inner (local.get 0)))
    (func (export "wait") (result i32)
        (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
    (func (export "trap") (param i32) (result i32)
        (drop (memory.atomic.wait32 offset=8 (i32.const 0) (i32.const 7) (i64.const 0)))
        (drop (memory.atomic.wait64 offset=4096 (i32.const 0) (i64.const 7) (i64.const 0)))
        (call $middle (local.get 0))
        (i32.const 0))
    (func $inner (param i32) (drop (i32.load (local.get 0))) (unreachable)))"#;

/// What a trap says of each of its frames but for the names.
fn places(engine: &Engine, module: &Module, export: &str, arguments: Vec<Val>) -> Vec<(u32, Option<u64>, Option<u64>)> {
    let store = Store::new(engine).unwrap();
    let ty = trimaran::FuncType { params: Vec::new(), results: Vec::new() };
    let func = Func::of_values(&store, &ty, Arc::new(Nothing)).unwrap();
    let instance = Instance::new(&store, module, vec![Extern::OfFunc { func }]).unwrap();
    if export == "wait" {
        store.set_timeout(Some(50)).unwrap();
    }
    let Extern::OfFunc { func } = instance.export(&store, export).unwrap() else { panic!("a function") };
    match func.call(&store, arguments) {
        Err(WasmtimeError::Trap { frames, .. }) => {
            frames.iter().map(|frame| (frame.func_index, frame.func_offset, frame.module_offset)).collect()
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it did not fail"),
    }
}

#[test]
fn frames_of_a_module_that_waits_have_the_offsets_of_its_file() {
    if is_interpreter() {
        return;
    }
    let (plain, stopped) = (engine(false), engine(true));
    let binary = trimaran::wat2wasm(TRAPS.as_bytes()).unwrap();
    let as_it_is = Module::new(&plain, &binary).unwrap();
    let copy = Module::new(&stopped, &binary).unwrap();
    let stored = Module::deserialize(&stopped, &copy.serialize().unwrap()).unwrap();
    for argument in [0, -1] {
        let arguments = || vec![Val::I32 { value: argument }];
        let expected = places(&plain, &as_it_is, "trap", arguments());
        assert_eq!(expected.len(), 3);
        assert_eq!(places(&stopped, &copy, "trap", arguments()), expected);
        assert_eq!(places(&stopped, &stored, "trap", arguments()), expected);
    }
    // A module that is no copy, where one was before.
    drop((copy, stored));
    let without = TRAPS.replace("1 1 shared", "1");
    let without = trimaran::wat2wasm(without.as_bytes()).unwrap();
    let expected = places(&plain, &Module::new(&plain, &without).unwrap(), "trap", vec![Val::I32 { value: 0 }]);
    for _ in 0..20 {
        let module = Module::new(&stopped, &without).unwrap();
        assert_eq!(places(&stopped, &module, "trap", vec![Val::I32 { value: 0 }]), expected);
    }
    // The innermost frame of a wait is the function that waits in the file, at the instruction.
    let copy = Module::new(&stopped, &binary).unwrap();
    let [(2, Some(in_function), Some(in_module))] = places(&stopped, &copy, "wait", Vec::new())[..] else {
        panic!("one frame")
    };
    assert!(in_function < in_module);
    assert_eq!(binary.get(in_module as usize..in_module as usize + 2), Some(&[0xfe, 0x01][..]));
}
