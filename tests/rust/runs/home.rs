//! A store, its guest, and its host functions, for the tests of runs.

use std::any::Any;
use std::sync::Arc;
use std::task::Waker;

use trimaran::adapter::{HostBody, HostCall, Run, Slot, SlotFunction, Step, Token, UnboundHostFunc};
use trimaran::{
    Config, Engine, Extern, Func, FuncType, Instance, Memory, Module, Result, Store, Val, ValType, WasmtimeError,
};

/// What is attached to an async host function: a number, by which a test tells which one a guest called.
pub(crate) struct Named(pub(crate) u32);

// SAFETY: it leaves no reference in the slots.
unsafe impl SlotFunction for Named {
    fn call(&self, _: &Store, _: u64, _: &mut [Slot]) -> Result<()> {
        panic!("an async host function was called as another one")
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl HostBody for Named {
    fn bind(&self, store: &Store, host: &UnboundHostFunc) -> Result<bool> {
        host.bind(store, Box::new(Named(self.0))).map(|()| true)
    }
}

pub(crate) const GUEST: &str = r#"(module
    (import "host" "wait" (func $wait (param i32) (result i32)))
    (import "host" "now" (func $now (param i32) (result i32)))
    (memory (export "memory") 1)
    (global (export "steps") (mut i32) (i32.const 0))
    (func (export "once") (param i32) (result i32)
        (i32.store (i32.const 0) (local.get 0))
        (i32.add (call $wait (local.get 0)) (i32.load (i32.const 0))))
    (func (export "twice") (param i32) (result i32)
        (call $wait (call $wait (local.get 0))))
    (func (export "plain") (param i32) (result i32)
        (i32.add (local.get 0) (i32.const 1)))
    (func (export "calls") (param i32) (result i32)
        (call $now (local.get 0)))
    (func (export "both") (param i32) (result i32)
        (i32.add (call $wait (local.get 0)) (call $now (local.get 0))))
    (func (export "traps") (param i32) (result i32)
        (drop (call $wait (local.get 0)))
        (unreachable))
    (func (export "spins") (param i32) (result i32)
        (loop $again (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (i32.const 7))
    (func $deep (export "recurses") (param i32) (result i32)
        (i32.add (call $deep (local.get 0)) (i32.const 1))))"#;

pub(crate) fn config() -> Config {
    Config { target: std::env::var("TRIMARAN_TEST_TARGET").ok(), ..Config::default() }
}

pub(crate) fn number() -> FuncType {
    FuncType { params: vec![ValType::I32], results: vec![ValType::I32] }
}

pub(crate) struct Home {
    pub(crate) store: Arc<Store>,
    pub(crate) instance: Arc<Instance>,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self::with(config())
    }

    pub(crate) fn with(config: Config) -> Self {
        Self::of(&Engine::new(config).unwrap())
    }

    pub(crate) fn of(engine: &Arc<Engine>) -> Self {
        let store = Store::new(engine).unwrap();
        let wait = Func::async_host(&store, number()).unwrap();
        wait.attach(&store, Box::new(Named(1))).unwrap();
        let now = Func::host(&store, number()).unwrap();
        now.attach(&store, Box::new(Calls)).unwrap();
        let module = Module::new(engine, GUEST.as_bytes()).unwrap();
        let imports = vec![Extern::OfFunc { func: wait }, Extern::OfFunc { func: now }];
        let instance = Instance::new(&store, &module, imports).unwrap();
        store.set_language_store(Box::new(Arc::clone(&instance)));
        Self { store, instance }
    }

    pub(crate) fn func(&self, name: &str) -> Arc<Func> {
        match self.instance.export(&self.store, name).unwrap() {
            Extern::OfFunc { func } => func,
            _ => panic!("{name} is no function"),
        }
    }

    pub(crate) fn memory(&self) -> Arc<Memory> {
        match self.instance.export(&self.store, "memory").unwrap() {
            Extern::OfMemory { memory } => memory,
            _ => panic!("no memory"),
        }
    }

    pub(crate) fn start(&self, name: &str, argument: i32, of: Option<Token>) -> Run<Vec<Val>> {
        self.func(name).start(&self.store, ints(argument), of).unwrap()
    }

    pub(crate) fn call(&self, name: &str, argument: i32) -> Result<Vec<Val>> {
        self.func(name).call(&self.store, ints(argument))
    }
}

/// A synchronous host function: 0 to 9 calls `plain`, from 10 on `once`, from 20 on `calls` with 20 less.
pub(crate) struct Calls;

// SAFETY: it leaves numbers in the slots.
unsafe impl SlotFunction for Calls {
    fn call(&self, store: &Store, _: u64, slots: &mut [Slot]) -> Result<()> {
        let instance = store.language_store::<Arc<Instance>>().unwrap();
        let given = slots[0].low as i32;
        let (name, argument) = match given {
            ..10 => ("plain", given),
            10..20 => ("once", given),
            _ => ("calls", given - 20),
        };
        let Extern::OfFunc { func } = instance.export(store, name)? else { panic!() };
        let results = func.call(store, ints(argument))?;
        slots[0] = Slot { low: int(&results) as u64, ..Slot::default() };
        Ok(())
    }
}

pub(crate) fn ints(value: i32) -> Vec<Val> {
    vec![Val::I32 { value }]
}

pub(crate) fn int(values: &[Val]) -> i32 {
    match values {
        [Val::I32 { value }] => *value,
        other => panic!("{} values", other.len()),
    }
}

pub(crate) fn step<T: Send + 'static>(run: &Run<T>, answer: Option<i32>) -> Result<Step<T>> {
    run.step(answer.map(|answer| Ok(ints(answer))), Waker::noop())
}

/// The same, until it comes to something else than a turn for others.
pub(crate) fn past_turns<T: Send + 'static>(run: &Run<T>, mut answer: Option<i32>) -> Result<Step<T>> {
    loop {
        match step(run, answer.take()) {
            Ok(Step::Turn) => {}
            other => return other,
        }
    }
}

/// What the guest asks, by a step that has to come to that.
pub(crate) fn asked(step: Result<Step<Vec<Val>>>) -> (HostCall, Token) {
    match step {
        Ok(Step::Host(call, token)) => (call, token),
        other => panic!("{}", came(&other)),
    }
}

pub(crate) fn done(step: Result<Step<Vec<Val>>>) -> i32 {
    match step {
        Ok(Step::Done(values)) => int(&values),
        other => panic!("{}", came(&other)),
    }
}

pub(crate) fn failed(step: Result<Step<Vec<Val>>>) -> WasmtimeError {
    match step {
        Err(error) => error,
        other => panic!("{}", came(&other)),
    }
}

pub(crate) fn came(step: &Result<Step<Vec<Val>>>) -> String {
    match step {
        Ok(Step::Waits) => "waits".to_owned(),
        Ok(Step::Host(call, _)) => format!("asks {}", int(call.arguments())),
        Ok(Step::Turn) => "lets others have a turn".to_owned(),
        Ok(Step::Later(time)) => format!("sleeps for {time:?}"),
        Ok(Step::Done(values)) => format!("done: {}", int(values)),
        Err(error) => format!("failed: {error}"),
    }
}
