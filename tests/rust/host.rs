//! Host functions through core: what a facade builds its callbacks on.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use std::sync::{Arc, Mutex};

use trimaran::{
    Caller, Config, Engine, Extern, Func, FuncType, HostFunction, Instance, Module, Result, Store, TrapCode, Val,
    ValType, WasmtimeError,
};

/// A host function made of a closure.
struct Closure<F>(F);

impl<F: Fn(&Caller, Vec<Val>) -> Result<Vec<Val>> + Send + Sync> HostFunction for Closure<F> {
    fn call(&self, caller: &Caller, arguments: Vec<Val>) -> Result<Vec<Val>> {
        (self.0)(caller, arguments)
    }
}

fn host(
    store: &Arc<Store>,
    function: impl Fn(&Caller, Vec<Val>) -> Result<Vec<Val>> + Send + Sync + 'static,
) -> Arc<Func> {
    let ty = FuncType { params: vec![ValType::I32], results: vec![ValType::I32] };
    Func::of_values(store, &ty, Arc::new(Closure(function))).unwrap()
}

fn store() -> Arc<Store> {
    let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
    Store::new(&Engine::new(Config { target, ..Config::default() }).unwrap()).unwrap()
}

const GUEST: &str = r#"(module
    (import "host" "call" (func $call (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "run") (param i32) (result i32)
        (i32.add (call $call (local.get 0)) (i32.const 1))))"#;

/// The function `run` of a guest that passes its argument to `function` and adds 1.
fn guest(store: &Arc<Store>, engine_of: &Engine, function: Arc<Func>) -> Arc<Func> {
    let module = Module::new(engine_of, GUEST.as_bytes()).unwrap();
    let instance = Instance::new(store, &module, vec![Extern::OfFunc { func: function }]).unwrap();
    func(instance.export(store, "run").unwrap())
}

fn func(item: Extern) -> Arc<Func> {
    match item {
        Extern::OfFunc { func } => func,
        _ => panic!("expected a function"),
    }
}

fn int(values: &[Val]) -> i32 {
    match values[0] {
        Val::I32 { value } => value,
        _ => panic!("expected an i32"),
    }
}

fn engine_and_store() -> (Arc<Engine>, Arc<Store>) {
    let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
    let engine = Engine::new(Config { target, ..Config::default() }).unwrap();
    let store = Store::new(&engine).unwrap();
    (engine, store)
}

fn i32s(value: i32) -> Vec<Val> {
    vec![Val::I32 { value }]
}

#[test]
fn a_host_function_reads_and_grows_the_memory_of_its_guest() {
    let (engine, store) = engine_and_store();
    let function = host(&store, |caller, arguments| {
        let Extern::OfMemory { memory } = caller.export("memory")? else { panic!("expected a memory") };
        memory.write(caller.store(), b"written by the host", 8)?;
        memory.grow(caller.store(), 1)?;
        assert_eq!(memory.size(caller.store())?, 2);
        assert_eq!(memory.read(caller.store(), 8, 7)?, b"written");
        Ok(arguments)
    });
    let run = guest(&store, &engine, function);
    assert_eq!(int(&run.call(&store, i32s(41)).unwrap()), 42);
}

#[test]
fn a_host_function_calls_back_into_the_guest_to_any_depth() {
    let (engine, store) = engine_and_store();
    let itself: Arc<Mutex<Option<Arc<Func>>>> = Arc::default();
    let again = Arc::clone(&itself);
    let function = host(&store, move |caller, arguments| {
        let depth = int(&arguments);
        if depth == 0 {
            return Ok(i32s(0));
        }
        let run = again.lock().unwrap().clone().unwrap();
        run.call(caller.store(), i32s(depth - 1))
    });
    let run = guest(&store, &engine, function);
    *itself.lock().unwrap() = Some(Arc::clone(&run));
    assert_eq!(int(&run.call(&store, i32s(20)).unwrap()), 21);
}

#[test]
fn an_error_of_a_host_function_comes_out_unchanged() {
    let (engine, store) = engine_and_store();
    let no_file = |frames| WasmtimeError::Host { reason: "no such file".to_owned(), thrown: None, frames };
    let function = host(&store, move |_, _| Err(no_file(Vec::new())));
    let run = guest(&store, &engine, function);
    // But for the calls of the guest that called it.
    let Err(WasmtimeError::Host { reason, thrown: None, frames }) = run.call(&store, i32s(0)) else { panic!() };
    let name = frames.first().and_then(|frame| frame.func_name.clone());
    assert_eq!((&*reason, frames.len(), name.as_deref()), ("no such file", 1, Some("run")));
    // The store is as good as before.
    assert!(run.call(&store, i32s(0)).is_err());
}

#[test]
fn a_panic_of_a_host_function_is_an_error_and_no_crash() {
    let (engine, store) = engine_and_store();
    let run = guest(&store, &engine, host(&store, |_, _| panic!("expected in this test")));
    let error = run.call(&store, i32s(0)).err().unwrap();
    assert!(matches!(&error, WasmtimeError::Unexpected { reason } if reason == "expected in this test"), "{error}");
}

#[test]
fn results_of_a_host_function_are_checked() {
    let (engine, store) = engine_and_store();
    let none = guest(&store, &engine, host(&store, |_, _| Ok(Vec::new())));
    assert!(matches!(none.call(&store, i32s(0)), Err(WasmtimeError::Type { .. })));
    let large = guest(&store, &engine, host(&store, |_, _| Ok(vec![Val::I64 { value: 1 << 40 }])));
    assert!(matches!(large.call(&store, i32s(0)), Err(WasmtimeError::Range { .. })));
}

#[test]
fn a_caller_kept_past_its_call_is_refused() {
    static KEPT: Mutex<Option<Arc<Func>>> = Mutex::new(None);
    let (engine, store) = engine_and_store();
    let (sender, receiver) = std::sync::mpsc::channel();
    let function = host(&store, move |caller, arguments| {
        // Another thread may not use it, even now.
        let stranger = std::thread::scope(|scope| scope.spawn(|| caller.export("memory").err()).join().unwrap());
        sender.send(stranger).unwrap();
        Ok(arguments)
    });
    let run = guest(&store, &engine, function);
    run.call(&store, i32s(0)).unwrap();
    assert_eq!(receiver.recv().unwrap(), Some(WasmtimeError::Escaped));
    drop(KEPT.lock());
}

#[test]
fn closing_the_store_in_a_host_function_ends_its_use() {
    let (engine, store) = engine_and_store();
    let function = host(&store, |caller, arguments| {
        caller.store().release()?;
        assert_eq!(caller.export("memory").err(), Some(WasmtimeError::Closed { what: "store".to_owned() }));
        Ok(arguments)
    });
    let run = guest(&store, &engine, function);
    let closed = Some(WasmtimeError::Closed { what: "store".to_owned() });
    drop(run.call(&store, i32s(0)));
    assert_eq!(run.call(&store, i32s(0)).err(), closed);
    assert_eq!(run.r#type(&store).err(), closed);
}

#[test]
fn a_host_function_does_not_keep_its_store_alive() {
    let (_engine, store) = engine_and_store();
    let weak = Arc::downgrade(&store);
    let function = host(&store, |_, arguments| Ok(arguments));
    drop((store, function));
    assert!(weak.upgrade().is_none());
}

#[test]
fn traps_carry_code_and_frames() {
    let store = store();
    let engine =
        Engine::new(Config { target: std::env::var("TRIMARAN_TEST_TARGET").ok(), ..Config::default() }).unwrap();
    let store_of_engine = Store::new(&engine).unwrap();
    let module =
        Module::new(&engine, br#"(module $guest (func $inner unreachable) (func $outer (export "run") call $inner))"#)
            .unwrap();
    assert_eq!(
        Instance::new(&store, &module, Vec::new()).err(),
        Some(WasmtimeError::WrongEngine { what: "module".to_owned() })
    );
    let instance = Instance::new(&store_of_engine, &module, Vec::new()).unwrap();
    let run = func(instance.export(&store_of_engine, "run").unwrap());
    let Err(WasmtimeError::Trap { code, frames, .. }) = run.call(&store_of_engine, Vec::new()) else {
        panic!("expected a trap")
    };
    assert_eq!(code, Some(TrapCode::UnreachableCodeReached));
    let names: Vec<_> = frames.iter().map(|frame| frame.func_name.as_deref()).collect();
    assert_eq!(names, [Some("inner"), Some("outer")]);
    assert_eq!(frames[0].module_name.as_deref(), Some("guest"));
}

#[test]
fn the_fuel_of_a_guest_that_waits_for_its_host_can_be_read() {
    let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
    let engine = Engine::new(Config { target, consume_fuel: Some(true), ..Config::default() }).unwrap();
    let store = Store::new(&engine).unwrap();
    store.set_fuel(1000).unwrap();
    let (asked, answer) = (std::sync::mpsc::channel::<()>(), std::sync::mpsc::channel::<()>());
    let (ask, wait) = (asked.0, Mutex::new(answer.1));
    let function = host(&store, move |_, arguments| {
        ask.send(()).unwrap();
        wait.lock().unwrap().recv().unwrap();
        Ok(arguments)
    });
    let run = guest(&store, &engine, function);
    std::thread::scope(|scope| {
        scope.spawn(|| run.call(&store, vec![Val::I32 { value: 1 }]).unwrap());
        asked.1.recv().unwrap();
        // The other thread is inside, and will be for as long as this one does not answer.
        let left = store.fuel().unwrap();
        assert!((900..1000).contains(&left), "{left}");
        answer.0.send(()).unwrap();
    });
    assert!(store.fuel().unwrap() < 1000);
}
