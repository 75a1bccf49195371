//! Streams and futures of components, both ways.

use std::any::Any;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Waker;

use trimaran::adapter::{
    Arguments, ComponentHostCall, ComponentHostFunction, GivenResource, HostFuncType, OwnedArguments, Received, Reply,
    ResourceValue, Run, Step, Token, component_source,
};
use trimaran::{
    Component, ComponentInstance, ComponentLinker, ComponentStream, Config, Engine, Result, Store, WasmtimeError,
};

use crate::home::config;

/// The guest, which says what it does.
fn guest() -> Vec<u8> {
    std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../modules/component_streams.wat")).unwrap()
}

/// A function of the host that gives parts of a stream, one at a call.
struct Parts {
    parts: Mutex<Vec<Result<Vec<u8>>>>,
    waits: bool,
    /// How many elements the guest asked for at last.
    asked: AtomicU32,
}

impl Parts {
    /// The parts, the last one first.
    fn new(waits: bool, parts: impl IntoIterator<Item = Result<Vec<u8>>>) -> Arc<Self> {
        let mut parts: Vec<_> = parts.into_iter().collect();
        parts.reverse();
        Arc::new(Self { parts: Mutex::new(parts), waits, asked: AtomicU32::new(0) })
    }

    fn next(&self, arguments: &Received) -> Result<Reply> {
        if let Ok(most) = arguments.bytes.as_slice().try_into() {
            self.asked.store(u32::from_le_bytes(most), Ordering::Relaxed);
        }
        let part = self.parts.lock().unwrap().pop().unwrap_or_else(|| Ok(vec![0; 4]))?;
        Ok(Reply { bytes: part, ..Reply::default() })
    }
}

impl ComponentHostFunction for Parts {
    fn call(&self, _: &Store, _: u64, _: &HostFuncType, arguments: Received) -> Result<Reply> {
        self.next(&arguments)
    }

    fn as_async(&self) -> Option<&dyn Any> {
        self.waits.then_some(self)
    }
}

/// `take`, which the tests answer themselves.
struct Take;

impl ComponentHostFunction for Take {
    fn call(&self, _: &Store, _: u64, _: &HostFuncType, _: Received) -> Result<Reply> {
        panic!("it is async")
    }

    fn as_async(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

fn list(bytes: &[u8]) -> Result<Vec<u8>> {
    Ok([&u32::try_from(bytes.len()).unwrap().to_le_bytes(), bytes].concat())
}

fn words(all: &[&str]) -> Vec<u8> {
    let mut bytes = u32::try_from(all.len()).unwrap().to_le_bytes().to_vec();
    for word in all {
        bytes.extend(list(word.as_bytes()).unwrap());
    }
    bytes
}

struct Home {
    engine: Arc<Engine>,
    store: Arc<Store>,
    instance: Arc<ComponentInstance>,
}

type AnyRun = Run<Received, ComponentHostCall>;

impl Home {
    fn new() -> Self {
        let (on, more) = (Some(true), Some(true));
        let config =
            Config { wasm_component_model_async: on, wasm_component_model_more_async_builtins: more, ..config() };
        Self::of(&Engine::new(config).unwrap())
    }

    fn of(engine: &Arc<Engine>) -> Self {
        let component = Component::new(engine, &guest()).unwrap();
        let store = Store::new(engine).unwrap();
        let linker = ComponentLinker::new(engine).unwrap();
        linker.define_func(Vec::new(), "take", Arc::new(Take)).unwrap();
        let instance = linker.instantiate(&store, &component).unwrap();
        Self { engine: Arc::clone(engine), store, instance }
    }

    fn start(&self, name: &str, bytes: &[u8], resources: Vec<ResourceValue>) -> AnyRun {
        let func = self.instance.func(&self.store, vec![name.to_owned()]).unwrap();
        let resources = resources.into_iter().map(|value| GivenResource { value, is_own: true }).collect();
        func.start(&self.store, OwnedArguments { bytes: bytes.to_vec(), beside: Vec::new(), resources }, None).unwrap()
    }

    fn call(&self, name: &str, bytes: &[u8], resources: Vec<ResourceValue>) -> Result<Received> {
        let func = self.instance.func(&self.store, vec![name.to_owned()]).unwrap();
        let resources: Vec<_> = resources.into_iter().map(|value| GivenResource { value, is_own: true }).collect();
        func.call(&self.store, &Arguments { bytes, beside: &[], arrays: None, resources: &resources })
    }

    fn number(&self, name: &str) -> u32 {
        number(self.call(name, &[], vec![]).unwrap())
    }

    fn count(&self, n: u32, size: u32) -> Arc<ComponentStream> {
        stream(drive(&self.start("count", &[n.to_le_bytes(), size.to_le_bytes()].concat(), vec![])).unwrap())
    }

    fn read(&self, stream: &Arc<ComponentStream>, most: u32) -> Result<Vec<u8>> {
        drive(&stream.start_read(&self.store, most, None)?).map(elements)
    }
}

/// Steps a run to its end. Functions of the host that give parts are asked for them.
fn drive(run: &AnyRun) -> Result<Received> {
    let mut answer = None;
    for _ in 0..10_000 {
        match run.step(answer.take(), Waker::noop())? {
            Step::Done(received) => return Ok(received),
            Step::Host(call, _) => answer = Some(parts(call)),
            _ => {}
        }
    }
    panic!("it does not end");
}

fn parts(mut call: ComponentHostCall) -> Result<Reply> {
    let arguments = call.take_arguments();
    call.function().and_then(|function| function.downcast_ref::<Parts>()).unwrap().next(&arguments)
}

/// Steps a run until it asks `take`. Gives the stream that it was given.
fn taken(run: &AnyRun) -> (Arc<ComponentStream>, Token) {
    for _ in 0..10_000 {
        match run.step(None, Waker::noop()).unwrap() {
            Step::Host(call, token) => return (stream(call.into_arguments()), token),
            Step::Turn => {}
            _ => panic!("it asked nothing"),
        }
    }
    panic!("it does not end");
}

fn number(received: Received) -> u32 {
    u32::from_le_bytes(received.bytes.as_slice().try_into().unwrap())
}

fn stream(received: Received) -> Arc<ComponentStream> {
    match received.resources.into_iter().next() {
        Some(ResourceValue::Stream(stream)) => stream,
        _ => panic!("no stream"),
    }
}

/// The bytes of a list of bytes.
fn elements(received: Received) -> Vec<u8> {
    let (count, rest) = received.bytes.split_first_chunk().unwrap();
    let count = u32::from_le_bytes(*count);
    match received.beside.into_iter().next() {
        Some(beside) => beside,
        None => {
            assert_eq!(rest.len(), count as usize);
            rest.to_vec()
        }
    }
}

fn source(parts: &Arc<Parts>) -> ResourceValue {
    ResourceValue::Source(component_source(Arc::clone(parts) as _))
}

/// A stream at the first place, and a number.
fn with(number: u32) -> Vec<u8> {
    [0_u32.to_le_bytes(), number.to_le_bytes()].concat()
}

#[test]
fn a_reader_gets_as_much_as_it_asks_for_and_the_writer_waits_until_then() {
    let home = Home::new();
    let stream = home.count(2, 5);
    assert_eq!(home.read(&stream, 2).unwrap(), [0, 1]);
    assert_eq!(home.number("written"), 2);
    assert_eq!(home.read(&stream, 100).unwrap(), [2, 3, 4]);
    assert_eq!(home.read(&stream, 100).unwrap(), [0, 1, 2, 3, 4]);
    assert_eq!(home.read(&stream, 100).unwrap(), b"");
    assert!(!stream.is_alive().unwrap());
    assert!(matches!(home.read(&stream, 1), Err(WasmtimeError::Closed { .. })));
    // By hand as well, without a run.
    let stream = home.count(1, 3);
    assert_eq!(elements(stream.read(&home.store, 2).unwrap()), [0, 1]);
    assert_eq!(elements(stream.read(&home.store, 2).unwrap()), [2]);
    assert_eq!(elements(stream.read(&home.store, 2).unwrap()), b"");
}

#[test]
fn large_parts_come_at_once() {
    let home = Home::new();
    let stream = home.count(1, 50_000);
    assert_eq!(home.read(&stream, u32::MAX).unwrap().len(), 50_000);
}

#[test]
fn a_writer_sees_that_the_reader_has_gone() {
    let home = Home::new();
    for how in 0..4 {
        let stream = home.count(1000, 5);
        if how % 2 == 1 {
            assert_eq!(home.read(&stream, 2).unwrap(), [0, 1]);
        }
        match how {
            0 | 1 => stream.release().unwrap(),
            _ => drop(stream),
        }
        // It goes on with the next call of the store.
        assert_eq!(home.read(&home.count(1, 1), 1).unwrap(), [0], "{how}");
        assert_eq!(home.number("code"), 0, "{how}");
    }
}

#[test]
fn a_stream_that_is_never_read_costs_nothing() {
    let home = Home::new();
    for _ in 0..2000 {
        drop(home.count(1, 1));
    }
    assert_eq!(home.read(&home.count(1, 1), 1).unwrap(), [0]);
}

#[test]
fn a_reader_gets_the_trap_of_the_writer() {
    let home = Home::new();
    let stream = stream(drive(&home.start("traps", &[], vec![])).unwrap());
    assert_eq!(home.read(&stream, 1).unwrap(), [0]);
    assert!(matches!(home.read(&stream, 10), Err(WasmtimeError::Trap { .. })));
    assert!(matches!(home.read(&stream, 10), Err(WasmtimeError::Poisoned)));
    stream.release().unwrap();
}

#[test]
fn a_read_that_is_dropped_loses_nothing() {
    let home = Home::new();
    let stream = home.count(1, 3);
    drop(stream.start_read(&home.store, 10, None).unwrap());
    assert_eq!(home.read(&stream, 10).unwrap(), [0, 1, 2]);
}

#[test]
fn a_read_that_is_dropped_with_a_question_ends_the_guests() {
    let home = Home::new();
    let given = Parts::new(true, [list(&[7, 8])]);
    let back = stream_of(home.call("same", &[0; 4], vec![source(&given)]));
    let run = back.start_read(&home.store, 10, None).unwrap();
    assert!(matches!(stepped(&run), Step::Host(..)));
    drop(run);
    assert!(matches!(home.read(&back, 10), Err(WasmtimeError::Poisoned)));
}

fn stepped(run: &AnyRun) -> Step<Received, ComponentHostCall> {
    loop {
        match run.step(None, Waker::noop()).unwrap() {
            Step::Turn => {}
            step => return step,
        }
    }
}

#[test]
fn where_nobody_writes_a_read_does_not_wait() {
    let home = Home::new();
    let stream = home.count(2, 2);
    assert_eq!(home.read(&stream, 2).unwrap(), [0, 1]);
    let other = home.count(1, 1);
    // The writers wait for their own readers alone.
    assert_eq!(home.read(&other, 1).unwrap(), [0]);
    assert_eq!(home.read(&stream, 2).unwrap(), [0, 1]);
    assert_eq!(home.read(&stream, 2).unwrap(), b"");
    assert_eq!(home.read(&other, 2).unwrap(), b"");
}

#[test]
fn a_stream_of_another_store_or_type_is_refused_and_one_that_is_given_twice() {
    let home = Home::new();
    let other = Home::of(&home.engine);
    let stream = home.count(1, 3);
    let again = || vec![ResourceValue::Stream(Arc::clone(&stream))];
    assert!(matches!(stream.start_read(&other.store, 1, None), Err(WasmtimeError::WrongStore { .. })));
    assert!(matches!(other.call("same", &[0; 4], again()), Err(WasmtimeError::WrongStore { .. })));
    let reason = match home.call("length", &[0; 4], again()) {
        Err(WasmtimeError::Type { reason }) => reason,
        other => panic!("{:?}", other.err()),
    };
    assert_eq!(reason, "argument 1: the stream is of another type: expected one of the type that the function names");
    let same = stream_of(home.call("same", &[0; 4], again()));
    assert!(matches!(home.call("same", &[0; 4], again()), Err(WasmtimeError::Closed { .. })));
    assert!(!stream.is_alive().unwrap());
    assert_eq!(home.read(&same, 2).unwrap(), [0, 1]);
    let read = home.call("same", &[0; 4], vec![ResourceValue::Stream(Arc::clone(&same))]);
    assert!(matches!(read, Err(WasmtimeError::Type { .. })));
    home.store.release().unwrap();
    assert!(matches!(home.read(&same, 2), Err(WasmtimeError::Closed { .. })));
    same.release().unwrap();
}

fn stream_of(received: Result<Received>) -> Arc<ComponentStream> {
    stream(received.unwrap())
}

#[test]
fn a_guest_reads_what_the_host_has() {
    let home = Home::new();
    for waits in [false, true] {
        let given = Parts::new(waits, [list(&[1, 2, 3]), list(&[4, 5])]);
        assert_eq!(number(drive(&home.start("sum", &with(2), vec![source(&given)])).unwrap()), 15);
        assert_eq!(given.asked.load(Ordering::Relaxed), 2);
    }
    // Without a run, where nothing waits.
    let given = Parts::new(false, [list(&[1, 2, 3])]);
    assert_eq!(number(home.call("sum", &with(8), vec![source(&given)]).unwrap()), 6);
    // One that has nothing.
    let given = Parts::new(true, []);
    assert_eq!(number(drive(&home.start("sum", &with(8), vec![source(&given)])).unwrap()), 0);
}

#[test]
fn a_guest_that_reads_no_further_asks_for_no_more() {
    let home = Home::new();
    let given = Parts::new(true, [list(&[1, 2, 3]), list(&[4])]);
    assert_eq!(number(drive(&home.start("first", &with(2), vec![source(&given)])).unwrap()), 2 << 4);
    assert_eq!(given.parts.lock().unwrap().len(), 1);
    let given = Parts::new(true, [list(&[1, 2, 3])]);
    home.call("drops", &[0; 4], vec![source(&given)]).unwrap();
    assert_eq!(given.parts.lock().unwrap().len(), 1);
    // The function goes when nobody needs it.
    home.number("written");
    assert_eq!(Arc::strong_count(&given), 1);
}

#[test]
fn what_a_source_fails_with_comes_out_of_the_call() {
    for waits in [false, true] {
        let home = Home::new();
        let given = Parts::new(waits, [list(&[1]), Err(WasmtimeError::Unsupported { reason: "no more".to_owned() })]);
        let failed = drive(&home.start("sum", &with(2), vec![source(&given)]));
        assert!(matches!(failed, Err(WasmtimeError::Unsupported { .. })), "{:?}", failed.err());
        assert!(matches!(home.call("written", &[], vec![]), Err(WasmtimeError::Poisoned)));
    }
}

#[test]
fn a_synchronous_call_does_not_wait_for_a_source() {
    let home = Home::new();
    let given = Parts::new(true, [list(&[1])]);
    let failed = home.call("sum", &with(2), vec![source(&given)]);
    assert!(matches!(failed, Err(WasmtimeError::Suspend { .. })), "{:?}", failed.err());
}

#[test]
fn elements_of_any_type_go_both_ways() {
    let home = Home::new();
    let stream = stream(drive(&home.start("words", &[], vec![])).unwrap());
    let read = |most| drive(&stream.start_read(&home.store, most, None).unwrap()).unwrap().bytes;
    assert_eq!(read(1), words(&["one"]));
    assert_eq!(read(10), words(&["three", ""]));
    assert_eq!(read(10), words(&[]));
    for waits in [false, true] {
        let given = Parts::new(waits, [Ok(words(&["a", "bc", "def"])), Ok(words(&["x"]))]);
        assert_eq!(number(drive(&home.start("length", &[0; 4], vec![source(&given)])).unwrap()), 7);
    }
}

#[test]
fn a_part_has_a_bound_whatever_a_guest_writes_and_the_reader_asks_for() {
    let home = Home::new();
    let stream = stream(drive(&home.start("large", &[], vec![])).unwrap());
    let parts = (0..5).map(|_| {
        let received = drive(&stream.start_read(&home.store, u32::MAX, None).unwrap()).unwrap();
        let bytes = received.bytes.len() + received.beside.iter().map(Vec::len).sum::<usize>();
        assert!(bytes < (1 << 20) + 250_000, "{bytes}");
        u32::from_le_bytes(*received.bytes.first_chunk().unwrap())
    });
    assert_eq!(parts.collect::<Vec<_>>(), [6, 6, 6, 2, 0]);
}

#[test]
fn the_host_reads_what_it_gave_when_it_comes_back() {
    let home = Home::new();
    let given = Parts::new(true, [list(&[1, 2, 3]), list(&[4])]);
    let back = stream_of(home.call("same", &[0; 4], vec![source(&given)]));
    assert_eq!(home.read(&back, 2).unwrap(), [1, 2]);
    assert_eq!(home.read(&back, 10).unwrap(), [3]);
    assert_eq!(home.read(&back, 10).unwrap(), [4]);
    assert_eq!(home.read(&back, 10).unwrap(), b"");
    let given = Parts::new(true, [Ok(words(&["a", "bc", "def"]))]);
    let back = stream_of(home.call("same-words", &[0; 4], vec![source(&given)]));
    let read = |most| drive(&back.start_read(&home.store, most, None).unwrap()).unwrap().bytes;
    assert_eq!(read(2), words(&["a", "bc"]));
    assert_eq!(read(10), words(&["def"]));
    assert_eq!(read(10), words(&[]));
}

#[test]
fn futures_go_both_ways() {
    let home = Home::new();
    let future = stream(drive(&home.start("later", &[], vec![])).unwrap());
    assert!(future.is_future().unwrap());
    let read = drive(&future.start_read(&home.store, 1, None).unwrap()).unwrap();
    assert_eq!(read.bytes, list(b"three").unwrap());
    assert!(matches!(future.start_read(&home.store, 1, None), Err(WasmtimeError::Closed { .. })));
    for waits in [false, true] {
        let given = Parts::new(waits, [list(b"four")]);
        assert_eq!(number(drive(&home.start("word-length", &[0; 4], vec![source(&given)])).unwrap()), 4);
        let given = Parts::new(waits, [Ok(Vec::new())]);
        assert_eq!(number(drive(&home.start("done", &[0; 4], vec![source(&given)])).unwrap()), 0);
    }
}

#[test]
fn a_function_of_the_host_reads_the_stream_that_it_is_given_while_the_guest_writes() {
    let home = Home::new();
    for _ in 0..2 {
        let run = home.start("gives", &5_u32.to_le_bytes(), vec![]);
        let (stream, token) = taken(&run);
        let read = |most| drive(&stream.start_read(&home.store, most, Some(token)).unwrap()).map(elements).unwrap();
        assert_eq!(read(2), [0, 1]);
        assert_eq!(read(2), [2, 3]);
        assert_eq!(read(2), [4]);
        assert_eq!(read(2), b"");
        let mut answer = Some(Ok(Reply { bytes: 10_u32.to_le_bytes().to_vec(), ..Reply::default() }));
        let done = loop {
            match run.step(answer.take(), Waker::noop()).unwrap() {
                Step::Done(done) => break done,
                Step::Turn => {}
                _ => panic!("it is not done"),
            }
        };
        assert_eq!(number(done), 10);
        assert_eq!(home.number("written"), 5);
    }
}

#[test]
fn a_function_of_the_host_hangs_up() {
    let home = Home::new();
    let run = home.start("gives", &5_u32.to_le_bytes(), vec![]);
    let (stream, token) = taken(&run);
    let first = drive(&stream.start_read(&home.store, 2, Some(token)).unwrap()).map(elements);
    assert_eq!(first.unwrap(), [0, 1]);
    // A read that is dropped, and a read of nobody's call.
    drop(stream.start_read(&home.store, 2, Some(token)).unwrap());
    assert!(stream.read(&home.store, 2).is_err());
    drop(stream);
    let mut answer = Some(Ok(Reply { bytes: 3_u32.to_le_bytes().to_vec(), ..Reply::default() }));
    let done = loop {
        match run.step(answer.take(), Waker::noop()).unwrap() {
            Step::Done(done) => break done,
            Step::Turn => {}
            _ => panic!("it is not done"),
        }
    };
    assert_eq!(number(done), 3);
    assert_eq!((home.number("written"), home.number("code")), (2, 1));
}

#[test]
fn a_function_of_the_host_does_not_read() {
    let home = Home::new();
    let run = home.start("gives", &5_u32.to_le_bytes(), vec![]);
    drop(taken(&run));
    let mut answer = Some(Ok(Reply { bytes: 3_u32.to_le_bytes().to_vec(), ..Reply::default() }));
    let done = loop {
        match run.step(answer.take(), Waker::noop()).unwrap() {
            Step::Done(done) => break done,
            Step::Turn => {}
            _ => panic!("it is not done"),
        }
    };
    assert_eq!(number(done), 3);
    assert_eq!((home.number("written"), home.number("code")), (0, 1));
}

#[test]
fn a_future_that_nobody_reads() {
    let home = Home::new();
    drop(drive(&home.start("later", &[], vec![])).unwrap());
    let future = stream(drive(&home.start("later", &[], vec![])).unwrap());
    future.release().unwrap();
    assert_eq!(home.read(&home.count(1, 1), 1).unwrap(), [0]);
}

#[test]
fn a_call_whose_stream_nobody_reads_does_not_wait_for_ever() {
    let home = Home::new();
    let run = home.start("gives", &5_u32.to_le_bytes(), vec![]);
    let (stream, token) = taken(&run);
    drive(&stream.start_read(&home.store, 2, Some(token)).unwrap()).unwrap();
    let mut answer = Some(Ok(Reply { bytes: 3_u32.to_le_bytes().to_vec(), ..Reply::default() }));
    let failed = (0..10_000).find_map(|_| match run.step(answer.take(), Waker::noop()) {
        Ok(Step::Turn) => None,
        other => Some(other),
    });
    assert!(matches!(failed, Some(Err(WasmtimeError::Suspend { .. }))));
}

#[test]
fn a_store_is_closed_while_a_stream_is_read() {
    let home = Home::new();
    let given = Parts::new(true, [list(&[1])]);
    let back = stream_of(home.call("same", &[0; 4], vec![source(&given)]));
    let run = back.start_read(&home.store, 1, None).unwrap();
    assert!(matches!(stepped(&run), Step::Host(..)));
    home.store.release().unwrap();
    assert!(matches!(run.step(None, Waker::noop()), Err(WasmtimeError::Closed { .. })));
    drop((run, back));
    assert_eq!(Arc::strong_count(&given), 1);
}
