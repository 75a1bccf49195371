//! Linkers on several threads, and how long their host functions live.
#![allow(clippy::panic, clippy::expect_used, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use trimaran::adapter::{HostBody, UnboundHostFunc};
use trimaran::{
    Caller, Config, Engine, Extern, FuncType, HostFunction, Instance, Linker, Module, Result, Store, Val, ValType,
    WasmtimeError,
};

/// Gives its argument, after `also` was run.
struct Through<F>(F);

impl<F: Fn(&Caller) + Send + Sync> HostFunction for Through<F> {
    fn call(&self, caller: &Caller, arguments: Vec<Val>) -> Result<Vec<Val>> {
        (self.0)(caller);
        Ok(arguments)
    }
}

const GUEST: &str = r#"(module (import "env" "f" (func $f (param i32) (result i32)))
    (func $start (drop (call $f (i32.const 1)))) (start $start)
    (func (export "run") (param i32) (result i32) (call $f (local.get 0))))"#;

fn engine() -> Arc<Engine> {
    let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
    Engine::new(Config { target, ..Config::default() }).unwrap()
}

fn echo_type() -> FuncType {
    FuncType { params: vec![ValType::I32], results: vec![ValType::I32] }
}

/// What a package does before it uses a linker in a store.
fn prepare(linker: &Linker, store: &Store, body: &Arc<dyn HostFunction>) {
    for number in linker.hosts(store, None).unwrap() {
        linker.host(store, number).unwrap().attach_values(store, Arc::clone(body)).unwrap();
    }
}

fn run(instance: &Instance, store: &Store) -> i32 {
    let Extern::OfFunc { func } = instance.export(store, "run").unwrap() else { panic!("no function") };
    match func.call(store, vec![Val::I32 { value: 7 }]).unwrap().pop() {
        Some(Val::I32 { value }) => value,
        _ => panic!("no i32"),
    }
}

#[test]
fn a_start_function_may_use_the_linker_that_starts_it() {
    let engine = engine();
    let linker = Linker::new(&engine).unwrap();
    linker.define_func("env", "f", echo_type()).unwrap();
    let (store, module) = (Store::new(&engine).unwrap(), Module::new(&engine, GUEST.as_bytes()).unwrap());
    let calls = AtomicUsize::new(0);
    let inner = Arc::clone(&linker);
    let body: Arc<dyn HostFunction> = Arc::new(Through(move |caller: &Caller| {
        let name = format!("g{}", calls.fetch_add(1, Ordering::Relaxed));
        inner.define_func("env", &name, echo_type()).unwrap();
        inner.get(caller.store(), "env", "f").unwrap();
    }));
    prepare(&linker, &store, &body);
    let instance = linker.instantiate(&store, &module).unwrap();
    assert_eq!(run(&instance, &store), 7);
    // Nothing runs, and nothing is given, that would have no body when it is called.
    let without = linker.get(&store, "env", "g1");
    assert!(matches!(without, Err(WasmtimeError::NotFound { .. })));
    prepare(&linker, &store, &body);
    assert!(linker.get(&store, "env", "g1").is_ok());
}

#[test]
fn threads_define_and_instantiate_at_once() {
    let engine = engine();
    let linker = Linker::new(&engine).unwrap();
    linker.define_func("env", "f", echo_type()).unwrap();
    let module = Module::new(&engine, GUEST.as_bytes()).unwrap();
    let names = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let store = Store::new(&engine).unwrap();
                    let inner = Arc::clone(&linker);
                    let number = names.fetch_add(1, Ordering::Relaxed);
                    // It defines while its own store is held: nobody may wait for a store with the linker in hand.
                    let body: Arc<dyn HostFunction> = Arc::new(Through(move |_: &Caller| {
                        _ = inner.define_func("more", &number.to_string(), echo_type());
                    }));
                    prepare(&linker, &store, &body);
                    let instance = linker.instantiate(&store, &module).unwrap();
                    assert_eq!(run(&instance, &store), 7);
                }
            });
        }
    });
    assert!(linker.define_func("more", "0", echo_type()).unwrap_err().to_string().contains("shadowing"));
}

#[test]
fn a_second_body_is_as_good_as_the_first() {
    let engine = engine();
    let linker = Linker::new(&engine).unwrap();
    let number = linker.define_func("env", "f", echo_type()).unwrap();
    let store = Store::new(&engine).unwrap();
    let body = || -> Arc<dyn HostFunction> { Arc::new(Through(|_: &Caller| {})) };
    let (one, two) = (linker.host(&store, number).unwrap(), linker.host(&store, number).unwrap());
    one.attach_values(&store, body()).unwrap();
    two.attach_values(&store, body()).unwrap();
    assert!(linker.hosts(&store, None).unwrap().is_empty());
    assert!(linker.host(&store, number + 1_000_000).is_err());
}

#[test]
fn a_store_takes_its_bodies_along() {
    let engine = engine();
    let linker = Linker::new(&engine).unwrap();
    linker.define_func("env", "f", echo_type()).unwrap();
    let module = Module::new(&engine, GUEST.as_bytes()).unwrap();
    let body: Arc<dyn HostFunction> = Arc::new(Through(|_: &Caller| {}));
    for close in [true, false] {
        let store = Store::new(&engine).unwrap();
        prepare(&linker, &store, &body);
        linker.instantiate(&store, &module).unwrap();
        assert_eq!(Arc::strong_count(&body), 2);
        if close {
            store.release().unwrap();
        }
        drop(store);
        assert_eq!(Arc::strong_count(&body), 1);
    }
}

#[test]
fn a_function_without_a_body_is_an_error() {
    let engine = engine();
    let linker = Linker::new(&engine).unwrap();
    linker.define_func("env", "f", echo_type()).unwrap();
    let (store, module) = (Store::new(&engine).unwrap(), Module::new(&engine, GUEST.as_bytes()).unwrap());
    let error = linker.instantiate(&store, &module).err().unwrap();
    assert!(error.to_string().contains("has no callback in this store"), "{error}");
}

/// A body as a language has one, which may let go of it.
struct Binds<F>(F);

impl<F: Fn(&Store, &UnboundHostFunc) -> Result<bool> + Send + Sync> HostBody for Binds<F> {
    fn bind(&self, store: &Store, host: &UnboundHostFunc) -> Result<bool> {
        (self.0)(store, host)
    }
}

fn through(store: &Store, host: &UnboundHostFunc) -> Result<bool> {
    host.func(store)?.attach_values(store, Arc::new(Through(|_: &Caller| {})))?;
    Ok(true)
}

type Use<'a> = &'a dyn Fn(&Linker, &Store);

#[test]
fn a_function_that_is_replaced_while_it_is_bound() {
    let engine = engine();
    let module = Module::new(&engine, GUEST.as_bytes()).unwrap();
    let uses: [Use<'_>; 3] = [
        &|linker, store| assert_eq!(run(&linker.instantiate(store, &module).unwrap(), store), 7),
        &|linker, store| linker.define_module(store, "guest", &module).unwrap(),
        &|linker, store| drop(linker.get(store, "env", "f").unwrap()),
    ];
    for use_it in uses {
        let linker = Linker::new(&engine).unwrap();
        linker.allow_shadowing(true).unwrap();
        let inner = Arc::downgrade(&linker);
        let replaced = Binds(move |_: &Store, _: &UnboundHostFunc| {
            let linker = inner.upgrade().unwrap();
            linker.define_func_with("env", "f", echo_type(), Box::new(Binds(through)))?;
            Ok(false)
        });
        linker.define_func_with("env", "f", echo_type(), Box::new(replaced)).unwrap();
        use_it(&linker, &Store::new(&engine).unwrap());
    }
}

#[test]
fn a_body_that_is_lost_is_an_error() {
    let engine = engine();
    let linker = Linker::new(&engine).unwrap();
    let lost = Binds(|_: &Store, _: &UnboundHostFunc| Ok(false));
    linker.define_func_with("env", "f", echo_type(), Box::new(lost)).unwrap();
    let (store, module) = (Store::new(&engine).unwrap(), Module::new(&engine, GUEST.as_bytes()).unwrap());
    let pre = linker.instantiate_pre(&module).unwrap();
    for error in [linker.instantiate(&store, &module).err(), pre.instantiate(&store).err()] {
        assert!(matches!(error, Some(WasmtimeError::Unexpected { .. })), "{error:?}");
    }
    pre.release().unwrap();
    assert!(matches!(pre.instantiate(&store).err(), Some(WasmtimeError::Closed { .. })));
}

/// Linkers that have WASI share its functions: what one of them defines or allows beside, another one does not see.
#[test]
fn linkers_with_wasi_are_apart() {
    let engine = engine();
    let (wasi, name) = ("wasi_snapshot_preview1", "fd_write");
    let with_wasi = |shadowing| {
        let linker = Linker::new(&engine).unwrap();
        linker.allow_shadowing(shadowing).unwrap();
        linker.define_wasi().unwrap();
        linker
    };
    let taken =
        |linker: &Linker| matches!(linker.define_func(wasi, name, echo_type()), Err(WasmtimeError::Link { .. }));
    let (strict, loose) = (with_wasi(false), with_wasi(true));
    assert!(taken(&strict) && !taken(&loose));
    assert!(taken(&with_wasi(false)) && !taken(&with_wasi(true)));
    strict.allow_shadowing(true).unwrap();
    assert!(!taken(&strict));
    // What is replaced in one linker is still WASI's in a new one.
    let module = format!(
        r#"(module (import "{wasi}" "{name}" (func (param i32 i32 i32 i32) (result i32))) (memory (export "memory") 1))"#
    );
    let (module, store) = (Module::new(&engine, module.as_bytes()).unwrap(), Store::new(&engine).unwrap());
    assert!(strict.instantiate(&store, &module).is_err());
    with_wasi(false).instantiate(&store, &module).unwrap();
    // One that was defined in before, twice, and after its engine was closed.
    let late = Linker::new(&engine).unwrap();
    late.define_func("env", "f", echo_type()).unwrap();
    late.define_wasi().unwrap();
    assert!(taken(&late) && late.define_wasi().is_err());
    late.instantiate(&store, &module).unwrap();
    let last = Linker::new(&engine).unwrap();
    engine.release().unwrap();
    last.define_wasi().unwrap();
    last.instantiate(&store, &module).unwrap();
}

/// There is one shared engine for a configuration as long as anything of it is in use.
#[test]
fn what_uses_a_shared_engine_keeps_it() {
    let shared = || Engine::shared(Config { max_wasm_stack: Some(300 << 10), ..Config::default() }).unwrap();
    let store = Store::new(&shared()).unwrap();
    let module = Module::new(&shared(), b"(module)").unwrap();
    Instance::new(&store, &module, Vec::new()).unwrap();
    drop((store, module));
    let linker = Linker::new(&shared()).unwrap();
    let (store, module) = (Store::new(&shared()).unwrap(), Module::new(&shared(), b"(module)").unwrap());
    linker.instantiate(&store, &module).unwrap();
}
