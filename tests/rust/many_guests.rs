//! More guests wait than the process has mappings for. This test takes nearly all of them, and so runs alone.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::sync::Arc;
use std::task::Waker;

use trimaran::adapter::Step;
use trimaran::{Config, Engine, Extern, Func, FuncType, Instance, Module, Store, WasmtimeError};

#[test]
fn guests_that_wait_are_refused_before_the_process_has_no_mapping_left() {
    let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
    let engine = Engine::new(Config { target, ..Config::default() }).unwrap();
    let module = Module::new(
        &engine,
        br#"(module (import "" "wait" (func $wait)) (memory 1) (func (export "run") (call $wait)))"#,
    )
    .unwrap();
    let ty = FuncType { params: Vec::new(), results: Vec::new() };
    let start = || {
        let store = Store::new(&engine).unwrap();
        let wait = Func::async_host(&store, ty.clone()).unwrap();
        let instance = Instance::new(&store, &module, vec![Extern::OfFunc { func: wait }]).unwrap();
        let Ok(Extern::OfFunc { func }) = instance.export(&store, "run") else { panic!("no function") };
        let run = func.start(&store, Vec::new(), None).unwrap();
        run.step(None, Waker::noop()).map(|step| {
            assert!(matches!(step, Step::Host(..)));
            (run, Arc::clone(&store))
        })
    };
    let mut waiting = Vec::new();
    // Where the system allows more than is usual, there is nothing to see.
    for _ in 0..40_000 {
        match start() {
            Ok(run) => waiting.push(run),
            Err(WasmtimeError::Limit { reason }) => {
                assert!(reason.contains("`vm.max_map_count`"), "{reason}");
                assert!(waiting.len() > 4000, "{}", waiting.len());
                break;
            }
            Err(error) => panic!("{error}"),
        }
    }
    // The rest of the process has room: for another thread, for one.
    std::thread::spawn(|| vec![0_u8; 64 << 20].len()).join().unwrap();
    drop(waiting.split_off(waiting.len() / 2));
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert!(start().is_ok());
}
