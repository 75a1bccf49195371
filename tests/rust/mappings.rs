//! A process that has used up its mappings. This test fills its process, and so runs alone.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::task::Waker;

use trimaran::adapter::Step;
use trimaran::{Config, Engine, Extern, Instance, Module, Store, WasmtimeError};

#[test]
fn code_that_the_system_has_no_room_for_is_a_limit() {
    let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
    let engine = Engine::new(Config { target, ..Config::default() }).unwrap();
    let artifact = engine.precompile(b"(module (func (export \"f\")))").unwrap();
    let (store, other) = (Store::new(&engine).unwrap(), Store::new(&engine).unwrap());
    let guest = Module::deserialize(&engine, &artifact).unwrap();
    let func = |store: &Store| match Instance::new(store, &guest, Vec::new()).unwrap().export(store, "f") {
        Ok(Extern::OfFunc { func }) => func,
        _ => panic!("no function"),
    };
    let funcs = [(func(&store), &store), (func(&other), &other)];
    let mut kept = Vec::new();
    // Each has mappings of its own. Where the system allows more than is usual, there is nothing to see.
    for _ in 0..70_000 {
        match Module::deserialize(&engine, &artifact) {
            Ok(module) => kept.push(module),
            Err(WasmtimeError::Limit { reason }) => {
                assert!(reason.contains("no room for the module's code"), "{reason}");
                // A guest that may wait has a stack of its own, for which there is no room either.
                let runs = funcs.each_ref().map(|(func, store)| func.start(store, Vec::new(), None).unwrap());
                let steps = runs.each_ref().map(|run| run.step(None, Waker::noop()));
                let reason = steps.into_iter().find_map(|step| match step {
                    Err(WasmtimeError::Limit { reason }) => Some(reason),
                    _ => None,
                });
                assert!(reason.is_some_and(|reason| reason.contains("vm.max_map_count")), "there was a stack");
                kept.clear();
                for (func, store) in &funcs {
                    let again = func.start(store, Vec::new(), None).unwrap().step(None, Waker::noop());
                    assert!(matches!(again, Ok(Step::Done(_))));
                }
                assert!(Module::deserialize(&engine, &artifact).is_ok());
                return;
            }
            Err(error) => panic!("{error}"),
        }
    }
}
