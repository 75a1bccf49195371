//! Guests that are stopped: by the clock, by another thread, by what their language says.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use trimaran::{Config, Engine, Extern, Func, Instance, Module, Result, Store, TrapCode, Val, WasmtimeError, Watch};

const GUEST: &str = r#"(module
    (func (export "spin") (loop (br 0)))
    (func $deep (param i32) (result i32)
        (if (result i32) (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 0))))
    (func (export "recurse") (loop (drop (call $deep (i32.const 1000))) (br 0)))
    (memory 100)
    (func (export "fill") (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 6553600)) (br 0)))
    (func (export "one") (result i32) (i32.const 1)))"#;

/// Far longer than a guest may take to stop, and far shorter than for ever.
const LONG: Duration = Duration::from_secs(5);

fn engine() -> Arc<Engine> {
    let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
    Engine::new(Config { target, epoch_interruption: Some(true), ..Config::default() }).unwrap()
}

fn guest(engine: &Engine) -> (Arc<Store>, Arc<Instance>) {
    let (store, module) = (Store::new(engine).unwrap(), Module::new(engine, GUEST.as_bytes()).unwrap());
    let instance = Instance::new(&store, &module, Vec::new()).unwrap();
    (store, instance)
}

fn func(store: &Store, instance: &Instance, name: &str) -> Arc<Func> {
    match instance.export(store, name).unwrap() {
        Extern::OfFunc { func } => func,
        _ => panic!("no function"),
    }
}

fn is_interrupt<T>(result: Result<T>) -> bool {
    matches!(result, Err(WasmtimeError::Trap { code: Some(TrapCode::Interrupt), .. }))
}

#[test]
fn a_timeout_ends_loops_recursion_and_bulk_operations() {
    let engine = engine();
    let (store, instance) = guest(&engine);
    store.set_timeout(Some(20)).unwrap();
    for name in ["spin", "recurse", "fill"] {
        let start = Instant::now();
        assert!(is_interrupt(func(&store, &instance, name).call(&store, Vec::new())), "{name}");
        assert!(start.elapsed() < LONG, "{name}");
        assert!(func(&store, &instance, "one").call(&store, Vec::new()).is_ok());
    }
}

#[test]
fn another_thread_stops_one_store_and_no_other() {
    let engine = engine();
    let ((store, instance), (other, second)) = (guest(&engine), guest(&engine));
    let (handle, kept) = (store.interrupt_handle().unwrap(), other.interrupt_handle().unwrap());
    // Nothing runs: nothing is kept for later.
    handle.interrupt().unwrap();
    assert!(func(&store, &instance, "one").call(&store, Vec::new()).is_ok());
    std::thread::scope(|scope| {
        let running = scope.spawn(|| func(&other, &second, "spin").call(&other, Vec::new()));
        let stopped = scope.spawn(|| func(&store, &instance, "spin").call(&store, Vec::new()));
        while !stopped.is_finished() {
            handle.interrupt().unwrap();
            std::thread::yield_now();
        }
        assert!(is_interrupt(stopped.join().unwrap()));
        assert!(!running.is_finished());
        while !running.is_finished() {
            kept.interrupt().unwrap();
            std::thread::yield_now();
        }
        assert!(is_interrupt(running.join().unwrap()));
    });
}

/// Says no the third time that it is asked.
struct Third(Arc<AtomicUsize>);

impl Watch for Third {
    fn check(&self) -> Result<()> {
        match self.0.fetch_add(1, Ordering::SeqCst) {
            0 | 1 => Ok(()),
            number => Err(WasmtimeError::thrown(number as u64)),
        }
    }
}

#[test]
fn the_language_is_asked_and_its_error_comes_out() {
    let engine = engine();
    let (store, instance) = guest(&engine);
    let asked = Arc::new(AtomicUsize::new(0));
    assert!(store.watch(|| Box::new(Third(Arc::clone(&asked)))));
    let error = func(&store, &instance, "spin").call(&store, Vec::new()).err().unwrap();
    assert_eq!(error, WasmtimeError::thrown(2));
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

#[test]
fn a_tick_is_not_a_step_of_the_users_epoch() {
    let engine = engine();
    let (store, instance) = guest(&engine);
    let ((other, second), asked) = (guest(&engine), Arc::new(AtomicUsize::new(0)));
    store.set_epoch_deadline(1).unwrap();
    // The clock ticks for the other store meanwhile.
    other.set_timeout(Some(60)).unwrap();
    assert!(other.watch(|| Box::new(Third(Arc::clone(&asked)))));
    assert!(func(&other, &second, "spin").call(&other, Vec::new()).is_err());
    assert!(func(&store, &instance, "one").call(&store, vec![]).is_ok());
    engine.increment_epoch().unwrap();
    assert!(is_interrupt(func(&store, &instance, "one").call(&store, Vec::<Val>::new())));
}

#[test]
fn an_engine_that_cannot_interrupt_says_so() {
    let store = Store::new(&Engine::new(Config::default()).unwrap()).unwrap();
    assert!(matches!(store.set_timeout(Some(1)), Err(WasmtimeError::Config { .. })));
    assert!(matches!(store.interrupt_handle(), Err(WasmtimeError::Config { .. })));
    assert!(!store.watch(|| panic!("nobody asks")));
}
