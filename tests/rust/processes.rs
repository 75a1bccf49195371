//! Children of a fork: guests wait there as they do in their parents.
#![cfg(unix)]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use trimaran::{
    Config, Engine, Extern, FuncType, Instance, Linker, MemoryDirectory, MemoryFile, Module, OutputPipe, Preopen,
    Store, Val, WasiConfig, WasiInput, WasiOutput,
};

const PROGRAM: &str = r#"(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "clock_time_get" (func $now (param i32 i64 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 1024) "\10\04\00\00\04\00\00\00" "\4c\04\00\00\04\00\00\00" "text" "file")
    ;; A clock, for so long from now on, or until then.
    (func $clock (param $at i32) (param $clock i32) (param $time i64) (param $absolute i32)
        (i32.store (i32.add (local.get $at) (i32.const 16)) (local.get $clock))
        (if (local.get $absolute) (then
            (drop (call $now (local.get $clock) (i64.const 1) (i32.const 2048)))
            (local.set $time (i64.add (local.get $time) (i64.load (i32.const 2048))))))
        (i64.store (i32.add (local.get $at) (i32.const 24)) (local.get $time))
        (i32.store16 (i32.add (local.get $at) (i32.const 40)) (local.get $absolute)))
    ;; A descriptor, to read from (1) or to write to (2).
    (func $descriptor (param $at i32) (param $kind i32) (param $fd i32)
        (i32.store8 (i32.add (local.get $at) (i32.const 8)) (local.get $kind))
        (i32.store (i32.add (local.get $at) (i32.const 16)) (local.get $fd)))
    (func $clear (memory.fill (i32.const 0) (i32.const 0) (i32.const 1024)))
    (func $wait (param $count i32) (result i32 i32)
        (i64.store (i32.const 0) (i64.const 101))
        (i64.store (i32.const 48) (i64.const 102))
        (call $poll (i32.const 0) (i32.const 512) (local.get $count) (i32.const 960))
        (i32.load (i32.const 960)))
    (func (export "sleep") (param $clock i32) (param $absolute i32) (param $time i64) (result i32 i32)
        (call $clear)
        (call $clock (i32.const 0) (local.get $clock) (local.get $time) (local.get $absolute))
        (call $wait (i32.const 1)))
    (func (export "both") (param $time i64) (result i32 i32)
        (call $clear)
        (call $clock (i32.const 0) (i32.const 0) (i64.const 3600000000000) (i32.const 1))
        (call $clock (i32.const 48) (i32.const 1) (local.get $time) (i32.const 0))
        (call $wait (i32.const 2)))
    (func (export "descriptor") (param $kind i32) (param $fd i32) (param $time i64) (result i32 i32)
        (call $clear)
        (call $descriptor (i32.const 0) (local.get $kind) (local.get $fd))
        (call $clock (i32.const 48) (i32.const 1) (local.get $time) (i32.const 0))
        (call $wait (i32.const 2)))
    ;; Whose event it was, and its kind, its number of bytes and its flags.
    (func (export "event") (param i32) (result i64 i32 i64 i32)
        (local.set 0 (i32.add (i32.const 512) (i32.mul (local.get 0) (i32.const 32))))
        (i64.load (local.get 0)) (i32.load8_u (i32.add (local.get 0) (i32.const 10)))
        (i64.load (i32.add (local.get 0) (i32.const 16))) (i32.load16_u (i32.add (local.get 0) (i32.const 24))))
    (func (export "print") (param i32) (result i32)
        (call $write (local.get 0) (i32.const 1024) (i32.const 1) (i32.const 960)))
    (func (export "read") (param i32) (result i32)
        (call $read (local.get 0) (i32.const 1032) (i32.const 1) (i32.const 960)))
    ;; Opens the file, which it makes if it has to, to read and to write.
    (func (export "open") (result i32)
        (drop (call $open (i32.const 3) (i32.const 0) (i32.const 1044) (i32.const 4) (i32.const 1)
            (i64.const 0x62) (i64.const 0x62) (i32.const 0) (i32.const 964)))
        (i32.load (i32.const 964))))"#;

/// Far longer than a guest waits that is not to wait for ever.
const LONG: Duration = Duration::from_secs(10);
const MOMENT: i64 = 30_000_000;

struct Program {
    store: Arc<Store>,
    instance: Arc<Instance>,
    output: Arc<OutputPipe>,
}

impl Program {
    fn new(module: &Module, directory: &std::path::Path) -> Self {
        let engine = module.engine().unwrap();
        let (store, linker) = (Store::new(&engine).unwrap(), Linker::new(&engine).unwrap());
        linker.define_wasi().unwrap();
        let output = OutputPipe::new(None).unwrap();
        let (host_path, guest_path) = (directory.to_str().unwrap().into(), "/".to_owned());
        let config = WasiConfig {
            stdin: Some(WasiInput::Bytes { bytes: b"input".to_vec() }),
            stdout: Some(WasiOutput::Pipe { pipe: Arc::clone(&output) }),
            stderr: Some(WasiOutput::Inherit),
            preopens: vec![Preopen { host_path, guest_path, read_only: false, max_bytes: None, max_files: None }],
            ..WasiConfig::default()
        };
        store.set_wasi(config).unwrap();
        let instance = linker.instantiate(&store, module).unwrap();
        Self { store, instance, output }
    }

    fn call(&self, name: &str, arguments: &[Val]) -> Vec<i64> {
        let Ok(Extern::OfFunc { func }) = self.instance.export(&self.store, name) else { panic!("{name}") };
        let number = |value: Val| match value {
            Val::I32 { value } => value.into(),
            Val::I64 { value } => value,
            _ => panic!("no integer"),
        };
        func.call(&self.store, arguments.to_vec()).unwrap().into_iter().map(number).collect()
    }

    /// Waits in every way that there is.
    fn wait(&self) {
        let start = Instant::now();
        let (moment, hour) = (Val::I64 { value: MOMENT }, Val::I64 { value: 3_600_000_000_000 });
        for clock in [0, 1] {
            for is_absolute in [0, 1] {
                let start = Instant::now();
                assert_eq!(self.call("sleep", &[int(clock), int(is_absolute), moment.clone()]), [0, 1]);
                // The time of day may be put back meanwhile.
                assert!(clock == 0 || start.elapsed() >= Duration::from_millis(30), "{:?}", start.elapsed());
                assert_eq!(self.call("event", &[int(0)]), [101, 0, 0, 0]);
            }
        }
        assert_eq!(self.call("both", &[moment]), [0, 1]);
        assert_eq!(self.call("event", &[int(0)]), [102, 0, 0, 0]);
        // Streams and files are ready at once.
        let file = i32::try_from(*self.call("open", &[]).first().unwrap()).unwrap();
        for (kind, fd) in [(1, 0), (2, 1), (2, 2), (1, file), (2, file)] {
            assert_eq!(self.call("descriptor", &[int(kind), int(fd), hour.clone()]), [0, 1], "{kind} {fd}");
            let is_at_end = i64::from(kind == 1 && fd == file);
            assert_eq!(self.call("event", &[int(0)]), [101, kind.into(), 1, is_at_end], "{kind} {fd}");
        }
        // A time that has come as well is told as well.
        assert_eq!(self.call("descriptor", &[int(2), int(1), Val::I64 { value: 0 }]), [0, 2]);
        assert_eq!(self.call("event", &[int(1)]), [102, 0, 0, 0]);
        // The number of an error is `badf`.
        for (kind, fd) in [(1, 1), (2, 0), (1, 3), (2, 77)] {
            assert_eq!(self.call("descriptor", &[int(kind), int(fd), hour.clone()]).first(), Some(&8), "{kind} {fd}");
        }
        assert_eq!(self.call("print", &[int(1)]), [0]);
        assert_eq!(self.output.take().unwrap(), b"text");
        assert_eq!(self.call("print", &[int(file)]), [0]);
        assert_eq!(self.call("read", &[int(0)]), [0]);
        assert!(start.elapsed() < LONG);
    }
}

fn int(value: i32) -> Val {
    Val::I32 { value }
}

/// Does the work in a child, and gives whether all went well.
fn forked(work: impl FnOnce()) -> bool {
    // SAFETY: the child does the work and ends; what other threads hold, it does not ask for.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        // Nobody waits for ever.
        // SAFETY: both may be called at any time.
        unsafe { libc::alarm(30) };
        let done = catch_unwind(AssertUnwindSafe(work));
        // SAFETY: `_exit` may be called at any time: it runs nothing of what the parent registered.
        unsafe { libc::_exit(i32::from(done.is_err())) };
    }
    let mut status = 0;
    // SAFETY: there is room for the status.
    unsafe { libc::waitpid(child, &raw mut status, 0) };
    status == 0
}

fn module(interruption: bool) -> Arc<Module> {
    let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
    let config = Config { target, epoch_interruption: Some(interruption), ..Config::default() };
    Module::new(&Engine::new(config).unwrap(), PROGRAM.as_bytes()).unwrap()
}

#[test]
fn a_guest_waits_in_a_child() {
    let directory = std::env::temp_dir().join(format!("trimaran-processes-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    for interruption in [false, true] {
        let module = module(interruption);
        let program = Program::new(&module, &directory);
        let own = || {
            program.wait();
            let other = Program::new(&module, &directory);
            _ = std::fs::remove_file(directory.join("file"));
            other.wait();
        };
        let again = || {
            _ = std::fs::remove_file(directory.join("file"));
            own();
        };
        again();
        assert!(forked(again));
        // And so does a child of that child, and the parent itself.
        assert!(forked(|| assert!(forked(again))));
        again();
    }
    std::fs::remove_dir_all(directory).unwrap();
}

/// Waiting takes no thread but the guest's own, which is all that a child has.
#[test]
#[cfg(target_os = "linux")]
fn a_guest_waits_by_itself() {
    let directory = std::env::temp_dir();
    let names = || {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
        names.filter(|name| name.starts_with("tokio")).count()
    };
    let program = Program::new(&module(true), &directory);
    program.call("sleep", &[int(1), int(1), Val::I64 { value: MOMENT }]);
    program.call("both", &[Val::I64 { value: MOMENT }]);
    program.call("descriptor", &[int(1), int(0), Val::I64 { value: MOMENT }]);
    program.call("print", &[int(1)]);
    assert_eq!(names(), 0);
}

/// A child finds the locks free that other threads of its parent took again and again.
#[test]
fn a_child_uses_what_other_threads_use() {
    let files = vec![MemoryFile { name: "a".to_owned(), bytes: vec![1; 4_000_000] }];
    let (memory, engine) = (MemoryDirectory::new(files, None, None).unwrap(), Engine::new(Config::default()).unwrap());
    let linker = Linker::new(&engine).unwrap();
    let (pipe, is_over) = (OutputPipe::new(None).unwrap(), AtomicBool::new(false));
    let number = AtomicUsize::new(0);
    let work = || {
        memory.read("a".to_owned()).unwrap();
        pipe.contents().unwrap();
        let name = number.fetch_add(1, Ordering::Relaxed).to_string();
        let ty = FuncType { params: Vec::new(), results: Vec::new() };
        linker.define_func("names", &name, ty).unwrap();
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    work();
                }
            });
        }
        let all_end = (0..20).all(|_| forked(work));
        is_over.store(true, Ordering::Relaxed);
        assert!(all_end);
    });
}
