//! Components of WASI 0.3: whoever steps them sleeps for them, and a synchronous call sleeps on its thread.

use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::time::{Duration, Instant};

use trimaran::adapter::{Arguments, ComponentHostCall, OwnedArguments, Received, Run, Step};
use trimaran::{
    Component, ComponentFunc, ComponentInstance, ComponentLinker, Config, Engine, InputSource, Interruption,
    MemoryDirectory, MemoryPreopen, OutputPipe, OutputSink, Result, Store, StoreLimits, WasiConfig, WasiInput,
    WasiOutput, WasmtimeError,
};

use crate::home::config;

const PROGRAM: &str = include_str!("../../modules/component_wasi3.wat");
const HOUR: u64 = 3_600_000_000_000;

pub(crate) fn asynchronous() -> Config {
    Config { wasm_component_model_async: Some(true), ..config() }
}

fn text(text: &str) -> Vec<u8> {
    [&u32::try_from(text.len()).unwrap().to_le_bytes(), text.as_bytes()].concat()
}

struct Program {
    store: Arc<Store>,
    instance: Arc<ComponentInstance>,
}

impl Program {
    fn new(wasi: WasiConfig) -> Self {
        Self::with(asynchronous(), wasi)
    }

    fn with(config: Config, wasi: WasiConfig) -> Self {
        let engine = Engine::new(config).unwrap();
        let store = Store::new(&engine).unwrap();
        store.set_wasi(wasi).unwrap();
        let component = Component::new(&engine, PROGRAM.as_bytes()).unwrap();
        let linker = ComponentLinker::new(&engine).unwrap();
        linker.define_wasi().unwrap();
        let instance = linker.instantiate(&store, &component).unwrap();
        Self { store, instance }
    }

    fn func(&self, name: &str) -> Arc<ComponentFunc> {
        let path = match name {
            "run" => vec!["wasi:cli/run@0.3.0".to_owned(), name.to_owned()],
            name => vec![name.to_owned()],
        };
        self.instance.func(&self.store, path).unwrap()
    }

    fn call(&self, name: &str, bytes: &[u8]) -> Result<Vec<u8>> {
        self.func(name).call(&self.store, &Arguments { bytes, ..Arguments::default() }).map(|given| given.bytes)
    }

    fn start(&self, name: &str, bytes: &[u8]) -> Run<Received, ComponentHostCall> {
        let arguments = OwnedArguments { bytes: bytes.to_vec(), ..OwnedArguments::default() };
        self.func(name).start(&self.store, arguments, None).unwrap()
    }
}

/// Steps a run to its end, and sleeps for it. How long it slept.
fn slept(run: &Run<Received, ComponentHostCall>) -> (Result<Vec<u8>>, Duration) {
    let mut slept = Duration::ZERO;
    loop {
        match run.step(None, Waker::noop()) {
            Ok(Step::Later(time)) => {
                std::thread::sleep(time);
                slept += time;
            }
            Ok(Step::Turn) => {}
            Ok(Step::Done(given)) => return (Ok(given.bytes), slept),
            Ok(_) => panic!("nothing was asked"),
            Err(error) => return (Err(error), slept),
        }
    }
}

fn printing(pipe: &Arc<OutputPipe>) -> WasiConfig {
    WasiConfig { stdout: Some(WasiOutput::Pipe { pipe: Arc::clone(pipe) }), ..WasiConfig::default() }
}

#[test]
fn a_command_prints_sleeps_and_reads() {
    for in_steps in [false, true] {
        let pipe = OutputPipe::new(None).unwrap();
        let stdin = Some(WasiInput::Bytes { bytes: b"world".to_vec() });
        let program = Program::new(WasiConfig { stdin, ..printing(&pipe) });
        let given = match in_steps {
            false => program.call("run", &[]).unwrap(),
            true => slept(&program.start("run", &[])).0.unwrap(),
        };
        assert_eq!(given, [0; 4]);
        assert_eq!(pipe.contents().unwrap(), b"hello\nworld");
        // There is nothing more.
        assert_eq!(program.call("run", &[]).unwrap(), 1_u32.to_le_bytes());
    }
}

#[test]
fn a_guest_that_sleeps_rests_for_that_time() {
    for may_end in [false, true] {
        let program =
            Program::with(Config { epoch_interruption: Some(may_end), ..asynchronous() }, WasiConfig::default());
        for name in ["sleep", "sleep-until"] {
            let begun = Instant::now();
            let (done, slept) = slept(&program.start(name, &20_000_000_u64.to_le_bytes()));
            done.unwrap();
            assert!(slept > Duration::ZERO && begun.elapsed() >= Duration::from_millis(20), "{slept:?}");
        }
        // A synchronous call sleeps on its thread.
        let begun = Instant::now();
        program.call("sleep", &20_000_000_u64.to_le_bytes()).unwrap();
        assert!(begun.elapsed() >= Duration::from_millis(20));
        program.call("turns", &1000_u32.to_le_bytes()).unwrap();
    }
}

#[test]
fn waits_of_one_guest_go_on_together() {
    let program = Program::new(WasiConfig::default());
    let naps = |count: u32, time: u64| [&count.to_le_bytes()[..], &time.to_le_bytes()].concat();
    let run = program.start("naps", &naps(200, 20_000_000));
    let mut rests = 0;
    loop {
        match run.step(None, Waker::noop()).unwrap() {
            Step::Later(time) => {
                std::thread::sleep(time);
                rests += 1;
            }
            Step::Done(_) => break,
            _ => {}
        }
    }
    // One after the other they would be one each.
    assert!((1..200).contains(&rests), "{rests}");
    program.call("naps", &naps(200, 1_000_000)).unwrap();
    let ended = program.call("naps", &naps(1001, HOUR)).err();
    assert!(matches!(ended, Some(WasmtimeError::Limit { .. })), "{ended:?}");
}

#[test]
fn a_guest_that_sleeps_ends_when_it_is_cancelled_with_its_time_and_with_its_store() {
    let program = Program::new(WasiConfig::default());
    let run = program.start("sleep", &HOUR.to_le_bytes());
    while !matches!(run.step(None, Waker::noop()).unwrap(), Step::Later(_)) {}
    run.cancel();
    assert!(run.step(None, Waker::noop()).is_err());
    assert_eq!(program.call("now", &[]).err(), Some(WasmtimeError::Poisoned));

    let epochs = Config { epoch_interruption: Some(true), ..asynchronous() };
    let program = Program::with(epochs.clone(), WasiConfig::default());
    program.store.set_timeout(Some(30)).unwrap();
    let is_late = |error: Option<WasmtimeError>| {
        let limit = Some(Interruption::TimeLimit);
        assert!(
            matches!(&error, Some(WasmtimeError::Trap { interruption, .. }) if *interruption == limit),
            "{error:?}"
        );
    };
    is_late(slept(&program.start("sleep", &HOUR.to_le_bytes())).0.err());
    let program = Program::with(epochs.clone(), WasiConfig::default());
    program.store.set_timeout(Some(30)).unwrap();
    is_late(program.call("sleep", &u64::MAX.to_le_bytes()).err());

    let program = Program::with(epochs, WasiConfig::default());
    let run = program.start("sleep", &HOUR.to_le_bytes());
    while !matches!(run.step(None, Waker::noop()).unwrap(), Step::Later(_)) {}
    program.store.release().unwrap();
    assert!(matches!(run.step(None, Waker::noop()), Err(WasmtimeError::Closed { .. })));
}

#[test]
fn fifty_guests_sleep_on_one_thread() {
    let programs: Vec<_> = (0..50).map(|_| Program::new(WasiConfig::default())).collect();
    let runs: Vec<_> = programs.iter().map(|program| program.start("sleep", &30_000_000_u64.to_le_bytes())).collect();
    let begun = Instant::now();
    let mut left: Vec<_> = runs.iter().collect();
    while !left.is_empty() {
        left.retain(|run| !matches!(run.step(None, Waker::noop()).unwrap(), Step::Done(_)));
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(begun.elapsed() >= Duration::from_millis(30));
}

/// Takes a piece when it has been given it for the fifth time.
#[derive(Default)]
struct Slow(Mutex<(u32, Vec<u8>)>);

impl OutputSink for Slow {
    fn write(&self, bytes: Vec<u8>) -> Result<bool> {
        let mut held = self.0.lock().unwrap();
        held.0 += 1;
        if !held.0.is_multiple_of(5) {
            return Ok(false);
        }
        held.1.extend(bytes);
        Ok(true)
    }
}

struct Failing;

impl OutputSink for Failing {
    fn write(&self, _: Vec<u8>) -> Result<bool> {
        Err(WasmtimeError::thrown(7))
    }
}

impl InputSource for Failing {
    fn read(&self, _: u64) -> Result<Vec<u8>> {
        Err(WasmtimeError::thrown(8))
    }
}

#[test]
fn an_output_that_has_no_room_has_its_guest_wait() {
    let sink = Arc::new(Slow::default());
    let stdout = Some(WasiOutput::Sink { sink: Arc::clone(&sink) as _ });
    let program = Program::new(WasiConfig { stdout, ..WasiConfig::default() });
    let (done, rested) = slept(&program.start("many", &200_000_u32.to_le_bytes()));
    assert_eq!(done.unwrap(), [0; 4]);
    assert!(rested > Duration::ZERO);
    assert_eq!(sink.0.lock().unwrap().1.len(), 200_000);
    assert_eq!(program.call("print", &text("more")).unwrap(), [0; 4]);
    assert_eq!(sink.0.lock().unwrap().1.len(), 200_004);
}

#[test]
fn what_a_callback_fails_with_comes_out_of_the_call() {
    let stdout = Some(WasiOutput::Sink { sink: Arc::new(Failing) });
    let program = Program::new(WasiConfig { stdout, ..WasiConfig::default() });
    let failed = program.call("print", &text("x")).err();
    assert!(matches!(failed, Some(WasmtimeError::Host { thrown: Some(7), .. })), "{failed:?}");
    let stdin = Some(WasiInput::Source { source: Arc::new(Failing) });
    let program = Program::new(WasiConfig { stdin, ..WasiConfig::default() });
    let failed = program.call("cat", &[]).err();
    assert!(matches!(failed, Some(WasmtimeError::Host { thrown: Some(8), .. })), "{failed:?}");
}

#[test]
fn a_full_pipe_is_an_error_of_the_guest() {
    let pipe = OutputPipe::new(Some(4)).unwrap();
    let program = Program::new(printing(&pipe));
    // `io` is the first of the codes.
    assert_eq!(program.call("print", &text("hello")).unwrap(), 1_u32.to_le_bytes());
    assert_eq!(pipe.contents().unwrap(), b"hell");
}

#[test]
fn a_store_without_wasi_says_so() {
    let engine = Engine::new(asynchronous()).unwrap();
    let store = Store::new(&engine).unwrap();
    let linker = ComponentLinker::new(&engine).unwrap();
    linker.define_wasi().unwrap();
    let instance = linker.instantiate(&store, &Component::new(&engine, PROGRAM.as_bytes()).unwrap()).unwrap();
    let failed = Program { store, instance }.call("print", &text("hello")).err();
    assert!(matches!(failed, Some(WasmtimeError::Config { .. })), "{failed:?}");
}

#[test]
fn files_in_memory_and_quotas_are_those_of_0_2() {
    let folder = MemoryDirectory::new(Vec::new(), Some(200_000), Some(2)).unwrap();
    let preopen = |read_only| MemoryPreopen { directory: Arc::clone(&folder), guest_path: "/".to_owned(), read_only };
    let program = Program::new(WasiConfig { memory_preopens: vec![preopen(false)], ..WasiConfig::default() });
    let two = |one: &str, other: &str| [text(one), text(other)].concat();
    assert_eq!(program.call("write", &two("one", "some ")).unwrap(), [0; 4]);
    assert_eq!(program.call("append", &two("one", "text")).unwrap(), [0; 4]);
    assert_eq!(program.call("read", &text("one")).unwrap(), [vec![0; 4], text("some text")].concat());
    assert_eq!(
        program.call("write-many", &[text("two"), 150_000_u32.to_le_bytes().to_vec()].concat()).unwrap(),
        [0; 4]
    );
    assert_eq!(program.call("list", &[]).unwrap(), [vec![0; 4], text("one\ntwo\n")].concat());
    // `quota` is code 5, and `no-entry` 19.
    let quota = 6_u32.to_le_bytes();
    assert_eq!(program.call("write-many", &[text("one"), 60_000_u32.to_le_bytes().to_vec()].concat()).unwrap(), quota);
    assert_eq!(program.call("write", &two("three", "")).unwrap(), quota);
    assert_eq!(
        program.call("read", &text("none")).unwrap(),
        [1_u32.to_le_bytes().to_vec(), 20_u32.to_le_bytes().to_vec()].concat()
    );
    let program = Program::new(WasiConfig { memory_preopens: vec![preopen(true)], ..WasiConfig::default() });
    assert_ne!(program.call("write", &two("one", "no")).unwrap(), [0; 4]);
}

#[test]
fn streams_count_as_descriptors_until_they_are_dropped() {
    let folder = MemoryDirectory::new(Vec::new(), None, None).unwrap();
    let memory_preopens = vec![MemoryPreopen { directory: folder, guest_path: "/".to_owned(), read_only: false }];
    let program = Program::new(WasiConfig { memory_preopens, ..WasiConfig::default() });
    program.store.set_limits(StoreLimits { file_descriptors: Some(10), ..StoreLimits::default() }).unwrap();
    assert_eq!(program.call("write", &[text("one"), text("x")].concat()).unwrap(), [0; 4]);
    // Three standard streams, the directory and the file leave room for five.
    let opens = |count: u32| [text("one"), count.to_le_bytes().to_vec()].concat();
    assert_eq!(program.call("opens", &opens(20)).unwrap(), 5_i32.to_le_bytes());
    let program = Program::new(WasiConfig::default());
    for _ in 0..10 {
        assert_eq!(program.call("cat", &[]).unwrap(), [0; 4]);
    }
    program.call("streams", &1000_u32.to_le_bytes()).unwrap();
    let failed = program.call("streams", &1_u32.to_le_bytes()).err();
    assert!(matches!(failed, Some(WasmtimeError::Limit { .. })), "{failed:?}");
}

#[test]
fn a_status_arguments_and_no_network() {
    let argv = vec!["one".to_owned(), "two".to_owned()];
    let program = Program::new(WasiConfig { argv, ..WasiConfig::default() });
    let list = [2_u32.to_le_bytes().to_vec(), text("one"), text("two")].concat();
    assert_eq!(program.call("arguments", &[]).unwrap(), list);
    assert_eq!(program.call("environment", &[]).unwrap(), [0; 4]);
    // `access-denied` is the first of the codes.
    assert_eq!(program.call("socket", &[]).unwrap(), 1_u32.to_le_bytes());
    assert_eq!(program.call("leave", &[42]).err(), Some(WasmtimeError::Exit { status: 42 }));
}

#[test]
fn without_the_setting_the_error_says_which_one_is_needed() {
    let engine = Engine::new(config()).unwrap();
    let Err(WasmtimeError::Compile { reason, .. }) = Component::new(&engine, PROGRAM.as_bytes()) else { panic!() };
    assert!(reason.contains("wasm_component_model_async"), "{reason}");
    let plain =
        r#"(component (import "wasi:random/random@0.3.0" (instance (export "get-random-u64" (func (result u64))))))"#;
    let linker = ComponentLinker::new(&engine).unwrap();
    linker.define_wasi().unwrap();
    let store = Store::new(&engine).unwrap();
    let failed = linker.instantiate(&store, &Component::new(&engine, plain.as_bytes()).unwrap()).err();
    let Some(WasmtimeError::Link { reason, .. }) = failed else { panic!("{failed:?}") };
    assert_eq!(
        reason,
        "1 import is not defined in the linker: `wasi:random/random@0.3.0` `get-random-u64`: func() -> u64; WASI 0.3 needs an engine \
         with wasm_component_model_async"
    );
    let engine = Engine::new(asynchronous()).unwrap();
    let linker = ComponentLinker::new(&engine).unwrap();
    linker.define_wasi().unwrap();
    let store = Store::new(&engine).unwrap();
    let http = r#"(component (import "wasi:http/client@0.3.0" (instance (export "send" (func async (result u32))))))"#;
    let failed = linker.instantiate(&store, &Component::new(&engine, http.as_bytes()).unwrap()).err();
    let Some(WasmtimeError::Link { reason, .. }) = failed else { panic!("{failed:?}") };
    assert_eq!(
        reason,
        "1 import is not defined in the linker: `wasi:http/client@0.3.0` `send`: async func() -> u32; of WASI 0.3, HTTP is not there yet: a \
         component may import wasi:http 0.2"
    );
}
