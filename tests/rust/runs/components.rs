//! Runs of components: guests that wait for async functions of the host.

use std::any::Any;
use std::sync::Arc;
use std::task::Waker;
use std::thread;

use trimaran::adapter::{
    Arguments, ComponentHostCall, ComponentHostFunction, HostFuncType, OwnedArguments, Received, Reply, ResourceValue,
    Run, Step, Token,
};
use trimaran::{
    Component, ComponentFunc, ComponentInstance, ComponentLinker, ComponentResource, Engine, Result, Store,
    WasmtimeError,
};

use crate::home::config;

/// An async function of the host, which whoever steps its guest answers.
struct Asks;

impl ComponentHostFunction for Asks {
    fn call(&self, _: &Store, _: u64, _: &HostFuncType, _: Received) -> Result<Reply> {
        panic!("an async host function was called as another one")
    }

    fn as_async(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

fn lent(arguments: &Received) -> Arc<ComponentResource> {
    match &arguments.resources[..] {
        [ResourceValue::Guest(resource)] => Arc::clone(resource),
        _ => panic!("no resource of a guest"),
    }
}

/// `run` calls the host's `f` with its text, and gives the list of texts that it answers. `make` makes a resource, whose
/// destructor counts in `dropped`.
const GUEST: &str = r#"(component
  (import "f" (func $f (param "t" string) (result (list string))))
  (core module $libc
    (memory (export "memory") 1) (global $at (mut i32) (i32.const 1024)) (global $dropped (mut i32) (i32.const 0))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $p i32)
      (local.set $p (i32.and (i32.add (global.get $at) (i32.const 7)) (i32.const -8)))
      (global.set $at (i32.add (local.get $p) (local.get 3)))
      (local.get $p))
    (func (export "dtor") (param i32) (global.set $dropped (i32.add (global.get $dropped) (i32.const 1))))
    (func (export "dropped") (result i32) (global.get $dropped)))
  (core instance $libc (instantiate $libc))
  (type $r' (resource (rep i32) (dtor (func $libc "dtor"))))
  (export $r "r" (type $r'))
  (core func $new (canon resource.new $r'))
  (core func $drop (canon resource.drop $r'))
  (core func $f (canon lower (func $f) (memory $libc "memory") (realloc (func $libc "realloc"))))
  (core module $m
    (import "" "f" (func $f (param i32 i32 i32)))
    (import "" "new" (func $new (param i32) (result i32)))
    (func (export "run") (param i32 i32) (result i32)
      (call $f (local.get 0) (local.get 1) (i32.const 16))
      (i32.const 16))
    (func (export "make") (result i32) (call $new (i32.const 7))))
  (core instance $m (instantiate $m (with "" (instance (export "f" (func $f)) (export "new" (func $new))))))
  (func (export "run") (param "t" string) (result (list string))
    (canon lift (core func $m "run") (memory $libc "memory") (realloc (func $libc "realloc"))))
  (func (export "make") (result (own $r)) (canon lift (core func $m "make")))
  (func (export "dropped") (result u32) (canon lift (core func $libc "dropped"))))"#;

fn text(text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap();
    [&length.to_le_bytes()[..], text.as_bytes()].concat()
}

fn texts(all: &[&str]) -> Reply {
    let count = u32::try_from(all.len()).unwrap().to_le_bytes().to_vec();
    let items = all.iter().map(|item| text(item));
    Reply { bytes: std::iter::once(count).chain(items).collect::<Vec<_>>().concat(), ..Reply::default() }
}

struct Home {
    store: Arc<Store>,
    instance: Arc<ComponentInstance>,
}

fn linker(engine: &Engine) -> Arc<ComponentLinker> {
    let linker = ComponentLinker::new(engine).unwrap();
    linker.define_func(Vec::new(), "f", Arc::new(Asks)).unwrap();
    linker
}

impl Home {
    fn new() -> Self {
        let engine = Engine::new(config()).unwrap();
        let component = Component::new(&engine, GUEST.as_bytes()).unwrap();
        let store = Store::new(&engine).unwrap();
        let instance = linker(&engine).instantiate(&store, &component).unwrap();
        Self { store, instance }
    }

    fn func(&self, name: &str) -> Arc<ComponentFunc> {
        self.instance.func(&self.store, vec![name.to_owned()]).unwrap()
    }

    fn start(&self, name: &str, bytes: Vec<u8>) -> Run<Received, ComponentHostCall> {
        let arguments = OwnedArguments { bytes, ..OwnedArguments::default() };
        self.func(name).start(&self.store, arguments, None).unwrap()
    }

    fn call(&self, name: &str) -> Result<Received> {
        self.func(name).call(&self.store, &Arguments::default())
    }
}

type Stepped = Result<Step<Received, ComponentHostCall>>;

fn step(run: &Run<Received, ComponentHostCall>, answer: Option<Result<Reply>>) -> Stepped {
    run.step(answer, Waker::noop())
}

fn asked(step: Stepped) -> (ComponentHostCall, Token) {
    match step {
        Ok(Step::Host(call, token)) => (call, token),
        Err(error) => panic!("{error}"),
        _ => panic!("it asked nothing"),
    }
}

fn done(step: Stepped) -> Received {
    match step {
        Ok(Step::Done(received)) => received,
        Err(error) => panic!("{error}"),
        _ => panic!("it is not done"),
    }
}

#[test]
fn each_step_of_a_component_may_be_on_another_thread() {
    let home = Home::new();
    for round in 0..3 {
        let run = home.start("run", text("what"));
        let elsewhere = |answer| thread::scope(|scope| scope.spawn(|| step(&run, answer)).join().unwrap());
        let (call, _) = asked(elsewhere(None));
        assert_eq!(call.ty().name, "`f`");
        assert!(call.function().unwrap().is::<Asks>());
        assert_eq!(call.into_arguments().bytes, text("what"));
        let answer = ["one", "", if round == 0 { "two" } else { "a longer one" }];
        assert_eq!(done(elsewhere(Some(Ok(texts(&answer))))).bytes, texts(&answer).bytes);
    }
    // Synchronous calls, instances and destructors go on as in any store.
    let made = home.call("make").unwrap();
    lent(&made).resource_drop(&home.store).unwrap();
    let ResourceValue::Guest(kept) = home.call("make").unwrap().resources.pop().unwrap() else { panic!() };
    drop(kept);
    // The destructor of one that was let go of runs when a run begins, too.
    assert_eq!(done(step(&home.start("dropped", Vec::new()), None)).bytes, 2_u32.to_le_bytes());
    assert_eq!(home.func("dropped").call_plain(&home.store, &[], &[]).unwrap(), 2);
}

#[test]
fn what_a_function_of_the_host_answers_is_checked() {
    let home = Home::new();
    let run = home.start("run", text("what"));
    asked(step(&run, None));
    // The stream ends early, which is a mistake of whoever writes it, and no panic.
    let error = step(&run, Some(Ok(Reply { bytes: vec![9, 0, 0, 0, 1], ..Reply::default() }))).err().unwrap();
    assert!(error.to_string().ends_with("the values end before their types do"), "{error}");
    assert_eq!(home.call("dropped").err(), Some(WasmtimeError::Poisoned));
    let home = Home::new();
    let run = home.start("run", text("what"));
    asked(step(&run, None));
    let error = step(&run, Some(Err(WasmtimeError::thrown(7)))).err().unwrap();
    assert!(matches!(error, WasmtimeError::Host { thrown: Some(7), .. }));
}

#[test]
fn a_store_may_get_its_first_async_function_when_it_has_components() {
    let engine = Engine::new(config()).unwrap();
    let plain = r#"(component
      (core module $m (func (export "f") (result i32) (i32.const 3)))
      (core instance $m (instantiate $m))
      (func (export "f") (result u32) (canon lift (core func $m "f"))))"#;
    let store = Store::new(&engine).unwrap();
    let plain = Component::new(&engine, plain.as_bytes()).unwrap();
    let first = ComponentLinker::new(&engine).unwrap().instantiate(&store, &plain).unwrap();
    let func = first.func(&store, vec!["f".to_owned()]).unwrap();
    assert_eq!(func.call_plain(&store, &[], &[]).unwrap(), 3);
    let component = Component::new(&engine, GUEST.as_bytes()).unwrap();
    let home = Home { instance: linker(&engine).instantiate(&store, &component).unwrap(), store };
    assert_eq!(func.call_plain(&home.store, &[], &[]).unwrap(), 3);
    let run = home.start("run", text("x"));
    asked(step(&run, None));
    assert_eq!(done(step(&run, Some(Ok(texts(&[]))))).bytes, [0; 4]);
    assert_eq!(func.call(&home.store, &Arguments::default()).unwrap().bytes, 3_u32.to_le_bytes());
}

#[test]
fn a_component_that_is_dropped_at_any_step_leaves_its_process_as_it_was() {
    let engine = Engine::new(config()).unwrap();
    let component = Component::new(&engine, GUEST.as_bytes()).unwrap();
    let pre = linker(&engine).instantiate_pre(&component).unwrap();
    for round in 0..60_usize {
        let store = Store::new(&engine).unwrap();
        let home = Home { instance: pre.instantiate(&store).unwrap(), store };
        let runs: Vec<_> = (0..3).map(|_| home.start("run", text("x"))).collect();
        // The others are in line.
        let steps = round % 3;
        if steps > 0 {
            runs.iter().for_each(|run| drop(step(run, None)));
        }
        if steps > 1 {
            done(step(&runs[0], Some(Ok(texts(&["y"])))));
            asked(step(&runs[1], None));
        }
        let is_waiting = steps > 0;
        if round % 2 == 0 {
            drop(runs);
        } else {
            runs.iter().rev().for_each(Run::cancel);
        }
        let after = home.call("dropped");
        assert_eq!(after.err(), is_waiting.then_some(WasmtimeError::Poisoned), "round {round}");
        let weak = Arc::downgrade(&home.store);
        drop(home);
        if round % 2 == 0 {
            assert!(weak.upgrade().is_none());
        }
    }
}
