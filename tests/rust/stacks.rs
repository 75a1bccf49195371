//! On which stack guests and host functions run, and what happens at the end of that stack.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use trimaran::adapter::InterruptCheck;
use trimaran::{
    Caller, Config, Engine, Extern, Func, FuncType, HostFunction, Instance, Module, Reference, Result, Store, Val,
    ValType, WasmtimeError,
};

struct Closure<F>(F);

impl<F: Fn(&Caller, Vec<Val>) -> Result<Vec<Val>> + Send + Sync> HostFunction for Closure<F> {
    fn call(&self, caller: &Caller, arguments: Vec<Val>) -> Result<Vec<Val>> {
        (self.0)(caller, arguments)
    }
}

fn host(store: &Store, function: impl Fn(&Caller, Vec<Val>) -> Result<Vec<Val>> + Send + Sync + 'static) -> Arc<Func> {
    let ty = FuncType { params: vec![ValType::I32], results: vec![ValType::I32] };
    Func::of_values(store, &ty, Arc::new(Closure(function))).unwrap()
}

/// A guest that passes its argument on, and adds 1 to what it gets.
const GUEST: &[u8] = br#"(module
    (import "host" "call" (func $call (param i32) (result i32)))
    (func (export "run") (param i32) (result i32) (i32.add (call $call (local.get 0)) (i32.const 1))))"#;

fn engine() -> Arc<Engine> {
    Engine::new(Config { target: std::env::var("TRIMARAN_TEST_TARGET").ok(), ..Config::default() }).unwrap()
}

fn guest(engine: &Engine, store: &Store, function: Arc<Func>) -> Arc<Func> {
    let module = Module::new(engine, GUEST).unwrap();
    let instance = Instance::new(store, &module, vec![Extern::OfFunc { func: function }]).unwrap();
    let Extern::OfFunc { func } = instance.export(store, "run").unwrap() else { panic!("expected a function") };
    func
}

fn call(func: &Func, store: &Store, value: i32) -> Result<i32> {
    match func.call(store, vec![Val::I32 { value }])?.as_slice() {
        [Val::I32 { value }] => Ok(*value),
        _ => panic!("expected an i32"),
    }
}

fn on_thread<R: Send + 'static>(stack: usize, work: impl FnOnce() -> R + Send + 'static) -> R {
    std::thread::Builder::new().stack_size(stack).spawn(work).unwrap().join().unwrap()
}

const SIZES: [usize; 5] = [128 << 10, 256 << 10, 512 << 10, 1 << 20, 8 << 20];

fn here() -> usize {
    let local = 0_u8;
    std::hint::black_box(std::ptr::from_ref(&local)).addr()
}

#[test]
fn a_host_function_runs_on_the_thread_s_own_stack() {
    for size in SIZES {
        let far = on_thread(size, move || {
            let (engine, top) = (engine(), here());
            let store = Store::new(&engine).unwrap();
            let farthest = Arc::new(AtomicUsize::new(0));
            let inner = {
                let farthest = Arc::clone(&farthest);
                host(&store, move |_, arguments| {
                    farthest.fetch_max(top.abs_diff(here()), SeqCst);
                    Ok(arguments)
                })
            };
            let inner = guest(&engine, &store, inner);
            let outer = {
                let farthest = Arc::clone(&farthest);
                let inner = Arc::clone(&inner);
                host(&store, move |caller, _| {
                    farthest.fetch_max(top.abs_diff(here()), SeqCst);
                    Ok(vec![Val::I32 { value: call(&inner, caller.store(), 40)? }])
                })
            };
            let outer = guest(&engine, &store, outer);
            assert_eq!(call(&outer, &store, 0), Ok(42));
            farthest.load(SeqCst)
        });
        assert!(far < size, "{far} bytes away on a stack of {size}");
    }
}

/// A guest and a host function that call each other for ever.
fn endless(engine: &Engine) -> (Arc<Store>, Arc<Func>, Arc<AtomicUsize>) {
    let store = Store::new(engine).unwrap();
    let (again, depth) = (Arc::new(Mutex::new(None::<Arc<Func>>)), Arc::new(AtomicUsize::new(0)));
    let function = {
        let (again, depth) = (Arc::clone(&again), Arc::clone(&depth));
        host(&store, move |caller, arguments| {
            depth.fetch_add(1, SeqCst);
            let func = again.lock().unwrap().clone().unwrap();
            func.call(caller.store(), arguments)
        })
    };
    let func = guest(engine, &store, function);
    *again.lock().unwrap() = Some(Arc::clone(&func));
    (store, func, depth)
}

#[test]
fn recursion_through_the_host_ends_in_an_error_on_every_stack() {
    for size in SIZES {
        on_thread(size, || {
            let (store, func, depth) = endless(&engine());
            let error = call(&func, &store, 0).unwrap_err();
            assert!(matches!(error, WasmtimeError::Limit { .. } | WasmtimeError::Trap { .. }), "{error}");
            assert!(depth.load(SeqCst) > 5);
            // The store is as good as before.
            let other = host(&store, |_, arguments| Ok(arguments));
            assert_eq!(call(&other, &store, 7), Ok(7));
            assert!(call(&func, &store, 0).is_err());
        });
    }
}

#[test]
fn two_stores_on_one_small_stack_keep_their_places() {
    on_thread(256 << 10, || {
        let engine = engine();
        let (first, second) = (Store::new(&engine).unwrap(), Store::new(&engine).unwrap());
        // first's guest → second's guest → first's guest, which recurses until it traps on its own stack.
        let (home, endless_func) = (Arc::clone(&first), {
            let module = Module::new(
                &engine,
                br#"(module (func $f (export "f") (param i32) (result i32) (call $f (local.get 0))))"#,
            );
            let instance = Instance::new(&first, &module.unwrap(), Vec::new()).unwrap();
            let Extern::OfFunc { func } = instance.export(&first, "f").unwrap() else { panic!("expected a function") };
            func
        });
        let weak = Arc::downgrade(&home);
        let back = host(&second, move |_, _| {
            let error = call(&endless_func, &weak.upgrade().unwrap(), 0).unwrap_err();
            assert!(matches!(error, WasmtimeError::Trap { .. }), "{error}");
            Ok(vec![Val::I32 { value: 1 }])
        });
        let middle = guest(&engine, &second, back);
        let over = {
            let second = Arc::clone(&second);
            host(&first, move |_, _| Ok(vec![Val::I32 { value: call(&middle, &second, 0)? }]))
        };
        let outer = guest(&engine, &first, over);
        assert_eq!(call(&outer, &first, 0), Ok(3));
        assert_eq!(call(&outer, &first, 0), Ok(3));
    });
}

#[test]
fn a_panic_in_a_host_function_on_a_small_stack_is_an_error() {
    on_thread(128 << 10, || {
        let engine = engine();
        let store = Store::new(&engine).unwrap();
        let func = guest(&engine, &store, host(&store, |_, _| panic!("planted")));
        assert_eq!(call(&func, &store, 0), Err(WasmtimeError::Unexpected { reason: "planted".to_owned() }));
        let func = guest(&engine, &store, host(&store, |_, arguments| Ok(arguments)));
        assert_eq!(call(&func, &store, 1), Ok(2));
    });
}

#[test]
fn a_module_is_compiled_wherever_a_host_function_runs() {
    let recursive: &[u8] = b"(module (type (sub (func))) (type (sub 0 (func))))";
    let plain: &[u8] = b"(module (func (export \"f\") (result i32) (i32.const 1)))";
    for parallel_compilation in [Some(true), Some(false)] {
        let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
        let config = Config { target, parallel_compilation, wasm_gc: Some(true), ..Config::default() };
        let engine = Engine::new(config).unwrap();
        // On the smallest thread, and at the end of a recursion through the host, where nothing else has room.
        on_thread(128 << 10, move || {
            let compile = move |engine: &Engine| [recursive, plain].map(|text| Module::new(engine, text).map(|_| ()));
            assert!(compile(&engine).iter().all(Result::is_ok));
            let store = Store::new(&engine).unwrap();
            let again = Arc::new(Mutex::new(None::<Arc<Func>>));
            let (inner, compiler) = (Arc::clone(&again), Arc::clone(&engine));
            let function = host(&store, move |caller, arguments| {
                let func = inner.lock().unwrap().clone().unwrap();
                let deeper = call(&func, caller.store(), 1);
                if matches!(deeper, Err(WasmtimeError::Limit { .. })) {
                    assert!(compile(&compiler).iter().all(Result::is_ok));
                    return Ok(arguments);
                }
                deeper.map(|value| vec![Val::I32 { value }])
            });
            let run = guest(&engine, &store, function);
            *again.lock().unwrap() = Some(Arc::clone(&run));
            assert!(call(&run, &store, 1).is_ok());
            *again.lock().unwrap() = None;
        });
    }
}

/// A guest that calls the host, and whose `poll` runs a language's watch.
const NESTED: &[u8] = br#"(module
    (import "host" "call" (func $call (param i32) (result i32)))
    (func (export "run") (param i32) (result i32) (i32.add (call $call (local.get 0)) (i32.const 1)))
    (func (export "spin") (param i32) (result i32)
        (local $left i32)
        (local.set $left (i32.const 200000000))
        (loop (br_if 0 (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
        (i32.const 7)))"#;

/// Calls a guest of the store that is asked for, wherever it is asked.
struct Calls {
    func: Arc<Func>,
    store: std::sync::Weak<Store>,
    ends: Arc<Mutex<Vec<Result<i32>>>>,
}

impl InterruptCheck for Calls {
    fn check(&self) -> Result<()> {
        if let Some(store) = self.store.upgrade() {
            self.ends.lock().unwrap().push(call(&self.func, &store, 1));
        }
        Ok(())
    }
}

#[test]
fn what_the_host_does_in_a_nested_guest_does_not_run_over_it() {
    for size in SIZES {
        on_thread(size, || {
            let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
            let config = Config { target, epoch_interruption: Some(true), ..Config::default() };
            let engine = Engine::new(config).unwrap();
            let store = Store::new(&engine).unwrap();
            let spin = Arc::new(Mutex::new(None::<Arc<Func>>));
            let function = {
                let spin = Arc::clone(&spin);
                host(&store, move |caller, arguments| {
                    let nested = spin.lock().unwrap().clone().unwrap();
                    nested.call(caller.store(), arguments)
                })
            };
            let module = Module::new(&engine, NESTED).unwrap();
            let instance = Instance::new(&store, &module, vec![Extern::OfFunc { func: function }]).unwrap();
            let export = |name| match instance.export(&store, name).unwrap() {
                Extern::OfFunc { func } => func,
                _ => panic!("expected a function"),
            };
            *spin.lock().unwrap() = Some(export("spin"));
            let ends = Arc::new(Mutex::new(Vec::new()));
            let calls = Calls { func: export("run"), store: Arc::downgrade(&store), ends: Arc::clone(&ends) };
            store.set_interrupt_check(|| Box::new(calls));
            assert_eq!(call(&export("run"), &store, 0), Ok(8));
            // The store is in use: it says so, and the guest that was asked goes on where it was.
            let ends = ends.lock().unwrap();
            assert!(!ends.is_empty());
            assert!(ends.iter().all(|end| matches!(end, Err(WasmtimeError::Busy { .. }))), "{ends:?}");
        });
    }
}

/// Notes where it goes away, and tries to use the store there.
struct Goes {
    func: Arc<Func>,
    store: std::sync::Weak<Store>,
    end: Arc<Mutex<Option<Result<i32>>>>,
}

impl Drop for Goes {
    fn drop(&mut self) {
        if let Some(store) = self.store.upgrade() {
            *self.end.lock().unwrap() = Some(call(&self.func, &store, 1));
        }
    }
}

#[test]
fn an_object_of_the_host_that_a_guest_lets_go_of_goes_when_nothing_of_the_guest_runs() {
    for size in SIZES {
        on_thread(size, || {
            let engine = engine();
            let store = Store::new(&engine).unwrap();
            // The collector runs in the middle of a guest.
            let collect = host(&store, |caller, arguments| caller.store().gc().map(|()| arguments));
            let outer = guest(&engine, &store, collect);
            let plain = host(&store, |_, arguments| Ok(arguments));
            let end = Arc::new(Mutex::new(None));
            let goes = Goes { func: plain, store: Arc::downgrade(&store), end: Arc::clone(&end) };
            drop(Reference::of_host(&store, Arc::new(goes)).unwrap());
            assert_eq!(call(&outer, &store, 1), Ok(2));
            assert_eq!(end.lock().unwrap().take(), Some(Ok(1)));
        });
    }
}
