//! What `close` gives back, and the errors where memory or a limit does not suffice.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::sync::{Arc, Mutex};

use trimaran::{
    Allocation, Config, Engine, Extern, Instance, Limits, Memory, MemoryType, Module, ModuleLimits, PoolingConfig,
    Store, StoreLimits, TrapCode, WasmtimeError,
};

const PAGE: i64 = 65_536;

fn pages(min: u64) -> MemoryType {
    MemoryType { limits: Limits { min, max: None }, is_64: false, shared: false, page_size_log2: 16 }
}

fn engine(config: Config) -> Arc<Engine> {
    let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
    Engine::new(Config { target, ..config }).unwrap()
}

/// Tests that measure this process, or fill it, take turns.
static ALONE: Mutex<()> = Mutex::new(());

/// The bytes of this process that are in memory.
fn resident() -> i64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    status.split_whitespace().nth(1).unwrap().parse::<i64>().unwrap() * 4096
}

#[test]
fn after_close_the_memory_is_back() {
    let _alone = ALONE.lock();
    let engine = engine(Config::default());
    let store = Store::new(&engine).unwrap();
    let memory = Memory::new(&store, pages(1024)).unwrap();
    let before = resident();
    memory.fill(&store, 1, 0, 1024 * PAGE).unwrap();
    let full = resident();
    assert!(full - before > 1000 * PAGE, "{before} {full}");
    // The memory object is still held, as a garbage-collected language may hold it for long.
    store.release().unwrap();
    let after = resident();
    assert!(full - after > 1000 * PAGE, "{full} {after}");
    assert_eq!(memory.size(&store), Err(WasmtimeError::Closed { what: "store".to_owned() }));
}

#[test]
fn two_hundred_memories_without_reserved_space() {
    let _alone = ALONE.lock();
    let nothing = Some(0);
    let engine = engine(Config {
        memory_reservation: nothing,
        memory_guard_size: nothing,
        memory_reservation_for_growth: nothing,
        ..Config::default()
    });
    let store = Store::new(&engine).unwrap();
    let memories: Vec<_> = (0..200).map(|_| Memory::new(&store, pages(1)).unwrap()).collect();
    for memory in &memories {
        memory.store_u8(&store, PAGE - 1, 7).unwrap();
        assert_eq!(memory.grow(&store, 1), Ok(1));
        assert_eq!(memory.load_u8(&store, PAGE - 1), Ok(7));
    }
}

/// A guest that calls itself for ever, in a call and in its start function.
const ENDLESS: &[u8] = br#"(module (func $f (export "f") (call $f)))"#;
const ENDLESS_START: &[u8] = br#"(module (func $f (call $f)) (start $f))"#;

#[test]
fn a_guest_that_recurses_for_ever_is_a_trap_on_the_smallest_stack() {
    let _alone = ALONE.lock();
    let (engine, large) =
        (engine(Config::default()), engine(Config { max_wasm_stack: Some(8 << 20), ..Config::default() }));
    for stack in [128 << 10, 256 << 10, 512 << 10, 1 << 20, 8 << 20] {
        for engine in [&engine, &large] {
            let engine = Arc::clone(engine);
            let run = move || {
                let store = Store::new(&engine).unwrap();
                let start = Module::new(&engine, ENDLESS_START).unwrap();
                let Err(WasmtimeError::Trap { code, .. }) = Instance::new(&store, &start, Vec::new()) else {
                    panic!("expected a trap")
                };
                assert_eq!(code, Some(TrapCode::StackOverflow));
                let module = Module::new(&engine, ENDLESS).unwrap();
                let instance = Instance::new(&store, &module, Vec::new()).unwrap();
                let Extern::OfFunc { func } = instance.export(&store, "f").unwrap() else { panic!("a function") };
                for _ in 0..3 {
                    let Err(error) = func.call(&store, Vec::new()) else { panic!("expected a trap") };
                    let WasmtimeError::Trap { code, frames, .. } = &error else { panic!("expected a trap: {error}") };
                    assert_eq!(*code, Some(TrapCode::StackOverflow));
                    // The name is its own, and not C++ for `float`.
                    assert_eq!(frames.first().and_then(|frame| frame.func_name.as_deref()), Some("f"));
                    assert!(matches!(func.call_slots(&store, &mut []), Err(WasmtimeError::Trap { .. })));
                }
            };
            std::thread::Builder::new().stack_size(stack).spawn(run).unwrap().join().unwrap();
        }
    }
}

#[test]
fn copies_that_are_too_large_are_refused() {
    let _alone = ALONE.lock();
    let store = Store::new(&engine(Config::default())).unwrap();
    // Nothing is touched: four gigabytes of it are an address range, no more.
    let memory = Memory::new(&store, pages(65_536)).unwrap();
    let all = 65_536 * PAGE;
    assert!(matches!(memory.read(&store, 0, all), Err(WasmtimeError::Limit { .. })));
    assert!(matches!(memory.read_string(&store, 0, all), Err(WasmtimeError::Limit { .. })));
    assert!(matches!(memory.hexdump(&store, 0, 1 << 30, 16), Err(WasmtimeError::Limit { .. })));
    assert_eq!(memory.find(&store, b"", all - 1, None), Ok(Some(all - 1)));
}

#[test]
fn a_stack_that_no_machine_has_is_refused() {
    let config = Config { max_wasm_stack: Some(u64::MAX), ..Config::default() };
    assert!(matches!(Engine::new(config).err(), Some(WasmtimeError::Config { .. })));
}

#[test]
fn a_dropped_store_needs_no_close() {
    let _alone = ALONE.lock();
    let engine = engine(Config::default());
    for _ in 0..2_000 {
        let store = Store::new(&engine).unwrap();
        Memory::new(&store, pages(1)).unwrap();
    }
}

#[test]
#[cfg(target_arch = "x86_64")]
fn a_limit_that_stacks_of_guests_would_not_keep() {
    let engine = Engine::new(Config {
        wasm_stack_switching: Some(true),
        wasm_exceptions: Some(true),
        wasm_function_references: Some(true),
        ..Config::default()
    });
    let store = Store::new(&engine.unwrap()).unwrap();
    let limits = |memory_size| StoreLimits { memory_size, tables: Some(1), ..StoreLimits::default() };
    assert!(matches!(store.set_limits(limits(Some(1 << 20))), Err(WasmtimeError::Config { .. })));
    assert_eq!(store.set_limits(limits(None)), Ok(()));
}

/// An engine whose modules have so many milliseconds to be compiled in.
fn limited(compile_time: u64) -> Arc<Engine> {
    let module_limits = Some(ModuleLimits { compile_time: Some(compile_time), ..ModuleLimits::default() });
    engine(Config { module_limits, ..Config::default() })
}

/// Why a module is not compiled.
fn refusal(engine: &Engine, text: &str) -> Option<String> {
    match Module::new(engine, text.as_bytes()) {
        Ok(_) => None,
        Err(WasmtimeError::Limit { reason }) => Some(reason),
        Err(other) => panic!("{other}"),
    }
}

/// A module that takes more than a few milliseconds.
fn long() -> String {
    format!("(module {})", "(func (result i32) (i32.const 1))".repeat(4000))
}

#[test]
fn modules_that_take_too_long_do_not_keep_the_threads_of_another_engine_busy() {
    let _alone = ALONE.lock();
    // Each function takes seconds, and each of them is one piece of work for a thread.
    let sum = "local.get 0 i32.add ".repeat(500_000);
    let heavy = format!("(module {})", format!("(func (param i32) (result i32) local.get 0 {sum})").repeat(3));
    let heavy = trimaran::wat2wasm(heavy.as_bytes()).unwrap();
    let hasty = limited(20);
    for _ in 0..places() {
        assert!(matches!(Module::new(&hasty, &heavy), Err(WasmtimeError::Limit { .. })));
    }
    // More than one function, so that they are spread over threads.
    let patient = limited(1_500);
    assert_eq!(refusal(&patient, "(module (func) (func) (func))"), None);
    assert!(compiling() > 0, "the others are still at work");
    while compiling() > 0 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// How many compilations of this process go on now. A thread that begins has the name of the one that started it for a moment,
/// and so each is looked at twice.
fn compiling() -> usize {
    let compiles = |path: &std::path::PathBuf| {
        std::fs::read_to_string(path.join("comm")).is_ok_and(|name| name.starts_with("trimaran-compil"))
    };
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let found: Vec<_> = tasks.filter_map(|task| Some(task.ok()?.path())).filter(compiles).collect();
    std::thread::sleep(std::time::Duration::from_millis(20));
    found.iter().filter(|path| compiles(path)).count()
}

/// As many as `docs/untrusted.md` says.
fn places() -> usize {
    std::thread::available_parallelism().unwrap().get().max(2)
}

const TOO_LONG: &str = "the module takes longer to compile than 1 ms, which is the engine's limit";

#[test]
fn modules_that_take_too_long_do_not_pile_up_and_leave_room_for_those_of_another_engine() {
    let _alone = ALONE.lock();
    let (hasty, patient, long) = (limited(1), limited(60_000), long());
    for _ in 0..places() {
        assert_eq!(refusal(&hasty, &long).as_deref(), Some(TOO_LONG));
    }
    assert!(refusal(&hasty, &long).is_some_and(|reason| reason.contains("this engine compiles as many modules")));
    assert_eq!(refusal(&patient, "(module)"), None, "another engine has places of its own");
    assert_eq!(refusal(&engine(Config::default()), "(module)"), None, "who has no limit needs no place");
    let third = limited(1);
    while refusal(&third, &long).as_deref() == Some(TOO_LONG) {}
    assert!(compiling() <= 2 * places());
    // Each of them ends some time. Who has time waits for that.
    while compiling() > 0 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let engine = limited(60_000);
    assert_eq!((0..places() + 2).filter_map(|_| refusal(&engine, "(module)")).next(), None, "places are given back");
}

#[test]
fn compilations_that_begin_at_once_are_as_few_as_those_that_begin_one_by_one() {
    let _alone = ALONE.lock();
    let (engines, long) = ([limited(1), limited(1), limited(1)], long());
    let most = std::thread::scope(|scope| {
        let begun: Vec<_> =
            engines.iter().cycle().take(24).map(|engine| scope.spawn(|| refusal(engine, &long).unwrap())).collect();
        let mut most = 0;
        while !begun.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            std::thread::sleep(std::time::Duration::from_millis(1));
            most = most.max(compiling());
        }
        // Those that were given up go on to their end.
        most.max(compiling())
    });
    assert!((1..=2 * places()).contains(&most), "{most}");
    while compiling() > 0 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

fn refused<T>(done: trimaran::Result<T>) -> String {
    match done {
        Err(WasmtimeError::Limit { reason }) => reason,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was taken"),
    }
}

#[test]
fn a_file_is_read_up_to_the_limit_and_no_further() {
    let _alone = ALONE.lock();
    let limited = engine(Config {
        module_limits: Some(ModuleLimits { size: Some(1 << 20), ..ModuleLimits::default() }),
        ..Config::default()
    });
    let free = engine(Config::default());
    let folder = std::env::temp_dir().join(format!("trimaran-files-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    // Files that have more bytes than any machine has room for, and take none.
    let sparse = |name: &str, head: &[u8], size: u64| {
        let path = folder.join(name);
        std::fs::write(&path, head).unwrap();
        std::fs::File::options().append(true).open(&path).unwrap().set_len(size).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let huge = 1 << 43;
    let (binary, text, code) = (
        sparse("binary", b"\0asm\x01\0\0\0", huge),
        sparse("text", b"(module)", huge),
        sparse("code", b"\x7fELF", huge),
    );
    let reason = refused(Module::from_file(&limited, binary.as_str().into()));
    assert_eq!(reason, "the module has more than 1048576 bytes, which is the limit for one");
    let reason = refused(Module::from_file(&limited, text.into()));
    assert_eq!(reason, "the text has more than 10485760 bytes, which is the limit for one");
    let reason = refused(Module::from_file(&free, binary.into()));
    assert_eq!(reason, "the module has more than 1073741824 bytes, which is the limit for one");
    let reason = refused(Module::deserialize_file(&free, code.into()));
    assert_eq!(reason, "the compiled module has more than 4294967296 bytes, which is the limit for one");
    // What never ends, and begins as no module does.
    assert!(matches!(Module::from_file(&free, "/dev/zero".into()), Err(WasmtimeError::Compile { .. })));
    assert!(matches!(Module::deserialize_file(&free, "/dev/zero".into()), Err(WasmtimeError::Artifact { .. })));
    // What never ends, and begins as text may.
    let pipe = folder.join("pipe").to_str().unwrap().to_owned();
    let name = std::ffi::CString::new(pipe.clone()).unwrap();
    // SAFETY: the path ends with a zero.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
    let path = pipe.clone();
    let writes = std::thread::spawn(move || {
        use std::io::Write;
        let mut pipe = std::fs::File::options().write(true).open(path).unwrap();
        // Until nobody reads any more.
        while pipe.write_all(&[b' '; 65_536]).is_ok() {}
    });
    assert!(refused(Module::from_file(&limited, pipe.into())).starts_with("the text has more than 10485760 bytes"));
    writes.join().unwrap();
    // What fits is taken, to the last byte.
    let fits = sparse("fits", b"(module)", 8);
    assert!(Module::from_file(&limited, fits.into()).is_ok());
    assert!(matches!(Module::from_file(&free, folder.to_str().unwrap().into()), Err(WasmtimeError::Io { .. })));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn an_instance_that_finds_no_room_counts_no_longer() {
    let _alone = ALONE.lock();
    let pooling = PoolingConfig { total_memories: Some(1), ..PoolingConfig::default() };
    let engine = engine(Config { allocation: Some(Allocation::Pooling { pooling }), ..Config::default() });
    let module = Module::new(&engine, b"(module (memory 1))").unwrap();
    let (first, second) = (Store::new(&engine).unwrap(), Store::new(&engine).unwrap());
    let _kept = Instance::new(&first, &module, Vec::new()).unwrap();
    second.set_limits(StoreLimits { instances: Some(1), memories: Some(1), ..StoreLimits::default() }).unwrap();
    for _ in 0..3 {
        let reason = refused(Instance::new(&second, &module, Vec::new()));
        assert!(reason.contains("maximum concurrent limit"), "{reason}");
        assert!(trimaran::adapter::was_refused(), "it may be tried again");
    }
    first.release().unwrap();
    assert!(Instance::new(&second, &module, Vec::new()).is_ok());
    // The store's own limit is none that goes away.
    refused(Instance::new(&second, &module, Vec::new()));
    assert!(!trimaran::adapter::was_refused());
}
