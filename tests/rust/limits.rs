//! What a close gives back, and what a machine with little room has to say.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::sync::Arc;

use trimaran::{Config, Engine, Limits, Memory, MemoryType, Store, WasmtimeError};

const PAGE: i64 = 65_536;

fn pages(min: u64) -> MemoryType {
    MemoryType { limits: Limits { min, max: None }, is_64: false, shared: false, page_size_log2: 16 }
}

fn engine(config: Config) -> Arc<Engine> {
    let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
    Engine::new(Config { target, ..config }).unwrap()
}

/// The bytes of this process that are in memory.
fn resident() -> i64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    status.split_whitespace().nth(1).unwrap().parse::<i64>().unwrap() * 4096
}

#[test]
fn after_close_the_memory_is_back() {
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

#[test]
fn a_dropped_store_needs_no_close() {
    let engine = engine(Config::default());
    for _ in 0..2_000 {
        let store = Store::new(&engine).unwrap();
        Memory::new(&store, pages(1)).unwrap();
    }
}
