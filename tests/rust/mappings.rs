//! A process that has used up its mappings. This test fills its process, and so runs alone.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use trimaran::{Config, Engine, Module, WasmtimeError};

#[test]
fn code_that_the_system_has_no_room_for_is_a_limit() {
    let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
    let engine = Engine::new(Config { target, ..Config::default() }).unwrap();
    let artifact = engine.precompile(b"(module (func (export \"f\")))").unwrap();
    let mut kept = Vec::new();
    // Each has mappings of its own. Where the system allows more than is usual, there is nothing to see.
    for _ in 0..70_000 {
        match Module::deserialize(&engine, &artifact) {
            Ok(module) => kept.push(module),
            Err(WasmtimeError::Limit { reason }) => {
                assert!(reason.contains("no room for the module's code"), "{reason}");
                kept.clear();
                assert!(Module::deserialize(&engine, &artifact).is_ok());
                return;
            }
            Err(error) => panic!("{error}"),
        }
    }
}
