//! Guests that are interrupted: by a time limit, by another thread, or by the check of a language.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test")]

#[path = "interrupt/deadlines.rs"]
mod deadlines;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use trimaran::adapter::InterruptCheck;
use trimaran::{
    Caller, Config, Engine, Extern, Func, FuncType, HostFunction, Instance, Interruption, Module, Result, Store,
    TrapCode, Val, WasmtimeError,
};

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

/// What interrupted a guest, if anything did.
fn interruption<T>(result: Result<T>) -> Option<Interruption> {
    match result {
        Err(WasmtimeError::Trap { code: Some(TrapCode::Interrupt), interruption, .. }) => interruption,
        _ => None,
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
    // Nothing is under way: nothing is kept for later.
    assert_eq!(handle.interrupt(), Ok(false));
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

impl InterruptCheck for Third {
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
    assert!(store.set_interrupt_check(|| Box::new(Third(Arc::clone(&asked)))));
    let error = func(&store, &instance, "spin").call(&store, Vec::new()).err().unwrap();
    // With the guest that it ended.
    let WasmtimeError::Host { thrown: Some(2), frames, .. } = error else { panic!("{error}") };
    assert_eq!(frames[0].func_name.as_deref(), Some("spin"));
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
    assert!(other.set_interrupt_check(|| Box::new(Third(Arc::clone(&asked)))));
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
    assert!(!store.set_interrupt_check(|| Box::new(Third(Arc::default()))));
    assert!(matches!(store.begin_deadline(None), Err(WasmtimeError::Config { .. })));
    assert!(matches!(store.end_deadline(1), Err(WasmtimeError::Config { .. })));
}

/// Calls `one` in a store, again and again, from so many threads, until `work` is done.
fn crowded<R>(store: &Store, one: &Func, threads: usize, work: impl FnOnce() -> R) -> R {
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !is_done.load(Ordering::SeqCst) {
                    // A guest that is done in no time is never interrupted.
                    one.call(store, Vec::new()).unwrap();
                    std::thread::sleep(Duration::from_millis(1));
                }
            });
        }
        let found = work();
        is_done.store(true, Ordering::SeqCst);
        found
    })
}

#[test]
fn a_time_limit_holds_however_many_others_call() {
    let engine = engine();
    for threads in [1, 2, 7] {
        let (store, instance) = guest(&engine);
        let (spin, one) = (func(&store, &instance, "spin"), func(&store, &instance, "one"));
        store.set_timeout(Some(200)).unwrap();
        for _ in 0..3 {
            let start = Instant::now();
            let end = crowded(&store, &one, threads, || spin.call(&store, Vec::new()));
            assert_eq!(interruption(end), Some(Interruption::TimeLimit), "{threads} others");
            assert!(start.elapsed() < LONG, "{threads} others");
        }
    }
}

#[test]
fn waiting_for_the_store_does_not_count_against_the_limit_of_a_run() {
    let engine = engine();
    let (store, instance) = guest(&engine);
    let (spin, one) = (func(&store, &instance, "spin"), func(&store, &instance, "one"));
    store.set_timeout(Some(300)).unwrap();
    // Each waits for those before it: longer than a run may take, for the last ones.
    std::thread::scope(|scope| {
        let spinners: Vec<_> = (0..3).map(|_| scope.spawn(|| spin.call(&store, Vec::new()))).collect();
        std::thread::sleep(Duration::from_millis(20));
        let others: Vec<_> = (0..3).map(|_| scope.spawn(|| one.call(&store, Vec::new()))).collect();
        for spinner in spinners {
            assert_eq!(interruption(spinner.join().unwrap()), Some(Interruption::TimeLimit));
        }
        for other in others {
            other.join().unwrap().unwrap();
        }
    });
}

#[test]
fn a_handle_that_is_used_at_any_moment_of_a_run_ends_that_run_and_no_other() {
    let engine = engine();
    let (store, instance) = guest(&engine);
    let (spin, one) = (func(&store, &instance, "spin"), func(&store, &instance, "one"));
    let handle = store.interrupt_handle().unwrap();
    for round in 0..60 {
        std::thread::scope(|scope| {
            let runner = scope.spawn(|| {
                let first = one.call(&store, Vec::new());
                (first, spin.call(&store, Vec::new()), one.call(&store, Vec::new()))
            });
            std::thread::sleep(Duration::from_micros(round * 20));
            // It says whether there was anything to end; what it ended may have been the first call.
            while !runner.is_finished() {
                handle.interrupt().unwrap();
            }
            let (_, second, _) = runner.join().unwrap();
            assert!(is_interrupt(second));
        });
        assert!(one.call(&store, Vec::new()).is_ok());
    }
}

#[test]
fn a_handle_finds_a_caller_that_still_waits_for_the_store() {
    let engine = engine();
    let (store, instance) = guest(&engine);
    let spin = func(&store, &instance, "spin");
    let handle = store.interrupt_handle().unwrap();
    let hold = store.try_hold().unwrap();
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| spin.call(&store, Vec::new()));
        while !handle.interrupt().unwrap() {
            std::thread::yield_now();
        }
        drop(hold);
        assert_eq!(interruption(waits.join().unwrap()), Some(Interruption::Handle));
    });
    assert_eq!(handle.interrupt(), Ok(false));
}

#[test]
fn a_trap_says_what_interrupted_it() {
    let engine = engine();
    let (store, instance) = guest(&engine);
    let spin = func(&store, &instance, "spin");
    store.set_timeout(Some(10)).unwrap();
    let error = spin.call(&store, Vec::new()).err().unwrap();
    assert!(error.to_string().starts_with("wasm trap: interrupt: its time limit has passed, in function"), "{error}");
    assert_eq!(interruption::<()>(Err(error)), Some(Interruption::TimeLimit));
    store.set_timeout(None).unwrap();
    store.set_epoch_deadline(0).unwrap();
    assert_eq!(interruption(spin.call(&store, Vec::new())), Some(Interruption::Epoch));
}

struct Closure<F>(F);

impl<F: Fn(&Caller) -> Result<()> + Send + Sync> HostFunction for Closure<F> {
    fn call(&self, caller: &Caller, _: Vec<Val>) -> Result<Vec<Val>> {
        (self.0)(caller).map(|()| Vec::new())
    }
}

/// Says no as soon as it is told to.
struct Told(Arc<AtomicBool>);

impl InterruptCheck for Told {
    fn check(&self) -> Result<()> {
        if self.0.load(Ordering::SeqCst) { Err(WasmtimeError::thrown(7)) } else { Ok(()) }
    }
}

#[test]
fn the_language_is_asked_while_a_thread_waits_for_a_store() {
    // Whether the engine can interrupt guests or not.
    for engine in [engine(), Engine::new(Config::default()).unwrap()] {
        let (store, instance) = guest(&engine);
        let one = func(&store, &instance, "one");
        let is_told = Arc::new(AtomicBool::new(false));
        store.set_interrupt_check(|| Box::new(Told(Arc::clone(&is_told))));
        let hold = store.try_hold().unwrap();
        std::thread::scope(|scope| {
            let call = scope.spawn(|| one.call(&store, Vec::new()));
            let other = scope.spawn(|| store.gc());
            std::thread::sleep(Duration::from_millis(50));
            is_told.store(true, Ordering::SeqCst);
            assert_eq!(call.join().unwrap().err(), Some(WasmtimeError::thrown(7)));
            assert_eq!(other.join().unwrap().err(), Some(WasmtimeError::thrown(7)));
            is_told.store(false, Ordering::SeqCst);
        });
        drop(hold);
        assert!(one.call(&store, Vec::new()).is_ok());
    }
}

#[test]
fn a_guest_that_only_calls_the_host_is_ended_when_that_returns() {
    let engine = engine();
    let text = format!(
        r#"(module (import "" "" (func $h)) (func (export "many") {}) (func (export "one") (call $h)))"#,
        "(call $h)".repeat(200)
    );
    let store = Store::new(&engine).unwrap();
    let host = Closure(|_: &Caller| {
        std::thread::sleep(Duration::from_millis(10));
        Ok(())
    });
    let host = Func::of_values(&store, &FuncType { params: vec![], results: vec![] }, Arc::new(host)).unwrap();
    let module = Module::new(&engine, text.as_bytes()).unwrap();
    let instance = Instance::new(&store, &module, vec![Extern::OfFunc { func: host }]).unwrap();
    let (many, one) = (func(&store, &instance, "many"), func(&store, &instance, "one"));
    store.set_timeout(Some(50)).unwrap();
    let start = Instant::now();
    assert_eq!(interruption(many.call(&store, Vec::new())), Some(Interruption::TimeLimit));
    assert!(start.elapsed() < Duration::from_millis(1500));
    store.set_timeout(Some(5)).unwrap();
    assert_eq!(interruption(one.call(&store, Vec::new())), Some(Interruption::TimeLimit));
    store.set_timeout(None).unwrap();
    let handle = store.interrupt_handle().unwrap();
    std::thread::scope(|scope| {
        let running = scope.spawn(|| many.call(&store, Vec::new()));
        while !handle.interrupt().unwrap() {
            std::thread::yield_now();
        }
        assert_eq!(interruption(running.join().unwrap()), Some(Interruption::Handle));
    });
    let deadline = store.begin_deadline(Some(50)).unwrap();
    assert_eq!(interruption(many.call(&store, Vec::new())), Some(Interruption::TimeLimit));
    store.end_deadline(deadline).unwrap();
    assert!(one.call(&store, Vec::new()).is_ok());
}
