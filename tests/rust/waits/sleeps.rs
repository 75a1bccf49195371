//! Guests of WASI that wait for a time, or for what never comes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use trimaran::adapter::InterruptCheck;
use trimaran::{
    Extern, Instance, Limits, Linker, MemoryType, Module, Result, SharedMemory, Store, TrapCode, Val, WasiConfig,
    WasmtimeError,
};

use crate::{LONG, call, engine, int, is_interpreter, is_interrupt};

/// A program of WASI that sleeps: its argument says how, in a struct of subscriptions at 0.
const SLEEPS: &str = r#"(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\2a")
    ;; A clock's subscription: its identity at 16, its time at 24, its flags at 40.
    (func $subscribe (param i32 i64 i32)
        (i32.store (i32.add (local.get 0) (i32.const 16)) (i32.const 1))
        (i64.store (i32.add (local.get 0) (i32.const 24)) (local.get 1))
        (i32.store16 (i32.add (local.get 0) (i32.const 40)) (local.get 2)))
    (func (export "sleep") (param i64 i32 i32) (result i32)
        (call $subscribe (i32.const 0) (local.get 0) (local.get 1))
        (call $subscribe (i32.const 48) (local.get 0) (local.get 1))
        (call $poll (i32.const 0) (i32.const 256) (local.get 2) (i32.const 512)))
    (func (export "happened") (result i64 i32)
        (i64.load (i32.const 256)) (i32.load (i32.const 512)))
    (func (export "outside") (result i32)
        (call $subscribe (i32.const 0) (i64.const 1000) (i32.const 0))
        (call $poll (i32.const 0) (i32.const 65530) (i32.const 1) (i32.const 512))))"#;

fn program(interruption: bool) -> (Arc<Store>, Arc<Instance>) {
    let engine = engine(interruption);
    let (store, linker) = (Store::new(&engine).unwrap(), Linker::new(&engine).unwrap());
    linker.define_wasi().unwrap();
    store.set_wasi(WasiConfig::default()).unwrap();
    let module = Module::new(&engine, SLEEPS.as_bytes()).unwrap();
    let instance = linker.instantiate(&store, &module).unwrap();
    (store, instance)
}

const HOUR: i64 = 3_600_000_000_000;

#[test]
fn a_sleep_is_interrupted() {
    let (store, instance) = program(true);
    let sleep = |is_absolute, count| {
        let time = Val::I64 { value: if is_absolute == 1 { i64::MAX } else { HOUR } };
        call(&store, &instance, "sleep", vec![time, int(is_absolute), int(count)])
    };
    store.set_timeout(Some(30)).unwrap();
    for (is_absolute, count) in [(0, 1), (1, 1), (0, 2), (1, 2)] {
        let start = Instant::now();
        assert!(is_interrupt(sleep(is_absolute, count)), "{is_absolute} {count}");
        assert!(start.elapsed() < LONG, "{is_absolute} {count}");
    }
    store.set_timeout(None).unwrap();
    let handle = store.interrupt_handle().unwrap();
    std::thread::scope(|scope| {
        let sleeping = scope.spawn(|| sleep(0, 1));
        while !sleeping.is_finished() {
            handle.interrupt().unwrap();
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(is_interrupt(sleeping.join().unwrap()));
    });
}

#[test]
fn a_sleep_in_slices_gives_what_a_sleep_gives() {
    for interruption in [false, true] {
        let (store, instance) = program(interruption);
        for (is_absolute, count) in [(0, 1), (0, 2), (1, 1)] {
            let (start, time) = (Instant::now(), if is_absolute == 1 { 0 } else { 35_000_000 });
            let arguments = vec![Val::I64 { value: time }, int(is_absolute), int(count)];
            assert_eq!(call(&store, &instance, "sleep", arguments), Ok(vec![0]));
            assert!(is_absolute == 1 || start.elapsed() >= Duration::from_millis(35));
            let happened = call(&store, &instance, "happened", Vec::new()).unwrap();
            assert_eq!(happened.first(), Some(&0x2a), "the guest's own data");
            assert!(matches!(happened.last(), Some(1..=2)));
        }
        let outside = call(&store, &instance, "outside", Vec::new());
        let code = Some(TrapCode::MemoryOutOfBounds);
        assert!(matches!(&outside, Err(WasmtimeError::Trap { code: found, .. }) if *found == code), "{outside:?}");
    }
}

#[test]
fn a_language_ends_a_sleep_with_what_it_threw() {
    struct Thrown;
    impl InterruptCheck for Thrown {
        fn check(&self) -> Result<()> {
            Err(WasmtimeError::thrown(7))
        }
    }
    let (store, instance) = program(true);
    assert!(store.set_interrupt_check(|| Box::new(Thrown)));
    let start = Instant::now();
    let ended = call(&store, &instance, "sleep", vec![Val::I64 { value: HOUR }, int(0), int(1)]);
    assert!(matches!(ended, Err(WasmtimeError::Host { thrown: Some(7), .. })), "{ended:?}");
    assert!(start.elapsed() < LONG);
}

/// Polls by the subscription that is in a memory, which is another one's as well.
const POLLS: &str = r#"(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (import "host" "memory") 1 1 shared)
    (export "memory" (memory 0))
    (func (export "polls") (result i32)
        (loop $again
            (br_if $again (i32.eqz (call $poll (i32.const 0) (i32.const 256) (i32.const 1) (i32.const 512)))))
        (i32.const 1)))"#;

#[test]
fn a_subscription_that_changes_is_judged_once() {
    if is_interpreter() {
        return;
    }
    let engine = engine(true);
    let limits = Limits { min: 1, max: Some(1) };
    let ty = MemoryType { limits, shared: true, is_64: false, page_size_log2: 16 };
    let memory = SharedMemory::new(&engine, ty).unwrap();
    let (store, linker) = (Store::new(&engine).unwrap(), Linker::new(&engine).unwrap());
    linker.define_wasi().unwrap();
    let item = Extern::OfMemory { memory: memory.as_memory(&store).unwrap() };
    linker.define(&store, "host", "memory", item).unwrap();
    store.set_wasi(WasiConfig::default()).unwrap();
    let module = Module::new(&engine, POLLS.as_bytes()).unwrap();
    let instance = linker.instantiate(&store, &module).unwrap();
    // An hour from now on; an hour since the clock began, which is over or not; a descriptor; and no time at all.
    memory.write(&1_u32.to_le_bytes(), 16).unwrap();
    let is_over = std::sync::atomic::AtomicBool::new(false);
    store.set_timeout(Some(1500)).unwrap();
    let start = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                for (kind, time, flags) in [(0_u8, HOUR, 0_u16), (0, 0, 1), (2, 0, 0), (0, 0, 0)] {
                    memory.write(&flags.to_le_bytes(), 40).unwrap();
                    memory.write(&time.to_le_bytes(), 24).unwrap();
                    memory.write(&[kind], 8).unwrap();
                }
            }
        });
        let done = call(&store, &instance, "polls", Vec::new());
        is_over.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(is_interrupt(done));
    });
    assert!(start.elapsed() < LONG);
}

#[test]
fn a_poll_of_more_than_there_can_be() {
    let (store, instance) = program(false);
    // Of nothing, and of more than descriptors: `inval`.
    for count in [0, 65_537, -1] {
        let arguments = vec![Val::I64 { value: 0 }, int(0), int(count)];
        assert_eq!(call(&store, &instance, "sleep", arguments), Ok(vec![28]), "{count}");
    }
    // More than the memory has is a trap.
    let arguments = vec![Val::I64 { value: 0 }, int(0), int(2000)];
    let outside = call(&store, &instance, "sleep", arguments);
    let code = Some(TrapCode::MemoryOutOfBounds);
    assert!(matches!(&outside, Err(WasmtimeError::Trap { code: found, .. }) if *found == code), "{outside:?}");
}
