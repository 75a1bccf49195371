//! Standard streams of WASI that an async function serves: a guest that reads or writes one waits as for an async host function.

use std::sync::Arc;
use std::task::Waker;

use trimaran::adapter::{Run, Step};
use trimaran::{
    Config, Engine, Extern, Func, FuncType, Instance, Interruption, Linker, Module, Store, StreamPort, Val, ValType,
    WasiConfig, WasiInput, WasiOutput, WasmtimeError,
};

use crate::home::{Named, asked, config, done, failed, int, ints, past_turns, step};

/// See there.
const GUEST: &str = include_str!("../../modules/streams.wat");

struct Home {
    store: Arc<Store>,
    instance: Arc<Instance>,
    input: Arc<StreamPort>,
    output: Arc<StreamPort>,
}

fn port(store: &Store, name: u32) -> Arc<StreamPort> {
    let func = Func::async_host(store, FuncType { params: vec![ValType::I32], results: vec![] }).unwrap();
    func.attach(store, Box::new(Named(name))).unwrap();
    StreamPort::new(store, &func).unwrap()
}

impl Home {
    fn new() -> Self {
        Self::with(&config())
    }

    fn with(config: &Config) -> Self {
        let engine = Engine::new(config.clone()).unwrap();
        let store = Store::new(&engine).unwrap();
        let (input, output) = (port(&store, 1), port(&store, 2));
        let wasi = WasiConfig {
            stdin: Some(WasiInput::Async { port: Arc::clone(&input) }),
            stdout: Some(WasiOutput::Async { port: Arc::clone(&output) }),
            ..WasiConfig::default()
        };
        store.set_wasi(wasi).unwrap();
        let linker = Linker::new(&engine).unwrap();
        linker.define_wasi().unwrap();
        let instance = linker.instantiate(&store, &Module::new(&engine, GUEST.as_bytes()).unwrap()).unwrap();
        Self { store, instance, input, output }
    }

    fn func(&self, name: &str) -> Arc<Func> {
        let Extern::OfFunc { func } = self.instance.export(&self.store, name).unwrap() else { panic!() };
        func
    }

    fn start(&self, name: &str, argument: i32) -> Run<Vec<Val>> {
        self.func(name).start(&self.store, ints(argument), None).unwrap()
    }

    fn memory(&self, length: i64) -> Vec<u8> {
        let Extern::OfMemory { memory } = self.instance.export(&self.store, "memory").unwrap() else { panic!() };
        memory.read(&self.store, 1024, length).unwrap()
    }
}

/// What a function answers that has done its work at the port.
fn answered(run: &Run<Vec<Val>>) -> trimaran::Result<Step<Vec<Val>>> {
    run.step(Some(Ok(Vec::new())), Waker::noop())
}

#[test]
fn a_guest_that_reads_waits_for_the_function() {
    let home = Home::new();
    let run = home.start("read", 8);
    let (call, _) = asked(step(&run, None));
    assert_eq!(int(call.arguments()), 8);
    // Its memory can be read meanwhile.
    assert_eq!(home.memory(5), b"hello");
    home.input.give(b"abcdefghij".to_vec()).unwrap();
    assert_eq!(done(answered(&run)), 8);
    assert_eq!(home.memory(8), b"abcdefgh");
    // The rest needs nobody.
    assert_eq!(done(step(&home.start("read", 8), None)), 2);
    assert_eq!(home.memory(3), b"ijc");
    // Also where the call is not an async one.
    home.input.give(b"k".to_vec()).unwrap();
    assert_eq!(int(&home.func("read").call(&home.store, ints(8)).unwrap()), 1);
    let run = home.start("read", 8);
    asked(step(&run, None));
    home.input.give(Vec::new()).unwrap();
    assert_eq!(done(answered(&run)), 0);
    // The end of a terminal is no end for ever.
    asked(step(&home.start("read", 8), None));
}

#[test]
fn a_guest_asks_for_so_many_bytes_at_most() {
    let home = Home::new();
    // Nobody is asked for a guest that has no room where it says.
    let error = failed(step(&home.start("read_outside", -16), None));
    assert!(error.to_string().contains("outside of its memory"), "{error}");
    let run = home.start("read", 100_000);
    assert_eq!(int(asked(step(&run, None)).0.arguments()), 64 << 10);
    home.input.give(b"abc".to_vec()).unwrap();
    assert_eq!(done(answered(&run)), 3);
    assert_eq!(done(step(&home.start("read", 0), None)), 0);
}

#[test]
fn a_guest_that_writes_waits_for_the_function() {
    let home = Home::new();
    let run = home.start("write", 11);
    let (call, _) = asked(step(&run, None));
    assert_eq!(int(call.arguments()), 11);
    assert_eq!(home.output.take().unwrap(), b"hello world");
    assert_eq!(done(answered(&run)), 11);
    let run = home.start("write", 100_000);
    asked(step(&run, None));
    assert_eq!(home.output.take().unwrap().len(), 64 << 10);
    assert_eq!(done(answered(&run)), 64 << 10);
}

#[test]
fn what_the_function_fails_with_comes_out_of_the_call() {
    let home = Home::new();
    let run = home.start("read", 8);
    asked(step(&run, None));
    let reason = "no more".to_owned();
    let error = failed(run.step(Some(Err(WasmtimeError::Config { reason })), Waker::noop()));
    assert!(matches!(error, WasmtimeError::Config { .. }), "{error}");
    asked(step(&home.start("read", 8), None));
}

#[test]
fn a_guest_that_waits_for_a_stream_is_cancelled_and_closed() {
    let home = Home::new();
    let run = home.start("write", 4);
    asked(step(&run, None));
    run.cancel();
    assert!(step(&run, None).is_err());
    // What it has written is not written later.
    let run = home.start("write", 2);
    asked(step(&run, None));
    assert_eq!(home.output.take().unwrap(), b"he");
    assert_eq!(done(answered(&run)), 2);
    let run = home.start("read", 8);
    asked(step(&run, None));
    home.store.release().unwrap();
    assert!(matches!(failed(answered(&run)), WasmtimeError::Closed { .. }));
    home.input.give(b"late".to_vec()).unwrap();
}

#[test]
fn a_guest_that_cannot_wait_fails() {
    let home = Home::new();
    for name in ["read", "write"] {
        let error = home.func(name).call(&home.store, ints(4)).err().unwrap();
        assert!(matches!(&error, WasmtimeError::Suspend { reason } if reason.contains("standard stream")), "{error}");
    }
    // An instance that is older than the stream has no functions that wait.
    let engine = Engine::new(config()).unwrap();
    let store = Store::new(&engine).unwrap();
    let linker = Linker::new(&engine).unwrap();
    linker.define_wasi().unwrap();
    let instance = linker.instantiate(&store, &Module::new(&engine, GUEST.as_bytes()).unwrap()).unwrap();
    let stdin = Some(WasiInput::Async { port: port(&store, 1) });
    store.set_wasi(WasiConfig { stdin, ..WasiConfig::default() }).unwrap();
    let Extern::OfFunc { func } = instance.export(&store, "read").unwrap() else { panic!() };
    let error = failed(step(&func.start(&store, ints(4), None).unwrap(), None));
    assert!(matches!(error, WasmtimeError::Suspend { .. }), "{error}");
}

#[test]
fn a_time_limit_ends_the_guest_when_the_function_has_answered() {
    let home = Home::with(&Config { epoch_interruption: Some(true), ..config() });
    home.store.set_timeout(Some(10)).unwrap();
    let run = home.start("read", 8);
    assert!(matches!(past_turns(&run, None), Ok(Step::Host(..))));
    std::thread::sleep(std::time::Duration::from_millis(30));
    home.input.give(b"late".to_vec()).unwrap();
    let error = failed(answered(&run));
    let is_late =
        matches!(&error, WasmtimeError::Trap { interruption, .. } if *interruption == Some(Interruption::TimeLimit));
    assert!(is_late, "{error}");
    // The piece is there for whoever reads next.
    home.store.set_timeout(None).unwrap();
    assert_eq!(done(past_turns(&home.start("read", 8), None)), 4);
}

#[test]
fn a_stream_that_is_closed_is_none() {
    let home = Home::new();
    assert_eq!(int(&home.func("close").call(&home.store, ints(0)).unwrap()), 0);
    assert_eq!(done(step(&home.start("read", 8), None)), -8);
}

#[test]
fn a_port_whose_store_is_gone_serves_nobody() {
    let engine = Engine::new(config()).unwrap();
    let other = Store::new(&engine).unwrap();
    let input = port(&other, 1);
    other.release().unwrap();
    let home = Home::new();
    home.store.set_wasi(WasiConfig { stdin: Some(WasiInput::Async { port: input }), ..WasiConfig::default() }).unwrap();
    let error = failed(step(&home.start("read", 8), None));
    assert!(matches!(error, WasmtimeError::Closed { .. }), "{error}");
}
