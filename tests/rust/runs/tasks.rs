//! Runs of components that are async: tasks that wait for functions of the host while others go on.

use std::any::Any;
use std::sync::Arc;
use std::task::Waker;
use std::thread;

use trimaran::adapter::{
    Arguments, ComponentHostCall, ComponentHostFunction, HostFuncType, OwnedArguments, Received, Reply, Run, Step,
};
use trimaran::{Component, ComponentInstance, ComponentLinker, Config, Engine, Result, Store, WasmtimeError};

use crate::home::config;

/// `both` calls the host's `f` twice before it waits. `polls` looks whether it has an answer, and lets others go on, for as long as
/// it takes. `spins` computes for ever.
const GUEST: &str = r#"(component
  (import "f" (func $f async (param "n" u32) (result u32)))
  (core module $libc (memory (export "memory") 1))
  (core instance $libc (instantiate $libc))
  (core func $f (canon lower (func $f) async (memory $libc "memory")))
  (core func $return (canon task.return (result u32)))
  (core func $new (canon waitable-set.new))
  (core func $join (canon waitable.join))
  (core func $poll (canon waitable-set.poll (memory $libc "memory")))
  (core func $set (canon context.set i32 0))
  (core func $get (canon context.get i32 0))
  (core module $m
    (import "" "memory" (memory 1))
    (import "" "f" (func $f (param i32 i32) (result i32)))
    (import "" "return" (func $return (param i32)))
    (import "" "new" (func $new (result i32)))
    (import "" "join" (func $join (param i32 i32)))
    (import "" "poll" (func $poll (param i32 i32) (result i32)))
    (import "" "set" (func $set (param i32)))
    (import "" "get" (func $get (result i32)))
    (global $left (mut i32) (i32.const 0))
    (func $ask (param $n i32) (param $at i32)
      (call $join (i32.shr_u (call $f (local.get $n) (local.get $at)) (i32.const 4)) (call $get))
      (global.set $left (i32.add (global.get $left) (i32.const 1))))
    (func $wait (result i32) (i32.or (i32.const 2) (i32.shl (call $get) (i32.const 4))))
    (func (export "both") (result i32)
      (global.set $left (i32.const 0))
      (call $set (call $new))
      (call $ask (i32.const 1) (i32.const 16)) (call $ask (i32.const 2) (i32.const 20)) (call $wait))
    (func (export "answered") (param i32 i32 i32) (result i32)
      (if (i32.ne (local.get 2) (i32.const 2)) (then (return (call $wait))))
      (global.set $left (i32.sub (global.get $left) (i32.const 1)))
      (if (global.get $left) (then (return (call $wait))))
      (call $return (i32.add (i32.load (i32.const 16)) (i32.load (i32.const 20))))
      (i32.const 0))
    (func (export "polls") (result i32)
      (call $set (call $new)) (call $ask (i32.const 3) (i32.const 16)) (i32.const 1))
    (func (export "again") (param i32 i32 i32) (result i32)
      (if (i32.eqz (call $poll (call $get) (i32.const 32))) (then (return (i32.const 1))))
      (call $return (i32.load (i32.const 16)))
      (i32.const 0))
    (func (export "spins") (loop (br 0))))
  (core instance $m (instantiate $m (with "" (instance
    (export "memory" (memory $libc "memory")) (export "f" (func $f)) (export "return" (func $return)) (export "new" (func $new))
    (export "join" (func $join)) (export "poll" (func $poll)) (export "set" (func $set)) (export "get" (func $get))))))
  (func (export "both") async (result u32)
    (canon lift (core func $m "both") async (callback (func $m "answered"))))
  (func (export "polls") async (result u32)
    (canon lift (core func $m "polls") async (callback (func $m "again"))))
  (func (export "spins") async (canon lift (core func $m "spins"))))"#;

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

struct Home {
    store: Arc<Store>,
    instance: Arc<ComponentInstance>,
}

impl Home {
    fn new(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config { wasm_component_model_async: Some(true), ..config() };
        change(&mut config);
        let engine = Engine::new(config).unwrap();
        let component = Component::new(&engine, GUEST.as_bytes()).unwrap();
        let store = Store::new(&engine).unwrap();
        let linker = ComponentLinker::new(&engine).unwrap();
        linker.define_func(Vec::new(), "f", Arc::new(Asks)).unwrap();
        let instance = linker.instantiate(&store, &component).unwrap();
        Self { store, instance }
    }

    fn start(&self, name: &str) -> Run<Received, ComponentHostCall> {
        let func = self.instance.func(&self.store, vec![name.to_owned()]).unwrap();
        func.start(&self.store, OwnedArguments::default(), None).unwrap()
    }

    fn call(&self, name: &str) -> Result<Received> {
        self.instance.func(&self.store, vec![name.to_owned()]).unwrap().call(&self.store, &Arguments::default())
    }
}

type Stepped = Result<Step<Received, ComponentHostCall>>;

fn step(run: &Run<Received, ComponentHostCall>, answer: Option<u32>) -> Stepped {
    let reply = answer.map(|number| Ok(Reply { bytes: number.to_le_bytes().to_vec(), ..Reply::default() }));
    run.step(reply, Waker::noop())
}

/// The number that the guest asks with, once all turns are over.
fn asked(run: &Run<Received, ComponentHostCall>, answer: Option<u32>) -> u32 {
    let mut answer = answer;
    loop {
        match step(run, answer.take()).unwrap() {
            Step::Host(call, _) => return u32::from_le_bytes(call.into_arguments().bytes.try_into().unwrap()),
            Step::Turn => {}
            _ => panic!("it asked nothing"),
        }
    }
}

fn done(run: &Run<Received, ComponentHostCall>, answer: u32) -> u32 {
    let mut answer = Some(answer);
    loop {
        match step(run, answer.take()).unwrap() {
            Step::Done(received) => return u32::from_le_bytes(received.bytes.try_into().unwrap()),
            Step::Turn => {}
            _ => panic!("it is not done"),
        }
    }
}

#[test]
fn each_step_of_a_task_may_be_on_another_thread() {
    let home = Home::new(|_| {});
    for _ in 0..3 {
        let run = home.start("both");
        assert_eq!(thread::scope(|scope| scope.spawn(|| asked(&run, None)).join().unwrap()), 1);
        assert_eq!(thread::scope(|scope| scope.spawn(|| asked(&run, Some(10))).join().unwrap()), 2);
        assert_eq!(done(&run, 20), 30);
    }
}

#[test]
fn a_store_is_visited_while_a_task_waits() {
    let home = Home::new(|config| config.consume_fuel = Some(true));
    home.store.set_fuel(1 << 40).unwrap();
    let run = home.start("both");
    assert_eq!(asked(&run, None), 1);
    // On this thread, and on another one.
    home.store.set_fuel(1 << 41).unwrap();
    thread::scope(|scope| scope.spawn(|| home.store.set_fuel(1 << 42).unwrap()).join().unwrap());
    assert_eq!(asked(&run, Some(1)), 2);
    home.store.set_fuel(1 << 41).unwrap();
    assert_eq!(done(&run, 2), 3);
    assert!(home.store.fuel().unwrap() <= 1 << 41);
}

#[test]
fn a_task_that_polls_gets_its_answer() {
    let home = Home::new(|_| {});
    let run = home.start("polls");
    assert_eq!(asked(&run, None), 3);
    // It rests in the middle of its own code.
    assert!(matches!(home.store.gc(), Err(WasmtimeError::Busy { .. })));
    assert_eq!(done(&run, 7), 7);
    home.store.gc().unwrap();
}

#[test]
fn a_task_is_cancelled_where_it_waits_and_where_it_computes() {
    for name in ["both", "polls", "spins"] {
        let home = Home::new(|config| config.epoch_interruption = Some(true));
        let run = home.start(name);
        while let Step::Turn = step(&run, None).unwrap() {
            if name == "spins" {
                break;
            }
        }
        drop(run);
        assert!(matches!(home.call("both"), Err(WasmtimeError::Poisoned)), "{name}");
        home.store.gc().unwrap();
        home.store.release().unwrap();
    }
}

#[test]
fn a_store_is_closed_while_a_task_waits() {
    let home = Home::new(|_| {});
    let run = home.start("both");
    assert_eq!(asked(&run, None), 1);
    home.store.release().unwrap();
    assert!(matches!(step(&run, Some(1)), Err(WasmtimeError::Closed { .. })));
}

#[test]
fn a_synchronous_call_stands_behind_a_task_that_was_left_behind() {
    let home = Home::new(|_| {});
    let run = home.start("both");
    assert_eq!(asked(&run, None), 1);
    assert!(matches!(home.call("both"), Err(WasmtimeError::Busy { .. })));
    assert_eq!(asked(&run, Some(1)), 2);
    assert_eq!(done(&run, 1), 2);
    assert!(matches!(home.call("both"), Err(WasmtimeError::Suspend { .. })));
}
