//! A process that has no address space left for stacks and threads. This test fills its process, and so runs alone.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::sync::Arc;

use trimaran::{Config, Engine, Extern, Instance, Module, ModuleLimits, Result, Store, WasmtimeError};

/// Leaves this process `more` bytes of address space beside what it has.
fn leave(more: u64) {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = status.split_whitespace().next().unwrap().parse().unwrap();
    // SAFETY: the structure is whole.
    let done = unsafe {
        let limit = libc::rlimit { rlim_cur: pages * 4096 + more, rlim_max: libc::RLIM_INFINITY };
        libc::setrlimit(libc::RLIMIT_AS, &limit)
    };
    assert_eq!(done, 0);
}

fn limit<T>(done: Result<T>) -> String {
    match done {
        Err(WasmtimeError::Limit { reason }) => reason,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("there was room"),
    }
}

const GUEST: &[u8] = b"(module (func (export \"f\")))";

#[test]
fn a_stack_or_a_thread_that_cannot_be_had_is_a_limit() {
    let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
    let engine = |config| Engine::new(Config { target: target.clone(), ..config }).unwrap();
    let alone =
        engine(Config { parallel_compilation: Some(false), max_wasm_stack: Some(32 << 20), ..Config::default() });
    let store = Store::new(&alone).unwrap();
    let instance = Instance::new(&store, &Module::new(&alone, GUEST).unwrap(), Vec::new()).unwrap();
    let Ok(Extern::OfFunc { func }) = instance.export(&store, "f") else { panic!("no function") };
    let parallel = engine(Config::default());
    let in_time = engine(Config {
        module_limits: Some(ModuleLimits { compile_time: Some(60_000), ..ModuleLimits::default() }),
        ..Config::default()
    });
    let work = move || {
        leave(1 << 20);
        let reason = limit(func.call(&store, Vec::new()));
        assert!(reason.contains("no room for a stack"), "{reason}");
        for _ in 0..3 {
            let reason = limit(Module::new(&parallel, GUEST));
            assert!(reason.contains("the thread that compiles"), "{reason}");
            let reason = limit(Module::new(&in_time, GUEST));
            assert!(reason.contains("the thread that compiles"), "{reason}");
        }
        assert!(Module::new(&alone, GUEST).is_ok(), "it needs no other thread, and has a stack");
        leave(1 << 30);
        assert!(func.call(&store, Vec::new()).is_ok());
        assert!(Module::new(&parallel, GUEST).is_ok(), "it has not been given up");
        assert!(Module::new(&in_time, GUEST).is_ok());
        Arc::clone(&func)
    };
    // Enough for a compiler, and too little for such a guest.
    std::thread::Builder::new().stack_size(4 << 20).spawn(work).unwrap().join().unwrap();
}
