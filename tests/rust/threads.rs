//! Stores and shared memories on several threads.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

use trimaran::{
    Config, Engine, Extern, Func, InputSource, Instance, Limits, Linker, MemoryType, Module, OutputSink, SharedMemory,
    Store, Val, WaitOutcome, WasiConfig, WasiInput, WasiOutput, WasmtimeError,
};

const COUNTER: &str = include_str!("../modules/shared_counter.wat");

/// These tests need threads, which the interpreter does not have: they always run natively.
fn engine() -> Arc<Engine> {
    Engine::new(Config { wasm_threads: Some(true), ..Config::default() }).unwrap()
}

fn shared(engine: &Engine) -> Arc<SharedMemory> {
    let limits = Limits { min: 1, max: Some(5) };
    SharedMemory::new(engine, MemoryType { limits, is_64: false, shared: false, page_size_log2: 16 }).unwrap()
}

/// An exported function of the counter, over `memory`.
fn counter(store: &Store, module: &Module, memory: &Arc<SharedMemory>, name: &str) -> Arc<Func> {
    let imports = vec![Extern::OfSharedMemory { memory: Arc::clone(memory) }];
    match Instance::new(store, module, imports).unwrap().export(store, name).unwrap() {
        Extern::OfFunc { func } => func,
        _ => panic!("expected a function"),
    }
}

fn int(value: i32) -> Val {
    Val::I32 { value }
}

/// Twenty seconds in nanoseconds: far longer than a test takes.
const LONG: Val = Val::I64 { value: 20_000_000_000 };

/// Returns when a guest is about to sleep at address 0, and so is inside its store.
fn wait_until_asleep(memory: &SharedMemory) {
    while memory.read(4, 1).unwrap() == [0] {
        std::thread::yield_now();
    }
}

/// Wakes the guest that sleeps at address 0, even if it does not sleep yet.
fn wake(memory: &SharedMemory) {
    while memory.notify(0, 1).unwrap() == 0 {
        std::thread::yield_now();
    }
}

#[test]
fn a_turn_ends_with_its_thread() {
    let store = Store::new(&engine()).unwrap();
    store.begin_turn().unwrap();
    store.end_turn().unwrap();
    for _ in 0..3 {
        // One after the other, so that a later one may have the number of an earlier one.
        let leaves = || {
            store.begin_turn().unwrap();
            store.begin_turn().unwrap();
        };
        std::thread::scope(|scope| scope.spawn(leaves).join().unwrap());
        assert!(matches!(store.end_turn(), Err(WasmtimeError::Busy { .. })));
        store.gc().unwrap();
    }
    let closes = || {
        store.begin_turn().unwrap();
        store.release().unwrap();
    };
    std::thread::scope(|scope| scope.spawn(closes).join().unwrap());
    assert_eq!(store.gc(), Err(WasmtimeError::Closed { what: "store".to_owned() }));
}

#[test]
fn who_waits_for_a_turn_for_too_long_is_told_that_it_is_one() {
    let engine = Engine::new(Config { epoch_interruption: Some(true), ..Config::default() }).unwrap();
    let store = Store::new(&engine).unwrap();
    store.set_timeout(Some(50)).unwrap();
    store.begin_turn().unwrap();
    std::thread::scope(|scope| {
        for result in [scope.spawn(|| store.gc()).join().unwrap(), scope.spawn(|| store.release()).join().unwrap()] {
            let Err(WasmtimeError::Busy { reason }) = result else { panic!("the turn goes on") };
            assert!(reason.contains("turn") && !reason.contains("host function"), "{reason}");
        }
    });
    store.end_turn().unwrap();
}

#[test]
fn four_threads_count_in_one_memory() {
    const THREADS: i32 = 4;
    const TIMES: i32 = 20_000;
    let engine = engine();
    let (memory, module) = (shared(&engine), Module::new(&engine, COUNTER.as_bytes()).unwrap());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let store = Store::new(&engine).unwrap();
                let add = counter(&store, &module, &memory, "add");
                add.call(&store, vec![int(8), int(TIMES)]).unwrap();
            });
        }
    });
    let store = Store::new(&engine).unwrap();
    let view = memory.as_memory(&store).unwrap();
    assert_eq!(view.load_i32(&store, 8), Ok(THREADS * TIMES));
}

#[test]
fn the_host_writes_while_guests_count() {
    let engine = engine();
    let (memory, module) = (shared(&engine), Module::new(&engine, COUNTER.as_bytes()).unwrap());
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let guest = scope.spawn(|| {
            let store = Store::new(&engine).unwrap();
            let add = counter(&store, &module, &memory, "add");
            add.call(&store, vec![int(0), int(100_000)]).unwrap();
            done.store(true, SeqCst);
        });
        let store = Store::new(&engine).unwrap();
        let view = memory.as_memory(&store).unwrap();
        let mut last = 0;
        loop {
            let ended = done.load(SeqCst);
            view.write(&store, b"beside the counter", 64).unwrap();
            let now = view.load_i32(&store, 0).unwrap();
            assert!(now >= last);
            last = now;
            if ended {
                break;
            }
        }
        guest.join().unwrap();
        assert_eq!(view.read_string(&store, 64, 18).unwrap(), "beside the counter");
        assert_eq!(view.load_i32(&store, 0), Ok(100_000));
    });
}

#[test]
fn aligned_numbers_are_never_torn() {
    let engine = engine();
    let memory = shared(&engine);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let store = Store::new(&engine).unwrap();
            let view = memory.as_memory(&store).unwrap();
            for round in 0..200_000_u32 {
                let pattern = if round % 2 == 0 { 0 } else { u64::MAX };
                view.store_u16(&store, 2, pattern as u16).unwrap();
                view.store_u32(&store, 4, pattern as u32).unwrap();
                view.store_u64(&store, 8, pattern).unwrap();
            }
            done.store(true, SeqCst);
        });
        let store = Store::new(&engine).unwrap();
        let view = memory.as_memory(&store).unwrap();
        while !done.load(SeqCst) {
            assert!(matches!(view.load_u16(&store, 2), Ok(0 | u16::MAX)));
            assert!(matches!(view.load_u32(&store, 4), Ok(0 | u32::MAX)));
            assert!(matches!(view.load_u64(&store, 8), Ok(0 | u64::MAX)));
        }
    });
}

#[test]
fn wait_and_notify_from_the_host() {
    let engine = engine();
    let memory = shared(&engine);
    assert_eq!(memory.wait32(0, 1, None), Ok(WaitOutcome::Mismatch));
    assert_eq!(memory.wait32(0, 0, Some(1)), Ok(WaitOutcome::TimedOut));
    assert_eq!(memory.wait64(8, 0, Some(1)), Ok(WaitOutcome::TimedOut));
    assert!(matches!(memory.wait32(2, 0, None), Err(WasmtimeError::Range { .. })));
    assert!(matches!(memory.notify(65_536, 1), Err(WasmtimeError::Range { .. })));
    assert!(matches!(memory.notify(-4, 1), Err(WasmtimeError::Range { .. })));
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| memory.wait32(0, 0, Some(20_000)));
        while memory.notify(0, 1).unwrap() == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(waiter.join().unwrap(), Ok(WaitOutcome::Ok));
    });
}

#[test]
fn a_second_thread_waits_for_the_call_to_end() {
    let engine = engine();
    let (memory, module) = (shared(&engine), Module::new(&engine, COUNTER.as_bytes()).unwrap());
    let store = Store::new(&engine).unwrap();
    let (sleep, load) = (counter(&store, &module, &memory, "sleep"), counter(&store, &module, &memory, "load"));
    let returned = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            sleep.call(&store, vec![int(0), LONG]).unwrap();
            returned.store(true, SeqCst);
        });
        wait_until_asleep(&memory);
        let second = scope.spawn(|| {
            // The guest sleeps in the store: this has to wait until it was woken.
            load.call(&store, vec![int(0)]).map(|_| ())
        });
        std::thread::sleep(Duration::from_millis(20));
        assert!(!second.is_finished());
        assert!(!returned.load(SeqCst));
        wake(&memory);
        assert_eq!(second.join().unwrap(), Ok(()));
    });
}

#[test]
fn close_waits_for_the_call_of_another_thread() {
    let engine = engine();
    let (memory, module) = (shared(&engine), Module::new(&engine, COUNTER.as_bytes()).unwrap());
    let store = Store::new(&engine).unwrap();
    let sleep = counter(&store, &module, &memory, "sleep");
    std::thread::scope(|scope| {
        let caller = scope.spawn(|| sleep.call(&store, vec![int(0), LONG]).map(|_| ()));
        wait_until_asleep(&memory);
        let closer = scope.spawn(|| store.release());
        std::thread::sleep(Duration::from_millis(20));
        assert!(!closer.is_finished());
        wake(&memory);
        assert_eq!(caller.join().unwrap(), Ok(()));
        assert_eq!(closer.join().unwrap(), Ok(()));
    });
    assert_eq!(sleep.r#type(&store).err(), Some(WasmtimeError::Closed { what: "store".to_owned() }));
}

#[test]
fn eight_threads_use_one_store() {
    let engine = engine();
    let module = Module::new(
        &engine,
        br#"(module (global $n (mut i32) (i32.const 0))
            (func (export "next") (result i32)
                (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))"#,
    )
    .unwrap();
    let store = Store::new(&engine).unwrap();
    let instance = Instance::new(&store, &module, Vec::new()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let Extern::OfFunc { func } = instance.export(&store, "next").unwrap() else { panic!("a function") };
                for _ in 0..500 {
                    func.call(&store, Vec::new()).unwrap();
                }
            });
        }
    });
    let Extern::OfFunc { func } = instance.export(&store, "next").unwrap() else { panic!("a function") };
    assert!(matches!(func.call(&store, Vec::new()).unwrap().as_slice(), [Val::I32 { value: 4_001 }]));
}

/// Waits for a thread that wants the store which calls this.
struct WaitsForOther {
    store: Arc<OnceLock<Weak<Store>>>,
    found: Arc<Mutex<Vec<trimaran::Result<()>>>>,
}

impl WaitsForOther {
    fn wait(&self) {
        let store = self.store.get().and_then(Weak::upgrade).unwrap();
        let found = std::thread::spawn(move || store.gc()).join().unwrap();
        self.found.lock().unwrap().push(found);
    }
}

impl OutputSink for WaitsForOther {
    fn write(&self, _: Vec<u8>) -> trimaran::Result<bool> {
        self.wait();
        Ok(true)
    }
}

impl InputSource for WaitsForOther {
    fn read(&self, _: u64) -> trimaran::Result<Vec<u8>> {
        self.wait();
        Ok(Vec::new())
    }
}

/// A callback of WASI is as a host function to a thread that waits for the store: it gives up in time.
#[test]
fn a_callback_waits_for_a_thread_that_waits_for_the_store() {
    let engine = Engine::new(Config { epoch_interruption: Some(true), ..Config::default() }).unwrap();
    let (store, linker) = (Store::new(&engine).unwrap(), Linker::new(&engine).unwrap());
    let (of, found) = (Arc::new(OnceLock::new()), Arc::new(Mutex::new(Vec::new())));
    _ = of.set(Arc::downgrade(&store));
    let waits = || Arc::new(WaitsForOther { store: Arc::clone(&of), found: Arc::clone(&found) });
    let (stdin, stdout) = (WasiInput::Source { source: waits() }, WasiOutput::Sink { sink: waits() });
    store.set_wasi(WasiConfig { stdin: Some(stdin), stdout: Some(stdout), ..WasiConfig::default() }).unwrap();
    store.set_timeout(Some(1_000)).unwrap();
    linker.define_wasi().unwrap();
    let guest = r#"(module
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 4) "\04")
        (func (export "write") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
        (func (export "read") (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))))"#;
    let instance = linker.instantiate(&store, &Module::new(&engine, guest.as_bytes()).unwrap()).unwrap();
    for name in ["write", "read"] {
        let Extern::OfFunc { func } = instance.export(&store, name).unwrap() else { panic!("{name}") };
        // The guest's own time is over as well.
        assert!(matches!(func.call(&store, Vec::new()), Err(WasmtimeError::Trap { .. })));
    }
    let found = found.lock().unwrap();
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|found| matches!(found, Err(WasmtimeError::Busy { .. }))), "{found:?}");
}

/// Closing the handle ends a wait without a notification.
#[test]
fn a_wait_ends_when_its_handle_is_closed() {
    let memory = shared(&engine());
    let waits = Arc::clone(&memory);
    let thread = std::thread::spawn(move || waits.wait32(0, 0, None).map(|_| ()));
    // Whether it waits already or not, it ends.
    std::thread::sleep(Duration::from_millis(50));
    memory.release().unwrap();
    assert!(matches!(thread.join().unwrap(), Err(WasmtimeError::Closed { .. })));
}
