//! Profilers: where guests were, and how much of that is kept.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use trimaran::{
    Caller, Config, Engine, Extern, Func, FuncType, HostFunction, Instance, Linker, Module, Profiler, Result, Store,
    Val, ValType, WasmtimeError,
};

const GUEST: &str = r#"(module $busy
    (import "host" "sleep" (func $sleep))
    (func $work (param $left i32)
        (loop $again
            (local.set $left (i32.sub (local.get $left) (i32.const 1)))
            (br_if $again (local.get $left))))
    (func $outer (export "outer") (param i32) (call $work (local.get 0)))
    (func $slow (export "slow") (call $sleep))
    (func $deep (export "deep") (param $depth i32) (param $left i32)
        (if (local.get $depth)
            (then (call $deep (i32.sub (local.get $depth) (i32.const 1)) (local.get $left)))
            (else (call $work (local.get $left)))))
    (func $spin (export "spin") (loop (br 0))))"#;

/// Takes some 50 ms or more, and ends by itself.
const WORK: i32 = 100_000_000;

struct Sleep;

impl HostFunction for Sleep {
    fn call(&self, _: &Caller, _: Vec<Val>) -> Result<Vec<Val>> {
        std::thread::sleep(Duration::from_millis(50));
        Ok(Vec::new())
    }
}

struct Guest {
    store: Arc<Store>,
    instance: Arc<Instance>,
}

impl Guest {
    fn new() -> Self {
        Self::in_engine(&engine())
    }

    fn in_engine(engine: &Engine) -> Self {
        let store = Store::new(engine).unwrap();
        let ty = FuncType { params: Vec::new(), results: Vec::new() };
        let sleep = Func::of_values(&store, &ty, Arc::new(Sleep)).unwrap();
        let module = Module::new(engine, GUEST.as_bytes()).unwrap();
        let instance = Instance::new(&store, &module, vec![Extern::OfFunc { func: sleep }]).unwrap();
        Self { store, instance }
    }

    fn call(&self, name: &str, numbers: &[i32]) -> Result<Vec<Val>> {
        let Extern::OfFunc { func } = self.instance.export(&self.store, name)? else { panic!("no function") };
        func.call(&self.store, numbers.iter().map(|value| Val::I32 { value: *value }).collect())
    }
}

fn engine() -> Arc<Engine> {
    let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
    Engine::new(Config { target, epoch_interruption: Some(true), ..Config::default() }).unwrap()
}

fn json(profiler: &Profiler) -> Value {
    serde_json::from_str(&profiler.json().unwrap()).unwrap()
}

/// The names of the functions of each sample, outermost first.
fn stacks(profile: &Value) -> Vec<Vec<String>> {
    let thread = &profile["threads"][0];
    let row =
        |table: &str, column: &str, index: &Value| thread[table][column][index.as_u64().unwrap() as usize].clone();
    let samples = thread["samples"]["stack"].as_array().unwrap();
    let names = |mut stack: Value| {
        let mut names = Vec::new();
        while !stack.is_null() {
            let name = row("funcTable", "name", &row("frameTable", "func", &row("stackTable", "frame", &stack)));
            names.insert(0, thread["stringArray"][name.as_u64().unwrap() as usize].as_str().unwrap().to_owned());
            stack = row("stackTable", "prefix", &stack);
        }
        names
    };
    samples.iter().map(|stack| names(stack.clone())).collect()
}

#[test]
fn it_shows_where_a_guest_was() {
    let guest = Guest::new();
    let profiler = Profiler::new(&guest.store, None, None).unwrap();
    guest.call("outer", &[WORK]).unwrap();
    profiler.stop().unwrap();
    let count = profiler.samples().unwrap();
    assert!(count > 0);
    // What runs after that is not seen, and another profiler may begin.
    guest.call("outer", &[WORK]).unwrap();
    assert_eq!((profiler.samples().unwrap(), profiler.lost_samples().unwrap()), (count, 0));
    let other = Profiler::new(&guest.store, Some(2), None).unwrap();
    // The store may be closed meanwhile.
    guest.store.release().unwrap();
    other.stop().unwrap();
    profiler.stop().unwrap();
    let profile = json(&profiler);
    let stacks = stacks(&profile);
    assert_eq!(stacks.len() as u64, count);
    assert!(stacks.contains(&vec!["outer".to_owned(), "work".to_owned()]), "{stacks:?}");
    assert!(stacks.iter().all(|stack| stack[0] == "outer"));
    assert_eq!(profile["libs"][0]["name"], "busy");
    assert_eq!(profile["meta"]["interval"], 1.0);
    let times = profile["threads"][0]["samples"]["timeDeltas"].as_array().unwrap();
    assert!(times.iter().all(|time| time.as_f64().unwrap() >= 0.0));
}

/// A host function's time counts for who has called it, once it returns.
#[test]
fn host_functions_count_for_their_callers() {
    let guest = Guest::new();
    let profiler = Profiler::new(&guest.store, Some(1), None).unwrap();
    guest.call("slow", &[]).unwrap();
    let profile = json(&profiler);
    assert_eq!(stacks(&profile).last().unwrap(), &["slow"]);
    let weight: u64 =
        profile["threads"][0]["samples"]["weight"].as_array().unwrap().iter().filter_map(Value::as_u64).sum();
    assert!(weight >= 45, "{weight}");
}

#[test]
fn it_works_beside_limits_of_time() {
    let guest = Guest::new();
    guest.store.set_timeout(Some(60)).unwrap();
    let profiler = Profiler::new(&guest.store, Some(1), None).unwrap();
    let begun = Instant::now();
    assert!(matches!(guest.call("spin", &[]), Err(WasmtimeError::Trap { .. })));
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(stacks(&json(&profiler)).iter().all(|stack| stack == &["spin"]));
    assert!(profiler.samples().unwrap() > 0);
}

/// What is kept has a bound; the rest is counted.
#[test]
fn so_many_samples_and_no_more() {
    let guest = Guest::new();
    let profiler = Profiler::new(&guest.store, Some(1), Some(2)).unwrap();
    guest.store.set_timeout(Some(200)).unwrap();
    assert!(guest.call("spin", &[]).is_err());
    assert_eq!(profiler.samples().unwrap(), 2);
    assert!(profiler.lost_samples().unwrap() > 0);
    assert_eq!(stacks(&json(&profiler)).len(), 2);
}

/// A deep stack keeps its innermost calls, and an error the twenty that it always had.
#[test]
fn a_stack_has_a_bound() {
    let guest = Guest::new();
    let profiler = Profiler::new(&guest.store, Some(1), None).unwrap();
    guest.call("deep", &[1_000, WORK]).unwrap();
    let stacks = stacks(&json(&profiler));
    let deepest = stacks.iter().max_by_key(|stack| stack.len()).unwrap();
    assert_eq!(deepest.len(), 257);
    assert_eq!(deepest[0], "(callers that are not shown)");
    assert_eq!(deepest[256], "work");
    match guest.call("deep", &[10_000_000, 1]) {
        Err(WasmtimeError::Trap { frames, .. }) => assert_eq!(frames.len(), 20),
        other => panic!("{:?}", other.err()),
    }
}

#[test]
fn what_cannot_be_profiled() {
    let plain = Store::new(&Engine::new(Config::default()).unwrap()).unwrap();
    assert!(matches!(Profiler::new(&plain, None, None), Err(WasmtimeError::Config { .. })));
    let store = Store::new(&engine()).unwrap();
    let profiler = Profiler::new(&store, None, None).unwrap();
    assert!(matches!(Profiler::new(&store, None, None), Err(WasmtimeError::Busy { .. })));
    for (milliseconds, samples) in [(0, 1), (60_001, 1), (1, 0), (1, 1_000_001)] {
        let made = Profiler::new(&store, Some(milliseconds), Some(samples));
        assert!(matches!(made, Err(WasmtimeError::Range { .. })));
    }
    // One that is let go of has ended.
    drop(profiler);
    Profiler::new(&store, None, None).unwrap();
    store.release().unwrap();
    assert!(matches!(Profiler::new(&store, None, None), Err(WasmtimeError::Closed { .. })));
    let file = Profiler::new(&Store::new(&engine()).unwrap(), None, None).unwrap();
    assert!(matches!(file.save("/there/is/no/such/folder/p.json".into()), Err(WasmtimeError::Io { .. })));
}

/// Names that a terminal, or the format, would take for something else.
#[test]
fn names_are_quoted() {
    let engine = engine();
    let text = r#"(module $"a\"b\\c\1b[31m" (func $"f\"\0a" (export "spin") (loop (br 0))))"#;
    let (store, linker) = (Store::new(&engine).unwrap(), Linker::new(&engine).unwrap());
    let instance = linker.instantiate(&store, &Module::new(&engine, text.as_bytes()).unwrap()).unwrap();
    store.set_timeout(Some(50)).unwrap();
    let profiler = Profiler::new(&store, None, None).unwrap();
    assert!(Guest { store, instance }.call("spin", &[]).is_err());
    assert!(!profiler.json().unwrap().chars().any(char::is_control));
    let profile = json(&profiler);
    assert_eq!(profile["libs"][0]["name"], "a\"b\\c\u{1b}[31m");
    assert_eq!(stacks(&profile)[0], ["f\"\n"]);
}

/// Lines of the source, of functions that were inlined as well.
#[test]
fn lines_of_the_source() {
    let engine = engine();
    let module = Module::new(&engine, include_bytes!("../modules/divide.wasm")).unwrap();
    let (store, linker) = (Store::new(&engine).unwrap(), Linker::new(&engine).unwrap());
    struct Slow;
    impl HostFunction for Slow {
        fn call(&self, _: &Caller, arguments: Vec<Val>) -> Result<Vec<Val>> {
            std::thread::sleep(Duration::from_millis(20));
            Ok(arguments)
        }
    }
    let imports: Vec<_> = module.imports().unwrap();
    let ty = FuncType { params: vec![ValType::I32], results: vec![ValType::I32] };
    let func = Func::of_values(&store, &ty, Arc::new(Slow)).unwrap();
    linker.define(&store, &imports[0].module, &imports[0].name, Extern::OfFunc { func }).unwrap();
    let instance = linker.instantiate(&store, &module).unwrap();
    module.release().unwrap();
    let profiler = Profiler::new(&store, None, None).unwrap();
    _ = Guest { store, instance }.call("call_host", &[1]);
    let thread = json(&profiler)["threads"][0].clone();
    assert!(thread["stringArray"].as_array().unwrap().iter().any(|text| text == "/guest/divide.c"), "{thread}");
    assert!(thread["frameTable"]["line"].as_array().unwrap().iter().any(Value::is_u64));
}

/// Several profilers, each on a thread with a store of its own, one of them begun while its guest runs.
#[test]
fn several_at_once() {
    let engine = engine();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let guest = Guest::in_engine(&engine);
                let profiler = Profiler::new(&guest.store, None, None).unwrap();
                guest.call("outer", &[WORK]).unwrap();
                assert!(profiler.samples().unwrap() > 0);
            });
        }
        scope.spawn(|| {
            let guest = Guest::in_engine(&engine);
            let handle = guest.store.interrupt_handle().unwrap();
            std::thread::scope(|inner| {
                let running = inner.spawn(|| assert!(guest.call("spin", &[]).is_err()));
                std::thread::sleep(Duration::from_millis(20));
                let profiler = Profiler::new(&guest.store, None, None).unwrap();
                let begun = Instant::now();
                while profiler.samples().unwrap() == 0 {
                    assert!(begun.elapsed() < Duration::from_secs(10));
                    // It can be read while it grows.
                    profiler.json().unwrap();
                    std::thread::yield_now();
                }
                while !handle.interrupt().unwrap() {}
                running.join().unwrap();
            });
        });
    });
}

/// The names in an object, and in what it holds, without what stands in lists of other things.
fn words(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            let path = format!("{path}.{name}");
            words(value, &path, found);
            found.insert(path);
        }),
        Value::Array(items) => items.iter().for_each(|item| words(item, path, found)),
        _ => {}
    }
}

/// Wasmtime's own profiler has the format from its authors: whatever it says, this says too.
#[test]
fn it_has_the_words_of_the_format() {
    let guest = Guest::new();
    let profiler = Profiler::new(&guest.store, None, None).unwrap();
    guest.call("outer", &[WORK]).unwrap();
    let mut ours = BTreeSet::new();
    words(&json(&profiler), "", &mut ours);
    let engine = wasmtime::Engine::default();
    let module = wasmtime::Module::new(&engine, "(module (func))").unwrap();
    let modules = [("m".to_owned(), module)];
    let theirs = wasmtime::GuestProfiler::new(&engine, "m", Duration::from_millis(1), modules).unwrap();
    let mut bytes = Vec::new();
    theirs.finish(&mut bytes).unwrap();
    let mut expected = BTreeSet::new();
    words(&serde_json::from_slice(&bytes).unwrap(), "", &mut expected);
    // Markers of calls of the host, which this has not, and what no profile of wasmtime's measures.
    let is_known =
        |word: &&String| !word.starts_with(".meta.markerSchema") && *word != ".threads.samples.threadCPUDelta";
    let missing: Vec<_> = expected.difference(&ours).filter(is_known).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
